// Improves the page of a restaurant. Without it every link and form works by loading the page.

const form = document.getElementById("wish");

// The panel was swapped: the fields follow it (a day link changes the date).
document.body.addEventListener("htmx:afterSwap", () => {
  const panel = document.getElementById("times");
  if (!panel) return;
  for (const name of ["date", "room"]) {
    const field = form.elements[name];
    if (field !== document.activeElement) field.value = panel.dataset[name];
  }
  for (const choice of form.querySelectorAll("[name=offer]")) choice.checked = choice.value === panel.dataset.offer;
});

// Another party or another day: the time that was chosen stays the wanted one.
document.body.addEventListener("htmx:configRequest", (event) => {
  const chosen = document.querySelector("#times [name=time]:checked");
  if (chosen && event.detail.elt === form) event.detail.parameters.time = chosen.value;
});

// Whose clock? Said only to guests whose own clock shows another time.
const note = document.querySelector("[data-zone]");
if (note) {
  const reading = (zone) =>
    new Intl.DateTimeFormat("en", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(new Date());
  try {
    note.hidden = reading(note.dataset.zone) === reading(undefined);
  } catch {
    note.hidden = false; // A browser that does not know the zone cannot compare.
  }
}
