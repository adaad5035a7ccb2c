// The floor editor: everything it draws can be done by dragging, by keyboard and by the fields beside it.
import "./submit-once.js";
import * as model from "./floor-model.js";
import { drawCombinations, drawFrame, drawLines, drawThing, element, paper, tablesIn } from "./floor-draw.js";
import { Inspector } from "./floor-inspector.js";
import { save } from "./floor-save.js";

const root = document.getElementById("floor");
const start = JSON.parse(document.getElementById("floor-data").textContent);
const words = start.words;
const isReadOnly = "readonly" in root.dataset;
const says = document.getElementById("floor-says");

/** "%(name)s" from the catalogue, filled in. */
export const fill = (text, values = {}) => text.replace(/%\((\w+)\)[sd]/g, (_, key) => values[key]);

const GRID = 5;
const MOST_STEPS = 200;
const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class Editor {
  doc = start.document;
  base = model.copy(start.document);
  version = start.version;
  room = start.document.rooms[0]?.id ?? "";
  plan = "";
  chosen = new Set();
  errors = {};
  #undo = [];
  #redo = [];
  #nudged = 0;
  #drawn = new WeakMap();
  zoom = 0;

  constructor() {
    this.paper = document.getElementById("floor-paper");
    this.svg = element("svg", { class: "canvas", role: "group", "aria-label": words.canvas });
    this.ground = element("rect", { class: "canvas__ground" });
    const pattern = element("pattern", { id: "floor-grid", width: 50, height: 50, patternUnits: "userSpaceOnUse" }, element("path", { class: "canvas__line", d: "M50 0H0V50" }));
    this.layers = Object.fromEntries(["fixtures", "combos", "tables", "words", "lines", "frame"].map((name) => [name, element("g", { class: `layer layer--${name}` })]));
    this.net = element("rect", { class: "canvas__net", fill: "url(#floor-grid)" });
    this.svg.append(element("defs", {}, pattern), this.ground, this.net, ...Object.values(this.layers));
    this.paper.replaceChildren(this.svg);
    this.groups = new Map();
    this.texts = new Map();
    this.layers.words.setAttribute("aria-hidden", "true");
    this.inspector = new Inspector(this, document.getElementById("inspector"), words);
    for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
    this.#listen();
    this.render();
  }

  // What there is

  /** Tables and fixtures of the room, as they stand in the plan. */
  things() {
    const tables = tablesIn(this.doc, this.room, this.plan);
    const fixtures = this.doc.fixtures.filter((each) => each.room === this.room);
    return { tables, fixtures, all: [...fixtures, ...tables] };
  }

  thing(id) {
    return this.things().all.find((each) => each.id === id);
  }

  chosenThings() {
    return this.things().all.filter((each) => this.chosen.has(each.id));
  }

  isTable(id) {
    return this.doc.tables.some((table) => table.id === id);
  }

  get isDirty() {
    return !model.same(this.doc, this.base);
  }

  // Changing it

  /** One step that can be undone. ``change`` works on the document; ``key`` joins quick steps of one kind. */
  commit(change, key = "") {
    if (isReadOnly) return;
    const before = model.copy(this.doc);
    change(this.doc);
    if (model.same(before, this.doc)) return this.render();
    this.remember(before, key);
    this.render();
  }

  remember(before, key = "") {
    const now = performance.now();
    const joins = key && this.#undo.at(-1)?.key === key && now - this.#nudged < 900;
    if (!joins) this.#undo.push({ doc: before, key });
    if (this.#undo.length > MOST_STEPS) this.#undo.shift();
    this.#nudged = now;
    this.#redo = [];
  }

  step(from, to, text) {
    const last = from.pop();
    if (!last) return;
    to.push({ doc: model.copy(this.doc), key: "" });
    this.replace(last.doc);
    this.say(text);
  }

  undo() {
    this.step(this.#undo, this.#redo, words.undone);
  }

  redo() {
    this.step(this.#redo, this.#undo, words.redone);
  }

  /** Another document, with as much of the view as it still has. */
  replace(doc) {
    this.doc = doc;
    if (!model.byId(doc.rooms, this.room)) this.room = doc.rooms[0]?.id ?? "";
    if (this.plan && !model.byId(doc.plans, this.plan)) this.plan = "";
    this.chosen = new Set([...this.chosen].filter((id) => this.thing(id)));
    this.render();
  }

  /** What the server has now. */
  settle(document, version) {
    this.base = model.copy(document);
    this.version = version;
    this.errors = {};
    this.#undo = [];
    this.#redo = [];
    this.replace(document);
  }

  patch(id, patch) {
    const table = model.byId(this.doc.tables, id);
    if (!table) return Object.assign(model.byId(this.doc.fixtures, id), patch);
    const { x, y, rotation, in_use, ...rest } = patch;
    Object.assign(table, rest);
    const spot = Object.fromEntries(Object.entries({ x, y, rotation, in_use }).filter(([, value]) => value !== undefined));
    if (Object.keys(spot).length) model.place(this.doc, this.plan, table, spot);
    return table;
  }

  move(dx, dy) {
    const things = this.chosenThings();
    if (!things.length) return;
    this.commit(() => {
      for (const each of things) this.patch(each.id, { x: clean(each.x + dx), y: clean(each.y + dy) });
    }, `move ${[...this.chosen]}`);
    const [first] = this.chosenThings();
    this.say(fill(words.moved, { name: this.name(first), x: first.x, y: first.y }));
  }

  turn(by) {
    const things = this.chosenThings();
    if (!things.length) return;
    this.commit(() => {
      for (const each of things) this.patch(each.id, { rotation: (((each.rotation + by) % 360) + 360) % 360 });
    }, `turn ${[...this.chosen]}`);
    this.say(fill(words.turned, { name: this.name(this.chosenThings()[0]), angle: this.chosenThings()[0].rotation }));
  }

  add(kind) {
    const made = { id: model.newId(), room: this.room, rotation: 0, ...model.copy(start.kinds[kind]) };
    const spot = this.#freeSpot(made);
    Object.assign(made, spot);
    this.commit((doc) => {
      if (made.kind) doc.fixtures.push(made);
      else doc.tables.push({ ...made, label: model.nextLabel(doc) });
    });
    this.choose(made.id);
    this.focus(made.id);
    this.say(fill(words.added, { name: this.name(this.thing(made.id)) }));
  }

  #freeSpot(box) {
    const others = this.things().all.map(model.frame);
    const { width } = paper(this.doc, this.room, this.plan);
    for (let y = 40; ; y += 40) {
      for (let x = 40; x + box.width + 40 <= width; x += 40) {
        const near = (each) => each.left < x + box.width + 25 && each.right > x - 25 && each.top < y + box.height + 25 && each.bottom > y - 25;
        if (!others.some(near)) return { x, y };
      }
    }
  }

  duplicate() {
    const made = [];
    this.commit((doc) => {
      for (const each of this.chosenThings()) {
        const isTable = this.isTable(each.id);
        const twin = { ...model.copy(model.byId(isTable ? doc.tables : doc.fixtures, each.id)), id: model.newId() };
        Object.assign(twin, { rotation: each.rotation }, this.#freeSpot(each));
        if (isTable) doc.tables.push({ ...twin, label: model.nextLabel(doc), in_use: true });
        else doc.fixtures.push(twin);
        made.push(twin.id);
      }
    });
    this.chosen = new Set(made);
    this.render();
    if (made.length) this.focus(made[0]);
    this.say(fill(words.added, { name: this.chosenThings().map((each) => this.name(each)).join(", ") }));
  }

  remove() {
    const gone = this.chosenThings();
    if (!gone.length) return;
    const text = gone.map((each) => this.name(each)).join(", ");
    this.commit((doc) => {
      for (const { id } of gone) {
        if (this.isTable(id)) model.dropTable(doc, id);
        else doc.fixtures = doc.fixtures.filter((each) => each.id !== id);
      }
    });
    this.chosen.clear();
    this.render();
    this.svg.querySelector("[tabindex]")?.focus();
    this.say(fill(words.removed, { name: text }));
  }

  align(axis) {
    const [size, across, depth] = axis === "x" ? ["width", "y", "height"] : ["height", "x", "width"];
    const things = this.chosenThings().sort((one, other) => one[axis] - other[axis]);
    const middle = things[0][across] + things[0][depth] / 2;
    const span = things.at(-1)[axis] + things.at(-1)[size] - things[0][axis];
    const space = Math.max(0, (span - things.reduce((sum, each) => sum + each[size], 0)) / (things.length - 1));
    this.commit(() => {
      let at = things[0][axis];
      for (const each of things) {
        this.patch(each.id, { [axis]: clean(at), [across]: clean(middle - each[depth] / 2) });
        at += each[size] + space;
      }
    });
  }

  combine(low, high) {
    const ids = [...this.chosen].filter((id) => this.isTable(id)).sort();
    this.commit((doc) => doc.combinations.push({ id: model.newId(), tables: ids, min_seats: low, max_seats: high, priority: 0, is_active: true }));
    this.say(fill(words.combined, { low, high }));
  }

  // Rooms and plans

  addRoom() {
    const id = model.newId();
    const number = this.doc.rooms.length + 1;
    this.commit((doc) => doc.rooms.push({ id, name: fill(words.room, { number }) }));
    this.room = id;
    this.choose();
    document.getElementById("i-room-name").select();
  }

  moveRoom(by) {
    const at = this.doc.rooms.findIndex((each) => each.id === this.room);
    if (!this.doc.rooms[at + by]) return;
    this.commit((doc) => doc.rooms.splice(at + by, 0, ...doc.rooms.splice(at, 1)));
  }

  removeRoom() {
    if (this.things().tables.length) return this.notice(words.room_in_use);
    this.commit((doc) => {
      doc.fixtures = doc.fixtures.filter((each) => each.room !== this.room);
      doc.rooms = doc.rooms.filter((each) => each.id !== this.room);
    });
    this.replace(this.doc);
  }

  addPlan() {
    const id = model.newId();
    const number = this.doc.plans.length + 1;
    this.commit((doc) => doc.plans.push({ id, name: fill(words.plan, { number }), weekdays: [], valid_from: null, valid_until: null, is_active: false, spots: [] }));
    this.plan = id;
    this.choose();
    document.getElementById("i-plan-name").select();
  }

  firstPlan() {
    this.commit((doc) => doc.plans.sort((one, other) => (other.id === this.plan) - (one.id === this.plan)));
    this.say(words.plan_first);
  }

  removePlan() {
    this.commit((doc) => (doc.plans = doc.plans.filter((each) => each.id !== this.plan)));
    this.replace(this.doc);
  }

  // What is chosen

  choose(id, more = false) {
    if (!more) this.chosen.clear();
    if (id && more && this.chosen.has(id)) this.chosen.delete(id);
    else if (id) this.chosen.add(id);
    this.render();
  }

  focus(id) {
    this.groups.get(id)?.focus();
  }

  show(id) {
    const thing = [...this.doc.tables, ...this.doc.fixtures].find((each) => each.id === id);
    if (!thing) return;
    this.room = thing.room;
    this.choose(id);
  }

  name(thing) {
    return thing.label && this.isTable(thing.id) ? fill(words.table, { label: thing.label }) : thing.label || words.kinds[thing.kind];
  }

  // Drawing

  render() {
    const { tables, fixtures, all } = this.things();
    const size = paper(this.doc, this.room, this.plan);
    this.svg.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    // The text has to stay readable: on a small screen the paper scrolls.
    const least = Math.min(size.width, 620);
    this.svg.setAttribute("width", this.zoom ? Math.round(size.width * this.zoom) : "100%");
    this.svg.classList.toggle("is-fitted", !this.zoom);
    this.svg.style.minWidth = this.zoom ? "" : `${least}px`;
    for (const rect of [this.ground, this.net]) for (const key of ["width", "height"]) rect.setAttribute(key, size[key]);
    this.#drawAll(fixtures, false);
    this.#drawAll(tables, true);
    for (const [id, group] of this.groups) {
      if (all.some((each) => each.id === id)) continue;
      group.remove();
      this.texts.get(id).remove();
      this.groups.delete(id);
      this.texts.delete(id);
    }
    drawCombinations(this.layers.combos, this.doc, tables, this.chosen);
    drawFrame(this.layers.frame, this.chosenThings(), !isReadOnly);
    this.#rooms();
    this.#plans();
    this.#state();
    this.inspector.render();
  }

  #drawAll(things, isTable) {
    const layer = isTable ? this.layers.tables : this.layers.fixtures;
    for (const thing of things) {
      let group = this.groups.get(thing.id);
      if (!group) {
        group = element("g", { tabindex: 0, role: "button", "data-id": thing.id });
        this.groups.set(thing.id, group);
        this.texts.set(thing.id, element("g"));
        this.layers.words.append(this.texts.get(thing.id));
      }
      const isChosen = this.chosen.has(thing.id);
      const kinds = isTable ? `tbl tbl--${thing.access}${thing.in_use ? "" : " is-out"}` : `fix fix--${thing.kind}`;
      const isWrong = Object.keys(this.errors).some((key) => key.split(".")[1] === thing.id);
      group.setAttribute("class", `${kinds}${isChosen ? " is-chosen" : ""}${isWrong ? " is-wrong" : ""}`);
      group.setAttribute("aria-pressed", isChosen);
      group.setAttribute("aria-label", this.#about(thing, isTable));
      if (group.parentNode !== layer) layer.append(group);
      // While one thing is dragged the others stay as they are drawn.
      const drawn = JSON.stringify(thing);
      if (this.#drawn.get(group) === drawn) continue;
      this.#drawn.set(group, drawn);
      this.texts.get(thing.id).setAttribute("class", kinds);
      drawThing(group, this.texts.get(thing.id), thing, isTable);
    }
  }

  #about(thing, isTable) {
    if (!isTable) return this.name(thing);
    const text = fill(words.about, { label: thing.label, shape: words.shapes[thing.shape], low: thing.min_seats, high: thing.max_seats, x: thing.x, y: thing.y });
    return thing.in_use ? text : `${text}, ${words.out}`;
  }

  #rooms() {
    const list = document.getElementById("floor-rooms");
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.room : null;
    const buttons = this.doc.rooms.map((room) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "room-tab", textContent: room.name || "…" });
      button.dataset.room = room.id;
      button.setAttribute("aria-pressed", room.id === this.room);
      return button;
    });
    if (!isReadOnly) {
      const add = Object.assign(document.createElement("button"), { type: "button", className: "room-tab room-tab--add", textContent: words.add_room });
      add.dataset.do = "room-add";
      buttons.push(add);
    }
    list.replaceChildren(...buttons);
    if (focused) list.querySelector(`[data-room="${CSS.escape(focused)}"]`)?.focus();
  }

  #plans() {
    const select = document.getElementById("floor-plan");
    select.replaceChildren(new Option(words.standard, ""), ...this.doc.plans.map((plan) => new Option(plan.is_active ? plan.name : fill(words.plan_off, { name: plan.name }), plan.id)));
    select.value = this.plan;
  }

  #state() {
    for (const [name, list] of [["undo", this.#undo], ["redo", this.#redo]]) {
      const button = root.querySelector(`[data-do="${name}"]`);
      if (button) button.disabled = !list.length;
    }
    const state = document.getElementById("floor-state");
    const text = this.isDirty ? words.unsaved : words.saved;
    if (state && state.textContent !== text) state.textContent = text;
    state?.classList.toggle("is-dirty", this.isDirty);
  }

  say(text) {
    says.textContent = "";
    requestAnimationFrame(() => (says.textContent = text));
  }

  /** Something to read above the plan, with what can be done about it. */
  notice(text, { kind = "warning", lines = [], buttons = [] } = {}) {
    const box = document.getElementById("floor-notice");
    box.hidden = !text;
    box.className = `floor__notice notice notice--${kind}`;
    const list = document.createElement("ul");
    list.append(...lines.map((line) => {
      const item = document.createElement("li");
      item.append(line);
      return item;
    }));
    const actions = document.createElement("div");
    actions.className = "notice__actions";
    for (const [label, act, style = "button--quiet"] of buttons) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: `button button--small ${style}`, textContent: label });
      button.addEventListener("click", act);
      actions.append(button);
    }
    box.replaceChildren(Object.assign(document.createElement("p"), { textContent: text, className: "floor__text" }), ...(lines.length ? [list] : []), ...(buttons.length ? [actions] : []));
    if (text) box.focus();
  }

  // Listening

  #listen() {
    this.svg.addEventListener("pointerdown", (event) => this.#down(event));
    this.svg.addEventListener("focusin", (event) => {
      const id = event.target.closest("[data-id]")?.dataset.id;
      if (id && !this.chosen.has(id) && !this.isSeveral && !this.#pointing) this.choose(id);
    });
    this.svg.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("click", (event) => this.#click(event));
    document.getElementById("floor-plan").addEventListener("change", (event) => {
      this.plan = event.target.value;
      this.render();
    });
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || isReadOnly) return;
      const isField = event.target.matches("input, select, textarea");
      const key = event.key.toLowerCase();
      if (key === "s") this.do("save");
      else if (!isField && key === "z") this.do(event.shiftKey ? "redo" : "undo");
      else if (!isField && key === "y") this.do("redo");
      else return;
      event.preventDefault();
    });
    addEventListener("beforeunload", (event) => {
      if (this.isDirty && !isReadOnly) event.preventDefault();
    });
  }

  get isSeveral() {
    return document.getElementById("floor-several").checked;
  }

  #click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.room) {
      this.room = button.dataset.room;
      this.choose();
    } else if (button.dataset.add) this.add(button.dataset.add);
    else if (button.dataset.do) this.do(button.dataset.do);
  }

  do(name) {
    const deeds = {
      undo: () => this.undo(),
      redo: () => this.redo(),
      turn: () => this.turn(45),
      duplicate: () => this.duplicate(),
      remove: () => this.remove(),
      combine: () => this.combine(...this.inspector.seats()),
      save: () => save(this, words),
      "zoom-in": () => this.zoomBy(1.25),
      "zoom-out": () => this.zoomBy(0.8),
      "zoom-fit": () => this.zoomBy(0),
      "align-row": () => this.align("x"),
      "align-column": () => this.align("y"),
      "room-add": () => this.addRoom(),
      "room-left": () => this.moveRoom(-1),
      "room-right": () => this.moveRoom(1),
      "room-remove": () => this.removeRoom(),
      "plan-add": () => this.addPlan(),
      "plan-first": () => this.firstPlan(),
      "plan-remove": () => this.removePlan(),
    };
    deeds[name]?.();
  }

  zoomBy(factor) {
    const { width } = paper(this.doc, this.room, this.plan);
    const now = this.svg.getBoundingClientRect().width / width;
    this.zoom = factor ? Math.min(4, Math.max(0.25, now * factor)) : 0;
    this.render();
  }

  #key(event) {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (!id || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key;
    const size = event.shiftKey ? 25 : GRID;
    if (key === "Enter" || key === " ") this.choose(id, event.shiftKey || this.isSeveral);
    else if (key === "Escape") this.choose();
    else if (isReadOnly) return;
    else if (STEP[key]) this.move(STEP[key][0] * size, STEP[key][1] * size);
    else if (key === "r" || key === "R") this.turn(event.shiftKey ? 15 : 45);
    else if (key === "d" || key === "D") this.duplicate();
    else if (key === "Delete" || key === "Backspace") this.remove();
    else return;
    event.preventDefault();
  }

  #pointing = false;

  #at(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [point.x, point.y];
  }

  #down(event) {
    if (event.button) return;
    const handle = event.target.dataset?.handle;
    const group = event.target.closest("[data-id]");
    if (!handle && !group) return this.isSeveral || event.shiftKey ? null : this.choose();
    event.preventDefault();
    const id = group?.dataset.id;
    if (id) {
      const more = event.shiftKey || this.isSeveral;
      this.#pointing = true;
      if (more || !this.chosen.has(id)) this.choose(id, more);
      this.groups.get(id).focus({ preventScroll: true });
      this.#pointing = false;
    }
    const isPlain = id && !event.shiftKey && !this.isSeveral;
    if (!isReadOnly && this.chosen.size) this.#drag(event, handle ?? "move", isPlain ? id : null);
  }

  /** Follow the pointer; a press on one of several that moves nothing chooses that one alone. */
  #drag(event, how, pressed) {
    const before = model.copy(this.doc);
    const from = this.#at(event);
    const things = this.chosenThings();
    const move = (next) => {
      if (next.pointerId !== event.pointerId) return;
      const [x, y] = this.#at(next);
      this.#draw[how].call(this, things, [x - from[0], y - from[1]], [x, y], next.altKey);
      this.render();
    };
    const end = (last) => {
      if (last.pointerId !== event.pointerId) return;
      for (const [name, listener] of listeners) removeEventListener(name, listener);
      this.layers.lines.replaceChildren();
      if (last.type === "pointercancel") this.replace(before);
      else if (!model.same(before, this.doc)) this.remember(before);
      else if (pressed && this.chosen.size > 1) this.choose(pressed);
      this.render();
    };
    const listeners = [["pointermove", move], ["pointerup", end], ["pointercancel", end]];
    for (const [name, listener] of listeners) addEventListener(name, listener);
  }

  #draw = {
    move(things, [dx, dy], _, isFree) {
      const [first] = things;
      const others = this.things().all.filter((each) => !this.chosen.has(each.id));
      const wanted = { ...first, x: first.x + dx, y: first.y + dy };
      const reach = 8 / (this.svg.getScreenCTM().a || 1);
      const at = isFree ? { ...wanted, lines: [] } : model.snapped(wanted, others, reach, GRID);
      for (const each of things) this.patch(each.id, { x: clean(each.x + at.x - first.x), y: clean(each.y + at.y - first.y) });
      drawLines(this.layers.lines, at.lines, paper(this.doc, this.room, this.plan));
    },
    turn([thing], _, [x, y], isFree) {
      const angle = (Math.atan2(x - thing.x - thing.width / 2, thing.y + thing.height / 2 - y) * 180) / Math.PI;
      const step = isFree ? 1 : 15;
      this.patch(thing.id, { rotation: (Math.round(angle / step) * step + 360) % 360 });
    },
    size([thing], [dx, dy], _, isFree) {
      // Along the thing's own sides, and its far corner stays where it is.
      const turn = (thing.rotation * Math.PI) / 180;
      const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
      const step = isFree ? 1 : GRID;
      const grown = (size, by) => Math.max(20, Math.round((size + by) / step) * step);
      const width = grown(thing.width, dx * cos + dy * sin);
      const height = grown(thing.height, dy * cos - dx * sin);
      const [gw, gh] = [(width - thing.width) / 2, (height - thing.height) / 2];
      this.patch(thing.id, { width, height, x: clean(thing.x + gw * cos - gh * sin - gw), y: clean(thing.y + gw * sin + gh * cos - gh) });
    },
  };
}

const clean = (value) => Math.max(0, Math.round(value * 10) / 10);

new Editor();
