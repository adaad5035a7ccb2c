// Selection, the drawer, and on a phone the pane that is shown.
import { address, all, find, stand } from "./stand-state.js";

const drawer = find("[data-drawer-pane]");
const isPhone = matchMedia("(max-width: 47.9rem)");
let opened = 0;

export const chosen = { party: "", table: "" };
const start = find("[data-drawer]", drawer);
if (start) {
  chosen.party = start.dataset.party ?? "";
  chosen.table = start.dataset.table ?? "";
}

export function show(pane) {
  stand.body.dataset.pane = pane;
  for (const each of all("[data-pane]", find(".panes-nav"))) {
    each.setAttribute("aria-pressed", String(each.dataset.pane === pane));
  }
}
show(start && isPhone.matches ? "drawer" : "lists");

find(".panes-nav").addEventListener("click", (event) => {
  const to = event.target.closest("[data-pane]");
  if (to) show(to.dataset.pane);
});

// Shows a party or a table in the drawer, and marks it in the lists and on the floor.
export async function select(what, { focus = false } = {}) {
  chosen.party = what.party ?? "";
  chosen.table = what.table ?? "";
  mark();
  const turn = ++opened;
  const fields = chosen.party ? { party: chosen.party } : { table: chosen.table };
  let answer;
  try {
    answer = await fetch(address(stand.body.dataset.drawer, fields));
  } catch {
    return;
  }
  if (turn !== opened || !answer.ok) return;
  const kept = scrolled();
  drawer.innerHTML = await answer.text();
  kept();
  // What was chosen meanwhile asks for a tap on what the drawer would lie on.
  if (!stand.mode) {
    stand.body.dataset.open = "drawer";
    if (isPhone.matches) show("drawer");
  }
  document.dispatchEvent(new Event("stand:opened"));
  const title = find("[data-drawer-title]", drawer);
  if (title && focus) title.focus();
  history.replaceState(null, "", address(stand.here, fields));
}

export function close({ refocus = true } = {}) {
  const was = { ...chosen };
  chosen.party = chosen.table = "";
  opened += 1;
  delete stand.body.dataset.open;
  mark();
  if (isPhone.matches) show("lists");
  history.replaceState(null, "", address(stand.here));
  if (refocus && drawer.contains(document.activeElement)) {
    find(was.party ? `.row[data-party="${was.party}"] a` : `[data-table="${was.table}"] a`)?.focus();
  }
}

const isInside = (each) => drawer.contains(each);
const isTyped = (field) =>
  !field.closest("[data-sent]") &&
  (field.value !== field.defaultValue || field.checked !== field.defaultChecked);

// The same drawer again, with what is true now; what is typed and folded open there stays.
function again() {
  if (!chosen.party && !chosen.table) return;
  if (drawer.contains(document.activeElement) && document.activeElement.matches("input, select")) return;
  if (all("input:not([type=hidden])", drawer).some(isTyped)) return;
  const name = document.activeElement?.closest?.(".drawer button")?.value?.split(" ")[0];
  select({ ...chosen }).then(() => {
    if (name && document.activeElement === document.body) find("button[name=do]", drawer)?.focus();
  });
}

// Who was chosen is gone: the drawer is empty, and closed where it lies above the rest.
async function leave() {
  await select({ ...chosen });
  close();
  if (document.activeElement === document.body) find("#rows").focus();
}

function scrolled() {
  const body = find(".drawer__body", drawer);
  const same = body && (body.dataset.party ?? "") === chosen.party;
  const open = same ? all("details", body).map((each) => each.open) : [];
  const top = same ? body.scrollTop : 0;
  return () => {
    const next = find(".drawer__body", drawer);
    if (!next || !same) return;
    all("details", next).forEach((each, index) => {
      each.open = open[index] ?? false;
    });
    next.scrollTop = top;
  };
}

export function mark() {
  for (const each of all("[aria-current=true]:is(.row, .table, .bar, .tl__row, tr)")) each.removeAttribute("aria-current");
  if (chosen.party) {
    for (const each of all(`[data-party="${chosen.party}"]:is(.row, .table, tr), .bar[data-select="${chosen.party}"]`)) {
      each.setAttribute("aria-current", "true");
    }
  }
  if (chosen.table) find(`:is(.table, .tl__row)[data-table="${chosen.table}"]`)?.setAttribute("aria-current", "true");
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest("[data-drawer-close]")) {
    event.preventDefault();
    close();
    return;
  }
  const link = event.target.closest("a.row__main, [data-select], .table a");
  if (!link || stand.mode) return;
  const table = link.closest(".table");
  const party = link.dataset.select || link.closest("[data-party]")?.dataset.party;
  event.preventDefault();
  select(party ? { party } : { table: table.dataset.table }, { focus: event.detail === 0 });
});

document.addEventListener("stand:patched", (event) => {
  mark();
  const { changed } = event.detail;
  const rows = all(`[data-party="${chosen.party}"], [data-table="${chosen.table}"]`);
  // A party of the queue that sits down is in no list any more.
  if (chosen.party && rows.every(isInside)) leave();
  else if (rows.some((each) => changed.has(each.id))) again();
});

mark();
