// What the page knows of itself: addresses, the date, the view, what is selected.

import { isOnline } from "./network.js";

const body = document.body;

export const stand = {
  body,
  here: body.dataset.here,
  date: body.dataset.date,
  view: body.dataset.view,
  stamp: body.dataset.stamp,
  mayOperate: "mayOperate" in body.dataset,
  // The tablet's own clock may be wrong: count from the server's.
  drift: Number(body.dataset.at) * 1000 - Date.now(),
  // A film stands still at its instant.
  still: "still" in body.dataset ? Number(body.dataset.at) : null,
};

export const now = () => stand.still ?? (Date.now() + stand.drift) / 1000;
export const find = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

export const address = (base, fields = {}) => {
  const query = new URLSearchParams({ date: stand.date, view: stand.view, ...fields });
  return `${base}?${query}`;
};

export const token = () => find("#do [name=csrfmiddlewaretoken]").value;

export const fresh = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;

export const isOffline = () => !isOnline() || Boolean(stand.isDown);

const region = find("[data-say]");

// For who listens to the screen: one sentence, again even if it is the same.
export const say = (text) => {
  region.textContent = "";
  setTimeout(() => {
    region.textContent = text;
  }, 60);
};
