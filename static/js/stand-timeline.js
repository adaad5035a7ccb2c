// The timeline: zoom, the line of this moment, who stays too long, arrows from bar to bar.
import { deed } from "./stand-deeds.js";
import { begin } from "./stand-modes.js";
import { chosen, select } from "./stand-panes.js";
import { all, find, now, say, stand } from "./stand-state.js";
import { FINGER, onTime, place, quarters, sheet, span, track } from "./stand-timeline-place.js";
import "./stand-timeline-modes.js";

const root = find("[data-timeline]");
const scroll = find("[data-tl-scroll]");
const HOURS = 3600;
const KEPT = "stand.timeline.zoom";
const SVG = "http://www.w3.org/2000/svg";
let zoom = "service";
try {
  zoom = localStorage.getItem(KEPT) || zoom;
} catch {
  // Nothing is kept in private windows.
}

// How wide

const seconds = () => {
  const { first, last } = span();
  const service = root.dataset.seatingLast - root.dataset.seatingFirst;
  return { "2h": 2 * HOURS, day: last - first, service: service > 0 ? service : last - first }[zoom];
};

function fit() {
  const names = find(".tl__corner").offsetWidth;
  const { first, last } = span();
  const visible = Math.max(scroll.clientWidth - names, 200);
  // However small the screen is, an hour is as wide as a finger and a name can be read.
  const least = ((last - first) / HOURS) * (zoom === "day" ? 44 : 64);
  const tapped = sheet.dataset.widened ? quarters() * FINGER : 0;
  const wide = Math.max(visible, (visible * (last - first)) / (seconds() ?? last - first), least, tapped);
  sheet.style.setProperty("--track", `${Math.round(wide)}px`);
}

function toTime(at, share = 0.25) {
  const { left, width } = track();
  const x = (onTime(at) / 100) * width;
  scroll.scrollLeft = x - (scroll.clientWidth - (left - sheet.getBoundingClientRect().left)) * share;
}

function toZoom(name) {
  zoom = name in { "2h": 1, service: 1, day: 1 } ? name : "service";
  for (const each of all("[data-tl-zoom]")) {
    each.setAttribute("aria-pressed", String(each.dataset.tlZoom === zoom));
  }
  root.dataset.zoomed = zoom;
  fit();
  const { first, last } = span();
  const at = now();
  if (at < first || at > last) toTime(Number(root.dataset.seatingFirst) || first, 0);
  else toTime(at);
}

root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-tl-zoom], [data-tl-now]");
  if (!button) return;
  if (button.dataset.tlZoom) {
    toZoom(button.dataset.tlZoom);
    try {
      localStorage.setItem(KEPT, zoom);
    } catch {
      // As above.
    }
  } else toTime(now());
});

// What depends on the minute

function tick() {
  const { first, last } = span();
  const at = now();
  const line = find("[data-tl-line]");
  line.toggleAttribute("hidden", at < first || at > last);
  for (const name of ["x1", "x2"]) line.setAttribute(name, `${onTime(at)}%`);
  for (const each of all(".beyond, .beyond-end", root)) each.remove();
  for (const bar of all(".bar[data-until]", root)) {
    const until = Number(bar.dataset.until);
    if (until >= at) continue;
    const [box] = all(":scope > svg", bar);
    const from = onTime(until);
    const made = (name, fields) => {
      const piece = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(fields)) piece.setAttribute(key, value);
      bar.append(piece);
    };
    const y = Number(box.getAttribute("y"));
    const height = Number(box.getAttribute("height"));
    made("rect", { class: "beyond", x: `${from}%`, width: `${onTime(at) - from}%`, y, height, rx: 4 });
    made("line", { class: "beyond-end", x1: `${from}%`, x2: `${from}%`, y1: y, y2: y + height });
  }
}

// One bar takes part in Tab; arrows go to the nearest one that way.

const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
const STOPS = ".bar, .tl__name a";

function roving(current) {
  const stops = all(STOPS, root);
  const keep =
    current ?? stops.find((each) => each.getAttribute("tabindex") === "0") ?? find(".bar[data-party]", root) ?? stops[0];
  for (const each of stops) each.setAttribute("tabindex", each === keep ? "0" : "-1");
}

// Where a stop is: in the drawing, not on the screen, so that what is scrolled away is found too.
function middle(stop) {
  const box = stop.getBoundingClientRect();
  const row = stop.closest(".tl__row").getBoundingClientRect();
  const lane = stop.closest(".tl__lane");
  const x = stop.matches(".bar") ? box.x + Math.min(box.width / 2, 40) : -1e6;
  return [x, lane ? box.y + box.height / 2 - 1e5 : row.y + row.height / 2];
}

