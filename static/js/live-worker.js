// One for all tabs of a browser: it keeps one live line for each house that some tab shows.

import { Line } from "./live-line.js";

const lines = new Map(); // By the address of the stream: {line, ports}.

function join(port, asked) {
  let shared = lines.get(asked.stream);
  if (shared) {
    shared.ports.add(port);
    // A tab that was loaded before or after the line's place catches up by itself.
    port.postMessage({ type: "joined" });
    port.postMessage({ type: "state", state: shared.line.state, how: shared.line.how });
    return;
  }
  const ports = new Set([port]);
  const line = new Line(asked, (message) => {
    for (const each of ports) each.postMessage(message);
    if (message.state === "ended") lines.delete(asked.stream);
  });
  shared = { line, ports };
  lines.set(asked.stream, shared);
}

function leave(port) {
  for (const [address, { line, ports }] of lines) {
    ports.delete(port);
    if (ports.size === 0) {
      line.close();
      lines.delete(address);
    }
  }
}

const ACTS = {
  join,
  leave,
  online: (port, { isOnline }) => lines.forEach(({ line }) => line.setOnline(isOnline)),
  check: () => lines.forEach(({ line }) => line.check()),
};

globalThis.addEventListener("connect", (event) => {
  const [port] = event.ports;
  port.addEventListener("message", ({ data }) => ACTS[data.act](port, data));
  port.start();
});
