"""Guest pages are small, keep still, and ask nothing of other hosts.

Times depend on the machine and are measured by ``make bench-pages``; these three do not.
"""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from playwright.sync_api import Page

from benchmarks.booking import confirm, hold_a_table
from benchmarks.browser import View, look
from benchmarks.pages import MOST_SHIFT, MOST_TEXT
from restaurants.models import Restaurant
from tests.e2e.conftest import PHONE, OpenVisit, Visit

VENUE = "/r/bella-notte/?party=2&date=2025-11-15"


@pytest.fixture
def guest(visit: OpenVisit, venue: Restaurant) -> Visit:
    return visit(viewport=PHONE)


def weigh(guest: Visit, address: str) -> tuple[int, View]:
    """Compressed bytes of HTML, CSS and JavaScript, and what the browser saw.

    Compressed here: the server of the tests sends static files as they are.
    """
    sizes: dict[str, int] = {}

    def note(response: Any) -> None:
        if response.request.resource_type in ("document", "stylesheet", "script"):
            sizes[response.url] = len(gzip.compress(response.body()))

    def listen(page: Page) -> None:
        page.on("response", note)

    guest.page.context.once("page", listen)
    view = look(guest.page.context, address, network=None)
    return sum(sizes.values()), view


def test_every_page_of_a_booking_is_small_and_does_not_jump(guest: Visit) -> None:
    addresses = [f"{guest.site}/", f"{guest.site}{VENUE}"]
    addresses += [hold_a_table(guest.page, addresses[1])]
    seen = {address: weigh(guest, address) for address in addresses}
    booked = confirm(guest.page)
    seen[booked] = weigh(guest, booked)

    assert {address: size for address, (size, _) in seen.items() if size > MOST_TEXT} == {}
    assert {size > 5_000 for size, _ in seen.values()} == {True}, "something was weighed"
    assert {a: view.shift for a, (_, view) in seen.items() if view.shift >= MOST_SHIFT} == {}
    assert [view.weight.elsewhere for _, view in seen.values()] == [[]] * 4
    assert all(view.lcp > 0 for _, view in seen.values())


def test_a_page_that_jumps_or_asks_elsewhere_is_found_out(guest: Visit) -> None:
    """The negative control: what the other test relies on does notice."""
    other = guest.site.replace("localhost", "127.0.0.1")
    spoilt = (
        '<p style="height: 4px">Free tables</p><main>'
        f"{'<p>and much more about them</p>' * 20}</main>"
        f'<link rel="stylesheet" href="{other}/static/css/tokens.css">'
        "<script>setTimeout(() => { document.querySelector('p').style.height = '300px' }, 100)"
        "</script>"
    )
    guest.page.context.route(
        "**/spoilt/", lambda route: route.fulfill(body=spoilt, content_type="text/html")
    )
    _, view = weigh(guest, f"{guest.site}/spoilt/")
    assert view.shift > MOST_SHIFT
    assert view.weight.elsewhere == [f"{other}/static/css/tokens.css"]
