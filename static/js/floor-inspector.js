// The fields beside the plan: every property of what is chosen, by keyboard alone.
import { byId, farthestStep, proposedSeats, REACH } from "./floor-model.js";

const fill = (text, values) => text.replace(/%\((\w+)\)[sd]/g, (_, key) => values[key]);

export class Inspector {
  #proposed = "";

  constructor(editor, box, words) {
    Object.assign(this, { editor, box, words });
    box.hidden = false;
    box.addEventListener("change", (event) => this.#changed(event.target));
    box.addEventListener("click", (event) => {
      const id = event.target.closest("[data-uncombine]")?.dataset.uncombine;
      if (id) editor.commit((doc) => (doc.combinations = doc.combinations.filter((each) => each.id !== id)));
    });
  }

  panel(name) {
    return this.box.querySelector(`[data-panel="${name}"]`);
  }

  /** Show what is chosen; a field that is being typed in stays as it is. */
  render() {
    const { editor } = this;
    const chosen = editor.chosenThings();
    const kind = chosen.length > 1 ? "many" : !chosen.length ? "room" : editor.isTable(chosen[0].id) ? "table" : "fixture";
    for (const panel of this.box.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== kind;
    const actions = this.box.querySelector("[data-thing-actions]");
    if (actions) actions.hidden = !chosen.length;
    this.box.querySelector("[data-thing-choose]").hidden = !editor.things().all.length;
    if (kind === "room") this.#room();
    else if (kind === "many") this.#many(chosen);
    else this.#thing(kind, chosen[0]);
  }

  #room() {
    const { doc, room, plan } = this.editor;
    this.#fill("room", byId(doc.rooms, room), `rooms.${room}`);
    const other = byId(doc.plans, plan);
    for (const part of this.box.querySelectorAll("[data-other]")) part.hidden = !other;
    this.box.querySelector("[data-standard]").hidden = Boolean(other);
    if (!other) return;
    this.#fill("plan", other, `plans.${plan}`);
    for (const day of this.box.querySelectorAll("[data-day]")) day.checked = other.weekdays.includes(Number(day.dataset.day));
    this.#error(this.box.querySelector('[data-error="weekdays"]'), null, this.editor.errors[`plans.${plan}.weekdays`]);
  }

  #thing(kind, thing) {
    if (kind === "table") {
      const select = this.box.querySelector('[data-field="room"]');
      select.replaceChildren(...this.editor.doc.rooms.map((room) => new Option(room.name, room.id)));
      document.getElementById("i-table-title").textContent = fill(this.words.table, { label: thing.label });
      this.#combos([thing]);
    }
    this.#fill(kind, thing, `${kind}s.${thing.id}`);
  }

