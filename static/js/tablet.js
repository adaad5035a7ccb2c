// A tablet of the house locks itself when nobody touches it. The server counts, too: this only makes
// sure that nothing stays on the screen.
const lock = document.querySelector("[data-lock]");
if (lock) {
  const after = Number(lock.dataset.after) * 60000;
  const PING = 30000;
  let touched = Date.now();
  let told = touched;

  const shut = () => {
    document.body.replaceChildren();
    location.replace(`${lock.dataset.door}?next=${encodeURIComponent(location.pathname)}`);
  };

  const say = async () => {
    told = Date.now();
    const answer = await fetch(lock.dataset.here, { method: "POST", body: new FormData(lock) }).catch(() => null);
    // Without a network nothing is known; the clock below goes on.
    if (answer && answer.status === 205) shut();
  };

  const touch = () => {
    const now = Date.now();
    // Woken up after a long sleep: that touch is a stranger's.
    if (now - touched >= after) return look();
    touched = now;
    if (now - told > PING) say();
  };

  const look = () => {
    if (Date.now() - touched < after) return;
    const gone = new FormData(lock);
    fetch(lock.action, { method: "POST", body: gone, redirect: "manual", keepalive: true }).catch(() => {});
    shut();
  };

  for (const event of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    document.addEventListener(event, touch, { passive: true, capture: true });
  }
  setInterval(look, 5000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  // Out of the browser's memory of pages: ask again who is there.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}
