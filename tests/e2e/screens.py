"""``python -m tests.e2e.screens``: a picture of every guest page, for the documentation.

The demo restaurants in a directory of their own, a real Chromium, three widths, light and dark:
``docs/screens/<page>-<width>-<scheme>.png``, the whole page, with a palette of its own. Pages that
this version does not have are left out. What is shown follows from the day it is run on.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, StorageState
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from benchmarks.booking import confirm, hold_a_table
from benchmarks.browser import browsing
from benchmarks.pages import prepare
from benchmarks.stack import Stack, serving, started
from config import env

SCREENS = env.BASE_DIR / "docs" / "screens"
HEIGHTS = {360: 740, 1024: 768, 1440: 900}
"""Of the window, by its width."""
SCHEMES = ("light", "dark")
QUIET = 5_000
"""Milliseconds to wait for a page that has loaded to ask for nothing more."""
COLOURS = 96
"""Of a picture's palette: flat colours and a few drawings need no more."""

_VENUE = "/r/bella-notte/"
_FULL_VENUE = "/r/maison/"
_MONEY = "tests.e2e.screens_money"
_MANAGER, _PASSWORD = "manager@maison.test", "couvert-demo"


@dataclass(frozen=True)
class Shot:
    """A page to take a picture of."""

    name: str
    address: str
    state: StorageState
    """Cookies of the guest who looks."""


def main(arguments: list[str] | None = None) -> int:
    """Take the pictures; ``--only`` some pages. Says what was written and how large it is."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.screens", description=__doc__)
    parser.add_argument("--only", default="", help="names of pages, comma-separated")
    parser.add_argument("--to", type=Path, default=SCREENS, help="folder to write to")
    chosen = parser.parse_args(arguments)
    chosen.to.mkdir(parents=True, exist_ok=True)
    wanted = set(filter(None, chosen.only.split(",")))
    with started("screens") as stack:
        prepare(stack)
        settings = {"DJANGO_SETTINGS_MODULE": "tests.e2e.screens_settings", "WEB_WORKERS": "1"}
        with serving(stack, "screens", **settings) as server, browsing() as browser:
            server.wait()
            for shot in _shots(browser, f"http://127.0.0.1:{server.port}", stack):
                if not wanted or shot.name in wanted:
                    _take(browser, shot, chosen.to)
    return 0


# --- Which pages there are ------------------------------------------------------------------------


def _shots(browser: Browser, site: str, stack: Stack) -> Iterator[Shot]:
    """Every page in the order in which a guest meets it, each as that guest sees it then."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()

    def shot(name: str, address: str) -> Shot:
        return Shot(name, address, context.storage_state())

    evening = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=3)
    yield shot("home", f"{site}/")
    yield shot("search", f"{site}/?q=italian&party=2&date={evening}&time=19:00")
    yield shot("nothing-found", f"{site}/?q=nothing+like+it")
    yield shot("venue", f"{site}{_VENUE}?party=2&date={evening}")
    yield shot("venue-offer", _with_offer(page, f"{site}{_FULL_VENUE}?party=2&date={evening}"))
    yield from _refusals(page, site, shot)
    yield from _own_pages(page, site, shot)
    yield from _money_pages(page, site, shot, stack)
    yield from _staff_pages(page, site, shot, stack)
    context.close()


def _with_offer(page: Page, address: str) -> str:
    """The same page with its first offer chosen."""
    page.goto(address)
    return f"{address}&offer={page.locator('[name=offer]').nth(1).get_attribute('value')}"


def _refusals(page: Page, site: str, shot: Any) -> Iterator[Shot]:
    """A time that is taken, a day that is full, and the list one can wait on."""
    saturday = dt.datetime.now(dt.UTC).date()
    saturday += dt.timedelta(days=(5 - saturday.weekday()) % 7 or 7)
    missed = f"{site}{_VENUE}?party=12&date={saturday}&time=19:00"
    full = f"{site}{_FULL_VENUE}?party=4&date={saturday}&time=20:00"
    yield shot("venue-missed", missed)
    yield shot("venue-full", full)
    for address in (full, missed):
        page.goto(address)
        waitlist = _link(page, r"/waitlist/")
        if waitlist:
            yield shot("waitlist", waitlist)
            return


