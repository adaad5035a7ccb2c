// Whether there is a network, as far as the browser can know. A site on this very machine needs
// none: there a page begins with one, and what counts is what the browser says of it from then on.

const HERE = /^(localhost|.*\.localhost|127\.0\.0\.1|\[::1\])$/;

let isThere = globalThis.navigator.onLine || HERE.test(globalThis.location.hostname);

globalThis.addEventListener("online", () => {
  isThere = true;
});
globalThis.addEventListener("offline", () => {
  isThere = false;
});

export const isOnline = () => isThere;
