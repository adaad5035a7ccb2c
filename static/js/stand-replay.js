// The evening as a film: the slider, the keys, playing. Frames come as what changed since the last.
import "./stand-clock.js";
import "./stand-day.js";
import "./stand-floor.js";
import { apply } from "./stand-patch.js";
import { all, find, stand } from "./stand-state.js";

for (const each of all("[data-needs-script]")) each.hidden = false;
for (const each of all("[data-scriptless]")) each.hidden = true;
stand.body.classList.add("is-scripted");

const slider = find("[data-slider]");
const list = find("[data-deeds]");
const live = find("[data-live-deed]");
const { sayPlay, sayPause, sayLost, frame } = stand.body.dataset;

if (slider) begin();

function begin() {
  const last = Number(slider.max);
  const lines = new Map(all("a[data-n]", list).map((each) => [Number(each.dataset.n), each]));
  let shown = Number(slider.value);
  let wanted = shown;
  let under = null;
  let timer = 0;
  let resting = 0;

  // One frame under way at a time; while it comes the slider goes on, and only the last place counts.
  function show(number, { scroll = true } = {}) {
    wanted = Math.min(Math.max(number, 1), last);
    mark(wanted, scroll);
    under ??= follow().finally(() => {
      under = null;
    });
    return under;
  }

  async function follow() {
    while (shown !== wanted) {
      const to = wanted;
      const query = new URLSearchParams({ date: stand.date, n: to, stamp: stand.stamp });
      let answer;
      try {
        answer = await fetch(`${frame}?${query}`, { headers: { "HX-Request": "true" } });
      } catch {
        return lost();
      }
      const door = answer.headers.get("HX-Redirect");
      if (door || answer.redirected) return location.assign(door ?? answer.url);
      if (!answer.ok) return lost();
      apply(await answer.json());
      document.dispatchEvent(new CustomEvent("stand:tick"));
      shown = to;
    }
    clearTimeout(resting);
    resting = setTimeout(address, 400);
  }

  // Once it stands still for a moment: some browsers refuse to change an address ten times a second.
  function address() {
    history.replaceState(null, "", `?${new URLSearchParams({ date: stand.date, n: shown })}`);
  }

  function lost() {
    pause();
    wanted = shown;
    mark(shown, false);
    live.setAttribute("aria-live", "polite");
    find(".deed__what", live)?.replaceChildren(sayLost);
  }

  function mark(number, scroll) {
    slider.value = number;
    const line = lines.get(number);
    find("[aria-current]", list)?.removeAttribute("aria-current");
    if (!line) return;
    line.setAttribute("aria-current", "step");
    slider.setAttribute("aria-valuetext", line.textContent);
    if (scroll) near(line);
    for (const each of all("[data-step]")) {
      const to = number + Number(each.dataset.step);
      const able = to >= 1 && to <= last;
      each.toggleAttribute("aria-disabled", !able);
      if (!able) each.setAttribute("aria-disabled", "true");
      if (able) each.href = `?${new URLSearchParams({ date: stand.date, n: to })}`;
      else each.removeAttribute("href");
    }
  }

  // Only the list scrolls: the page stays where it is.
  function near(line) {
    const box = list.getBoundingClientRect();
    const own = line.getBoundingClientRect();
    list.scrollTop += own.top - box.top - (box.height - own.height) / 2;
  }

  const play = find("[data-play]");
  const speed = find("[data-speed]");
  const isPlaying = () => Boolean(timer);

  function face() {
    find("[data-icon-play]", play).hidden = isPlaying();
    find("[data-icon-pause]", play).hidden = !isPlaying();
    find("[data-play-text]", play).textContent = isPlaying() ? sayPause : sayPlay;
    // Whoever listens is told of one deed, not of ten a second.
    live.setAttribute("aria-live", isPlaying() ? "off" : "polite");
  }

  function pause() {
    clearTimeout(timer);
    timer = 0;
    face();
  }

  function start() {
    if (wanted >= last) show(Number(stand.body.dataset.opens));
    timer = setTimeout(next, 1000 / Number(speed.value));
    face();
  }

  async function next() {
    const began = performance.now();
    await show(wanted + 1);
    if (!isPlaying()) return;
    if (wanted >= last) pause();
    else timer = setTimeout(next, Math.max(1000 / Number(speed.value) - (performance.now() - began), 16));
  }

  const toggle = () => (isPlaying() ? pause() : start());
  play.addEventListener("click", toggle);
  slider.addEventListener("input", () => {
    pause();
    show(Number(slider.value));
  });
  find("[data-reel]").addEventListener("submit", (event) => {
    event.preventDefault();
    show(Number(slider.value));
  });
  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step], a[data-n]");
    if (!step || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    pause();
    const { step: by, n } = step.dataset;
    show(n ? Number(n) : wanted + Number(by), { scroll: !n });
  });

  const KEYS = {
    " ": toggle,
    ArrowLeft: () => by(-1),
    ArrowRight: () => by(1),
    Home: () => to(1),
    End: () => to(last),
  };
  const by = (step) => to(wanted + step);
  function to(number) {
    pause();
    show(number);
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const on = event.target;
    if (on.closest("select, input:not([type=range]), [data-floor-scroll]")) return;
    if (event.key === " " && on.closest("button, a")) return;
    const what = KEYS[event.key];
    if (!what) return;
    event.preventDefault();
    what();
  });
  mark(shown, true);
}
