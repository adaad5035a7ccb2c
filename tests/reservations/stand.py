"""Helpers of the tests of the host stand: parties in the book, and rows as fingerprints."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.db import connection

from core.actors import Actor, ActorKind
from reservations.engine import film
from reservations.engine import types as e
from reservations.ledger.confirm import Contact
from reservations.ledger.states import states_of
from reservations.models import Hold, Reservation, ShiftServer, TableBlock
from reservations.proof.invariants import (
    CLAIM_WITHOUT_OWNER,
    GAUGE_ABOVE_LIMIT,
    GAUGE_DRIFT,
    OVERLAPPING_CLAIMS,
    PARTY_UNCOUNTED,
    PARTY_WITHOUT_PLACE,
    broken,
)
from reservations.selectors.night import Night, night_of
from reservations.selectors.night.then import film_of
from reservations.services import stand
from reservations.services.bookings import Extras, book
from reservations.services.holds import HoldRequest
from restaurants.models import Membership, Restaurant
from tests import factories
from tests.fixtures.domain import NOON, Clock

HOST = Actor(ActorKind.STAFF, "user_host", "Hanna Host")
DATE = NOON.date()

PROMISES = (
    OVERLAPPING_CLAIMS,
    GAUGE_ABOVE_LIMIT,
    GAUGE_DRIFT,
    PARTY_UNCOUNTED,
    PARTY_WITHOUT_PLACE,
    CLAIM_WITHOUT_OWNER,
)


def make_house() -> Restaurant:
    """Five tables, the last two may be joined; two hours each and ten minutes to clear."""
    found = factories.make_restaurant(buffer_minutes=10, min_party=1, max_party=12)
    factories.make_service(found, first_seating=dt.time(11))
    tables = factories.make_tables(found, 2, 2, 4, 4, 4)
    factories.make_combination(*tables[3:], low=5, high=8)
    found.turn_times.create(up_to=99, minutes=120)
    return found


def booked(
    venue: Restaurant, time: str = "19:00", size: int = 2, name: str = "Ada", **extras: Any
) -> Reservation:
    """A confirmed booking through the real services."""
    request = HoldRequest(
        venue.public_id, DATE, time, size, channel=e.Channel.IN_HOUSE, source="phone"
    )
    return book(request, Contact(name, ""), Extras(**extras), by=HOST)


def at(time: str) -> dt.datetime:
    """A clock reading of the night in New York."""
    hours, minutes = map(int, time.split(":"))
    midnight = dt.datetime(2025, 11, 10, 5, 0, tzinfo=dt.UTC)
    return midnight + dt.timedelta(hours=hours, minutes=minutes)


def tables_of(row: Reservation) -> list[str]:
    """The tables a party has, by label."""
    live = row.claims.filter(released_at=None)
    return sorted(live.values_list("table__label", flat=True))


def claimed(row: Reservation) -> list[tuple[str, str]]:
    """From when to when a party's tables are claimed, on the clocks of the house."""
    rows = row.claims.filter(released_at=None).order_by("id")
    return [(clock_of(c.during.lower), clock_of(c.during.upper)) for c in rows]


def clock_of(instant: dt.datetime) -> str:
    """An instant as people read it in New York."""
    return instant.astimezone(dt.timezone(dt.timedelta(hours=-5))).strftime("%H:%M")


_BOOK = {
    "reservations_reservation": "true",
    "reservations_tableclaim": "true",
    "reservations_tableblock": "true",
    "reservations_queueentry": "true",
    # A counter that counts nobody is as good as none.
    "reservations_serviceload": "covers <> 0 OR parties <> 0",
    "reservations_shiftserver": "true",
    "reservations_sectiontable": "true",
    "reservations_nightnote": "true",
    "restaurants_closure": "true",
    "restaurants_pacingcap": "true",
    "notifications_message": "true",
}
"""Tables of the book, and which of their rows matter."""


def fingerprint() -> dict[str, str]:
    """Every row of the book as it is, but for the version of reservations, which only goes on."""
    found = {}
    with connection.cursor() as cursor:
        for table, matters in _BOOK.items():
            cursor.execute(
                f"SELECT coalesce(jsonb_agg(to_jsonb(t) - 'version' ORDER BY t.id), '[]')"
                f" FROM {table} t WHERE {matters}"
            )
            found[table] = json.dumps(json.loads(cursor.fetchone()[0]), sort_keys=True, indent=1)
    return found


def check_promises() -> None:
    """No promise of the book is broken."""
    assert broken(PROMISES) == {}


def fresh(row: Reservation) -> Reservation:
    """The row as it is now."""
    return Reservation.objects.get(pk=row.pk)


def read(venue: Restaurant, clock: Clock) -> Night:
    """The night as the stand shows it."""
    return night_of(venue.pk, DATE, clock.now)


def ids(venue: Restaurant, *labels: str) -> list[str]:
    """Public ids of tables."""
    return [venue.tables.get(label=label).public_id for label in labels]


def put(venue: Restaurant, row: Reservation, *labels: str) -> None:
    """Give a party these tables."""
    stand.move(row.public_id, ids(venue, *labels), expected=fresh(row).version, by=HOST)


def manager(venue: Restaurant) -> Actor:
    """Somebody who may overbook."""
    user = factories.make_user(is_staff=True)
    Membership.objects.create(user=user, restaurant=venue, role="manager")
    return Actor(ActorKind.STAFF, user.public_id, "Max Manager")


def check_film(venue: Restaurant, now: dt.datetime) -> None:
    """The evening put together from the audit trail is the one in the database."""
    parties = Reservation.objects.filter(restaurant=venue, service_date=DATE, is_test=False)
    blocks = TableBlock.objects.filter(restaurant=venue, ended_at=None)
    holds = Hold.objects.filter(restaurant=venue, service_date=DATE)
    servers = ShiftServer.objects.filter(restaurant=venue, service_date=DATE)
    keys = (each.values_list("pk", flat=True) for each in (parties, blocks, holds, servers))
    is_now = film.Event(0, 0, "", "", states_of(*keys))
    lines = film_of(venue.pk, DATE).lines
    seconds = int(now.timestamp())
    shown = film.state_at([line.event for line in lines], seconds)
    true = film.state_after([is_now], seconds)
    assert shown.parties == true.parties
    assert shown.blocks == true.blocks
    assert shown.holds == true.holds
    assert shown.servers == true.servers
