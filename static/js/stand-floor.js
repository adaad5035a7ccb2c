// The floor: rooms, zoom, arrows from table to table.
import { all, find } from "./stand-state.js";

const scroll = find("[data-floor-scroll]");
const sheet = find("[data-floor-sheet]");
const LEAST = 44 / 80;
const PIXELS = "stand.zoom";
let room = "";
let zoom = 1;
try {
  zoom = Number(localStorage.getItem(PIXELS)) || 1;
} catch {
  // Nothing is kept in private windows.
}

const shown = () => all(".room", scroll).filter((each) => !each.hidden);

// As large as fits, with the rooms in as many columns as make them largest; but a table for two is
// never smaller than a finger, then one scrolls.
function fit() {
  const gap = 10;
  const rooms = shown().map((room) => {
    const plan = find(".room__plan", room);
    return { room, plan, w: Number(plan.dataset.width), h: Number(plan.dataset.height) };
  });
  let best = null;
  for (let columns = 1; columns <= rooms.length; columns += 1) {
    const made = layout(rooms, columns);
    const across = (scroll.clientWidth - gap * (made.columns.length + 1)) / made.w;
    const down = (scroll.clientHeight - gap * (made.most + 1)) / made.h;
    const scale = Math.min(across, down, 1.6);
    if (!best || scale > best.scale) best = { ...made, scale };
  }
  if (!best) return;
  const scale = Math.max(best.scale, LEAST) * zoom;
  let x = gap;
  let deepest = 0;
  for (const column of best.columns) {
    let y = gap;
    for (const { room, plan, w, h } of column.rooms) {
      Object.assign(plan.style, { width: `${w * scale}px`, height: `${h * scale}px` });
      Object.assign(room.style, { left: `${x}px`, top: `${y}px` });
      // Letters keep their size on the screen, however small the drawing is.
      plan.style.setProperty("--unit", `${Math.max(1 / scale, 0.75)}px`);
      y += h * scale + gap;
    }
    x += column.w * scale + gap;
    deepest = Math.max(deepest, y);
  }
  const aside = Math.max((scroll.clientWidth - x) / 2, 0);
  const above = Math.max((scroll.clientHeight - deepest) / 2, 0);
  sheet.style.transform = `translate(${aside}px, ${above}px)`;
  Object.assign(sheet.style, { width: `${x}px`, height: `${deepest}px` });
  document.dispatchEvent(new Event("stand:fitted"));
}

// The rooms, largest first, each below the column that is shortest so far.
function layout(rooms, count) {
  const columns = Array.from({ length: count }, () => ({ rooms: [], w: 0, h: 0 }));
  for (const each of [...rooms].sort((one, other) => other.h - one.h)) {
    const column = columns.reduce((short, other) => (other.h < short.h ? other : short));
    column.rooms.push(each);
    column.h += each.h;
    column.w = Math.max(column.w, each.w);
  }
  return {
    columns,
    w: columns.reduce((sum, each) => sum + each.w, 0),
    h: Math.max(...columns.map((each) => each.h)),
    most: Math.max(...columns.map((each) => each.rooms.length)),
  };
}

function toRoom(key) {
  room = key;
  for (const each of all(".room", scroll)) each.hidden = Boolean(key) && each.dataset.roomOf !== key;
  for (const each of all("[data-room]")) each.setAttribute("aria-pressed", String(each.dataset.room === key));
  fit();
}

find("[data-rooms]")?.addEventListener("click", (event) => {
  const to = event.target.closest("[data-room]");
  if (to) toRoom(to.dataset.room);
});

for (const each of all("[data-zoom]")) {
  each.addEventListener("click", () => {
    zoom = Math.min(Math.max(zoom * (each.dataset.zoom === "in" ? 1.2 : 1 / 1.2), 1), 3);
    if (zoom < 1.05) zoom = 1;
    try {
      localStorage.setItem(PIXELS, zoom);
    } catch {
      // As above.
    }
    fit();
  });
}

// One table takes part in Tab; arrows go to the nearest one that way.
const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function roving(current) {
  const links = all(".table a", scroll);
  const keep = current ?? links.find((each) => each.getAttribute("tabindex") === "0") ?? links[0];
  for (const each of links) each.setAttribute("tabindex", each === keep ? "0" : "-1");
}

function nearest(from, [dx, dy]) {
  const middle = (each) => {
    const box = each.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const [x, y] = middle(from);
  let best = null;
  let least = Infinity;
  for (const each of all(".room:not([hidden]) .table a", scroll)) {
    const [ox, oy] = middle(each);
    const along = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    if (along < 8) continue;
    if (along + aside * 2 < least) [best, least] = [each, along + aside * 2];
  }
  return best;
}

scroll.addEventListener("keydown", (event) => {
  const link = event.target.closest(".table a");
  const way = link && WAYS[event.key];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  nearest(link, way)?.focus();
});
scroll.addEventListener("focusin", (event) => {
  const link = event.target.closest(".table a");
  if (link) roving(link);
});

sheet.classList.add("is-laid");
new ResizeObserver(fit).observe(scroll);
document.addEventListener("stand:patched", () => roving());
roving();
toRoom(room);
