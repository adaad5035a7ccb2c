// Puts what changed in its place: pieces by their id, lists in their order, focus where it was.
import { address, all, find, now, stand } from "./stand-state.js";

let running = null;
let again = false;

// Between the press and the release of a finger nothing moves: a tap on a piece that is replaced
// meanwhile would be lost, and one on a row that has moved would be another party's.
const LONGEST_TAP = 600; // Milliseconds; who presses longer drags, and sees what changes.
const UNTIL_CLICK = 50;
let pressedAt = null;

const isPressed = () => pressedAt !== null && performance.now() - pressedAt < LONGEST_TAP;

document.addEventListener("pointerdown", () => (pressedAt = performance.now()), true);
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, lift, true);
}

function lift() {
  const press = pressedAt;
  setTimeout(() => {
    if (pressedAt === press) pressedAt = null; // Not the next one, of somebody who taps fast.
  }, UNTIL_CLICK);
}

async function released() {
  while (isPressed()) await new Promise((resolve) => setTimeout(resolve, UNTIL_CLICK));
}

// Applies a patch once no finger is down. False, and nothing is done, when the screen is no longer
// what it was asked for (`stamp`): something newer came first, and must not be undone by this.
async function settle(patch, stamp) {
  await released();
  if (stand.stamp !== stamp) return false;
  apply(patch);
  return true;
}

// The same for the answer to a deed; what came too late is looked for again.
export async function answered(patch, stamp) {
  if (!(await settle(patch, stamp))) refresh();
}

// Asks what changed. Asked again meanwhile, it looks once more afterwards: no change is missed.
export function refresh() {
  if (running) {
    again = true;
    return running;
  }
  running = look().finally(() => {
    running = null;
    if (again) {
      again = false;
      refresh();
    }
  });
  return running;
}

async function look() {
  const { stamp } = stand;
  let answer;
  try {
    answer = await fetch(address(stand.body.dataset.fragment, { stamp }), {
      headers: { "HX-Request": "true" },
    });
  } catch {
    return;
  }
  const door = answer.headers.get("HX-Redirect");
  if (door || answer.redirected) location.assign(door ?? answer.url);
  else if (answer.ok && !(await settle(await answer.json(), stamp))) again = true;
}

export function apply(patch) {
  if (patch.at && stand.still !== null) stand.still = patch.at;
  else if (patch.at) stand.drift = patch.at * 1000 - Date.now();
  if (!patch.stamp || patch.stamp === stand.stamp) return;
  const focus = remember();
  const loose = new Map();
  const changed = new Set();
  for (const [key, html] of patch.pieces ?? []) {
    const old = document.getElementById(key);
    changed.add(key);
    if (!old) loose.set(key, html);
    else if (old.matches(".figures, .pacing, .rail, .quotes, .tabs, .notices, .servings, .saids")) old.innerHTML = html;
    else old.replaceWith(...made(old.parentNode, html));
  }
  const boxes = Object.entries(patch.boxes ?? {});
  // First everything to its place, also from one list into another; then what is nowhere goes.
  for (const [id, keys] of boxes) arrange(id, keys, loose);
  for (const [id, keys] of boxes) sweep(id, new Set(keys));
  stand.stamp = patch.stamp;
  document.dispatchEvent(new CustomEvent("stand:patched", { detail: { changed } }));
  focus();
}

function made(box, html) {
  const range = document.createRange();
  range.selectNodeContents(box);
  return [...range.createContextualFragment(html).children];
}

function arrange(id, keys, loose) {
  const box = document.getElementById(id);
  if (!box) return;
  let next = box.firstElementChild;
  for (const key of keys) {
    let piece = document.getElementById(key);
    if (loose.has(key)) {
      [piece] = made(box, loose.get(key));
      loose.delete(key);
    }
    if (!piece) continue;
    if (piece === next) next = next.nextElementSibling;
    else box.insertBefore(piece, next);
  }
}

function sweep(id, wanted) {
  const pieces = [...(document.getElementById(id)?.children ?? [])];
  for (const piece of pieces) if (!wanted.has(piece.id)) piece.remove();
}

// Where the focus is, by what it is on: the element itself may be replaced.
function remember() {
  const focused = document.activeElement;
  const piece = focused?.closest?.("[data-piece]");
  if (!piece) return () => {};
  const { id } = piece;
  const place = focusables(piece).indexOf(focused);
  return () => {
    if (document.activeElement !== document.body && document.contains(document.activeElement)) return;
    const again = document.getElementById(id);
    if (!again || again.closest("[hidden]")) return;
    const able = focusables(again);
    (able[place] ?? able[0])?.focus({ preventScroll: true });
  };
}

const focusables = (piece) => all("a, button, summary", piece);

// The line of this moment in the picture of pacing.
function drawNow() {
  const picture = find("[data-pacing]");
  if (!picture) return;
  const first = Number(picture.dataset.first);
  const last = Number(picture.dataset.last);
  const line = find("[data-now-line]", picture);
  const at = now();
  line.toggleAttribute("hidden", at < first || at > last);
  if (last <= first) return;
  const width = picture.viewBox.baseVal.width;
  line.setAttribute("transform", `translate(${((at - first) / (last - first)) * width} 0)`);
}
drawNow();
setInterval(drawNow, 30_000);
document.addEventListener("stand:patched", drawNow);
