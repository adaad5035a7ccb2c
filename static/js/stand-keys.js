// One key for everything that is done a hundred times a night. Can be switched off (WCAG 2.1.4).
import { deed, undo } from "./stand-deeds.js";
import { step, toService, toTab } from "./stand-list.js";
import { begin, end } from "./stand-modes.js";
import { chosen, close } from "./stand-panes.js";
import { openQueue } from "./stand-queue.js";
import { address, find, stand } from "./stand-state.js";

const OFF = "stand.keys.off";
const kept = () => {
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false;
  }
};
const box = find("[data-keys-switch]");
box.checked = !kept();
box.addEventListener("change", () => {
  try {
    localStorage.setItem(OFF, box.checked ? "" : "1");
  } catch {
    // Private windows keep nothing: it holds until the page is left.
  }
});

// The row one is on: with the focus, else the selected one, else the one a key was last used on.
let last = "";
const current = () =>
  document.activeElement?.closest?.(".row[data-party], #book tr[data-party]") ??
  find(`.row[data-party="${chosen.party || last || "none"}"]`);

// The keyboard goes where the party goes, also into another list.
function follow() {
  // Whoever has begun to type meanwhile goes on typing.
  if (document.activeElement?.matches("input, select, textarea")) return;
  const row = find(`.row[data-party="${last || "none"}"]`);
  if (!row) {
    if (document.activeElement === document.body) find("#rows").focus();
    return;
  }
  if (row.closest("[hidden]")) toTab(row.closest("[data-tab]").dataset.tab);
  find("a.row__main", row)?.focus();
}

// What the same key does for a party of the queue.
const QUEUED = { "": "", arrive: "queue_coming", seat: "queue_seat", ready: "queue_call", move: "queue_seat" };
const meant = (row, verb) => (row.matches(".queue") ? QUEUED[verb] : verb);

async function doing(said) {
  const row = current();
  if (!row) return;
  const verb = meant(row, said);
  const { party, version } = row.dataset;
  const button = find(".row__do", find(`.row[data-party="${party}"]`) ?? row);
  const own = button && (!verb || button.value.startsWith(`${verb} `));
  if (!verb && !own) return;
  last = party;
  await deed(own ? button.value : `${verb} ${party} ${version}`);
  follow();
}

const operate = (what) => () => stand.mayOperate && what();

const KEYS = {
  "/": () => {
    // What was searched before is overwritten by what is typed now.
    find("[data-find]").focus();
    find("[data-find]").select();
  },
  n: operate(() => find("[data-open-new]")?.click()),
  w: operate(() => find('[data-quote="2"]')?.focus()),
  q: () => {
    toTab("waitlist", { focus: true });
    openQueue();
  },
  j: () => step(1),
  k: () => step(-1),
  a: operate(() => doing("arrive")),
  s: operate(() => doing("seat")),
  r: operate(() => doing("ready")),
  m: operate(() => {
    const row = current();
    if (!row) return;
    last = row.dataset.party;
    begin(meant(row, "move"), { party: last });
  }),
  u: () => undo().then((isDone) => isDone && follow()),
  "?": () => find("#help").showModal(),
  ArrowLeft: () => toService(-1),
  ArrowRight: () => toService(1),
};

const toView = (number) => {
  const link = find(`[data-to-view]:nth-child(${number})`);
  if (link && link.dataset.toView !== stand.view) link.click();
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (find("dialog[open]") || find("[data-menu][open]")) return;
  if (event.key === "Escape") {
    if (stand.mode) end();
    else if (chosen.party || chosen.table) close();
    return;
  }
  const { target } = event;
  if (target.matches("input, select, textarea, [contenteditable]")) return;
  if (event.key === "Enter") {
    // Once opens the row; again, on the row that is open, takes the next step.
    const row = target.matches("a.row__main") && target.closest(".row");
    if (!row || row.dataset.party !== chosen.party) return;
    event.preventDefault();
    if (stand.mayOperate || row.dataset.state !== "arrived") doing("");
    return;
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!target.closest(".row")) return;
    event.preventDefault();
    step(event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  if (!box.checked) return;
  if (/^[123]$/.test(event.key)) {
    toView(event.key);
    return;
  }
  const does = KEYS[event.key];
  if (!does) return;
  if (event.key.startsWith("Arrow") && target.closest("[tabindex='0'][role='region']")) return;
  event.preventDefault();
  does();
});

// A link to another view keeps what is selected.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-to-view]");
  if (!link) return;
  const fields = { view: link.dataset.toView };
  if (chosen.party) fields.party = chosen.party;
  link.href = address(stand.here, fields);
});

// On the bar of sizes the arrows walk.
document.addEventListener("keydown", (event) => {
  const quote = event.target.closest?.("[data-quote]");
  if (!quote) return;
  const next = { ArrowRight: quote.nextElementSibling, ArrowLeft: quote.previousElementSibling }[event.key];
  if (!next) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  next.focus();
}, true);
