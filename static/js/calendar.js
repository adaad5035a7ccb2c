// The month as a grid with one tab stop: arrows by day and week, Home and End in the week,
// Page Up and Page Down by month. Without this every day is a link, and they all work.

const onward = document.dir === "rtl" ? -1 : 1;
const STEPS = { ArrowLeft: -onward, ArrowRight: onward, ArrowUp: -7, ArrowDown: 7 };

let wanted = null; // The day to go to once the next month is here.

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
  const at = Math.min(Math.max(wanted < 0 ? days.length + wanted : wanted, 0), days.length - 1);
  wanted = null;
  enter(root, days[at], true);
}

// Another month by the keyboard: the same link a mouse would press.
function turn(root, by, day) {
  const link = root.querySelector(`a[data-turn="${by}"]`);
  if (!link) return;
  wanted = day;
  link.click();
}

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
    if (next < 0) turn(root, -1, next);
    else if (next >= days.length) turn(root, 1, next - days.length);
    else enter(root, days[next], true);
  } else if (event.key === "Home") enter(root, week[0], true);
  else if (event.key === "End") enter(root, week.at(-1), true);
  else if (event.key === "PageUp") turn(root, -1, at);
  else if (event.key === "PageDown") turn(root, 1, at);
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

document.body.addEventListener("htmx:afterSwap", prepare);
prepare();
