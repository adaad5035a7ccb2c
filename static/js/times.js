// Improves the page of a restaurant. Without it every link and form works by loading the page.

const status = document.getElementById("times-status");
const form = document.getElementById("wish");

let goesToTimes = false; // A date was chosen: the times are what comes next.

document.body.addEventListener("htmx:beforeRequest", (event) => {
  goesToTimes = event.detail.elt.matches(".day");
});

// The place in the page stays as it is: addresses end in #times for those who load it anew.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.pathInfo) event.detail.pathInfo.anchor = undefined;
});

// The panel was swapped: the fields follow it (a day link changes the date), a screen reader hears.
document.body.addEventListener("htmx:afterSwap", () => {
  const panel = document.getElementById("times");
  if (!panel) return;
  for (const name of ["date", "room"]) {
    const field = form.elements[name];
    if (field !== document.activeElement) field.value = panel.dataset[name];
  }
  status.textContent = panel.dataset.summary;
  if (goesToTimes) document.getElementById("times-day").focus();
});

// Another party or another day: the time that was chosen stays the wanted one.
document.body.addEventListener("htmx:configRequest", (event) => {
  const chosen = document.querySelector("#times [name=time]:checked");
  if (chosen && event.detail.elt === form) event.detail.parameters.time = chosen.value;
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
