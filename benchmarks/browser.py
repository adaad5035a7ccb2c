"""What a guest's browser sees of a page: real Chromium, slowed down to a telephone.

The same figures Lighthouse reports, from the browser's own observers and its network log; nothing
is estimated and nothing leaves this machine.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config import env

TELEPHONE = {"width": 360, "height": 740}
CPU_SLOWDOWN = 4
NETWORKS = {
    # DevTools' own figures: latency in milliseconds, bytes per second down and up.
    "4g": (165, 8_100_000 * 0.9 / 8, 1_350_000 * 0.9 / 8),
    # Lighthouse's telephone.
    "slow-4g": (562.5, 1_638_400 * 0.9 / 8, 768_000 * 0.9 / 8),
}
TEXT = ("Document", "Stylesheet", "Script")
"""What a page needs before it works, as the network log calls it: HTML, CSS, JavaScript."""

BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_OBSERVE = """
window.seen = { lcp: 0, shift: 0, blocked: 0 };
const watch = (type, note) => new PerformanceObserver(
  (list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
watch("largest-contentful-paint", (entry) => { seen.lcp = entry.startTime; });
watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value; });
watch("longtask", (entry) => { seen.blocked += Math.max(0, entry.duration - 50); });
"""
_SETTLED_MS = 400
"""How long nothing may be asked of the network before a page counts as shown, and a bit."""


@dataclass
class Weight:
    """What one page asked of the network. Bytes as transferred, headers included."""

    site: str
    bytes_by_kind: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    elsewhere: list[str] = field(default_factory=list)
    """Addresses on any other host."""
    _kinds: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> int:
        """Bytes of HTML, CSS and JavaScript."""
        return sum(self.bytes_by_kind[kind] for kind in TEXT)

    def listen(self, session: Any) -> None:
        """Count from now on."""
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)

    def _sent(self, event: dict[str, Any]) -> None:
        address = urlsplit(event["request"]["url"])
        if address.scheme not in ("http", "https"):
            return
        self.requests += 1
        if address.netloc != urlsplit(self.site).netloc:
            self.elsewhere.append(address.geturl())

    def _answered(self, event: dict[str, Any]) -> None:
        self._kinds[event["requestId"]] = event["type"]

    def _finished(self, event: dict[str, Any]) -> None:
        kind = self._kinds.get(event["requestId"], "Other")
        self.bytes_by_kind[kind] += int(event["encodedDataLength"])


@dataclass(frozen=True)
class View:
    """One load of a page. Milliseconds since the address was entered."""

    lcp: float
    shift: float
    blocked: float
    """Total blocking time: what long tasks took beyond 50 ms each."""
    weight: Weight


def find_chromium() -> str | None:
    """Where the browser is, if there is one: ``CHROMIUM`` or on the path."""
    return env.text("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser for as long as it is needed. Raises SystemExit where there is none."""
    path = find_chromium()
    if path is None:
        raise SystemExit("No Chromium on this machine: set CHROMIUM to its path.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def telephone(scheme: str = "light") -> Iterator[BrowserContext]:
    """A browser window of a telephone's size that knows nobody. Raises SystemExit without one."""
    with browsing() as browser:
        yield browser.new_context(
            viewport=TELEPHONE, is_mobile=True, has_touch=True, color_scheme=scheme
        )


def look(context: BrowserContext, address: str, network: str | None = "4g") -> View:
    """Load a page once as a new tab, nothing cached; slowed down unless ``network`` is None."""
    page = context.new_page()
    try:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        if network is not None:
            _slow_down(session, network)
        parts = urlsplit(address)
        weight = Weight(f"{parts.scheme}://{parts.netloc}")
        weight.listen(session)
        page.add_init_script(_OBSERVE)
        return _seen(page, address, weight)
    finally:
        page.close()


def _seen(page: Page, address: str, weight: Weight) -> View:
    answer = page.goto(address, wait_until="networkidle")
    if answer is None or answer.status != 200:
        raise RuntimeError(f"{address} answers {answer and answer.status}")
    page.wait_for_timeout(_SETTLED_MS)
    seen = page.evaluate("window.seen")
    return View(seen["lcp"], seen["shift"], seen["blocked"], weight)


def _slow_down(session: Any, network: str) -> None:
    latency, down, up = NETWORKS[network]
    session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": latency,
            "downloadThroughput": down,
            "uploadThroughput": up,
        },
    )
