"""``python -m benchmarks.stand_scroll``: how smoothly the host stand scrolls on a full night.

120 tables and 400 parties on a server of its own, a real Chromium, a wheel that turns over the
floor and the timeline. Two clocks run meanwhile: the page's own (``requestAnimationFrame``: could
its scripts keep up?) and the browser's (frames it drew, from its trace). A bare page, scrolled the
same way, shows what the machine can do at all. Without a graphics processor (headless browsers
have none) everything is painted by the processor that also runs the page.
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
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks import report
from benchmarks.browser import browsing
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
_WATCH = """(box) => {
  window.frames_ = [];
  const note = (at) => {
    frames_.push([at, box.scrollTop + box.scrollLeft]);
    window.watching = requestAnimationFrame(note);
  };
  window.watching = requestAnimationFrame(note);
}"""
_FRAMES = ["disabled-by-default-devtools.timeline.frame", "devtools.timeline.frame"]
_SEEN = "() => { cancelAnimationFrame(watching); return frames_; }"


@dataclass(frozen=True)
class Pan:
    """One place that was scrolled one way: what lay between its frames, in milliseconds."""

    name: str
    page: tuple[float, ...]
    drawn: tuple[float, ...]


def _within(gaps: tuple[float, ...], frames: int) -> float:
    """The share that came within so many frames of the screen; clocks round to a tenth."""
    return sum(gap <= FRAME * frames + 0.15 for gap in gaps) / len(gaps)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 0 whatever comes out, since times depend on the machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stand_scroll", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="times each place is scrolled")
    chosen = parser.parse_args(arguments)
    with started("bench-scroll") as stack:
        report.heading(f"Data: a night with {TABLES} tables and {PARTIES} parties")
        stack.manage("migrate", "--no-input", "-v", "0")
        stack.collect_static()
        found = stack.inside("benchmarks.stand_scroll", "inside")
        with serving(stack, "scroll", WEB_WORKERS="1") as server, browsing() as browser:
            server.wait()
            address = f"http://127.0.0.1:{server.port}"
            for window in WINDOWS:
                _show(window, list(_pans(browser, window, address, found, chosen.rounds)))
    busy = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"\n{os.cpu_count()} processors, busy over 1, 5 and 15 minutes: {busy}")
    return 0


def _pans(
    browser: Browser, window: tuple[int, int], address: str, found: dict[str, str], rounds: int
) -> Iterator[Pan]:
    """The bare page, the floor made larger until it scrolls, and the timeline both ways."""
    context = browser.new_context(viewport={"width": window[0], "height": window[1]})
    context.add_cookies([{"name": "sessionid", "value": found["session"], "url": address}])
    page = context.new_page()
    page.set_content(_BARE)
    yield _panned(browser, context, page, "a bare page", "#all", "down", rounds)
    page.goto(f"{address}{found['stand']}?view=floor")
    page.locator(".floor__sheet.is-laid").wait_for()
    for _ in range(3):
        page.click("[data-zoom=in]")
    for way in ("down", "aside"):
        yield _panned(browser, context, page, f"floor, {way}", "[data-floor-scroll]", way, rounds)
    for zoom in ("service", "2h"):
        page.goto(f"{address}{found['stand']}?view=timeline")
        page.click(f"[data-tl-zoom='{zoom}']")
        for way in ("down", "aside"):
            name = f"timeline ({zoom}), {way}"
            yield _panned(browser, context, page, name, "[data-tl-scroll]", way, rounds)
    context.close()


def _panned(
    browser: Browser,
    context: BrowserContext,
    page: Page,
    name: str,
    selector: str,
    way: str,
    rounds: int,
) -> Pan:
    """There and back as often. Raises RuntimeError when the place does not follow."""
    page.wait_for_timeout(1500)
    session = context.new_cdp_session(page)
    box = page.locator(selector).bounding_box()
    assert box is not None
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    axis, side = ("yDistance", "height") if way == "down" else ("xDistance", "width")
    room: float = page.locator(selector).evaluate(
        "(box, side) => { box.scrollTo(0, 0); return side === 'height'"
        " ? box.scrollHeight - box.clientHeight : box.scrollWidth - box.clientWidth; }",
        side,
    )
    seen: list[float] = []
    drawn: list[float] = []
    for _ in range(rounds):
        for sign in (-1, 1):
            browser.start_tracing(page=page, categories=_FRAMES)
            page.locator(selector).evaluate(_WATCH)
            gesture: dict[str, Any] = {
                **middle,
                axis: sign * min(room, 2500),
                "speed": _SPEED,
                "gestureSourceType": "mouse",
            }
            session.send("Input.synthesizeScrollGesture", gesture)
            frames: list[tuple[float, float]] = page.evaluate(_SEEN)
            if len({place for _, place in frames}) < min(room, 2500) / 100:
                raise RuntimeError(f"{name}: it did not scroll")
            seen += _gaps([at for at, _ in frames])
            drawn += _gaps(_drawn(browser.stop_tracing()))
    session.detach()
    return Pan(f"{name} ({min(room, 2500):.0f} px)", tuple(seen), tuple(drawn))


def _gaps(instants: list[float]) -> list[float]:
    return [later - one for one, later in pairwise(instants)]


def _drawn(trace: bytes) -> list[float]:
    """When the browser drew a frame of the page, in milliseconds."""
    events = json.loads(trace)["traceEvents"]
    return sorted(each["ts"] / 1000 for each in events if each["name"] == "DrawFrame")


def _show(window: tuple[int, int], pans: list[Pan]) -> None:
    report.heading(f"Frames while scrolling, {window[0]} × {window[1]}")
    print(f"{'':36}{'frames':>14}{'median':>8}{'p95':>8}{'most ms':>9}{'≤ 16.7':>8}{'≤ 33':>7}")
    for pan in pans:
        for what, gaps in (("page", pan.page), ("drawn", pan.drawn)):
            name = pan.name if what == "page" else ""
            high = quantiles(gaps, n=20)[-1]
            print(
                f"{name:36}{what:>6}{len(gaps):>8}{median(gaps):>8.1f}{high:>8.1f}"
                f"{max(gaps):>9.1f}{_within(gaps, 1):>8.0%}{_within(gaps, 2):>7.0%}",
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
