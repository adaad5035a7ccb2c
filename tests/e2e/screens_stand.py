"""``pytest tests/e2e/screens_stand.py``: pictures of the host stand, and of who waits for a table.

The Saturday of :mod:`tests.e2e.saturday` at twenty to nine, on a clock that stands still, so that
the pictures only change when the pages do. Not part of the suite: its name begins otherwise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils.text import slugify
from playwright.sync_api import Page, expect

from accounts.models import User
from core.actors import Actor
from reservations.demo_past import build_past
from reservations.ledger.confirm import Contact
from reservations.models import QueueEntry, Reservation, ShiftServer, WaitlistEntry
from reservations.services import stand, wait_offers
from reservations.services.bookings import Extras, book
from reservations.services.cancellation import cancel_reservation
from reservations.services.queue_replies import queue_token
from reservations.services.waitlist import WaitRequest, join_waitlist, leave_token
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
TABLET, DESK, PHONE, GUEST = (1024, 768), (1440, 900), (390, 844), (360, 740)
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
    clock.set("2025-11-15T12:00+01:00")
    build_past(found)
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
    _queue(found, clock)
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


def _queue(house: Restaurant, clock: Clock) -> None:
    """One waits longer than it was told, one was called, two wait."""
    for reading, size, name, more in (
        ("20:10", 2, "Bastien", {"quoted": 20, "phone": "+33612345678"}),
        ("20:18", 2, "Diane", {"quoted": 20}),
        ("20:25", 4, "Chloé", {"quoted": 40, "note": "With a pram"}),
        ("20:36", 2, "Élodie", {}),
    ):
        clock.set(instant(reading))
        stand.join_queue(house.public_id, SATURDAY, size, name=name, by=HOST, **more)
    clock.set(instant("20:37"))
    _call("Diane")


def _call(name: str) -> None:
    party = QueueEntry.objects.get(name=name)
    stand.call_party(party.public_id, expected=party.version, by=HOST)


def _offered(house: Restaurant) -> WaitlistEntry:
    """Somebody on the waitlist, and the table of a party that cancelled a moment ago."""
    wished = WaitRequest(
        restaurant=house.public_id,
        service_date=SATURDAY,
        earliest=dt.time(22),
        latest=dt.time(23),
        party_size=2,
        name="Wilma",
        email="wilma@example.com",
    )
    entry = join_waitlist(wished, by=HOST).entry
    cancel_reservation(Reservation.objects.get(guest_name="Fabre").public_id, by=HOST)
    assert wait_offers.look(house.pk, house.public_id, SATURDAY) == 1
    return entry


def _step(name: str, to: str, by: Actor = HOST) -> None:
    party = fresh(Reservation.objects.get(guest_name=name))
    stand.set_state(party.public_id, to, expected=party.version, by=by)


def _people(house: Restaurant) -> User:
    """Who works there; the owner, who looks, is handed back."""
    owner, *others = (
        make_user(f"{slugify(name)}@maison.example", is_staff=True, full_name=name)
        for name in ("Inès Allo", "Marc Petit", "Lou Roche", "Sam Diallo")
    )
    Membership.objects.create(user=owner, restaurant=house, role=Role.OWNER)
    roles = (Role.MANAGER, Role.HOST, Role.SERVER)
    for user, role in zip(others, roles, strict=True):
        Membership.objects.create(user=user, restaurant=house, role=role)
    for user in (owner, *others):
        user.set_password("correct horse battery staple")
        user.save()
    return owner


@pytest.fixture
def look(visit: OpenVisit, house: Restaurant, stream_of_site: StreamServer) -> Look:
    """Opens a page as the owner, and keeps a picture of it."""
    user = _people(house)

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
            if page.locator("#notes[open]").count():
                page.click("#notes button")
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


def test_pictures_of_who_waits(visit: OpenVisit, house: Restaurant) -> None:
    """What guests see on their telephones: their place in the queue, its end, and an offer."""
    places = {
        "queue": f"/queue/{queue_token(QueueEntry.objects.get(name='Élodie'))}/",
        "queue-called": f"/queue/{queue_token(QueueEntry.objects.get(name='Diane'))}/",
        "waitlist-offered": f"/waitlist/{leave_token(_offered(house))}/",
    }
    for name, address in places.items():
        for width, height in (GUEST, DESK):
            for scheme in ("light", "dark"):
                window = visit(
                    viewport={"width": width, "height": height},
                    locale="en-GB",
                    color_scheme=scheme,
                    reduced_motion="reduce",
                )
                window.open(address)
                keep(window.page, f"{name}-{width}-{scheme}")


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
    look("stand-film", f"{HOUSE}stand/replay/?date={SATURDAY}&n=80&theme=dark", DESK, "dark")
    look("stand-shift", f"{HOUSE}stand/shift/?date={SATURDAY}", DESK, "light")
    for name, path in (
        ("report-covers", f"reports/covers/?first=2025-10-19&last={SATURDAY}"),
        ("report-occupancy", f"reports/occupancy/?first=2025-10-19&last={SATURDAY}"),
        ("floor-editor", "setup/floor/"),
        ("people", "people/"),
        ("guests", "guests/"),
        ("sheet", f"sheet/{SATURDAY}/"),
    ):
        look(f"staff-{name}", HOUSE + path, DESK, "light")
