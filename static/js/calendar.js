// The month as a grid with one tab stop: arrows by day and week, Home and End in the week,
// Page Up and Page Down by month. Without this every day is a link, and they all work.

const onward = document.dir === "rtl" ? -1 : 1;
const STEPS = { ArrowLeft: -onward, ArrowRight: onward, ArrowUp: -7, ArrowDown: 7 };

let wanted = null; // Finds the day to go to once the next month is here.

const calendar = () => document.querySelector("[data-calendar]");
const daysOf = (root) => [...root.querySelectorAll(".day")];

function enter(root, day, focus) {
  for (const other of daysOf(root)) other.tabIndex = other === day ? 0 : -1;
  if (focus) day.focus();
}

function prepare() {
  const root = calendar();
  if (!root) return;
  const days = daysOf(root);
  const first = root.querySelector(".day[aria-current]") ?? root.querySelector("a.day") ?? days[0];
  if (wanted === null) {
    enter(root, first, false);
    return;
  }
  enter(root, wanted(days), true);
  wanted = null;
}

// Another month by the keyboard: the same link a mouse would press.
function turn(root, by, find) {
  const link = root.querySelector(`a[data-turn="${by}"]`);
  if (!link) return;
  wanted = find;
  link.click();
}

const numberOf = (day) => Number(day.id.replace("day-", ""));

// The same day of another month, or the nearest it has.
const same = (day) => (days) =>
  days.findLast((other) => numberOf(other) <= numberOf(day)) ?? days[0];

document.addEventListener("keydown", (event) => {
  const day = event.target.closest?.("[data-calendar] .day");
  if (!day || event.altKey || event.ctrlKey || event.metaKey) return;
  const root = calendar();
  const days = daysOf(root);
  const at = days.indexOf(day);
  const row = day.closest("tr");
  const week = daysOf(row);
  if (event.key in STEPS) {
    const next = at + STEPS[event.key];
    if (next < 0) turn(root, -1, (others) => others.at(next) ?? others[0]);
    else if (next >= days.length) turn(root, 1, (others) => others[next - days.length]);
    else enter(root, days[next], true);
  } else if (event.key === "Home") enter(root, week[0], true);
  else if (event.key === "End") enter(root, week.at(-1), true);
  else if (event.key === "PageUp") turn(root, -1, same(day));
  else if (event.key === "PageDown") turn(root, 1, same(day));
  else if (event.key === " " && day.href) day.click();
  else return;
  event.preventDefault();
});

// A finger cannot hover: a day that cannot be had says why below the month.
function say(event) {
  const day = event.target.closest?.("[data-calendar] .day[title]");
  if (!day) return;
  const says = calendar().querySelector("[data-says]");
  says.textContent = `${day.textContent.trim().match(/\d+/)[0]}: ${day.title}`;
}
document.addEventListener("click", say);
document.addEventListener("focusin", say);

// --- Another day or month without loading the page ---

let goesToTimes = false; // A date was chosen: the times are what comes next.

document.body.addEventListener("htmx:beforeRequest", (event) => {
  goesToTimes = event.detail.elt.matches(".day");
});

const load = (event) => {
  const path = event.detail.pathInfo?.finalRequestPath || event.detail.pathInfo?.requestPath;
  if (path) window.location.assign(path);
};

document.body.addEventListener("htmx:beforeSwap", (event) => {
  // The place in the page stays as it is: addresses end in #times for those who load it anew.
  if (event.detail.pathInfo) event.detail.pathInfo.anchor = undefined;
  // Led elsewhere: there are no times to choose from any more.
  if (event.detail.isError || event.detail.serverResponse.includes('id="times"')) return;
  event.detail.shouldSwap = false;
  load(event);
});

// A screen reader hears what has changed.
function tell() {
  const [times, status] = ["times", "times-status"].map((id) => document.getElementById(id));
  if (times && status) status.textContent = times.dataset.summary;
}

document.body.addEventListener("htmx:afterSwap", () => {
  prepare();
  tell();
  if (goesToTimes) document.getElementById("times-day")?.focus();
});

// A server or a network that fails here would leave the guest with old times: load the whole page.
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, load);
}

prepare();

// A day that was followed as a plain link, before this was ready, leads to its times all the same.
// The browser itself goes to the fragment while the page loads, and takes the focus off again.
function enterTimes() {
  if (document.activeElement === document.body) document.getElementById("times-day")?.focus();
  tell();
}

if (window.location.hash === "#times") {
  enterTimes();
  if (document.readyState !== "complete") window.addEventListener("load", () => setTimeout(enterTimes));
}
