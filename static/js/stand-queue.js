// The queue: a tap on a size opens the form for that size; once it was sent the form is empty again.
import { find } from "./stand-state.js";

const add = find("[data-queue-add]");

export function openQueue(size) {
  if (!add) return;
  add.open = true;
  if (size) find("[name=size]", add).value = size;
  find("[name=name]", add).focus();
}

document.addEventListener("click", (event) => {
  const said = event.target.closest("[data-said]");
  if (!said || !add) return;
  event.preventDefault();
  openQueue(said.dataset.said);
});

add?.addEventListener("stand:sent", (event) => {
  event.target.reset();
  add.open = false;
  find("summary", add).focus();
});
