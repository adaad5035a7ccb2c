// The night as a table: sorted by any column, filtered by state.
import { all, find, say } from "./stand-state.js";

const body = find("#book");
let sorted = { column: 0, kind: "number", down: false };
let filter = "";

const value = (row) => {
  const said = row.cells[sorted.column].dataset.by ?? "";
  return sorted.kind === "number" ? Number(said) : said.toLocaleLowerCase();
};

function sort() {
  const rows = [...body.rows].map((row) => [value(row), row]);
  const sign = sorted.down ? -1 : 1;
  const order = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
  rows.sort(([one], [other]) => sign * (sorted.kind === "number" ? one - other : order(one, other)));
  body.append(...rows.map(([, row]) => row));
  all("th[aria-sort]").forEach((each) => each.removeAttribute("aria-sort"));
  const head = find(`[data-sort="${sorted.column}"]`).closest("th");
  head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
}

for (const each of all("[data-sort]")) {
  each.addEventListener("click", () => {
    const column = Number(each.dataset.sort);
    sorted = { column, kind: each.dataset.kind, down: sorted.column === column && !sorted.down };
    sort();
    say(each.textContent);
  });
}

function sieve() {
  for (const row of body.rows) {
    const fits = !filter || (filter === "alerts" ? Boolean(row.dataset.tone) : row.dataset.tab === filter);
    if (!fits) row.hidden = true;
  }
}

for (const each of all("[data-filter]")) {
  each.addEventListener("click", () => {
    filter = each.dataset.filter;
    for (const other of all("[data-filter]")) other.setAttribute("aria-pressed", String(other === each));
    find("[data-find]").dispatchEvent(new Event("input"));
    sieve();
  });
}

document.addEventListener("stand:patched", () => {
  if (sorted.column || sorted.down) sort();
  sieve();
});
