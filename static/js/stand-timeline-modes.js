// Moving along the time: a ghost shows for every cell yes, or no and why. It is led by the pointer,
// by taps, or by the arrow keys; all three ask the same answers (staff/views/stand/cells.py).
import { begin, choose, end } from "./stand-modes.js";
import { body, FINGER, place, quarterAt, quarters, rowAt, rows, sheet, span, track } from "./stand-timeline-place.js";
import { all, find, say, stand } from "./stand-state.js";

const root = find("[data-timeline]");
const scroll = find("[data-tl-scroll]");
const FAR = 6;
// Width of a letter of a cell, about.
const LETTER = 6.6;
const words = root.dataset;
const SVG = "http://www.w3.org/2000/svg";
const fill = (text, ...parts) => text.replace(/\{(\d)\}/g, (_, at) => parts[at]);

const ghost = document.createElement("button");
ghost.type = "button";
ghost.className = "ghost";
ghost.hidden = true;
body.append(ghost);
// Where the ghost is: the key of a row and the number of a quarter.
let cursor = null;
let held = null;

const grid = () => stand.mode?.grid;
const answer = (key, quarter) => grid()?.answers[grid().rows[key]?.[quarter] ?? -1];

// What a tap on a cell means, as modes.js has places.
function placeOf(key, quarter) {
  const found = answer(key, quarter);
  if (!found) return null;
  const { kind, value, times, minutes, own } = grid();
  const text = kind === "stretch" ? words.sayEnd : words.sayCell;
  const label = fill(text, found.label, times[quarter]);
  if (kind === "stretch") return { ...found, label, value, fields: { minutes: minutes[quarter] } };
  const fields = quarter === own ? {} : { time: times[quarter] };
  return { ...found, label, value: `${value} ${found.tables}`, fields };
}

// Painting

function paint() {
  for (const each of all(".tl__cells", root)) each.remove();
  for (const each of all(".tl__row--yes, .tl__row--no", root)) {
    each.classList.remove("tl__row--yes", "tl__row--no");
    find("[data-tl-why]", each).textContent = "";
  }
  for (const each of all(".bar--yes, .bar--no, .is-moved, .is-reached", root)) {
    each.classList.remove("bar--yes", "bar--no", "is-moved", "is-reached");
  }
  const { mode } = stand;
  root.classList.toggle("is-choosing", Boolean(mode));
  root.classList.toggle("has-cells", mode?.grid?.kind === "move");
  if (!mode) return leave();
  for (const each of all(`.bar[data-party="${mode.party || "none"}"]`, root)) each.classList.add("is-moved");
  if (mode.kind === "swap") paintBars(mode.swaps ?? {});
  else if (mode.grid) {
    if (!held) widen();
    paintCells();
  } else paintRows(mode.places);
  if (cursor) put(cursor.key, cursor.quarter);
}

function paintBars(swaps) {
  for (const bar of all(".bar", root)) {
    const found = swaps[bar.dataset.party];
    if (found) bar.classList.add(found.ok ? "bar--yes" : "bar--no");
  }
}

function paintRows(places) {
  for (const row of rows()) {
    const found = places[row.id.replace("tl-", "")];
    if (!found) continue;
    row.classList.add(found.ok ? "tl__row--yes" : "tl__row--no");
    find("[data-tl-why]", row).textContent = found.short || found.reason || (found.ok ? "✓" : "✗");
  }
}

function made(name, fields, parent) {
  const piece = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(fields)) piece.setAttribute(key, value);
  parent.append(piece);
  return piece;
}

// Cells beside each other that say the same are one piece with one text.
function paintCells() {
  const { answers } = grid();
  const share = 100 / quarters();
  const { width } = track();
  for (const row of rows()) {
    const cells = grid().rows[row.id];
    if (!cells) continue;
    const box = made("svg", { class: "tl__cells", "aria-hidden": "true" }, row);
    for (let at = 0; at < cells.length; ) {
      let to = at + 1;
      while (to < cells.length && alike(answers[cells[to]], answers[cells[at]])) to += 1;
      const found = answers[cells[at]];
      if (found) {
        const fields = { class: `cell cell--${found.ok ? "yes" : "no"}`, x: `${at * share}%` };
        const piece = made("svg", { ...fields, width: `${(to - at) * share}%`, height: "100%" }, box);
        made("rect", { width: "100%", height: "100%", rx: 4 }, piece);
        if (!found.ok) why(piece, found.reason, ((to - at) / quarters()) * width);
      }
      at = to;
    }
  }
}

// As much of a reason as there is room for; the tap says it whole.
function why(piece, reason, width) {
  const [word, name] = reason.split(" · ");
  const text = [reason, name, name?.split(" ").at(-1), word].find((each) => each && each.length * LETTER + 8 <= width);
  if (text) made("text", { x: 5, y: 31 }, piece).textContent = text;
}

