// What the manager wrote for a date comes up when that date is opened, once on each device; later it
// is a line above the floor.
import { all, find, stand } from "./stand-state.js";

const KEPT = "stand.notes";
const MOST = 30;
const sheet = find("#notes");

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
};
const nameOf = (note) => `${stand.body.dataset.slug} ${stand.date} ${note.dataset.note}`;

const known = new Set(read());
const fresh = all("[data-note]").filter((note) => !known.has(nameOf(note)));

function piece(note) {
  const part = document.createElement("section");
  const title = document.createElement("h3");
  title.textContent = find("summary b", note).textContent;
  part.append(title, find("p", note).cloneNode(true));
  return part;
}

if (fresh.length) {
  find("[data-notes-body]", sheet).replaceChildren(...fresh.map(piece));
  sheet.showModal();
  sheet.addEventListener("close", () => {
    try {
      localStorage.setItem(KEPT, JSON.stringify([...known, ...fresh.map(nameOf)].slice(-MOST)));
    } catch {
      // Nothing is kept in private windows: it comes up again.
    }
  });
}
