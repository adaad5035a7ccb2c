// Refines "held until 19:42" to minutes, warns in time, and after the end offers the same time again.
// Nothing ticks: a guest who reads slowly hears twice that time is short, and can ask for more.

const held = document.querySelector("[data-countdown]");
const form = document.getElementById("details");
const WARN_AT = [120, 60];

const named = (name) => form.querySelector(`[data-name="${name}"]`);

function inWords(seconds) {
  if (seconds < 60) return "less than a minute";
  const minutes = Math.round(seconds / 60);
  return minutes <= 1 ? "about 1 minute" : `about ${minutes} minutes`;
}

function announce(seconds) {
  const more = named("more-time") ? " Press “I need more time” to keep it longer." : "";
  document.querySelector("[data-announce]").textContent =
    `The table is held for ${inWords(seconds)} more.${more}`;
  document.querySelector("[data-ending]").hidden = false;
  held.classList.add("is-ending");
}

function expire() {
  held.classList.add("is-over");
  held.querySelector("[data-left]").textContent = "(time is up)";
  document.querySelector("[data-ending]").hidden = true;
  document.querySelector("[data-announce]").textContent = "";
  form.querySelector("[data-confirm]")?.setAttribute("hidden", "");
  named("more-time")?.setAttribute("hidden", "");
  named("release")?.setAttribute("hidden", "");
  const again = named("again");
  again.hidden = false;
  const notice = document.createElement("div");
  notice.className = "notice notice--warning";
  const text = document.createElement("p");
  text.textContent =
    "The time for this table has run out. Nothing you typed is lost: hold the same time again and go on.";
  const actions = document.createElement("div");
  actions.className = "notice__actions";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--small";
  button.textContent = again.textContent;
  button.dataset.press = "again";
  actions.append(button);
  notice.append(text, actions);
  document.querySelector("[data-expired-alert]").replaceChildren(notice);
}

// Buttons of the notices stand before the form's own; they press the real ones, which send what
// was typed. Enter in a field still means the form's first button.
document.addEventListener("click", (event) => {
  const press = event.target.closest("[data-press]");
  if (press) form.requestSubmit(named(press.dataset.press));
});

if (held && form) {
  const end = Date.now() + Number(held.dataset.seconds) * 1000;
  let told = Infinity;
  const tick = () => {
    const left = Math.max(0, (end - Date.now()) / 1000);
    if (left === 0) {
      expire();
      return;
    }
    held.querySelector("[data-left]").textContent = `(${inWords(left)} left)`;
    const mark = WARN_AT.filter((seconds) => left <= seconds).at(-1);
    if (mark !== undefined && mark < told) {
      told = mark;
      announce(left);
    }
    setTimeout(tick, Math.min(left, 5) * 1000);
  };
  tick();
  // A laptop that slept has missed its timers.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !held.classList.contains("is-over")) tick();
  });
}

// Shown again out of the browser's memory, the count would be wrong.
window.addEventListener("pageshow", (event) => {
  if (event.persisted && held) window.location.reload();
});
