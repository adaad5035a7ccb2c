// Saving the floor as a whole: what another manager saved meanwhile and where guests are expected is said, nothing is lost.
import { merged } from "./floor-model.js";

let isSaving = false;

export async function save(editor, words) {
  if (isSaving) return;
  if (!editor.isDirty) return editor.say(words.saved);
  isSaving = true;
  try {
    await send(editor, words);
  } finally {
    isSaving = false;
  }
}

async function send(editor, words) {
  const token = document.querySelector("#floor-form [name=csrfmiddlewaretoken]").value;
  let answer;
  let said;
  try {
    answer = await fetch(location.pathname, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token, Accept: "application/json" },
      body: JSON.stringify({ document: editor.doc, version: editor.version }),
    });
    said = await answer.json();
  } catch {
    return editor.notice(words.offline, { kind: "error" });
  }
  if (answer.ok) return saved(editor, said, words);
  editor.errors = said.errors ?? {};
  editor.render();
  if (said.code === "FLOOR_CHANGED") return conflict(editor, said, words);
  const lines = [...(said.bookings ?? []).map((each) => booking(each)), ...Object.entries(editor.errors).map(([key, text]) => mistake(editor, key, text))];
  editor.notice(said.text ?? words.offline, { kind: "error", lines });
}

function saved(editor, said, words) {
  const { chosen, doc } = editor;
  // What was new has another id now: find it by its number.
  const labels = new Set(doc.tables.filter((table) => chosen.has(table.id)).map((table) => table.label));
  const room = doc.rooms.findIndex((each) => each.id === editor.room);
  const plan = doc.plans.findIndex((each) => each.id === editor.plan);
  editor.room = said.document.rooms[room]?.id ?? editor.room;
  editor.plan = said.document.plans[plan]?.id ?? "";
  editor.chosen = new Set(said.document.tables.filter((table) => labels.has(table.label)).map((table) => table.id));
  editor.settle(said.document, said.version);
  editor.notice(said.text, { kind: "success" });
}

function conflict(editor, said, words) {
  const take = () => {
    editor.settle(said.document, said.version);
    editor.notice(words.took_theirs, { kind: "info" });
  };
  const both = () => {
    const mine = merged(editor.base, editor.doc, said.document);
    // What came before is undone no further: it would take away what the other person saved.
    editor.settle(said.document, said.version);
    editor.replace(mine);
    editor.notice(words.merged, { kind: "info" });
  };
  editor.notice(`${said.text} ${words.conflict}`, {
    buttons: [
      [words.merge, both, ""],
      [words.take_theirs, take],
    ],
  });
}

function booking({ text, url }) {
  if (!url) return text;
  return Object.assign(document.createElement("a"), { href: url, textContent: text, target: "_blank", rel: "noopener" });
}

function mistake(editor, key, text) {
  const [kind, id] = key.split(".");
  const thing = editor.doc[kind]?.find?.((each) => each.id === id);
  if (!["tables", "fixtures"].includes(kind) || !thing) return thing?.name ? `${thing.name}: ${text}` : text;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "text-button", textContent: `${editor.name(thing)}: ${text}` });
  button.addEventListener("click", () => {
    editor.show(id);
    editor.focus(id);
  });
  return button;
}
