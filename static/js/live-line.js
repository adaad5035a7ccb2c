// The live line of one house: a stream of events, or asking every two seconds while there is none.
// Runs once for all tabs of a browser (live-worker.js), or in the page itself. What is missed while
// the line is down is told when it is back: the server goes on from the place that was reached.

import { isOnline } from "./network.js";

const SOON = 300; // Milliseconds before the first new try.
const ASK_EVERY = 2000;
const PATIENCE = 5000; // For an answer.
const LATE = 3; // Seconds a heartbeat may be late.

export class Line {
  // `tell` is given {type: "state", state, how} and {type: "changed", message}.
  // state: live, reconnecting, offline, or ended (signed out, or not allowed any more).
  constructor({ stream, changes, place }, tell) {
    this.addresses = { stream, changes };
    this.place = place;
    this.tell = tell;
    this.state = "reconnecting";
    this.how = "";
    this.every = 15;
    this.isOnline = isOnline();
    this.isClosed = false;
    this.stopStream = null;
    this.wake = null;
    this.#run();
  }

  // What the browser says of its network.
  setOnline(isOnline) {
    if (isOnline === this.isOnline) return;
    this.isOnline = isOnline;
    if (!isOnline) {
      this.#set("offline");
      this.stopStream?.();
    }
    this.wake?.();
  }

  // Something a page asked for did not arrive: is the line what it seems to be?
  async check() {
    if (this.how === "stream" && (await this.#reach()) === null) this.stopStream?.();
  }

  close() {
    this.isClosed = true;
    this.stopStream?.();
    this.wake?.();
  }

  #set(state, how = "") {
    if (this.isClosed || (state === this.state && how === this.how)) return;
    this.state = state;
    this.how = how;
    this.tell({ type: "state", state, how });
  }

  #end() {
    this.#set("ended");
    this.isClosed = true;
  }

  #pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #run() {
    let failures = 0;
    while (!this.isClosed) {
      if (!this.isOnline) {
        this.#set("offline");
        await this.#pause(3_600_000);
        failures = 0;
        continue;
      }
      failures = (await this.#stream()) ? 1 : failures + 1;
      if (this.isClosed) return;
      if (!this.isOnline) continue;
      if (failures < 2) {
        this.#set("reconnecting");
        await this.#pause(SOON * (1 + Math.random()));
      } else if (await this.#ask(Math.min(60_000, 2000 * 2 ** failures))) failures = 0;
    }
  }

  // Listens until it ends. Whether it was ever live.
  #stream() {
    return new Promise((resolve) => {
      const address = `${this.addresses.stream}?after=${this.place}`;
      const source = new EventSource(address, { withCredentials: true });
      let isGood = false;
      let timer = 0;
      const finish = () => {
        clearTimeout(timer);
        source.close();
        this.stopStream = null;
        resolve(isGood);
      };
      this.stopStream = finish;
      const alive = (event) => {
        clearTimeout(timer);
        timer = setTimeout(finish, (this.every + LATE) * 1000);
        if (event.lastEventId) this.place = event.lastEventId;
        isGood = true;
        this.#set("live", "stream");
      };
      timer = setTimeout(finish, PATIENCE);
      source.addEventListener("error", finish);
      source.addEventListener("beat", (event) => {
        this.every = JSON.parse(event.data).every ?? this.every;
        alive(event);
      });
      source.addEventListener("changed", (event) => {
        alive(event);
        this.#hand(JSON.parse(event.data));
      });
      source.addEventListener("end", () => {
        this.#end();
        finish();
      });
    });
  }

  // Asks again and again, for so long. True as soon as the network is back after it was away.
  async #ask(milliseconds) {
    const until = Date.now() + milliseconds;
    let wasAway = false;
    while (!this.isClosed && this.isOnline && Date.now() < until) {
      const answer = await this.#answer();
      if (this.isClosed || !this.isOnline) return true;
      if (answer === null) {
        wasAway = true;
        this.#set("offline");
      } else if (answer.ok) {
        this.#set("live", "asking");
        if (wasAway) return true;
      } else this.#set("reconnecting");
      await this.#pause(ASK_EVERY);
    }
    return false;
  }

  // The answer of the page of changes, or null when there was none.
  async #reach() {
    try {
      return await fetch(`${this.addresses.changes}?after=${this.place}`, {
        cache: "no-store",
        redirect: "manual",
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch {
      return null;
    }
  }

  // The same, and what it says is told.
  async #answer() {
    const answer = await this.#reach();
    if (answer === null) return null;
    if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404) {
      // To the door, or shown the door.
      this.#end();
    } else if (answer.status === 200) {
      const message = await answer.json();
      this.place = message.place;
      this.#hand(message);
    } else if (answer.status === 204) this.place = answer.headers.get("Couvert-Place");
    return answer;
  }

  #hand(message) {
    if (message.all || message.events.length) this.tell({ type: "changed", message });
  }
}
