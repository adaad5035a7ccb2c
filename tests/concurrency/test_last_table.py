"""Many want what only one can have. Each test has its control: what happens without the guard."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, transaction

from accounts.models import User
from core.errors import Busy
from core.locks import Space, lock
from reservations.errors import ActiveHoldExists, SlotUnavailable
from reservations.guests import Guest
from reservations.models import Hold, SeatingDecision
from reservations.proof.invariants import ALWAYS, OVERLAPPING_CLAIMS, broken
from reservations.selectors.holds import HeldPlace
from reservations.services import holds
from reservations.services.holds import place_hold
from restaurants.models import Restaurant
from tests.concurrency.guards import read_together, without, without_lock
from tests.concurrency.together import at_once, kind
from tests.factories import make_bella
from tests.faults.acts import SATURDAY, ask, hold
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

NewGuest = Callable[[], Guest]
CLAIMS = ("reservations_tableclaim", "claim_table_once")


@pytest.fixture
def small(clock: Clock) -> Restaurant:
    """One table, two hours a party."""
    return make_bella(tables=1, deposit=None)


def two_for_the_last_table(small: Restaurant, new_guest: NewGuest) -> dict[str, int]:
    """19:00 to 21:00 and 19:30 to 21:30 at the same moment."""
    first, second = new_guest(), new_guest()
    return kind(
        at_once([partial(hold, small, first, "19:00"), partial(hold, small, second, "19:30")])
    )


def test_without_lock_and_constraint_both_get_the_last_table(
    small: Restaurant, new_guest: NewGuest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: if this fails, the tests below prove nothing."""
    without_lock(monkeypatch)
    read_together(monkeypatch, 2)
    with without(*CLAIMS):
        assert two_for_the_last_table(small, new_guest) == {"HeldPlace": 2}
        assert len(OVERLAPPING_CLAIMS.violations()) == 1


def test_without_lock_the_constraint_refuses_one(
    small: Restaurant, new_guest: NewGuest, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_lock(monkeypatch)
    read_together(monkeypatch, 2)
    outcomes = two_for_the_last_table(small, new_guest)
    # Both may wait for each other at the constraint; then one begins anew and sees the other.
    assert outcomes == {"HeldPlace": 1, "SlotUnavailable": 1}
    assert broken(ALWAYS) == {}


def test_without_constraint_the_lock_refuses_one(small: Restaurant, new_guest: NewGuest) -> None:
    with without(*CLAIMS):
        outcomes = two_for_the_last_table(small, new_guest)
        assert outcomes == {"HeldPlace": 1, "SlotUnavailable": 1}
        assert broken(ALWAYS) == {}


def test_with_both_one_gets_the_last_table_and_the_other_hears_why(
    small: Restaurant, new_guest: NewGuest
) -> None:
    outcomes = two_for_the_last_table(small, new_guest)
    assert outcomes == {"HeldPlace": 1, "SlotUnavailable": 1}
    assert SeatingDecision.objects.filter(accepted=False).count() == 1
    assert broken(ALWAYS) == {}


def test_of_thirty_two_at_once_ten_get_the_ten_tables_and_nobody_is_refused_before(
    clock: Clock, bella: Restaurant, new_guest: NewGuest
) -> None:
    outcomes = at_once([partial(hold, bella, new_guest()) for _ in range(32)])
    assert kind(outcomes) == {"HeldPlace": 10, "SlotUnavailable": 22}
    refused = [one for one in outcomes if isinstance(one, SlotUnavailable)]
    assert {tuple(one.details["reasons"]) for one in refused} == {("tables_taken",)}
    in_order = SeatingDecision.objects.order_by("id").values_list("accepted", flat=True)
    assert list(in_order) == [True] * 10 + [False] * 22
    assert broken(ALWAYS) == {}


def test_without_the_lock_guests_are_refused_while_tables_are_free(
    clock: Clock, bella: Restaurant, new_guest: NewGuest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the constraint alone sells nothing twice, but it sends guests away."""
    without_lock(monkeypatch)
    read_together(monkeypatch, 8)
    # A deadlock would be tried anew, with a fresh look: that is not the point here.
    monkeypatch.setattr(holds, "place_hold", inspect.unwrap(place_hold))
    calls = [partial(holds.place_hold, ask(bella), g, by=g.actor) for g in guests(new_guest, 8)]
    assert kind(at_once(calls))["HeldPlace"] < 8
    assert broken(ALWAYS) == {}


def guests(new_guest: NewGuest, number: int) -> list[Guest]:
    return [new_guest() for _ in range(number)]


def eight_dates(bella: Restaurant, guest: Guest) -> list[Callable[[], HeldPlace]]:
    """One guest in eight windows; different dates, so that no lock of a date comes in between."""
    return [
        partial(
            place_hold,
            ask(bella, service_date=SATURDAY + dt.timedelta(days=day)),
            guest,
            by=guest.actor,
        )
        for day in range(8)
    ]


def test_of_eight_holds_at_once_by_one_guest_one_is_placed(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    outcomes = at_once(eight_dates(bella, guest))
    assert kind(outcomes) == {"ActiveHoldExists": 7, "HeldPlace": 1}
    sentences = {one.text for one in outcomes if isinstance(one, ActiveHoldExists)}
    assert sentences == {"You already have an active reservation hold"}
    assert Hold.objects.count() == 1
    assert broken(ALWAYS) == {}


def test_without_the_unique_index_one_guest_gets_eight_holds(
    clock: Clock,
    bella: Restaurant,
    user: User,
    guest: Guest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: eight who all looked before any of them wrote."""
    read_together(monkeypatch, 8)
    with without("reservations_hold", "hold_one_live_per_guest"):
        assert kind(at_once(eight_dates(bella, guest))) == {"HeldPlace": 8}
        assert broken(ALWAYS).keys() == {"several_live_holds"}


def test_who_waits_too_long_for_the_lock_hears_that_somebody_is_booking(
    clock: Clock, bella: Restaurant, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holds, "lock", partial(lock, timeout_ms=50))
    with transaction.atomic():
        lock(Space.SERVICE_DAY, bella.public_id, SATURDAY)
        [outcome] = at_once([partial(hold, bella, guest)])
        assert isinstance(outcome, Busy)
        assert outcome.text == "Another user is currently booking this slot. Please try again."
        # Another date is another lock.
        other = ask(bella, service_date=SATURDAY + dt.timedelta(days=1))
        [placed] = at_once([partial(place_hold, other, guest, by=guest.actor)])
        assert isinstance(placed, HeldPlace)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reservations_tableclaim")
        assert cursor.fetchone() == (1,)
