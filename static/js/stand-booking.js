// The sheet of a new booking: times follow the size, guests are found while one types.
import { tell } from "./stand-deeds.js";
import { answered } from "./stand-patch.js";
import { address, find, stand } from "./stand-state.js";

const sheet = find("#new");
const body = find("[data-new-body]");
let typing = 0;

async function load(fields = {}) {
  const answer = await fetch(address(stand.body.dataset.new, fields), { headers: { "X-Stand": "1" } });
  return answer.ok || answer.status === 409 ? answer.text() : "";
}

const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-open-new]") || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  try {
    body.innerHTML = await load();
  } catch {
    return;
  }
  sheet.showModal();
  find("input:checked", body)?.focus();
});

const form = () => find("form", body);
const filled = () => Object.fromEntries(new FormData(form()).entries());

async function swap(part, fields) {
  const fresh = find(part, parsed(await load(fields)));
  const old = find(part, body);
  if (fresh && old) old.replaceChildren(...fresh.childNodes);
}

body.addEventListener("change", (event) => {
  if (event.target.matches("[data-refetch]")) swap("[data-times]", filled());
  if (event.target.matches("[name=time]")) {
    const { insist } = event.target.dataset;
    find("[data-slot-reason]", body).textContent = insist ?? "";
    const box = find("[name=overbook]", body);
    if (box) box.checked = Boolean(insist);
  }
});

body.addEventListener("input", (event) => {
  if (!event.target.matches("[data-guest-search]")) return;
  clearTimeout(typing);
  typing = setTimeout(() => swap("[data-guests]", { who: event.target.value, size: filled().size }), 200);
});

body.addEventListener("click", (event) => {
  const guest = event.target.closest("[data-guest]");
  if (!guest) return;
  for (const name of ["name", "phone", "email", "allergies"]) {
    const field = find(`[name=${name}]`, form());
    if (guest.dataset[name]) field.value = guest.dataset[name];
  }
  find("[name=wishes]", form()).focus();
});

body.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = new FormData(event.target, event.submitter);
  const answer = await fetchBook(event.target.action, fields);
  if (answer === true) sheet.close();
  else if (answer) {
    body.innerHTML = answer;
    find("[role=alert]", body)?.scrollIntoView();
  }
});

async function fetchBook(url, fields) {
  const { stamp } = stand;
  fields.set("stamp", stamp);
  fields.set("view", stand.view);
  let answer;
  try {
    answer = await fetch(url, { method: "POST", body: fields, headers: { "X-Stand": "1" } });
  } catch {
    tell(stand.body.dataset.sayLost, { bad: true });
    return "";
  }
  if (!answer.headers.get("Content-Type").includes("json")) return answer.text();
  const said = await answer.json();
  if (said.kind === "password") {
    location.assign(said.url);
    return "";
  }
  await answered(said.patch, stamp);
  tell(said.said);
  return true;
}
