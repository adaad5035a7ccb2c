// Likes and passes in place: by button, by ← and → on a card, by swiping it. And where you are.
// Without this the same buttons send the same form and load the page.

const list = document.querySelector("[data-cards]");
const toast = document.querySelector("[data-toast]");
const FAR = 90; // Pixels of a swipe that is meant.
let hiding = 0;

function tell(text, undo) {
  toast.querySelector("[data-toast-text]").textContent = text;
  const button = toast.querySelector("[data-toast-action]");
  button.hidden = !undo;
  button.textContent = list.dataset.undo;
  button.onclick = undo ?? null;
  toast.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (toast.hidden = true), 10_000);
}

async function send(form, action) {
  const body = new FormData(form);
  body.set("action", action);
  body.set("quiet", "1");
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
    return answer.ok;
  } catch {
    return false;
  }
}

async function decide(card, button) {
  const form = card.querySelector("[data-swipe]");
  const action = button.value;
  if (!(await send(form, action))) {
    form.requestSubmit(button); // The whole page will say what is the matter.
    return;
  }
  const next = card.nextElementSibling ?? card.previousElementSibling;
  const hadFocus = card.contains(document.activeElement);
  card.classList.add(action === "like" ? "is-liked" : "is-passed");
  const leave = () => {
    clearTimeout(leaving);
    card.removeEventListener("transitionend", left);
    card.classList.remove("is-liked", "is-passed");
    card.style.transform = "";
  };
  const hide = () => {
    leave();
    card.hidden = true;
    if (hadFocus && next) next.querySelector(".card__name a").focus();
  };
  // Its buttons have transitions too, and those events rise up to it.
  const left = (event) => event.target === card && hide();
  card.addEventListener("transitionend", left);
  const leaving = setTimeout(hide, 400);
  const name = card.querySelector(".card__name").textContent;
  tell(list.dataset[action].replace("%s", name), async () => {
    await send(form, "forget");
    leave(); // Undone before it was gone: nothing may hide it afterwards.
    card.hidden = false;
    toast.hidden = true;
    card.querySelector(".card__name a").focus();
  });
}

const buttonOf = (card, action) =>
  [...card.querySelectorAll("[data-swipe] button")].find((button) => button.value === action);

list?.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.defaultPrevented || !["like", "pass"].includes(button.value) || event.target.dataset.plain) return;
  event.preventDefault();
  event.target.dataset.plain = "yes"; // A second try goes the long way.
  decide(event.target.closest("[data-card]"), button).finally(() =>
    setTimeout(() => delete event.target.dataset.plain, 1000),
  );
});

list?.addEventListener("keydown", (event) => {
  const action = { ArrowLeft: "pass", ArrowRight: "like" }[event.key];
  const card = event.target.closest("[data-card]");
  if (!action || !card || event.altKey || event.ctrlKey || event.metaKey) return;
  const button = buttonOf(card, action);
  if (!button) return;
  event.preventDefault();
  decide(card, button);
});

let from = null;
list?.addEventListener("pointerdown", (event) => {
  const card = event.target.closest("[data-card]");
  if (card && event.pointerType === "touch" && !event.target.closest("button, .time")) from = { card, x: event.clientX };
});
list?.addEventListener("pointermove", (event) => {
  if (from) from.card.style.transform = `translateX(${event.clientX - from.x}px)`;
});
for (const end of ["pointerup", "pointercancel"]) {
  list?.addEventListener(end, (event) => {
    if (!from) return;
    const { card, x } = from;
    from = null;
    const far = event.clientX - x;
    const button = buttonOf(card, far > 0 ? "like" : "pass");
    if (end === "pointerup" && Math.abs(far) > FAR && button) decide(card, button);
    else card.style.transform = "";
  });
}

// Only when the guest presses the button; the position goes in a body, where no log keeps it.
const near = document.querySelector("[data-near]");
const locate = near?.querySelector("[data-locate]");
if (locate) {
  locate.addEventListener("click", () => {
    const says = near.querySelector("[data-near-says]");
    says.textContent = "…";
    if (!navigator.geolocation) {
      says.textContent = near.dataset.failed;
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        near.elements.latitude.value = coords.latitude.toFixed(3);
        near.elements.longitude.value = coords.longitude.toFixed(3);
        near.submit();
      },
      () => (says.textContent = near.dataset.failed),
      { maximumAge: 600_000, timeout: 10_000 },
    );
  });
}
