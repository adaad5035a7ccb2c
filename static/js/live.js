// Makes a page of a house live. The element [data-live-badge] says where to listen and shows how the
// line is. What happens at the house is handed on as the event `couvert:changed` of the body, with
// {targets, dates, verbs, all, place} in its detail; with `all` anything may have changed.
//
// While the line is down, what is marked data-needs-line (a form, a button, a link) cannot be used,
// and says why: nothing is kept to be sent later without anybody seeing it.

import { Line } from "./live-line.js";
import { isOnline } from "./network.js";

const badge = document.querySelector("[data-live-badge]");
const SETTLE = 150; // Milliseconds in which what comes after a change is told as one.

let place = badge?.dataset.place;
let said = "reconnecting"; // By the line.
let isBehind = false; // What was missed could not be asked for yet.
let line = null; // How this page speaks with it.

// --- Saying how it is ---

function stateNow() {
  return isOnline() || said === "ended" ? said : "offline";
}

const isDown = () => ["offline", "ended"].includes(stateNow());

function show() {
  const state = stateNow();
  const shown = state === "ended" ? "offline" : state;
  if (badge.dataset.state === shown && badge.dataset.why === state) return;
  badge.dataset.state = shown;
  badge.dataset.why = state;
  badge.querySelector("[data-live-words]").textContent = badge.dataset[state];
  badge.hidden = false;
  document.body.dispatchEvent(new CustomEvent("couvert:line", { bubbles: true, detail: { state } }));
  hold();
  if (isBehind && state === "live") catchUp();
}

// --- What needs the line ---

let reasons = 0;

function withhold(element) {
  if (element.dataset.held) return;
  element.dataset.held = `live-reason-${++reasons}`;
  const reason = document.createElement("p");
  reason.className = "live-reason";
  reason.id = element.dataset.held;
  reason.textContent = badge.dataset.reason;
  if (element.matches("form")) element.append(reason);
  else element.after(reason);
  for (const control of controlsOf(element)) {
    control.setAttribute("aria-disabled", "true");
    control.setAttribute("aria-describedby", reason.id);
  }
}

function giveBack(element) {
  if (!element.dataset.held) return;
  for (const control of controlsOf(element)) {
    control.removeAttribute("aria-disabled");
    control.removeAttribute("aria-describedby");
  }
  delete element.dataset.held;
}

function controlsOf(element) {
  return element.matches("form") ? element.querySelectorAll("button, [type=submit]") : [element];
}

function hold() {
  const act = isDown() ? withhold : giveBack;
  for (const element of document.querySelectorAll("[data-needs-line]")) act(element);
  // Also those of parts that were replaced meanwhile.
  for (const reason of document.querySelectorAll(".live-reason")) {
    if (!document.querySelector(`[data-held="${reason.id}"]`)) reason.remove();
  }
}

function refuse(event) {
  const element = event.detail?.elt ?? event.target;
  if (!isDown() || !element.closest?.("[data-needs-line]")) return;
  // A field of a form may be filled in meanwhile.
  if (event.type === "click" && !element.closest("button, a, summary, [type=submit]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

// --- What happened ---

let waiting = null;
let isSettling = false;

function settle() {
  if (waiting === null) {
    isSettling = false;
    return;
  }
  const detail = waiting;
  waiting = null;
  isSettling = true;
  document.body.dispatchEvent(new CustomEvent("couvert:changed", { bubbles: true, detail }));
  setTimeout(settle, SETTLE);
}

function changed(message) {
  place = message.place;
  waiting ??= { targets: [], dates: [], verbs: [], all: false, place };
  waiting.place = place;
  waiting.all ||= message.all;
  for (const { target, date, verb } of message.events) {
    if (!waiting.targets.includes(target)) waiting.targets.push(target);
    if (date && !waiting.dates.includes(date)) waiting.dates.push(date);
    if (!waiting.verbs.includes(verb)) waiting.verbs.push(verb);
  }
  if (!isSettling) settle();
}

function heard(message) {
  if (message.type === "changed") changed(message.message);
  else if (message.type === "joined") catchUp();
  else {
    said = message.state;
    show();
  }
}

// What happened between this page and the line of the other tabs. Telling it twice does no harm.
async function catchUp() {
  try {
    const address = `${badge.dataset.changes}?after=${place}`;
    const answer = await fetch(address, { cache: "no-store", redirect: "manual" });
    isBehind = !answer.ok;
    if (answer.status === 200) changed(await answer.json());
  } catch {
    isBehind = true;
  }
}

// --- The line: shared by the tabs where the browser can, otherwise of the tab one looks at ---

const asked = () => ({ stream: badge.dataset.stream, changes: badge.dataset.changes, place });

function sharedLine() {
  const address = new URL("./live-worker.js", import.meta.url);
  const worker = new SharedWorker(address, { type: "module", name: "couvert-live-1" });
  worker.addEventListener("error", () => {
    // A browser that knows no modules there.
    line = ownLine();
  });
  const { port } = worker;
  port.addEventListener("message", ({ data }) => heard(data));
  port.start();
  const send = (message) => port.postMessage(message);
  // Addresses are read there relative to the script.
  const full = (path) => new URL(path, document.baseURI).href;
  const join = () => {
    const { stream, changes, place: from } = asked();
    send({ act: "join", stream: full(stream), changes: full(changes), place: from });
    send({ act: "online", isOnline: isOnline() });
  };
  join();
  return {
    online: () => send({ act: "online", isOnline: isOnline() }),
    check: () => send({ act: "check" }),
    away: () => send({ act: "leave" }),
    back: join,
    seen: () => document.hidden || send({ act: "check" }),
  };
}

function ownLine() {
  let own = new Line(asked(), heard);
  const away = () => {
    own?.close();
    own = null;
  };
  const back = () => {
    own ??= new Line(asked(), heard);
  };
  return {
    online: () => own?.setOnline(isOnline()),
    check: () => own?.check(),
    away,
    back,
    // A browser keeps few connections to one host, and a hidden tab needs none.
    seen: () => (document.hidden ? away() : back()),
  };
}

if (badge) {
  document.addEventListener("click", refuse, true);
  document.addEventListener("submit", refuse, true);
  document.addEventListener("htmx:beforeRequest", refuse, true);
  new MutationObserver(() => isDown() && hold()).observe(document.body, { childList: true, subtree: true });
  line = globalThis.SharedWorker ? sharedLine() : ownLine();
  for (const change of ["online", "offline"]) {
    window.addEventListener(change, () => {
      show();
      line.online();
    });
  }
  for (const failure of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, () => line.check());
  }
  document.addEventListener("visibilitychange", () => line.seen());
  window.addEventListener("pagehide", () => line.away());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) line.back();
  });
  show();
}
