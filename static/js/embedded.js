// Inside another website: tells it how high this page is and what happened, never who the guest is.
// It answers only one of the restaurant's sites, and only after that site has spoken.

const { embedOrigins, embedEvent } = document.body.dataset;
const allowed = new Set([location.origin, ...embedOrigins.split(" ")]);
let host = "";

function tell(type, more = {}) {
  if (host) window.parent.postMessage({ v: 1, type, ...more }, host);
}

function tellHeight() {
  tell("resize", { height: Math.ceil(document.body.getBoundingClientRect().height) });
}

function tellWhatHappened() {
  if (embedEvent) tell(embedEvent);
  const problems = [...document.querySelectorAll("main [role=alert]")];
  if (problems.some((problem) => problem.textContent.trim())) tell("error");
}

window.addEventListener("message", ({ origin, source, data }) => {
  if (source !== window.parent || !allowed.has(origin)) return;
  if (data?.v !== 1 || data.type !== "hello" || host) return;
  host = origin;
  tellHeight();
  tellWhatHappened();
  new ResizeObserver(tellHeight).observe(document.body);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("#times [name=time]")) tell("slot_selected");
});
