// Drawing a room of the floor: tables with their chairs, fixtures, outlines of what can be pushed together.
import { corners, farthestStep, frame, hull, REACH, spotOf } from "./floor-model.js";

const NS = "http://www.w3.org/2000/svg";
const MARGIN = 60;

export function element(name, attributes = {}, ...children) {
  const found = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  found.append(...children);
  return found;
}

/** The tables of a room as they stand in a plan. */
export function tablesIn(doc, roomId, planId) {
  return doc.tables.filter((table) => table.room === roomId).map((table) => ({ ...table, ...spotOf(doc, planId, table) }));
}

/** How large the paper is: all that stands in the room, with some space around it. */
export function paper(doc, roomId, planId) {
  const things = [...tablesIn(doc, roomId, planId), ...doc.fixtures.filter((each) => each.room === roomId)].map(frame);
  return {
    width: Math.max(700, ...things.map((box) => box.right + 2 * MARGIN)),
    height: Math.max(480, ...things.map((box) => box.bottom + 2 * MARGIN)),
  };
}

function chairs({ shape, width, height, max_seats: seats }) {
  const [deep, wide] = [13, 30];
  const found = [];
  const chair = (x, y, angle) =>
    found.push(element("rect", { class: "tbl__chair", x: -wide / 2, y: -deep - 4, width: wide, height: deep, rx: 6, transform: `translate(${x} ${y}) rotate(${angle})` }));
  const row = (count, length, put) => {
    for (let index = 0; index < count; index += 1) put((length * (index + 0.5)) / count);
  };
  const shown = Math.min(seats, 24);
  if (shape === "round") {
    for (let index = 0; index < shown; index += 1) {
      const angle = (360 * index) / shown;
      const turn = (angle * Math.PI) / 180;
      chair(width / 2 + (Math.sin(turn) * width) / 2, height / 2 - (Math.cos(turn) * height) / 2, angle);
    }
  } else if (shape === "counter") {
    row(shown, width, (at) => chair(at, height, 180));
  } else {
    // As many at each side as its length allows, opposite each other first.
    const ends = shape === "square" && shown > 2 ? Math.min(2, shown - 2) : shape === "long" && shown > 5 ? 2 : 0;
    const along = shown - ends;
    row(Math.ceil(along / 2), width, (at) => chair(at, 0, 0));
    row(Math.floor(along / 2), width, (at) => chair(at, height, 180));
    if (ends > 0) chair(width, height / 2, 90);
    if (ends > 1) chair(0, height / 2, 270);
  }
  return found;
}

function top({ shape, width, height }, name) {
  return shape === "round"
    ? element("ellipse", { class: name, cx: width / 2, cy: height / 2, rx: width / 2, ry: height / 2 })
    : element("rect", { class: name, width, height, rx: shape === "counter" ? 4 : 10 });
}

const placed = ({ x, y, width, height, rotation }) => `translate(${x} ${y}) rotate(${rotation} ${width / 2} ${height / 2})`;

/** What stands in a table's or fixture's group; its words in another one, which is not read out: the group has a name. */
export function drawThing(group, words, thing, isTable) {
  const { width, height, rotation } = thing;
  for (const part of [group, words]) part.setAttribute("transform", placed(thing));
  const upright = { transform: `translate(${width / 2} ${height / 2}) rotate(${-rotation})` };
  words.replaceChildren();
  if (isTable) {
    const seats = thing.min_seats === thing.max_seats ? String(thing.max_seats) : `${thing.min_seats}–${thing.max_seats}`;
    const lines = element("g", upright);
    const number = element("text", { class: "tbl__number", y: -2 });
    number.textContent = thing.label;
    const range = element("text", { class: "tbl__seats", y: 16 });
    range.textContent = seats;
    lines.append(number, range);
    words.append(lines);
    group.replaceChildren(...chairs(thing), top(thing, "tbl__top"));
    if (thing.step_free) group.append(element("circle", { class: "tbl__mark", cx: width - 9, cy: 9, r: 5 }));
    return;
  }
  const parts = thing.kind === "text" ? [element("rect", { class: "fix__hit", width, height })] : [element("rect", { class: "fix__body", width, height, rx: thing.kind === "bar" ? 8 : 2 })];
  if (thing.kind === "door") parts.push(element("path", { class: "fix__swing", d: `M0 ${height / 2}A${width} ${width} 0 0 1 ${width} ${height / 2 - width}V${height / 2}` }));
  if (thing.label) {
    const label = element("text", { class: "fix__label", ...(thing.kind === "text" ? upright : { x: width / 2, y: height / 2 }) });
    label.textContent = thing.label;
    words.append(label);
  }
  group.replaceChildren(...parts);
}

/** Dotted outlines around the tables of each combination that stand in this room. */
export function drawCombinations(layer, doc, tables, chosen) {
  const there = new Map(tables.map((table) => [table.id, table]));
  const shown = doc.combinations.filter((each) => each.is_active && each.tables.every((id) => there.get(id)?.in_use));
  layer.replaceChildren(
    ...shown.map((each) => {
      const points = hull(each.tables.map((id) => there.get(id)), 22);
      const isChosen = each.tables.some((id) => chosen.has(id));
      const isApart = farthestStep(each.tables.map((id) => there.get(id))) > REACH;
      return element("path", { class: `combo${isChosen ? " is-chosen" : ""}${isApart ? " is-apart" : ""}`, d: `M${points.map((point) => point.map(Math.round).join(" ")).join("L")}Z` });
    }),
  );
}

/** The outline of what is chosen, with handles to turn and stretch it where that is allowed. */
export function drawFrame(layer, things, handles) {
  const parts = things.map((thing) => element("path", { class: "chosen", d: `M${corners({ ...thing, x: thing.x - 6, y: thing.y - 6, width: thing.width + 12, height: thing.height + 12 }).map((point) => point.join(" ")).join("L")}Z` }));
  if (handles && things.length === 1) {
    const [thing] = things;
    const group = element("g", { transform: placed(thing) });
    const { width, height } = thing;
    group.append(
      element("path", { class: "handle__stem", d: `M${width / 2} -6V-34` }),
      element("circle", { class: "handle handle--turn", "data-handle": "turn", cx: width / 2, cy: -40, r: 12 }),
      element("rect", { class: "handle handle--size", "data-handle": "size", x: width - 4, y: height - 4, width: 20, height: 20, rx: 5 }),
    );
    parts.push(group);
  }
  layer.replaceChildren(...parts);
}

export function drawLines(layer, lines, { width, height }) {
  layer.replaceChildren(
    ...lines.map(({ axis, at }) => element("path", { class: "guide", d: axis === "x" ? `M${at} 0V${height}` : `M0 ${at}H${width}` })),
  );
}
