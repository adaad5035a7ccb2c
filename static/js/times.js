// Improves the page of a restaurant. Without it every link and form works by loading the page.

const status = document.getElementById("times-status");

// The panel was swapped: the fields follow it (a day link changes the date), a screen reader hears.
document.body.addEventListener("htmx:afterSwap", () => {
  const panel = document.getElementById("times");
  if (!panel) return;
  const date = document.getElementById("date");
  if (date !== document.activeElement) date.value = panel.dataset.date;
  status.textContent = panel.dataset.summary;
});

// Another party or another day: the time that was chosen stays the wanted one.
document.body.addEventListener("htmx:configRequest", (event) => {
  const chosen = document.querySelector("#times [name=time]:checked");
  if (chosen) event.detail.parameters.time = chosen.value;
});

// A server or a network that fails here would leave the guest with old times: load the whole page.
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, (event) => {
    const path = event.detail.pathInfo?.finalRequestPath || event.detail.pathInfo?.requestPath;
    if (path) window.location.assign(path);
  });
}

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