const alike = (one, other) =>
  one === other || (one && other && one.ok === other.ok && (one.ok || one.reason === other.reason));

// The ghost

function put(key, quarter) {
  const row = document.getElementById(key);
  if (!row || !stand.mode) return;
  const { own, length, kind, times } = grid();
  const swap = held && swapUnder(held);
  const found = swap ?? placeOf(key, quarter);
  cursor = { key, quarter };
  const { first, last } = span();
  const bar = find(`.bar.is-moved > svg`, row) ?? find(".bar.is-moved > svg", root);
  let from = quarter / quarters();
  let wide = (length * 60) / (last - first);
  if (kind === "stretch" && bar) {
    from = Number.parseFloat(bar.getAttribute("x")) / 100;
    wide = (quarter + 1) / quarters() - from;
  } else if (quarter === own && bar) from = Number.parseFloat(bar.getAttribute("x")) / 100;
  const names = find(".tl__corner").offsetWidth;
  const { width } = track();
  Object.assign(ghost.style, {
    top: `${row.offsetTop + 4}px`,
    left: `${names + from * width}px`,
    width: `${Math.max(wide, 0) * width}px`,
  });
  ghost.hidden = false;
  ghost.classList.toggle("ghost--no", !found?.ok);
  ghost.classList.toggle("ghost--swap", Boolean(swap?.ok));
  const text = swap
    ? `${fill(words.saySwap, swap.who)}${swap.ok ? "" : ` · ${swap.reason}`}`
    : found
      ? `${found.label}${found.reason ? ` · ${found.reason}` : ""}`
      : times[quarter];
  ghost.textContent = text;
  return found;
}

function leave() {
  ghost.hidden = true;
  cursor = null;
  if (sheet.dataset.widened) {
    delete sheet.dataset.widened;
    keepPlace(place.fit);
  }
}

// Makes the track wider or narrower with the same time in the middle.
function keepPlace(change) {
  const before = track().width;
  const middle = scroll.scrollLeft + scroll.clientWidth / 2;
  change();
  scroll.scrollLeft = (middle * track().width) / before - scroll.clientWidth / 2;
}

// For taps a quarter is as wide as a finger.
function widen() {
  if (track().width >= quarters() * FINGER) return;
  sheet.dataset.widened = "1";
  keepPlace(place.fit);
}

function intoView() {
  const box = ghost.getBoundingClientRect();
  const frame = scroll.getBoundingClientRect();
  const left = frame.left + find(".tl__corner").offsetWidth;
  const top = frame.top + find(".tl__axis").offsetHeight + find(".tl__lane").offsetHeight;
  if (box.left < left) scroll.scrollLeft -= left - box.left + 40;
  else if (box.left + 90 > frame.right) scroll.scrollLeft += box.left + 150 - frame.right;
  if (box.top < top) scroll.scrollTop -= top - box.top + 8;
  else if (box.bottom > frame.bottom) scroll.scrollTop += box.bottom - frame.bottom + 8;
}

function lead(key, quarter) {
  const found = put(key, quarter);
  intoView();
  const text = ghost.textContent;
  if (!found?.ok) find("[data-mode-reason]").textContent = text;
  else find("[data-mode-reason]").textContent = "";
  say(text);
}

// A choice begins: the ghost stands where the party is now, and the arrows lead it.
document.addEventListener("stand:mode", () => {
  const { mode } = stand;
  if (held || !mode) return;
  if (mode.grid) {
    const keys = Object.keys(mode.grid.rows);
    const own = find(".bar.is-moved", body)?.closest(".tl__row")?.id;
    const row = keys.includes(own) ? own : rows().find((each) => keys.includes(each.id))?.id;
    if (!row) return;
    put(row, Math.max(mode.grid.own, 0));
    ghost.focus({ preventScroll: true });
    intoView();
  } else if (mode.kind === "swap") find(".bar--yes", root)?.focus();
  else find(".tl__row--yes .tl__name a", root)?.focus();
});
document.addEventListener("stand:painted", paint);

ghost.addEventListener("keydown", (event) => {
  if (!cursor || !grid()) return;
  const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  const way = ways[event.key];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  const keys = rows()
    .map((each) => each.id)
    .filter((key) => key in grid().rows);
  const row = Math.min(Math.max(keys.indexOf(cursor.key) + way[1], 0), keys.length - 1);
  const quarter = Math.min(Math.max(cursor.quarter + way[0], 0), quarters() - 1);
  lead(keys[row], quarter);
});

ghost.addEventListener("click", (event) => {
  event.stopPropagation();
  const found = cursor && placeOf(cursor.key, cursor.quarter);
  if (found) choose(found);
});

// Tapping

