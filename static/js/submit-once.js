// A form marked data-once is sent once: the second click of a double click does nothing.
// The server stands repeats anyway; this spares the guest the doubt.

import { isOnline } from "./network.js";

const WORKING = document.documentElement.dataset.oneMoment ?? "…";

// Offline a browser would put a page of its own in place of the form and all that was typed.
let offline = null;

function stays(event, place) {
  if (isOnline()) return false;
  event.preventDefault();
  offline?.remove();
  offline = document.createElement("div");
  offline.className = "notice notice--warning";
  offline.setAttribute("role", "alert");
  place.before(offline);
  offline.textContent = document.documentElement.dataset.offline;
  return true;
}

document.addEventListener("htmx:beforeRequest", (event) => stays(event, event.detail.target));

window.addEventListener("online", () => {
  offline?.remove();
  offline = null;
  // The times may be those of another party than the field says by now.
  document.getElementById("wish")?.dispatchEvent(new Event("change"));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (stays(event, event.submitter ?? form)) return;
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
