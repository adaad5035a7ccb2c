// The floor as a document, and what follows from it: geometry, snapping, merging. No page in here.
// Lengths are centimetres; x and y are a thing's left upper corner before it is turned about its middle.

export const REACH = 60;
const KINDS = ["rooms", "tables", "combinations", "fixtures", "plans"];

export const copy = (value) => structuredClone(value);
export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
export const byId = (rows, id) => rows.find((row) => row.id === id);

let made = 0;
/** An id for what is not stored yet. */
export const newId = () => `new-${Date.now().toString(36)}-${++made}`;

/** The next number that no table has. */
export function nextLabel(doc) {
  const taken = new Set(doc.tables.map((table) => table.label));
  let number = Math.max(0, ...doc.tables.map((table) => parseInt(table.label, 10) || 0)) + 1;
  while (taken.has(String(number))) number += 1;
  return String(number);
}

/** Where a table stands in a plan ("" is the standard one), and whether it is used there. */
export function spotOf(doc, planId, table) {
  const plan = planId ? byId(doc.plans, planId) : null;
  const { x, y, rotation, in_use } = plan?.spots.find((each) => each.table === table.id) ?? table;
  return { x, y, rotation, in_use };
}

/** Put a table somewhere else in one plan. */
export function place(doc, planId, table, patch) {
  if (!planId) return Object.assign(table, patch);
  const plan = byId(doc.plans, planId);
  let spot = plan.spots.find((each) => each.table === table.id);
  if (!spot) plan.spots.push((spot = { table: table.id, ...spotOf(doc, "", table) }));
  return Object.assign(spot, patch);
}

/** Take a table out of everything that names it. */
export function dropTable(doc, id) {
  doc.tables = doc.tables.filter((table) => table.id !== id);
  doc.combinations = doc.combinations.filter((each) => !each.tables.includes(id));
  for (const plan of doc.plans) plan.spots = plan.spots.filter((spot) => spot.table !== id);
}

// Geometry

export function corners({ x, y, width, height, rotation, shape }) {
  // A round table stands as it stands, however it is turned.
  const angle = shape === "round" && width === height ? 0 : (rotation * Math.PI) / 180;
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const [mx, my, w, h] = [x + width / 2, y + height / 2, width / 2, height / 2];
  return [[-w, -h], [w, -h], [w, h], [-w, h]].map(([dx, dy]) => [mx + dx * cos - dy * sin, my + dx * sin + dy * cos]);
}

/** The upright rectangle around a turned one. */
export function frame(box) {
  const points = corners(box);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

const edges = (shape) => shape.map((point, index) => [point, shape[(index + 1) % shape.length]]);

function overlap(first, second) {
  for (const [[ax, ay], [bx, by]] of [...edges(first), ...edges(second)]) {
    const along = ([x, y]) => x * (by - ay) + y * (ax - bx);
    const [mine, its] = [first.map(along), second.map(along)];
    if (Math.max(...mine) < Math.min(...its) || Math.max(...its) < Math.min(...mine)) return false;
  }
  return true;
}

function toEdge([px, py], [[ax, ay], [bx, by]]) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const part = length ? Math.min(1, Math.max(0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length)) : 0;
  return Math.hypot(px - ax - part * (bx - ax), py - ay - part * (by - ay));
}

/** How far two tables stand apart; nothing where they touch. */
export function gap(one, other) {
  const [first, second] = [corners(one), corners(other)];
  if (overlap(first, second)) return 0;
  const distances = [[first, second], [second, first]].flatMap(([these, those]) =>
    these.flatMap((point) => edges(those).map((edge) => toEdge(point, edge))));
  return Math.min(...distances);
}

/** The largest step between tables that are to be pushed together; 0 when one room cannot hold them. */
export function farthestStep(boxes) {
  const [reached, rest] = [boxes.slice(0, 1), boxes.slice(1)];
  let farthest = 0;
  while (rest.length) {
    const steps = rest.flatMap((box, index) => reached.map((other) => ({ index, step: gap(box, other) })));
    const next = steps.reduce((best, each) => (each.step < best.step ? each : best));
    farthest = Math.max(farthest, next.step);
    reached.push(...rest.splice(next.index, 1));
  }
  return farthest;
}