function nearest(from, [dx, dy]) {
  const [x, y] = middle(from);
  const names = from.matches("a:not(.bar)");
  let best = null;
  let least = Infinity;
  for (const each of all(STOPS, root)) {
    if (each === from || (dy && each.matches(".bar") === names)) continue;
    const [ox, oy] = middle(each);
    const along = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    if (along < 4 || (dx && aside > 4)) continue;
    const far = dx ? along : along + aside / 1000 + (aside > 400 ? 40 : 0);
    if (far < least) [best, least] = [each, far];
  }
  return best;
}

const KEYS = { m: "move", e: "stretch", x: "swap" };

scroll.addEventListener("keydown", (event) => {
  const stop = event.target.closest?.(STOPS);
  if (!stop || event.ctrlKey || event.metaKey || event.altKey) return;
  const way = WAYS[event.key];
  if (way) {
    event.preventDefault();
    event.stopPropagation();
    const to = nearest(stop, way);
    to?.focus({ preventScroll: true });
    if (to) show(to);
    return;
  }
  const { party, version } = stop.dataset;
  if (!party || stand.mode || !stand.mayOperate || !find("[data-keys-switch]").checked) return;
  if (KEYS[event.key]) begin(KEYS[event.key], { party });
  else if (event.key === "a") deed(`arrive ${party} ${version}`);
  else if (event.key === "s") deed(`seat ${party} ${version}`);
  else return;
  event.preventDefault();
  event.stopPropagation();
});

// Into view, from below the names and the hours that stay, and the drawer where it lies above.
function show(stop) {
  if (!stop.matches(".bar")) return stop.scrollIntoView({ block: "nearest", inline: "nearest" });
  const box = find(":scope > svg", stop).getBoundingClientRect();
  const frame = scroll.getBoundingClientRect();
  const left = frame.left + find(".tl__corner").offsetWidth;
  const drawer = find("[data-drawer-pane]").getBoundingClientRect();
  const right = drawer.width && drawer.top < frame.bottom ? Math.min(frame.right, drawer.left) : frame.right;
  const top = stop.closest(".tl__lane") ? frame.top : frame.top + find(".tl__axis").offsetHeight + find(".tl__lane").offsetHeight;
  if (box.left < left) scroll.scrollLeft -= left - box.left + 12;
  else if (box.left + 60 > right) scroll.scrollLeft += Math.min(box.right + 12 - right, box.left - left - 12);
  if (box.top < top) scroll.scrollTop -= top - box.top + 8;
  else if (box.bottom > frame.bottom) scroll.scrollTop += box.bottom - frame.bottom + 8;
}

scroll.addEventListener("focusin", (event) => {
  const stop = event.target.closest(STOPS);
  if (stop) roving(stop);
});

scroll.addEventListener("click", (event) => {
  const name = event.target.closest(".tl__name a");
  if (!name || stand.mode || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  select({ table: name.closest("[data-table]").dataset.table }, { focus: event.detail === 0 });
});

// Buttons for whoever is chosen, and has not left

const isMovable = () => Boolean(chosen.party && find(`.bar[data-party="${chosen.party}"]`, root));

function buttons() {
  for (const each of all("[data-tl-start]")) each.setAttribute("aria-disabled", String(!isMovable()));
}

root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-tl-start]");
  if (!button) return;
  if (isMovable()) begin(button.dataset.tlStart, { party: chosen.party });
  else say(root.dataset.sayNobody);
});

// What was moved is where one looks next.
document.addEventListener("stand:done", (event) => {
  const bar = event.detail.target && find(`.bar[data-party="${event.detail.target}"]`);
  if (!bar) return;
  if (document.activeElement === document.body) bar.focus({ preventScroll: true });
  show(bar);
});

function drawn() {
  roving();
  tick();
  buttons();
}

// A pane that is hidden at first has no width to be laid out in, and no place to scroll to.
let isPlaced = scroll.clientWidth > 0;
new ResizeObserver(() => {
  if (!scroll.clientWidth) return;
  if (isPlaced || stand.mode) fit();
  else toZoom(zoom);
  isPlaced = true;
}).observe(scroll);
document.addEventListener("stand:patched", () => {
  fit();
  drawn();
});
document.addEventListener("stand:opened", () => {
  buttons();
  const bar = chosen.party && find(`.bar[data-select="${chosen.party}"]`);
  if (bar && !stand.mode && scroll.clientWidth) show(bar);
});
document.addEventListener("click", () => setTimeout(buttons));
document.addEventListener("keyup", buttons);
setInterval(tick, 15_000);
place.fit = fit;
toZoom(zoom);
drawn();
if (chosen.party) {
  const bar = find(`.bar[data-select="${chosen.party}"]`);
  bar?.setAttribute("aria-current", "true");
  if (bar) show(bar);
}
