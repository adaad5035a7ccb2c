// Couvert embed 1.1.0: docs/embedding.md
(() => {
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const lang = (script.dataset.lang || document.documentElement.lang).slice(0, 2).toLowerCase();
  const [book, shut] = lang === "fr" ? ["Réserver une table", "Fermer"] : ["Book a table", "Close"];
  const { venue, mode = "inline", source = "website", label, title = book } = script.dataset;
  const own = { embed: 1, lang };
  const query = new URLSearchParams({ ...own, source });
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name.startsWith("utm_")) query.set(name, value);
  }
  try {
    const from = new URL(document.referrer).host;
    if (from !== location.host) query.set("ref", from);
  } catch {}

  function frameFor(address, teller, fixed) {
    const frame = document.createElement("iframe");
    frame.title = title;
    frame.loading = fixed ? "eager" : "lazy";
    frame.allow = "payment";
    frame.src = address;
    frame.style.cssText = "border:0;width:100%;height:" + (fixed ? "100%" : "640px");
    let last;
    // It answers allowed sites only, and the first that spoke.
    frame.addEventListener("load", () => frame.contentWindow.postMessage({ v: 1, type: "hello" }, home));
    addEventListener("message", ({ origin, source: sender, data }) => {
      if (origin !== home || sender !== frame.contentWindow || data?.v !== 1) return;
      const { type, height } = data;
      if (type === "resize" && !fixed && height > 0) frame.style.height = Math.min(height, 9999) + "px";
      if (!/^(viewed|slot_selected|held|booked|error)$/.test(type)) return;
      if (type === last && type !== "slot_selected") return;
      if (type !== "error") last = type;
      teller.dispatchEvent(new CustomEvent("couvert:" + type, { bubbles: true, detail: { venue, mode, source } }));
    });
    return frame;
  }

  function dialogFor(address, opener, teller = opener) {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", title);
    dialog.style.cssText = "padding:0;border:0;border-radius:12px;overflow:hidden;width:48rem;height:54rem;max-width:100vw;max-height:100dvh";
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", shut);
    close.style.cssText = "position:absolute;top:4px;right:4px;width:44px;height:44px;border:0;border-radius:50%;font:24px/1 sans-serif;background:#fff;color:#000;cursor:pointer";
    close.onclick = () => dialog.close();
    dialog.append(frameFor(address, teller, true), close);
    dialog.addEventListener("close", () => opener?.focus());
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
  }

  const under = {};
  window.ReservationWidget ||= class ReservationWidget {
    constructor(key, restaurantId) {
      this.apiKey = key;
      this.restaurantId = restaurantId;
      this.baseUrl = home + "/api/embed";
    }

    createReservation(data) {
      const body = JSON.stringify({
        ...data,
        source: "partner_website",
        metadata: { ...data.metadata, restaurantId: this.restaurantId, partnerSite: location.hostname },
      });
      // Double clicks are one.
      under[body] ||= this.#send(body).finally(() => delete under[body]);
      return under[body];
    }

    async #send(body) {
      let answer;
      try {
        const response = await fetch(`${this.baseUrl}/restaurants/${encodeURIComponent(this.restaurantId)}/reservations`, {
          method: "POST",
          credentials: "omit",
          headers: { "Content-Type": "application/json", Authorization: "Bearer " + this.apiKey, "X-Source": "partner_website" },
          body,
        });
        answer = await response.json();
      } catch {
        return { success: false, error: "Booking cannot be reached from this page.", code: "UNREACHABLE", details: {} };
      }
      // The table is held, our page takes the deposit.
      const pay = answer.data?.paymentUrl;
      if (pay?.startsWith(home + "/")) dialogFor(`${pay}?${new URLSearchParams(own)}`, document.activeElement, document);
      return answer;
    }
  };

  if (!venue) return;
  const link = script.previousElementSibling?.matches("a") ? script.previousElementSibling : null;
  const address = `${home}/r/${encodeURIComponent(venue)}/?${query}`;
  let opener = link;
  if (mode === "inline") {
    script.after(frameFor(address, script));
    if (link) link.hidden = true;
    return;
  }
  if (mode === "button" || !link) {
    opener = document.createElement("button");
    opener.type = "button";
    opener.className = "couvert-button";
    opener.textContent = label || link?.textContent || book;
    script.after(opener);
    if (link) link.hidden = true;
  }
  let dialog;
  opener.setAttribute("aria-haspopup", "dialog");
  opener.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (dialog) dialog.showModal();
    else dialog = dialogFor(address, opener);
  });
})();
