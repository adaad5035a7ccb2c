// Every deed goes the same way: one tap, one answer with what changed, ten seconds to undo.
import { ask } from "./stand-menus.js";
import { answered, refresh } from "./stand-patch.js";
import { find, fresh, isOffline, now, say, stand, token } from "./stand-state.js";

const toast = find("[data-toast]");
const words = find("[data-toast-text]");
const undoButton = find("[data-toast-undo]");
const left = find("[data-toast-left]");
const conflict = find("[data-conflict]");
let counting = 0;

// What is being done or has just been done, and where the finger was (nowhere for a key). The second
// tap of a double tap must do neither that again nor the next thing, which now stands where it hit.
const underWay = new Set();
const REST = 350; // Milliseconds.
const FINGER = 24; // Pixels.
let place = null;
document.addEventListener("pointerdown", ({ clientX, clientY }) => (place = [clientX, clientY]), true);
document.addEventListener("keydown", () => (place = null), true);

const isNear = (one, other) => one && other && one.every((at, axis) => Math.abs(at - other[axis]) < FINGER);
const isTwice = (tap) =>
  [...underWay].some((each) => each.whose === tap.whose || isNear(each.place, tap.place));

// Does one thing: `fields` as the form has them. True when it was done.
export async function act(fields, { button = null } = {}) {
  const whose = `${fields.get("do")} ${fields.get("tables") ?? ""} ${fields.get("size") ?? ""}`;
  const tap = { whose, place };
  if (isOffline()) {
    tell(stand.body.dataset.sayOffline, { bad: true });
    return false;
  }
  if (isTwice(tap)) return false;
  underWay.add(tap);
  button?.setAttribute("aria-busy", "true");
  fields.set("once", fresh());
  try {
    return await send(stand.body.querySelector("#do").action, fields);
  } finally {
    setTimeout(() => underWay.delete(tap), REST);
    button?.removeAttribute("aria-busy");
  }
}

export async function send(url, fields) {
  fields.set("csrfmiddlewaretoken", token());
  fields.set("date", stand.date);
  fields.set("view", stand.view);
  const { stamp } = stand;
  fields.set("stamp", stamp);
  let answer;
  try {
    answer = await fetch(url, { method: "POST", body: fields, headers: { "X-Stand": "1" } });
  } catch {
    tell(stand.body.dataset.sayLost, { bad: true });
    return false;
  }
  if (!answer.headers.get("Content-Type")?.includes("json")) {
    if (answer.redirected) location.assign(answer.url);
    else tell(stand.body.dataset.sayRefused, { bad: true });
    refresh();
    return false;
  }
  const said = await answer.json();
  // A PIN is not enough: to the password, and from there back to what was chosen.
  if (said.kind === "password") {
    location.assign(said.url);
    return false;
  }
  await answered(said.patch, stamp);
  if (said.ok) {
    tell(said.said, { undo: said.undo });
    document.dispatchEvent(new CustomEvent("stand:done", { detail: said }));
    return true;
  }
  if (said.kind === "stale") showConflict(said.said);
  else if (said.insist) {
    if (!(await ask(said.question))) return false;
    fields.set(said.insist, "1");
    fields.set("once", fresh());
    return send(url, fields);
  } else tell(said.said, { bad: true });
  return false;
}

export function tell(text, { undo = null, bad = false } = {}) {
  clearInterval(counting);
  words.textContent = text;
  toast.classList.toggle("toast--bad", bad);
  toast.hidden = !text;
  undoButton.hidden = !undo;
  if (text) say(text);
  if (undo) {
    undoButton.value = undo.token;
    undoButton.dataset.until = undo.until;
  }
  count(undo ? Number(undo.until) : now() + 6);
}

function count(until) {
  const step = () => {
    const seconds = Math.ceil(until - now());
    left.textContent = Math.max(seconds, 0);
    if (seconds <= 0) {
      clearInterval(counting);
      toast.hidden = true;
    }
  };
  counting = setInterval(step, 250);
  step();
}
if (!toast.hidden) count(Number(undoButton.dataset.until));

export async function undo() {
  if (toast.hidden || undoButton.hidden) return false;
  const fields = new FormData();
  fields.set("token", undoButton.value);
  undoButton.hidden = true;
  return send(find("#undo").action, fields);
}

function showConflict(text) {
  find("[data-conflict-text]").textContent = text;
  conflict.hidden = false;
  toast.hidden = true;
  conflict.focus();
}
const closeConflict = () => {
  conflict.hidden = true;
  find(".row[aria-current] a, .row a")?.focus();
};
find("[data-conflict-close]").addEventListener("click", closeConflict);
conflict.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.stopPropagation();
  closeConflict();
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id === "undo") {
    event.preventDefault();
    undo();
    return;
  }
  if (!form.matches("[data-do]")) return;
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  const question = form.dataset.confirm;
  if (question && !(await ask(question))) return;
  // What was typed is on its way: it does not keep the drawer from showing what is true then.
  form.dataset.sent = "";
  const isDone = await act(fields, { button: event.submitter });
  delete form.dataset.sent;
  if (isDone) form.dispatchEvent(new Event("stand:sent", { bubbles: true }));
});

// What was kept while somebody was asked is done, or left as it is.
const kept = find("[data-chosen]");
kept?.addEventListener("stand:sent", () => kept.remove());
find("[data-chosen-leave]")?.addEventListener("click", (event) => {
  event.preventDefault();
  kept.remove();
  find("#rows").focus();
});

// The same without a form, for keys, modes and dragging.
export const deed = (value, more = {}) => {
  const fields = new FormData();
  fields.set("do", value);
  for (const [name, said] of Object.entries(more ?? {})) fields.set(name, said);
  return act(fields);
};
