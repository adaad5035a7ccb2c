// The lists on the left: tabs, service, search, and one row that the keyboard is on.
import { all, find, say } from "./stand-state.js";

const lists = find(".lists");
const field = find("[data-find]");
const filter = { words: "", service: "" };
let tab = all("[data-box]", lists).find((list) => !list.hidden)?.dataset.tab ?? "upcoming";

export const rows = () =>
  all(".row", find(`#list-${tab}`)).filter((row) => !row.hidden);

export function toTab(name, { focus = false } = {}) {
  tab = name;
  for (const list of all("[data-box]", lists)) list.hidden = list.dataset.tab !== name;
  find("#do [name=tab]").value = name;
  for (const each of all("[data-for-tab]")) each.hidden = each.dataset.forTab !== name;
  marks();
  sieve();
  if (focus) find(`[data-to-tab="${name}"]`).focus();
}

function marks() {
  for (const each of all("[data-to-tab]")) {
    each.toggleAttribute("aria-current", false);
    if (each.dataset.toTab === tab) each.setAttribute("aria-current", "true");
  }
}

const fits = (row) =>
  (!filter.words || filter.words.split(/\s+/).every((word) => row.dataset.findIn?.includes(word))) &&
  (!filter.service || !row.dataset.service || row.dataset.service === filter.service);

// Search looks through every list: the tabs show how many each has of it.
export function sieve() {
  for (const row of all(".row, #book tr")) row.hidden = !fits(row);
  for (const head of all(".rows__head")) head.hidden = Boolean(filter.words);
  if (filter.words || filter.service) {
    for (const each of all("[data-to-tab] b")) {
      const name = each.parentNode.dataset.toTab;
      each.textContent = all(`#list-${name} > .row:not([hidden])`).length;
    }
  }
  roving();
}

// One row of the list takes part in Tab; j and k move on from it.
function roving() {
  const shown = rows();
  const focused = shown.find((row) => row.contains(document.activeElement));
  const current = focused ?? shown.find((row) => row.matches("[aria-current]")) ?? shown[0];
  for (const row of shown) {
    const link = find("a.row__main", row);
    if (link) link.tabIndex = row === current ? 0 : -1;
    const button = find(".row__do", row);
    if (button) button.tabIndex = row === current ? 0 : -1;
  }
}

export function step(by) {
  const shown = rows();
  const at = shown.findIndex((row) => row.contains(document.activeElement));
  const start = at < 0 ? shown.findIndex((row) => row.matches("[aria-current]")) : at;
  const next = shown[Math.min(Math.max(start + by, 0), shown.length - 1)];
  find("a.row__main", next ?? document)?.focus();
}

lists.addEventListener("focusin", (event) => {
  if (event.target.closest(".row")) roving();
});

find("[data-tabs]").addEventListener("click", (event) => {
  const link = event.target.closest("[data-to-tab]");
  if (!link) return;
  event.preventDefault();
  toTab(link.dataset.toTab);
});

field.addEventListener("input", () => {
  filter.words = field.value.trim().toLocaleLowerCase();
  sieve();
  if (!filter.words) return;
  const full = all("[data-to-tab]").find((each) => Number(find("b", each).textContent));
  if (full && !rows().length) toTab(full.dataset.toTab);
});
field.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "Enter") {
    event.preventDefault();
    find("a.row__main", rows()[0] ?? document)?.focus();
  } else if (event.key === "Escape") {
    field.value = "";
    field.dispatchEvent(new Event("input"));
    // Single keys do things again.
    field.blur();
    event.stopPropagation();
  }
});

const services = all("[data-service].seg");

export function toService(by) {
  const at = services.findIndex((each) => each.getAttribute("aria-pressed") === "true");
  services[(at + by + services.length) % services.length]?.click();
}

for (const each of services) {
  each.addEventListener("click", () => {
    for (const other of services) other.setAttribute("aria-pressed", String(other === each));
    filter.service = each.dataset.service;
    sieve();
    if (!filter.service) document.dispatchEvent(new Event("stand:recount"));
    say(each.textContent);
  });
}

document.addEventListener("stand:patched", () => {
  marks();
  sieve();
});
document.addEventListener("stand:recount", () => {
  for (const each of all("[data-to-tab] b")) {
    each.textContent = all(`#list-${each.parentNode.dataset.toTab} > .row`).length;
  }
});
toTab(tab);
