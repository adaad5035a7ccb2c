"""Long evenings of random taps: whatever hosts do, the book holds and undo is exact."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

import pytest

from core.errors import DomainError
from customers.models import GuestTag
from customers.services.tags import TagValues, save_tag
from reservations.guests import Guest
from reservations.models import Reservation
from reservations.services import stand
from reservations.services.holds import HoldRequest, expire_holds, place_hold
from reservations.services.stand import Undo, sweeps
from restaurants.models import Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.reservations.stand import (
    DATE,
    HOST,
    at,
    booked,
    check_film,
    check_promises,
    fingerprint,
)

pytestmark = pytest.mark.django_db

TAPS = 35
TAGS = ("Pram", "Birthday cake")


class Evening:
    """Draws taps for a house."""

    def __init__(
        self, venue: Restaurant, dice: random.Random, now: Callable[[], dt.datetime]
    ) -> None:
        self.venue = venue
        self.dice = dice
        self.now = now
        self.floor = [table.public_id for table in venue.tables.order_by("label")]
        self.servers = [
            stand.put_on_shift(venue.public_id, DATE, name, by=HOST).target
            for name in ("Ana", "Ben")
        ]

    def tap(self) -> Undo:
        """Some action with some choice; mostly one that makes sense."""
        row = self.dice.choice(list(Reservation.objects.order_by("pk")))
        one: dict[str, Any] = {"expected": row.version, "by": HOST}
        who = row.public_id
        some = self.dice.sample(self.floor, self.dice.choice([1, 1, 1, 2]))
        quarter = at("18:00") + dt.timedelta(minutes=15 * self.dice.randrange(16))
        other = self.dice.choice(list(Reservation.objects.order_by("pk")))
        actions: list[Callable[[], Undo]] = [
            lambda: stand.next_state(who, **one),
            lambda: stand.next_state(who, **one),
            lambda: stand.next_state(who, **one),
            lambda: stand.partly_arrived(who, **one),
            lambda: stand.no_show(who, **one),
            lambda: stand.arrive(who, **one),
            lambda: stand.seat(who, **one, tables=some),
            lambda: stand.seat(who, **one, suggested=True),
            lambda: stand.leave(who, **one),
            lambda: stand.move(who, some, **one),
            lambda: stand.move(who, some, **one, starts_at=quarter),
            lambda: stand.swap(who, other.public_id, **one, other_expected=other.version),
            lambda: stand.merge(who, some[0], **one),
            lambda: stand.split(who, some[0], **one),
            lambda: stand.extend(who, **one, minutes=self.dice.choice([-15, 15, 15, 60])),
            lambda: stand.change_size(who, self.dice.randrange(1, 8), **one),
            lambda: stand.change_time(who, quarter, **one),
            lambda: stand.walk_in(self.venue.public_id, DATE, self.dice.randrange(1, 6), by=HOST),
            lambda: stand.block(
                self.venue.public_id,
                DATE,
                some,
                self.now(),
                self.now() + dt.timedelta(minutes=30),
                by=HOST,
            ),
            lambda: stand.cleared(self.venue.public_id, DATE, some[0], by=HOST),
            lambda: stand.give_section(self.dice.choice(self.servers), some, by=HOST),
            lambda: stand.cut(self.dice.choice(self.servers), by=HOST),
            lambda: stand.relieve(*self.dice.sample(self.servers, 2), by=HOST),
            lambda: stand.tag(who, self.dice.sample(TAGS, self.dice.randrange(3)), **one),
        ]
        return self.dice.choice(actions)()


@pytest.mark.parametrize("seed", range(2))
def test_whatever_hosts_do_the_book_holds(clock: Clock, seed: int) -> None:
    dice = random.Random(seed)
    venue = factories.make_restaurant(buffer_minutes=10, window_days=365)
    factories.make_service(venue, first_seating=dt.time(11), slot_covers=12)
    tables = factories.make_tables(venue, 2, 2, 4, 4, 6)
    factories.make_combination(*tables[2:4], low=5, high=8)
    venue.turn_times.create(up_to=99, minutes=90)
    for name in TAGS:
        save_tag(venue.organization_id, TagValues(name, kind=GuestTag.Kind.VISIT), by=HOST)
    for number, time in enumerate(["18:00", "18:00", "18:30", "19:30", "20:00", "20:30"]):
        booked(venue, time, dice.randrange(1, 5), name=f"P{number}")
    evening = Evening(venue, dice, lambda: clock.now)
    clock.now = at("17:50")
    done = 0
    for number in range(TAPS):
        clock.advance(seconds=dice.choice([5, 60, 240, 420]))
        if number % 7 == 6:
            for sweep in (sweeps.end_clearing, sweeps.extend_overstays, sweeps.mark_late):
                sweep()
        if number % 9 == 8:
            hold_something(venue, dice)
        # Actions tidy up what lapsed: that is none of theirs to undo.
        expire_holds()
        before = fingerprint()
        try:
            token = evening.tap()
        except DomainError:
            assert fingerprint() == before
            continue
        done += 1
        check_promises()
        check_film(venue, clock.now)
        if dice.random() < 0.4:
            is_new = token.verb == "walk_in"
            stand.undo(token.token, by=HOST)
            assert is_new or fingerprint() == before
            check_promises()
            check_film(venue, clock.now)
    assert done > TAPS // 5


def hold_something(venue: Restaurant, dice: random.Random) -> None:
    """A guest holds a table online, if there is one."""
    guest = Guest.with_account(factories.make_user().public_id)
    time = dice.choice(["19:00", "19:30", "20:00", "20:30", "21:00"])
    try:
        place_hold(HoldRequest(venue.public_id, DATE, time, 2), guest, by=HOST)
    except DomainError:
        return
