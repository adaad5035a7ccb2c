// Stripe's Payment Element on our page. The card goes from the element to Stripe and comes back as a
// token; the form is then sent as any other. Where Stripe's script is missing the form is sent without
// a token, and the guest pays on Stripe's own page.

const WORKING = document.documentElement.dataset.oneMoment ?? "…";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

// The house's look, read from the page: the element is a frame and cannot see our styles.
function appearance() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  return {
    theme: style.colorScheme === "dark" ? "night" : "stripe",
    variables: {
      colorPrimary: token("--accent"),
      colorBackground: token("--surface"),
      colorText: token("--ink"),
      colorTextSecondary: token("--ink-soft"),
      colorTextPlaceholder: token("--ink-soft"),
      colorDanger: token("--danger"),
      fontFamily: token("--font-text"),
      fontSizeBase: "16px",
      borderRadius: token("--radius-s"),
    },
    rules: { ".Input": { border: `1px solid ${token("--line-strong")}`, padding: "12px" } },
  };
}

function say(box, sentence) {
  const wrong = box.querySelector("[data-wrong]");
  wrong.textContent = sentence;
  wrong.hidden = !sentence;
}

function takeCards(box) {
  const form = box.closest("form");
  const token = box.querySelector("[data-token]");
  const given = box.dataset;
  const stripe = window.Stripe(given.key, { locale: given.locale });
  const elements = stripe.elements({
    mode: given.mode,
    currency: given.currency,
    ...(given.mode === "payment" && { amount: Number(given.amount), captureMethod: given.capture }),
    appearance: appearance(),
  });
  const element = elements.create("payment");
  let isReady = false;
  let isBusy = false;

  // A token is good for one payment: neither "back" nor a reload may send it again.
  token.value = "";
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) token.value = "";
  });
  dark.addEventListener("change", () => elements.update({ appearance: appearance() }));
  element.on("ready", () => {
    isReady = true;
    box.querySelector("[data-elsewhere]").hidden = true;
  });
  element.on("loaderror", () => {
    box.querySelector("[data-element]").hidden = true;
    box.querySelector("[data-elsewhere]").hidden = false;
    isReady = false;
  });
  element.on("change", () => say(box, ""));
  box.querySelector("[data-element]").hidden = false;
  element.mount(box.querySelector("[data-element]"));

  async function makeToken() {
    const { error: incomplete } = await elements.submit();
    if (incomplete) throw incomplete;
    const { error, confirmationToken } = await stripe.createConfirmationToken({ elements });
    if (error) throw error;
    return confirmationToken.id;
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
      if (!pays || !isReady || token.value) return;
      event.preventDefault();
      event.stopPropagation();
      // What is missing elsewhere is asked for now: a new page would forget the card.
      if (!isBusy && form.reportValidity()) send(event.submitter);
    },
    true,
  );
}

function askForApproval(box) {
  const stripe = window.Stripe(box.dataset.key, { locale: box.dataset.locale });
  const button = box.querySelector("[data-approve]");
  const form = box.closest("form");
  // What the bank said is asked of Stripe by the server, never believed from here.
  const look = () => form.requestSubmit(form.querySelector("[data-look]"));

  async function approve() {
    button.hidden = true;
    say(box, "");
    try {
      const { error } = await stripe.handleNextAction({ clientSecret: box.dataset.secret });
      const intent = error?.payment_intent ?? error?.setup_intent;
      if (!error || (intent && intent.status !== "requires_action")) {
        look();
        return;
      }
      say(box, error.message || box.dataset.problem);
    } catch {
      say(box, box.dataset.problem);
    }
    button.hidden = false;
  }

  button.addEventListener("click", approve);
  // Back from the bank's own page: it is done there, one way or the other. Opened by itself once
  // only: whoever comes back with nothing changed chooses what to do.
  if (new URLSearchParams(window.location.search).has("redirect_status")) look();
  else if (sessionStorage.getItem("asked") === box.dataset.secret) button.hidden = false;
  else {
    sessionStorage.setItem("asked", box.dataset.secret);
    approve();
  }
}

const cards = document.querySelector("[data-stripe]");
const approval = document.querySelector("[data-stripe-approval]");
if (window.Stripe && cards?.dataset.key) takeCards(cards);
if (window.Stripe && approval) askForApproval(approval);
