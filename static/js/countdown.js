// Refines "held until 19:42" to minutes and warns in time. After the end the form stays: sending it
// takes the same table again if it is free. Nothing ticks: who reads slowly hears twice that time is
// short, and can ask for more. Words come from the page, in its language.

const held = document.querySelector("[data-countdown]");
const form = document.getElementById("details");
const WARN_AT = [120, 60];

const named = (name) => form.querySelector(`[data-name="${name}"]`);

function inWords(seconds) {
  if (seconds < 60) return held.dataset.less;
  const minutes = Math.round(seconds / 60);
  return minutes <= 1 ? held.dataset.one : held.dataset.many.replace("%s", minutes);
}

function announce(seconds) {
  const says = held.dataset.says.replace("%s", inWords(seconds));
  const ask = named("more-time") ? ` ${held.dataset.ask}` : "";
  document.querySelector("[data-announce]").textContent = says + ask;
  document.querySelector("[data-ending]").hidden = false;
  held.classList.add("is-ending");
}

function expire() {
  held.classList.add("is-over");
  held.querySelector("[data-left]").textContent = held.dataset.over;
  document.querySelector("[data-ending]").hidden = true;
  document.querySelector("[data-announce]").textContent = "";
  named("more-time")?.setAttribute("hidden", "");
  named("release")?.setAttribute("hidden", "");
  const words = document.querySelector("[data-expired]").content.cloneNode(true);
  document.querySelector("[data-expired-alert]").replaceChildren(words);
}

// The button of the notice stands before the form's own; it presses the real one, which sends what
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
    held.querySelector("[data-left]").textContent = held.dataset.wrap.replace("%s", inWords(left));
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