document.addEventListener(
  "click",
  (event) => {
    const { mode } = stand;
    if (!mode || !root.contains(event.target) || event.target === ghost) return;
    if (event.target.closest("[data-timeline] .tl__tools")) return;
    event.preventDefault();
    event.stopPropagation();
    if (mode.kind === "swap") {
      const bar = event.target.closest(".bar");
      const found = bar && mode.swaps?.[bar.dataset.party];
      if (found) choose(found);
      return;
    }
    const row = event.target.closest(".tl__row[data-table]");
    if (!row) return;
    if (!mode.grid) {
      const found = mode.places[row.id.replace("tl-", "")];
      if (found) choose(found);
      return;
    }
    if (event.clientX < track().left + scrolledNames()) return;
    const quarter = quarterAt(event.clientX);
    const found = put(row.id, quarter);
    if (found) choose(found);
  },
  true,
);

// How far the names reach over the track.
const scrolledNames = () => {
  const corner = find(".tl__corner").getBoundingClientRect();
  return Math.max(corner.right - track().left, 0);
};

// Dragging: the same answers under the pointer.

document.addEventListener("pointerdown", (event) => {
  if (!stand.mayOperate || event.button || stand.mode || event.pointerType === "touch") return;
  const from = event.target.closest?.(".bar[data-party], .row[data-party]");
  if (!from || event.target.closest(".row__do")) return;
  const { party, state } = from.dataset;
  const edge = Boolean(event.target.closest("[data-edge]"));
  const box = from.matches(".bar") && find("svg", from).getBoundingClientRect();
  held = { party, state, edge, from, x: event.clientX, y: event.clientY, grip: box ? event.clientX - box.left : 0 };
});

document.addEventListener("pointermove", (event) => {
  if (!held) return;
  if (!held.ready) {
    if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < FAR) return;
    held.ready = begin(kindOf(held), { party: held.party });
    // The answer may come when the pointer rests already.
    held.ready.then(() => held?.at && stand.mode && over(held));
    document.body.classList.add("is-dragging");
    getSelection()?.removeAllRanges();
  }
  held.at = { x: event.clientX, y: event.clientY };
  if (stand.mode) over(held);
});

// A row at the door is seated, as on the floor; everything else is moved.
function kindOf({ edge, from, state }) {
  if (edge) return "stretch";
  return from.matches(".row") && ["arrived", "partially_arrived"].includes(state) ? "seat" : "move";
}

function swapUnder({ at, party }) {
  if (!at || !stand.mode?.swaps) return null;
  const bar = all(".bar", root).find((each) => {
    const box = find("svg", each).getBoundingClientRect();
    return at.x >= box.left && at.x <= box.right && at.y >= box.top && at.y <= box.bottom;
  });
  const other = bar?.dataset.party;
  const found = other && other !== party && stand.mode.swaps[other];
  return found ? { ...found, who: bar.dataset.name } : null;
}

// Which cell the pointer means; a bar is held where it was taken.
function under({ at, edge, grip, from }) {
  if (edge) {
    const key = from.closest(".tl__row")?.id ?? cursor?.key;
    return { key, quarter: quarterAt(at.x - track().width / quarters() / 2) };
  }
  const row = rowAt(at.y);
  const quarter = track().width / quarters();
  return row && { key: row.id, quarter: quarterAt(at.x - grip + (grip ? quarter / 2 : 0)) };
}

function over(drag) {
  const cell = under(drag);
  find(".is-reached", root)?.classList.remove("is-reached");
  if (!cell) {
    ghost.hidden = true;
    return null;
  }
  if (grid()) return put(cell.key, cell.quarter);
  document.getElementById(cell.key).classList.add("is-reached");
  return stand.mode.places[cell.key.replace("tl-", "")];
}

document.addEventListener("pointerup", async (event) => {
  const was = held;
  if (!was?.ready) {
    held = null;
    return;
  }
  was.at = { x: event.clientX, y: event.clientY };
  // A click follows; it is the end of the drag, not a tap.
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }), 50);
  await was.ready;
  const inside = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-timeline]");
  const swap = !was.edge && stand.mode && swapUnder(was);
  const found = stand.mode && inside && over(was);
  held = null;
  // Only now may the line of the choice push the rows down: what was meant has been read.
  document.body.classList.remove("is-dragging");
  if (!stand.mode) return;
  // What is refused leaves its reason in view, and the choice open for a tap; Esc ends it.
  if (swap && !found?.ok) choose({ ...swap, label: swap.who });
  else if (found) choose(found);
  else end();
});

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

document.addEventListener("pointercancel", () => {
  if (held?.ready) held.ready.then(() => end());
  document.body.classList.remove("is-dragging");
  held = null;
});
document.addEventListener("dragstart", (event) => {
  if (event.target.closest?.(".row, .bar")) event.preventDefault();
});
