// Two taps: first what, then where. Every table says yes, or no and why; Esc leaves.
import { deed, tell } from "./stand-deeds.js";
import { close, show } from "./stand-panes.js";
import { address, all, find, say, stand } from "./stand-state.js";

const bar = find("[data-mode]");
let focusAfter = null;

// Begins: kind `move`, `seat`, `swap` … with a party, or `walk_in` with a size.
export async function begin(kind, fields = {}) {
  let answer;
  try {
    answer = await fetch(address(stand.body.dataset.where, { mode: kind, ...fields }));
  } catch {
    return;
  }
  if (!answer.ok) {
    tell(stand.body.dataset.sayRefused, { bad: true });
    return;
  }
  focusAfter ??= document.activeElement;
  open(await answer.json(), fields);
}

function open(mode, asked) {
  stand.mode = { ...mode, asked };
  bar.replaceChildren(...line(mode));
  bar.hidden = false;
  find(".centre").classList.add("is-choosing");
  if (matchMedia("(max-width: 47.9rem)").matches) show("centre");
  if (matchMedia("(max-width: 79.9rem)").matches) delete stand.body.dataset.open;
  paint();
  say(`${mode.text}. ${mode.line}`);
  const first = Object.entries(mode.places).find(([, place]) => place.best || place.ok);
  (find(`#${CSS.escape(first?.[0] ?? "none")} a`) ?? find("[data-mode-leave]")).focus();
  document.dispatchEvent(new Event("stand:mode"));
}

const tag = (name, text, attributes = {}) => {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

function line(mode) {
  const text = tag("p", "", { class: "mode__text" });
  text.append(tag("b", mode.text), ` ${mode.line}`);
  const found = [text, tag("p", "", { class: "mode__reason", "data-mode-reason": "", role: "status" })];
  const best = Object.values(mode.places).find((place) => place.best && place.ok);
  if (best) {
    const label = find(`[data-quote="${mode.size}"]`)?.dataset.where || best.label;
    const seat = tag("button", stand.body.dataset.saySeat.replace("{}", label), {
      class: "button button--primary",
      type: "button",
      "data-mode-best": "",
    });
    seat.addEventListener("click", () => choose(best));
    found.push(seat);
  }
  const leave = tag("button", stand.body.dataset.sayCancel, {
    class: "button",
    type: "button",
    "data-mode-leave": "",
  });
  leave.append(" ", tag("kbd", "Esc"));
  leave.addEventListener("click", () => end());
  return [...found, leave];
}

// The floor in the light of the choice; again after every change.
export function paint(places = stand.mode?.places) {
  for (const each of all(".table")) {
    each.classList.remove("table--yes", "table--no", "table--best");
    find(".table__why", each)?.remove();
    const place = places?.[each.id];
    if (!place) continue;
    each.classList.add(place.ok ? "table--yes" : "table--no");
    each.classList.toggle("table--best", Boolean(place.best));
    find("a", each).append(why(each, place));
  }
  shorten();
  document.dispatchEvent(new Event("stand:painted"));
}

const drawn = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);

// The short words, with the whole reason as their title.
function why(table, place) {
  const [text, title, said] = [drawn("text"), drawn("title"), drawn("tspan")];
  const line = find(".table__line, .table__free", table);
  text.setAttribute("class", "table__why");
  for (const name of ["x", "y"]) text.setAttribute(name, line.getAttribute(name) ?? 0);
  title.textContent = place.reason;
  said.dataset.words = place.short || place.reason || (place.ok ? "✓" : "✗");
  text.append(...(place.reason ? [title] : []), said);
  return text;
}

// As much of the words as the table is wide: beside it they would cover those of the next one.
function shorten() {
  for (const said of all(".table__why tspan")) {
    const { words } = said.dataset;
    said.textContent = words;
    const top = find(".table__top", said.closest(".table")).getBoundingClientRect();
    const isOver = () => {
      const box = said.getBoundingClientRect();
      return box.left < top.left || box.right > top.right;
    };
    for (let kept = words.length - 1; kept > 0 && isOver(); kept -= 1) {
      said.textContent = `${words.slice(0, kept).trimEnd()}…`;
    }
  }
}
document.addEventListener("stand:fitted", shorten);

export function end({ refocus = true } = {}) {
  if (!stand.mode) return;
  stand.mode = null;
  bar.hidden = true;
  bar.replaceChildren();
  find(".centre").classList.remove("is-choosing");
  paint({});
  for (const each of all(".quote[aria-pressed]")) each.removeAttribute("aria-pressed");
  if (refocus && focusAfter && document.contains(focusAfter)) focusAfter.focus();
  focusAfter = null;
}

export async function choose(place) {
  if (!place.ok) {
    const text = `${place.label}: ${place.reason}`;
    find("[data-mode-reason]").textContent = text;
    say(text);
    return;
  }
  const { value, fields } = place;
  end({ refocus: false });
  const isDone = await deed(value, fields);
  if (!isDone) return;
  close({ refocus: false });
}

document.addEventListener(
  "click",
  (event) => {
    const start = event.target.closest("[data-mode-start]");
    if (start) {
      event.preventDefault();
      begin(start.dataset.modeStart, { party: start.closest("[data-party]").dataset.party });
      return;
    }
    const quote = event.target.closest("[data-quote]");
    if (quote) {
      event.preventDefault();
      if (!stand.mayOperate) return tell(quote.dataset.line);
      for (const each of all(".quote[aria-pressed]")) each.removeAttribute("aria-pressed");
      quote.setAttribute("aria-pressed", "true");
      begin("walk_in", { size: quote.dataset.quote });
      return;
    }
    const table = stand.mode && event.target.closest(".table");
    if (!table) return;
    event.preventDefault();
    event.stopPropagation();
    const place = stand.mode.places[table.id];
    if (place) choose(place);
  },
  true,
);

// What is legal may have changed with what changed: ask again, quietly.
document.addEventListener("stand:patched", async () => {
  if (!stand.mode) return;
  const { kind, asked } = stand.mode;
  const answer = await fetch(address(stand.body.dataset.where, { mode: kind, ...asked })).catch(() => null);
  if (!stand.mode || stand.mode.kind !== kind) return;
  if (!answer?.ok) return end();
  stand.mode = { ...(await answer.json()), asked };
  paint();
});
