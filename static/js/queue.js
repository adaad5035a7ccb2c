// The place in the queue, kept fresh: the page is asked for again, and swapped when it says something else.
const EVERY = 10_000;
const said = document.querySelector("[data-queue-say]");
let asking = false;

async function look() {
  const shown = document.querySelector("[data-queue]");
  if (!shown || asking || document.hidden) return;
  asking = true;
  try {
    const answer = await fetch(location.pathname, {
      cache: "no-store",
      headers: { "If-None-Match": shown.dataset.queue },
    });
    if (answer.status !== 200) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-queue]");
    if (!fresh || fresh.dataset.queue === shown.dataset.queue) return;
    // Whoever is on a button stays on it, if it is still there.
    const focused = document.activeElement?.value;
    shown.replaceWith(fresh);
    document.title = page.title;
    said.textContent = fresh.querySelector("h1").textContent;
    if (focused) fresh.querySelector(`button[value="${focused}"]`)?.focus();
  } catch {
    // No network just now; the next look may have one.
  } finally {
    asking = false;
  }
}

setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