  #fill(kind, values, key) {
    for (const field of this.box.querySelectorAll(`[data-of="${kind}"] [data-field]`)) {
      const value = values?.[field.dataset.field];
      if (field.type === "checkbox") field.checked = Boolean(value);
      else if (field !== document.activeElement || field.dataset.committed) field.value = value ?? "";
      this.#error(field.parentElement.querySelector(".field__error"), field, this.editor.errors[`${key}.${field.dataset.field}`]);
    }
  }

  #error(line, field, text) {
    if (!line) return;
    line.hidden = !text;
    line.textContent = text ?? "";
    line.id ||= `${field?.id ?? "i-weekdays"}-error`;
    field?.setAttribute("aria-invalid", Boolean(text));
    if (text) field?.setAttribute("aria-describedby", line.id);
    else field?.removeAttribute("aria-describedby");
  }

  #changed(field) {
    const { editor } = this;
    if (field.dataset.day) return this.#days();
    const name = field.dataset.field;
    const kind = field.closest("[data-of]")?.dataset.of;
    if (!name || !kind) return this.#seatsTyped();
    const value = field.type === "checkbox" ? field.checked : field.type === "number" ? number(field) : field.type === "date" ? field.value || null : field.value;
    if (value === undefined) return this.render();
    const [first] = editor.chosenThings();
    field.dataset.committed = "yes";
    editor.commit((doc) => {
      if (kind === "room") byId(doc.rooms, editor.room).name = value;
      else if (kind === "plan") byId(doc.plans, editor.plan)[name] = value;
      else editor.patch(first.id, { [name]: value });
    });
    delete field.dataset.committed;
    if (name === "room") editor.show(first.id);
  }

  #days() {
    const days = [...this.box.querySelectorAll("[data-day]:checked")].map((day) => Number(day.dataset.day));
    this.editor.commit((doc) => (byId(doc.plans, this.editor.plan).weekdays = days));
  }

  // Pushing tables together

  #many(chosen) {
    const tables = chosen.filter((each) => this.editor.isTable(each.id));
    document.getElementById("i-many-title").textContent = fill(this.words.chosen, { names: chosen.map((each) => this.editor.name(each)).join(", ") });
    const ids = tables.map((table) => table.id).sort();
    const isOld = this.editor.doc.combinations.some((each) => String([...each.tables].sort()) === String(ids));
    const part = this.box.querySelector("[data-combine]");
    part.hidden = tables.length < 2 || tables.length !== chosen.length || isOld;
    this.#combos(tables);
    if (part.hidden) return;
    if (this.#proposed !== String(ids)) {
      this.#proposed = String(ids);
      [this.#low.value, this.#high.value] = proposedSeats(tables);
    }
    const step = Math.round(farthestStep(tables));
    const apart = part.querySelector("[data-apart]");
    apart.hidden = step <= REACH;
    apart.textContent = fill(this.words.apart, { gap: step });
    this.#opens(tables);
  }

  get #low() {
    return document.getElementById("i-c-min");
  }

  get #high() {
    return document.getElementById("i-c-max");
  }

  seats() {
    return [Number(this.#low.value), Number(this.#high.value)];
  }

  #seatsTyped() {
    if (this.box.querySelector('[data-panel="many"]').hidden) return;
    this.#opens(this.editor.chosenThings());
  }

  /** Which parties had no place before, and have one with these tables together. */
  #opens(tables) {
    const { doc } = this.editor;
    const [low, high] = this.seats();
    const places = [...doc.tables.filter((table) => table.in_use), ...doc.combinations.filter((each) => each.is_active)];
    const fresh = [];
    for (let size = low; size <= high; size += 1) {
      if (!places.some((each) => each.min_seats <= size && size <= each.max_seats)) fresh.push(size);
    }
    const text = fresh.length ? fill(this.words.opens, { sizes: runs(fresh) }) : this.words.opens_none;
    const label = inOrder(tables.map((table) => table.label)).join(" + ");
    this.box.querySelector("[data-opens]").textContent = `${fill(this.words.together, { label, low, high })} ${text}`;
  }

  #combos(tables) {
    const { doc } = this.editor;
    const ids = new Set(tables.map((table) => table.id));
    const found = doc.combinations.filter((each) => (ids.size > 1 ? [...ids].every((id) => each.tables.includes(id)) : each.tables.some((id) => ids.has(id))));
    const label = (each) => inOrder(each.tables.map((id) => byId(doc.tables, id)?.label)).join(" + ");
    for (const box of this.box.querySelectorAll("[data-combos]")) {
      const rows = found.map((each) => {
        const row = document.createElement("li");
        row.className = "combined";
        row.append(fill(this.words.together, { label: label(each), low: each.min_seats, high: each.max_seats }));
        const there = this.editor.things().tables.filter((table) => each.tables.includes(table.id));
        const step = Math.round(farthestStep(there));
        if (there.length < each.tables.length || step > REACH) {
          const text = there.length < each.tables.length ? this.words.other_rooms : fill(this.words.apart, { gap: step });
          row.append(Object.assign(document.createElement("span"), { className: "combined__apart", textContent: text }));
        }
        if (!this.box.querySelector(".inspector__all").disabled) {
          const button = Object.assign(document.createElement("button"), { type: "button", className: "button button--quiet button--small", textContent: this.words.uncombine });
          button.dataset.uncombine = each.id;
          button.setAttribute("aria-label", `${this.words.uncombine}: ${label(each)}`);
          row.append(button);
        }
        return row;
      });
      const title = Object.assign(document.createElement("h4"), { className: "small-title", textContent: this.words.combinations });
      const list = document.createElement("ul");
      list.append(...rows);
      box.replaceChildren(...(rows.length ? [title, list] : []));
    }
  }
}

/** 2 before 10. */
const inOrder = (labels) => labels.sort((one, other) => String(one).localeCompare(String(other), undefined, { numeric: true }));

function number(field) {
  const value = Number(field.value);
  return field.value === "" || Number.isNaN(value) ? undefined : value;
}

/** 5, 6, 7, 9 as "5–7, 9". */
function runs(sizes) {
  const found = [];
  for (const size of sizes) {
    const last = found.at(-1);
    if (last && size === last[1] + 1) last[1] = size;
    else found.push([size, size]);
  }
  return found.map(([low, high]) => (low === high ? low : `${low}–${high}`)).join(", ");
}
