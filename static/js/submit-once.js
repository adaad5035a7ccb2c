// A form marked data-once is sent once: the second click of a double click does nothing.
// The server stands repeats anyway; this spares the guest the doubt.

const WORKING = document.documentElement.dataset.oneMoment ?? "…";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter;
  if (button) {
    button.dataset.label = button.textContent;
    button.setAttribute("aria-disabled", "true");
    button.textContent = WORKING;
  }
});

// Back from the next page: the browser may show this one as it was left.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[data-label]")) {
    button.textContent = button.dataset.label;
    button.removeAttribute("aria-disabled");
  }
});
