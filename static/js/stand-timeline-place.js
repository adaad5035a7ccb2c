// Where something is on the timeline: rows, minutes, and what they are on the screen.
import { all, find } from "./stand-state.js";

export const sheet = find("[data-tl-sheet]");
export const body = find("[data-tl-body]");
const STEP = 900;
// Pixels that a quarter of an hour has at least while one taps for it.
export const FINGER = 44;
// Lays out anew; the view knows how.
export const place = { fit: () => {} };

// From when until when the drawing goes, as instants.
export const span = () => {
  const { first, last } = find("#tl-back").dataset;
  return { first: Number(first), last: Number(last) };
};

export const track = () => find("[data-tl-track]").getBoundingClientRect();

// An instant in per cent of the stretch; at its edge for what is outside.
export const onTime = (at) => {
  const { first, last } = span();
  return (100 * (Math.min(Math.max(at, first), last) - first)) / (last - first);
};

export const quarters = () => {
  const { first, last } = span();
  return Math.round((last - first) / STEP);
};

// The number of the quarter of an hour at a place of the screen.
export const quarterAt = (x) => {
  const { left, width } = track();
  return Math.min(Math.max(Math.floor(((x - left) / width) * quarters()), 0), quarters() - 1);
};

export const rows = () => all(".tl__row[data-table]", body);

export const rowAt = (y) =>
  rows().find((each) => {
    const box = each.getBoundingClientRect();
    return y >= box.top && y < box.bottom;
  });
