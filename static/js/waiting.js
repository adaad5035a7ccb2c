// The bank's answer is missing: look again now and then, and go where the booking is once it is there.
// Nobody is thrown out of what they read: the page changes only when there is news.

const waiting = document.querySelector("[data-waiting]");
const EVERY = 4000;
const LOOKS = 75;

async function look(left) {
  if (left === 0) return;
  try {
    const answer = await fetch(waiting.dataset.waiting, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const heading = (root) => root.querySelector("h1")?.textContent;
    if (answer.ok && (answer.redirected || heading(page) !== heading(document))) {
      window.location.replace(answer.url);
      return;
    }
  } catch {
    // No network just now; the next look may have one.
  }
  setTimeout(look, EVERY, left - 1);
}

if (waiting) setTimeout(look, EVERY, LOOKS);
