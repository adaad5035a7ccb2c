// Dragging is the same choice with another gesture: a row or a party at its table, let go on a
// table. Every drag has its two taps (stand-modes.js); the verdicts are the same.
import { begin, choose, end } from "./stand-modes.js";
import { find, stand } from "./stand-state.js";

const FAR = 10;
// Who is here sits down where they are let go; all others move there.
const SEATS = { arrived: "seat", partially_arrived: "seat" };
for (const state of ["waiting", "called", "coming"]) SEATS[`queue-${state}`] = "queue_seat";
let held = null;

const party = (target) => {
  const row = target.closest?.(".row[data-party]");
  if (row) return { party: row.dataset.party, state: row.dataset.state };
  const table = target.closest?.(".table[data-party]");
  return table?.dataset.party ? { party: table.dataset.party, state: "at-table", from: table } : null;
};

document.addEventListener("pointerdown", (event) => {
  if (!stand.mayOperate || event.button || stand.mode || event.pointerType === "touch") return;
  if (stand.view === "timeline") return; // It has dragging of its own, along the time too.
  if (event.target.closest(".row__do")) return;
  const found = party(event.target);
  if (found) held = { ...found, x: event.clientX, y: event.clientY, moving: false };
});

document.addEventListener("pointermove", (event) => {
  if (!held) return;
  if (!held.moving) {
    if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < FAR) return;
    held.moving = true;
    held.ready = start(held);
    document.body.classList.add("is-dragging");
    getSelection()?.removeAllRanges();
  }
  find(".table--reached")?.classList.remove("table--reached");
  over(event)?.classList.add("table--reached");
});

const start = ({ state, party: who }) =>
  begin(SEATS[state] ?? "move", { party: who });

const over = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest?.(".table");

document.addEventListener("pointerup", async (event) => {
  const was = held;
  held = null;
  if (!was?.moving) return;
  document.body.classList.remove("is-dragging");
  // A click follows; it is the end of the drag, not a tap.
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }), 50);
  const table = over(event);
  find(".table--reached")?.classList.remove("table--reached");
  await was.ready;
  if (!table || table === was.from || !stand.mode) return end();
  const place = stand.mode.places[table.id];
  const other = table.dataset.party;
  if (!place.ok && other && other !== was.party && was.from) {
    // Two parties at their tables: they change places.
    await begin("swap", { party: was.party });
    if (stand.mode) choose(stand.mode.places[table.id]);
    return;
  }
  choose(place);
});

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

document.addEventListener("pointercancel", () => {
  held = null;
});
document.addEventListener("dragstart", (event) => {
  if (event.target.closest?.(".row, .table")) event.preventDefault();
});
