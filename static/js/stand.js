// The host stand. Without this everything works by links and forms; with it the screen changes in
// pieces, taps answer at once, and ten seconds of undo are a key away.
import "./stand-line.js";
import "./stand-clock.js";
import "./stand-day.js";
import "./stand-menus.js";
import "./stand-panes.js";
import "./stand-list.js";
import "./stand-deeds.js";
import "./stand-modes.js";
import "./stand-queue.js";
import "./stand-drag.js";
import "./stand-booking.js";
import "./stand-keys.js";
import "./stand-notes.js";
import { refresh } from "./stand-patch.js";
import { stand } from "./stand-state.js";

const CENTRES = { floor: "./stand-floor.js", list: "./stand-book.js", timeline: "./stand-timeline.js" };

document.body.classList.add("is-scripted");
for (const each of document.querySelectorAll("[data-needs-script]")) each.hidden = false;
if (CENTRES[stand.view]) import(CENTRES[stand.view]);

// Another screen, or a guest, changed something (live.js says so); and the minute turns.
document.addEventListener("couvert:changed", () => refresh());
setInterval(() => document.hidden || refresh(), 30_000);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
