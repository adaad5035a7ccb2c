// While the line is down nothing is pressed that would be lost, and nothing waits to be sent.
// What a screen reader reads says so too; the badge in the strip says why (live.js).
import { all, say, stand } from "./stand-state.js";

const DEEDS = "[form=do], [data-do] button, [data-mode-start], [form=undo]";
const isDown = (state) => state === "offline" || state === "ended";

function hold() {
  for (const each of all(DEEDS)) {
    each.toggleAttribute("aria-disabled", stand.isDown);
    if (stand.isDown) each.setAttribute("aria-disabled", "true");
  }
}

document.addEventListener("couvert:line", (event) => {
  const was = stand.isDown;
  stand.isDown = isDown(event.detail.state);
  document.body.classList.toggle("is-offline", stand.isDown);
  hold();
  if (stand.isDown && !was) say(stand.body.dataset.sayOffline);
});
document.addEventListener("stand:patched", () => stand.isDown && hold());
document.addEventListener("stand:opened", () => stand.isDown && hold());
