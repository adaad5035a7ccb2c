"""``pytest tests/e2e/screens_stand.py``: pictures of the host stand, for the documentation.

The Saturday of :mod:`tests.e2e.saturday` at twenty to nine, on a clock that stands still, so that
the pictures only change when the pages do. Not part of the suite: its name begins otherwise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.actors import Actor
from reservations.ledger.confirm import Contact
from reservations.models import Reservation, ShiftServer
from reservations.services import stand
from reservations.services.bookings import Extras, book
from restaurants.demo.build import build_house
from restaurants.demo.maison import MAISON
from restaurants.models import Membership, Restaurant, Role
from tests.e2e.conftest import OpenVisit
from tests.e2e.saturday import Plan, booked, by_telephone, instant
from tests.e2e.screens import SCREENS, smaller
from tests.e2e.test_booking import fits
from tests.factories import make_user
from tests.fixtures.domain import Clock
from tests.fixtures.streams import StreamServer
from tests.reservations.browser import SATURDAY
from tests.reservations.stand import HOST, fresh

HOUSE = "/staff/r/maison/"
STAND = f"{HOUSE}stand/?date={SATURDAY}"
TABLET, DESK, PHONE = (1024, 768), (1440, 900), (390, 844)
KNOWN: dict[str, dict[str, Any]] = {
    "Faure": {"celebration": "birthday", "allergens": ["crustaceans"]},
    "Perrin": {"special_requests": "The round table, if possible", "high_chairs": 1},
    "Renard": {"allergens": ["nuts"]},
}
"""What is known of some of them."""
Look = Callable[..., None]
SERVERS = ("Inès Allo", "Marc Petit", "Lou Roche")


@pytest.fixture
def house(live_server: object, clock: Clock) -> Restaurant:
    """Maison Allo on Saturday at twenty to nine: one seating at table, the next on its way."""
    found = build_house(MAISON)
    clock.set("2025-11-14T12:00+01:00")
    for each in (Plan("20:45", 2, "Quentin"), *booked()):
        row = book(by_telephone(found, each), Contact(each.name, ""), Extras(), by=HOST)
        Reservation.objects.filter(pk=row.pk).update(**KNOWN.get(each.name, {"high_chairs": 0}))
    clock.set(instant("18:00"))
    _put_on_shift(found)
    stand.write_note(found.public_id, SATURDAY, "Turbot tonight, for two; no oysters.", by=HOST)
    for reading in ("19:00", "19:15", "19:30", "19:45"):
        clock.set(instant(reading))
        _seat_everybody(clock.now)
    clock.set(instant("20:15"))
    stand.join_queue(found.public_id, SATURDAY, 2, name="Bastien", by=HOST, phone="+33612345678")
    clock.set(instant("20:25"))
    stand.join_queue(found.public_id, SATURDAY, 4, name="Chloé", by=HOST)
    clock.set(instant("20:40"))
    for name in ("Adler", "Blanc"):
        _step(name, "check_dropped")
    party = Reservation.objects.get(guest_name="Renard")
    stand.arrive(party.public_id, expected=party.version, by=HOST)
    return found


def _put_on_shift(house: Restaurant) -> None:
    tables = list(house.tables.order_by("pk").values_list("public_id", flat=True))
    for index, name in enumerate(SERVERS):
        stand.put_on_shift(house.public_id, SATURDAY, name, by=HOST)
        server = ShiftServer.objects.get(name=name)
        stand.give_section(server.public_id, tables[index * 6 : index * 6 + 6], by=HOST)


def _seat_everybody(now: dt.datetime) -> None:
    due = Reservation.objects.filter(service_date=SATURDAY, status="confirmed", starts_at__lte=now)
    for party in due.order_by("starts_at", "pk"):
        stand.seat(party.public_id, expected=party.version, by=HOST, insist=True)


def _step(name: str, to: str, by: Actor = HOST) -> None:
    party = fresh(Reservation.objects.get(guest_name=name))
    stand.set_state(party.public_id, to, expected=party.version, by=by)


@pytest.fixture
def look(visit: OpenVisit, house: Restaurant, stream_of_site: StreamServer) -> Look:
    """Opens a page as the owner, and keeps a picture of it."""
    user = make_user("mia@example.com", is_staff=True, full_name="Inès Allo")
    Membership.objects.create(user=user, restaurant=house, role=Role.OWNER)

    def taken(name: str, address: str, size: tuple[int, int], scheme: str, *taps: str) -> None:
        width, height = size
        window = visit(
            viewport={"width": width, "height": height},
            locale="en-GB",
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        page = window.page
        window.sign_in(user)
        window.open(address)
        if address.startswith(STAND):
            expect(page.locator("[data-live-badge]")).to_have_attribute("data-state", "live")
        for tap in taps:
            page.click(tap)
            page.wait_for_timeout(600)
        keep(page, f"{name}-{width}-{scheme}")

    return taken


def keep(page: Page, name: str) -> None:
    """Write the picture."""
    page.evaluate("document.fonts.ready.then(() => true)")
    page.wait_for_timeout(400)
    is_stand = page.locator("body.stand").count() > 0
    path = SCREENS / f"{name}.png"
    path.write_bytes(smaller(page.screenshot(full_page=not is_stand)))
    print(f"  {path.name}: {path.stat().st_size / 1000:.0f} KB")
    assert fits(page), f"{name} has to be scrolled sideways"
    assert page.get_by_role("heading", level=1).count() == 1, f"{name} has no title, or two"


def test_pictures(look: Look) -> None:
    """All of them, of pages that fit their windows and say what they are."""
    faure = Reservation.objects.get(guest_name="Faure")
    row = f'.row[data-party="{faure.public_id}"] a'
    for size in (TABLET, DESK):
        look("stand-floor", f"{STAND}&view=floor&theme=dark", size, "dark", "[data-to-tab=seated]")
        look("stand-timeline", f"{STAND}&view=timeline&theme=dark", size, "dark")
    look("stand-floor", f"{STAND}&view=floor&theme=light", TABLET, "light", "[data-to-tab=seated]")
    look("stand-timeline", f"{STAND}&view=timeline&theme=light", TABLET, "light")
    look("stand-list", f"{STAND}&view=list&theme=dark", DESK, "dark")
    look("stand-party", f"{STAND}&theme=dark", DESK, "dark", "[data-to-tab=seated]", row)
    look("stand-queue", f"{STAND}&theme=dark", TABLET, "dark", "[data-to-tab=waitlist]")
    look("stand-phone", f"{STAND}&theme=dark", PHONE, "dark")
    look("stand-phone-floor", f"{STAND}&theme=dark", PHONE, "dark", ".panes-nav [data-pane=centre]")
    look("stand-shift", f"{HOUSE}stand/shift/?date={SATURDAY}", DESK, "light")
    for name, path in (
        ("report-covers", f"reports/covers/?first=2025-11-10&last={SATURDAY}"),
        ("report-occupancy", f"reports/occupancy/?first=2025-11-10&last={SATURDAY}"),
        ("floor-editor", "setup/floor/"),
        ("people", "people/"),
        ("guests", "guests/"),
        ("sheet", f"sheet/{SATURDAY}/"),
    ):
        look(f"staff-{name}", HOUSE + path, DESK, "light")
