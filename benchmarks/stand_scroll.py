"""``python -m benchmarks.stand_scroll``: how smoothly the host stand scrolls on a full night.

120 tables and 400 parties on a server of its own, a real Chromium, a finger that pans over the
floor and the timeline. Every frame the page could have drawn is noted while it does; a bare page
that is panned the same way shows what the machine can do at all. Without a graphics processor
(headless browsers have none) everything is painted by the processor that also runs the page.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks import report
from benchmarks.browser import BROWSER_ARGUMENTS, find_chromium
from benchmarks.stack import serving, started
from benchmarks.stand import full_house

TABLES, PARTIES = 120, 400
WINDOWS = ((1024, 768), (1440, 900))
FRAME = 1000 / 60
"""Milliseconds; the browser's own clock rounds to a tenth."""
_SPEED = 1400
"""Pixels a second: a quick wipe over the screen."""
_HOUR_OF_SERVICE = 19
_BARE = """<body style="margin:0"><div id=all style="height:600px;overflow:auto">
<div style="width:6000px;height:9000px;background:linear-gradient(45deg,#fff,#000)"></div></div>"""
_WATCH = """() => {
  window.frames_ = [];
  const note = (at) => { frames_.push(at); window.watching = requestAnimationFrame(note); };
  window.watching = requestAnimationFrame(note);
}"""
_SEEN = "() => { cancelAnimationFrame(watching); return frames_; }"


@dataclass(frozen=True)
class Pan:
    """One place that was scrolled one way: what lay between its frames, in milliseconds."""

    name: str
    gaps: tuple[float, ...]

    def within(self, frames: int) -> float:
        """The share of frames that came within so many of the screen's own."""
        return sum(gap <= FRAME * frames + 0.1 for gap in self.gaps) / len(self.gaps)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 0 whatever comes out, since times depend on the machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stand_scroll", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="times each place is panned")
    chosen = parser.parse_args(arguments)
    with started("bench-scroll") as stack:
        report.heading(f"Data: a night with {TABLES} tables and {PARTIES} parties")
        stack.manage("migrate", "--no-input", "-v", "0")
        stack.collect_static()
        found = stack.inside("benchmarks.stand_scroll", "inside")
        with serving(stack, "scroll", WEB_WORKERS="1") as server, _browser() as browser:
            server.wait()
            address = f"http://127.0.0.1:{server.port}"
            for window in WINDOWS:
                _show(window, list(_pans(browser, window, address, found, chosen.rounds)))
    busy = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"\n{os.cpu_count()} processors, busy over 1, 5 and 15 minutes: {busy}")
    return 0


@contextmanager
def _browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        raise SystemExit("No Chromium on this machine: set CHROMIUM to its path.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()


def _pans(
    browser: Browser, window: tuple[int, int], address: str, found: dict[str, str], rounds: int
) -> Iterator[Pan]:
    """The bare page, the floor made larger until it scrolls, and the timeline both ways."""
    context = browser.new_context(
        viewport={"width": window[0], "height": window[1]}, has_touch=True
    )
    cookie = {"name": "sessionid", "value": found["session"], "url": address}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.set_content(_BARE)
    yield _panned(context, page, "a bare page", "#all", "down", rounds)
    page.goto(f"{address}{found['stand']}?view=floor")
    page.locator(".floor__sheet.is-laid").wait_for()
    for _ in range(3):
        page.click("[data-zoom=in]")
    for way in ("down", "aside"):
        yield _panned(context, page, f"floor, {way}", "[data-floor-scroll]", way, rounds)
    for zoom in ("service", "2h"):
        page.goto(f"{address}{found['stand']}?view=timeline")
        page.click(f"[data-tl-zoom='{zoom}']")
        for way in ("down", "aside"):
            name = f"timeline ({zoom}), {way}"
            yield _panned(context, page, name, "[data-tl-scroll]", way, rounds)
    context.close()


def _panned(
    context: BrowserContext, page: Page, name: str, selector: str, way: str, rounds: int
) -> Pan:
    """There and back as often, with a finger that does not leave the screen."""
    page.wait_for_timeout(1500)
    session = context.new_cdp_session(page)
    box = page.locator(selector).bounding_box()
    assert box is not None
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    axis, side = ("yDistance", "height") if way == "down" else ("xDistance", "width")
    room: float = page.locator(selector).evaluate(
        "(e, side) => side === 'height' ? e.scrollHeight - e.clientHeight"
        " : e.scrollWidth - e.clientWidth",
        side,
    )
    gaps: list[float] = []
    for _ in range(rounds):
        for sign in (-1, 1):
            page.evaluate(_WATCH)
            gesture: dict[str, Any] = {
                **middle,
                axis: sign * min(room, 2500),
                "speed": _SPEED,
                "gestureSourceType": "touch",
                "preventFling": True,
            }
            session.send("Input.synthesizeScrollGesture", gesture)
            frames: list[float] = page.evaluate(_SEEN)
            gaps += [later - one for one, later in pairwise(frames)]
    session.detach()
    return Pan(f"{name} ({min(room, 2500):.0f} px)", tuple(gaps))


def _show(window: tuple[int, int], pans: list[Pan]) -> None:
    report.heading(f"Frames while panning, {window[0]} × {window[1]}")
    print(f"{'':36}{'frames':>8}{'median':>9}{'p95':>8}{'most ms':>9}{'≤ 16.7':>9}{'≤ 33':>8}")
    for pan in pans:
        high = quantiles(pan.gaps, n=20)[-1]
        print(
            f"{pan.name:36}{len(pan.gaps):>8}{median(pan.gaps):>9.1f}{high:>8.1f}"
            f"{max(pan.gaps):>9.1f}{pan.within(1):>9.0%}{pan.within(2):>8.0%}",
            flush=True,
        )


def inside() -> None:
    """Make the night around this very moment, with Couvert's settings; print where it is."""
    import django

    django.setup()
    from django.db import transaction
    from django.test import Client

    from accounts.models import User

    now = dt.datetime.fromtimestamp(time.time() // 900 * 900, tz=dt.UTC)
    # Where it is seven in the evening now: Etc/GMT-5 lies five hours east.
    ahead = (_HOUR_OF_SERVICE - now.hour + 11) % 24 - 11
    tag = secrets.token_hex(2)
    with transaction.atomic():
        house = full_house(TABLES, PARTIES, now, f"Etc/GMT{-ahead:+d}", f"-{tag}")
        user = User.objects.create_superuser(f"scroll-{tag}@example.com")
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    session = client.cookies["sessionid"].value
    print(json.dumps({"stand": f"/staff/r/{house.slug}/stand/", "session": session}))


if __name__ == "__main__":
    inside() if sys.argv[1:] == ["inside"] else sys.exit(main())
