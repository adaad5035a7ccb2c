// What counts: minutes late, since when they wait and sit, how much of their time is over.
import { all, find, now } from "./stand-state.js";

const words = document.documentElement.lang;
const short = new Intl.NumberFormat(words);

const length = (minutes) => {
  const whole = Math.abs(minutes);
  if (whole < 60) return `${short.format(whole)}′`;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

const WRITE = {
  due: (minutes) => (minutes < -90 ? "" : minutes > 0 ? `+${length(minutes)}` : `−${length(minutes)}`),
  wait: length,
  promise: (minutes) => (minutes > 0 ? `+${length(minutes)}` : length(minutes)),
  since: length,
  "at-table": length,
};

// From when on it is too late: ten minutes after the time of a booking, at once after a promise.
const LATE = { due: 10, promise: 0 };

function tick() {
  const at = now();
  for (const each of all("[data-tick]")) {
    const minutes = Math.floor((at - Number(each.dataset.at)) / 60);
    const text = WRITE[each.dataset.tick]?.(minutes) ?? "";
    if (each.textContent !== text) each.textContent = text;
    if (LATE[each.dataset.tick] !== undefined) each.classList.toggle("tick--late", minutes > LATE[each.dataset.tick]);
  }
  for (const ring of all("[data-ring]")) {
    const since = Number(ring.dataset.since);
    const share = (at - since) / Math.max(Number(ring.dataset.until) - since, 60);
    ring.setAttribute("stroke-dasharray", `${Math.min(Math.max(share, 0.02), 1) * 100} 100`);
  }
  const clock = find("[data-clock]");
  if (!clock) return;
  const zone = clock.dataset.zone;
  clock.textContent = new Date(at * 1000).toLocaleTimeString("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: zone || undefined,
  });
}

tick();
setInterval(tick, 10_000);
document.addEventListener("stand:patched", tick);
document.addEventListener("stand:tick", tick);
