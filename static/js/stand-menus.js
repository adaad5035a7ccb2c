// Menus and dialogs: close by Esc, by a tap beside them, when the focus leaves.
import { all, find } from "./stand-state.js";

const close = (menu, refocus) => {
  menu.open = false;
  if (refocus) menu.querySelector("summary").focus();
};

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of all("[data-menu][open]")) {
    close(menu, menu.contains(document.activeElement));
    event.stopImmediatePropagation();
  }
});

document.addEventListener("click", (event) => {
  for (const menu of all("[data-menu][open]")) {
    if (!menu.contains(event.target)) close(menu, false);
    else if (event.target.closest("[data-opens], button:not([type=button])")) close(menu, false);
  }
  const opener = event.target.closest("[data-opens]");
  if (opener) find(`#${opener.dataset.opens}`).showModal();
  else if (event.target.matches("dialog[open]")) event.target.close();
});

// Asks before what is grave; true when it is to be done.
export function ask(text) {
  const dialog = find("#confirm");
  find("[data-confirm-text]", dialog).textContent = text;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
