// A button with data-opens opens the dialog of that id. Esc, its own button and a click beside it close it.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  else if (event.target.matches("dialog[open]")) event.target.close();
});
