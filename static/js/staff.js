// Small helps for staff pages; everything works without them.
import "./submit-once.js";

// A button with data-copies puts the text of that element on the clipboard, and says so.
for (const button of document.querySelectorAll("[data-copies]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    button.textContent = button.dataset.copied;
  });
}

// An open menu closes by Esc, by a click beside it, and when the focus leaves it.
const close = (menu, refocus) => {
  menu.open = false;
  if (refocus) menu.querySelector("summary").focus();
};
const menus = [...document.querySelectorAll("[data-menu]")];
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus) if (menu.open) close(menu, menu.contains(document.activeElement));
});
document.addEventListener("click", (event) => {
  for (const menu of menus) if (menu.open && !menu.contains(event.target)) close(menu, false);
});
for (const menu of menus) {
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) close(menu, false);
  });
}

// On a phone the navigation and the tabs of a page are wider than the screen: begin with where we are.
for (const here of document.querySelectorAll(".places [aria-current], nav.tabs [aria-current]")) {
  here.scrollIntoView({ inline: "center", block: "nearest" });
}
