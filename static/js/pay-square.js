// Square's card fields on our page. The card goes from the fields to Square and comes back as a token,
// with the buyer's verification inside; the form is then sent as any other. Without Square's script
// there is no token, and the server says so.

const WORKING = document.documentElement.dataset.oneMoment ?? "…";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

// The house's look, read from the page: the fields are a frame and cannot see our styles. Square takes
// colours as #rrggbb only, so each is painted once and read back.
function style() {
  const root = getComputedStyle(document.documentElement);
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (name) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = root.getPropertyValue(name).trim();
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
    return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
  };
  return {
    input: { color: colour("--ink"), backgroundColor: colour("--surface"), fontSize: "16px" },
    "input::placeholder": { color: colour("--ink-soft") },
    "input.is-error": { color: colour("--danger") },
    ".input-container": { borderColor: colour("--line-strong"), borderRadius: "6px" },
    ".input-container.is-focus": { borderColor: colour("--accent") },
    ".input-container.is-error": { borderColor: colour("--danger") },
    ".message-text": { color: colour("--ink-soft") },
    ".message-text.is-error": { color: colour("--danger") },
    ".message-icon": { color: colour("--ink-soft") },
    ".message-icon.is-error": { color: colour("--danger") },
  };
}

function say(box, sentence) {
  const wrong = box.querySelector("[data-wrong]");
  wrong.textContent = sentence;
  wrong.hidden = !sentence;
}

// Banks ask for fewer confirmations of a buyer they know something about.
function buyer(form, country) {
  const said = (name) => form.elements.namedItem(name)?.value?.trim() ?? "";
  const [givenName, ...rest] = said("name").split(/\s+/);
  const facts = { givenName, familyName: rest.join(" "), email: said("email"), phone: said("phone") };
  const known = Object.entries({ ...facts, countryCode: country }).filter(([, value]) => value);
  return Object.fromEntries(known);
}

async function takeCards(box) {
  const form = box.closest("form");
  const token = box.querySelector("[data-token]");
  const element = box.querySelector("[data-element]");
  const given = box.dataset;
  let isBusy = false;

  // A token is good for one payment: neither "back" nor a reload may send it again.
  token.value = "";
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) token.value = "";
  });

  const payments = window.Square.payments(given.application, given.location);
  const card = await payments.card({ style: style() });
  element.hidden = false;
  await card.attach(element);
  box.querySelector("[data-elsewhere]").hidden = true;
  dark.addEventListener("change", () => card.configure({ style: style() }));

  async function makeToken() {
    const answer = await card.tokenize({
      amount: given.amount,
      currencyCode: given.currency,
      intent: given.intent,
      customerInitiated: true,
      sellerKeyedIn: false,
      billingContact: buyer(form, given.country),
    });
    if (answer.status === "OK") return answer.token;
    throw new Error(answer.errors?.[0]?.message ?? "");
  }

  async function send(button) {
    const label = button?.textContent;
    isBusy = true;
    say(box, "");
    if (button) {
      button.setAttribute("aria-disabled", "true");
      button.textContent = WORKING;
    }
    try {
      token.value = await makeToken();
    } catch (error) {
      say(box, error.message || given.problem);
    }
    isBusy = false;
    if (button) {
      button.removeAttribute("aria-disabled");
      button.textContent = label;
    }
    // Later, for a form is not sent again while it is still being told that it was not.
    if (token.value) setTimeout(() => form.requestSubmit(button));
  }

  // Before whoever else listens: the form is only sent, and only once, when there is a token.
  form.addEventListener(
    "submit",
    (event) => {
      const pays = !event.submitter || event.submitter.hasAttribute("data-confirm");
      if (!pays || token.value) return;
      event.preventDefault();
      event.stopPropagation();
      // What is missing elsewhere is asked for now: a new page would forget the card.
      if (!isBusy && form.reportValidity()) send(event.submitter);
    },
    true,
  );
}

const box = document.querySelector("[data-square]");
if (window.Square && box?.dataset.application) {
  takeCards(box).catch(() => {
    box.querySelector("[data-element]").hidden = true;
    box.querySelector("[data-elsewhere]").hidden = false;
  });
}