def _own_pages(page: Page, site: str, shot: Any) -> Iterator[Shot]:
    """A hold, its booking, and what a guest can do with that."""
    held = hold_a_table(page, f"{site}{_VENUE}")
    yield shot("hold", held)
    page.goto(held)
    booked = confirm(page)
    yield shot("booked", booked)
    seen = set()
    # The link of the booking, and from there what it leads to; or cancelling straight away.
    for address in (booked, _link(page, r"/booking/[^/]+/$")):
        if not address:
            continue
        page.goto(address)
        if address != booked:
            yield shot("manage", address)
        for name in ("change", "cancel"):
            found = _link(page, rf"/{name}/$")
            if found and name not in seen:
                seen.add(name)
                yield shot(name, found)
    yield shot("my-bookings", f"{site}/my-bookings/")


def _money_pages(page: Page, site: str, shot: Any, stack: Stack) -> Iterator[Shot]:
    """Every way of asking for money, the bank, and a payment link from its asking to its end."""
    for kind, name in (("prepayment", "prepaid"), ("hold", "set-aside"), ("card", "on-file")):
        stack.inside(_MONEY, "kind", kind)
        held = hold_a_table(page, f"{site}{_VENUE}")
        yield shot(f"hold-{name}", held)
        page.goto(held)
        page.locator("[data-name=release]").click()
        page.wait_for_url(f"**{_VENUE}**")
    stack.inside(_MONEY, "kind", "deposit")
    # Another day than that of the booking made before: the guest has that time already.
    later = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=6)
    page.goto(hold_a_table(page, f"{site}{_VENUE}?party=2&date={later}"))
    for name, value in (("name", "Ada Lovelace"), ("email", "ada@example.com")):
        page.locator(f"#details input[name={name}]").fill(value)
    page.locator("#details input[name=card][value$=_3ds]").check(force=True)
    page.locator("[data-confirm]").click()
    page.wait_for_url("**/sandbox/bank/**")
    yield shot("bank", page.url)
    for state in ("open", "paid", "expired", "withdrawn"):
        token = stack.inside(_MONEY, "link", state)["token"]
        yield shot(f"pay-link-{state}", f"{site}/pay/{token}/")


def _staff_pages(page: Page, site: str, shot: Any, stack: Stack) -> Iterator[Shot]:
    """The door, and a house behind it."""
    yield shot("staff-sign-in", f"{site}/staff/sign-in/")
    page.goto(f"{site}/staff/sign-in/")
    page.locator("[name=email]").fill(_MANAGER)
    page.locator("[name=password]").fill(_PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/staff/r/**")
    for name in ("", "keys/new/"):
        title = name.strip("/").replace("/", "-") or "house"
        yield shot(f"staff-{title}", f"{page.url}{name}")
    booking = stack.inside(_MONEY, "texts")["booking"]
    for title, name in (
        ("texts", "texts/"),
        ("texts-connect", "texts/connect/"),
        ("messages", f"bookings/{booking}/messages/"),
    ):
        yield shot(f"staff-{title}", f"{page.url}{name}")


def _link(page: Page, pattern: str) -> str:
    """The first link of the page's content to such an address; empty if there is none."""
    addresses = page.locator("main a[href]").evaluate_all("links => links.map(a => a.href)")
    return next((a for a in addresses if re.search(pattern, a.partition("?")[0])), "")


# --- Taking them ----------------------------------------------------------------------------------


def _take(browser: Browser, shot: Shot, folder: Path) -> None:
    for width, height in HEIGHTS.items():
        context = browser.new_context(
            viewport={"width": width, "height": height},
            storage_state=shot.state,
            reduced_motion="reduce",
        )
        page = context.new_page()
        answer = page.goto(shot.address)
        # A page that follows the book never falls silent.
        with suppress(PlaywrightTimeout):
            page.wait_for_load_state("networkidle", timeout=QUIET)
        if answer is None or answer.status == 404:
            context.close()
            print(f"  there is no page {shot.name}", flush=True)
            return
        _show_everything(page)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            path = folder / f"{shot.name}-{width}-{scheme}.png"
            path.write_bytes(smaller(page.screenshot(full_page=True)))
            print(f"  {path.name}: {path.stat().st_size / 1000:.0f} KB", flush=True)
        context.close()


def _show_everything(page: Page) -> None:
    """Load what waits until it is scrolled to."""
    page.evaluate(
        """async () => {
          for (const image of document.images) image.loading = "eager";
          await Promise.all([...document.images].map((image) => image.decode().catch(() => 0)));
          await document.fonts.ready;
        }"""
    )


def smaller(png: bytes) -> bytes:
    """The same picture with a palette: about a third of the bytes."""
    with Image.open(io.BytesIO(png)) as picture:
        reduced = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    packed = io.BytesIO()
    reduced.save(packed, "PNG", optimize=True)
    return packed.getvalue()


if __name__ == "__main__":
    sys.exit(main())