/** The parties that tables pushed together are for: more than any of them seats alone. */
export function proposedSeats(tables) {
  const sizes = tables.map((table) => table.max_seats);
  const most = sizes.reduce((sum, size) => sum + size, 0);
  return [Math.min(Math.max(...sizes) + 1, most), most];
}

/** An outline around some boxes, as points. */
export function hull(boxes, margin) {
  const points = boxes
    .flatMap((box) => corners({ ...box, x: box.x - margin, y: box.y - margin, width: box.width + 2 * margin, height: box.height + 2 * margin }))
    .sort(([ax, ay], [bx, by]) => ax - bx || ay - by);
  const half = (list) => {
    const found = [];
    for (const point of list) {
      while (found.length > 1 && turn(found.at(-2), found.at(-1), point) <= 0) found.pop();
      found.push(point);
    }
    return found.slice(0, -1);
  };
  return [...half(points), ...half(points.reverse())];
}

const turn = ([ax, ay], [bx, by], [cx, cy]) => (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);

/** Move a box a little so that it lines up with others, or stands on the grid; with lines to show. */
export function snapped(box, others, reach, grid = 5) {
  const [mine, found] = [frame(box), { x: box.x, y: box.y, lines: [] }];
  for (const [axis, low, high] of [["x", "left", "right"], ["y", "top", "bottom"]]) {
    const marks = (each) => [each[low], (each[low] + each[high]) / 2, each[high]];
    let best = null;
    for (const other of others.map(frame)) {
      for (const at of marks(other)) {
        for (const own of marks(mine)) {
          if (Math.abs(at - own) <= reach && (!best || Math.abs(at - own) < Math.abs(best.by))) best = { by: at - own, at };
        }
      }
    }
    if (best) {
      found[axis] += best.by;
      found.lines.push({ axis, at: best.at });
    } else found[axis] = Math.round(found[axis] / grid) * grid;
  }
  return found;
}

// Two people at once

/** Put the changes from ``base`` to ``mine`` on top of ``theirs``: field by field, nothing is lost. */
export function merged(base, mine, theirs) {
  const found = copy(theirs);
  for (const kind of KINDS) {
    for (const row of mine[kind]) {
      const [was, has] = [byId(base[kind], row.id), byId(found[kind], row.id)];
      if (!was) found[kind].push(copy(row));
      else if (has) mergeRow(was, row, has);
      else if (!same(was, row)) found[kind].push(copy(row));
    }
    const kept = new Set(mine[kind].map((row) => row.id));
    const gone = new Set(base[kind].filter((row) => !kept.has(row.id)).map((row) => row.id));
    found[kind] = found[kind].filter((row) => !gone.has(row.id));
    const order = mine[kind].map((row) => row.id);
    if (["rooms", "plans"].includes(kind) && !same(order, base[kind].map((row) => row.id))) {
      const at = (row) => (order.includes(row.id) ? order.indexOf(row.id) : order.length);
      found[kind].sort((one, other) => at(one) - at(other));
    }
  }
  const there = new Set(found.tables.map((table) => table.id));
  found.combinations = found.combinations.filter((each) => each.tables.every((id) => there.has(id)));
  return found;
}

function mergeRow(was, row, has) {
  for (const name of Object.keys(row)) {
    if (name === "spots") has.spots = mergedSpots(was.spots, row.spots, has.spots);
    else if (!same(was[name], row[name])) has[name] = copy(row[name]);
  }
}

function mergedSpots(was, mine, theirs) {
  const found = new Map(theirs.map((spot) => [spot.table, spot]));
  for (const spot of mine) {
    if (!same(was.find((each) => each.table === spot.table), spot)) found.set(spot.table, copy(spot));
  }
  return [...found.values()];
}
