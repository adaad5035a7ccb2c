"""Placing, extending and releasing a hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts.errors import SessionEnded
from accounts.models import User
from core.models import AuditEntry
from reservations.engine.money import DEFAULT_REFUND_LADDER
from reservations.errors import (
    ActiveHoldExists,
    HoldAtLimit,
    HoldExpired,
    HoldNotFound,
    NotBookable,
    SlotUnavailable,
)
from reservations.guests import Guest
from reservations.models import Hold, SeatingDecision, TableClaim
from reservations.services.holds import (
    HoldRequest,
    expire_holds,
    extend_hold,
    place_hold,
    release_hold,
)
from restaurants.errors import RestaurantNotFound
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock

SATURDAY = dt.date(2025, 11, 15)


def ask(restaurant: Restaurant, time: str = "19:00", party: int = 2, **more: Any) -> HoldRequest:
    fields: dict[str, Any] = {"service_date": SATURDAY} | more
    return HoldRequest(restaurant.public_id, time=time, party_size=party, **fields)


def test_a_hold_takes_one_table_for_the_turn_and_ten_minutes_of_the_guests_time(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = place_hold(ask(bella), guest, by=guest.actor)

    row = Hold.objects.get(public_id=held.public_id)
    assert row.status == "live"
    assert row.expires_at - row.created_at == dt.timedelta(minutes=10)
    assert row.starts_at == dt.datetime(2025, 11, 16, 0, 0, tzinfo=dt.UTC)
    assert row.ends_at - row.starts_at == dt.timedelta(minutes=120)
    assert row.deposit_amount == Decimal(50)
    assert row.refund_ladder == [[s.hours, s.percent] for s in DEFAULT_REFUND_LADDER]
    [claim] = TableClaim.objects.all()
    assert (claim.hold_id, claim.reservation_id, claim.released_at) == (row.pk, None, None)
    assert (claim.during.lower, claim.during.upper) == (row.starts_at, row.ends_at)
    assert claim.expires_at == row.expires_at


def test_a_hold_leaves_its_decision_and_an_audit_entry(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = place_hold(ask(bella), guest, by=guest.actor)

    decision = SeatingDecision.objects.get()
    assert (decision.accepted, decision.subject) == (True, held.public_id)
    assert decision.asked["time"] == "19:00"
    assert decision.tables == [TableClaim.objects.get().table_id]
    assert decision.candidates[0][0] == decision.tables
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.actor_id) == (
        "hold.placed",
        held.public_id,
        guest.user_public_id,
    )


def test_a_second_hold_of_the_same_guest_is_refused(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    first = place_hold(ask(bella), guest, by=guest.actor)
    with pytest.raises(ActiveHoldExists) as caught:
        place_hold(ask(bella, "12:00"), guest, by=guest.actor)
    assert caught.value.text == "You already have an active reservation hold"
    assert caught.value.details == {"hold_id": first.public_id}
    assert Hold.objects.count() == 1


def test_a_guest_whose_hold_lapsed_may_hold_again_even_elsewhere(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    first = place_hold(ask(bella), guest, by=guest.actor)
    clock.advance(minutes=10)
    second = place_hold(ask(bella, service_date=dt.date(2025, 12, 1)), guest, by=guest.actor)
    assert Hold.objects.get(public_id=first.public_id).status == "expired"
    assert Hold.objects.get(public_id=second.public_id).status == "live"
    assert TableClaim.objects.filter(released_at=None).count() == 1


def test_ten_tables_make_ten_holds_and_the_eleventh_guest_hears_when_there_is_room(
    clock: Clock, bella: Restaurant, new_guest: Callable[[], Guest]
) -> None:
    for _ in range(10):
        someone = new_guest()
        place_hold(ask(bella), someone, by=someone.actor)
    late = new_guest()
    with pytest.raises(SlotUnavailable) as caught:
        place_hold(ask(bella), late, by=late.actor)
    assert caught.value.text == "No tables available for this time slot"
    assert caught.value.details["reasons"] == ["tables_taken"]
    assert caught.value.details["suggested_times"] == ["17:00", "21:00"]
    refusal = SeatingDecision.objects.get(accepted=False)
    assert refusal.refusals[0]["reason"] == "tables_taken"


def test_a_lapsed_hold_gives_its_table_to_the_next_guest_without_any_sweep(
    clock: Clock, new_guest: Callable[[], Guest]
) -> None:
    from tests.factories import make_bella

    small = make_bella(tables=1)
    first, second = new_guest(), new_guest()
    place_hold(ask(small), first, by=first.actor)
    clock.advance(minutes=10)
    place_hold(ask(small), second, by=second.actor)
    assert TableClaim.objects.filter(released_at=None).count() == 1
    assert Hold.objects.get(guest_key=first.key).status == "expired"


def test_the_sweep_releases_lapsed_holds_once(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    place_hold(ask(bella), guest, by=guest.actor)
    assert expire_holds() == 0
    clock.advance(minutes=10)
    assert expire_holds() == 1
    assert expire_holds() == 0
    assert not TableClaim.objects.filter(released_at=None).exists()


def test_more_time_is_a_full_span_again_as_often_as_the_house_allows(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = place_hold(ask(bella), guest, by=guest.actor)
    for _ in range(3):
        clock.advance(minutes=9)
        longer = extend_hold(held.public_id, guest, by=guest.actor)
        assert longer.expires_at == clock.now + dt.timedelta(minutes=10)
    assert TableClaim.objects.get().expires_at == longer.expires_at
    with pytest.raises(HoldAtLimit):
        extend_hold(held.public_id, guest, by=guest.actor)


def test_a_lapsed_hold_cannot_be_extended(clock: Clock, bella: Restaurant, guest: Guest) -> None:
    held = place_hold(ask(bella), guest, by=guest.actor)
    clock.advance(minutes=10)
    with pytest.raises(HoldExpired):
        extend_hold(held.public_id, guest, by=guest.actor)


def test_a_released_table_is_free_at_once_and_releasing_twice_does_no_harm(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = place_hold(ask(bella), guest, by=guest.actor)
    assert release_hold(held.public_id, guest, by=guest.actor) is True
    assert release_hold(held.public_id, guest, by=guest.actor) is False
    assert not TableClaim.objects.filter(released_at=None).exists()


def test_someone_elses_hold_does_not_exist(
    clock: Clock, bella: Restaurant, guest: Guest, new_guest: Callable[[], Guest]
) -> None:
    held = place_hold(ask(bella), guest, by=guest.actor)
    charlie = new_guest()
    with pytest.raises(HoldNotFound):
        release_hold(held.public_id, charlie, by=charlie.actor)
    with pytest.raises(HoldNotFound):
        extend_hold(held.public_id, charlie, by=charlie.actor)
    assert Hold.objects.get().status == "live"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"service_date": dt.date(2025, 11, 9)}, "PAST"),
        ({"service_date": dt.date(2027, 1, 1)}, "BEYOND_WINDOW"),
        ({"time": "19:10"}, "NOT_A_SLOT"),
        ({"time": "03:00"}, "NOT_A_SLOT"),
        ({"party": 1}, "PARTY_TOO_SMALL"),
        ({"party": 13}, "PARTY_TOO_LARGE"),
        ({"party": 12}, "NO_TABLE_FITS"),
    ],
)
def test_what_can_never_be_booked_is_refused_with_its_reason_and_writes_no_claim(
    clock: Clock, bella: Restaurant, guest: Guest, asked: dict[str, Any], code: str
) -> None:
    with pytest.raises(NotBookable) as caught:
        place_hold(ask(bella, **asked), guest, by=guest.actor)
    assert caught.value.code == code
    assert "…" not in caught.value.text
    assert not TableClaim.objects.exists()


def test_an_unknown_or_unlisted_restaurant_is_not_found(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    with pytest.raises(RestaurantNotFound):
        place_hold(HoldRequest("rest_nowhere", SATURDAY, "19:00", 2), guest, by=guest.actor)
    Restaurant.objects.update(is_listed=False)
    with pytest.raises(RestaurantNotFound):
        place_hold(ask(bella), guest, by=guest.actor)


def test_a_closed_account_can_hold_nothing(
    clock: Clock, bella: Restaurant, guest: Guest, user: User
) -> None:
    user.is_active = False
    user.save()
    with pytest.raises(SessionEnded):
        place_hold(ask(bella), guest, by=guest.actor)


def test_whoever_watches_the_house_is_told_whatever_becomes_of_a_hold(
    clock: Clock, bella: Restaurant, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int | None] = []
    monkeypatch.setattr("core.wakeups.announce", told.append)

    def houses() -> set[int | None]:
        found = set(told)
        told.clear()
        return found

    held = place_hold(ask(bella), guest, by=guest.actor)
    assert houses() == {bella.pk}
    extend_hold(held.public_id, guest, by=guest.actor)
    assert houses() == {bella.pk}
    release_hold(held.public_id, guest, by=guest.actor)
    assert houses() == {bella.pk}
    place_hold(ask(bella), guest, by=guest.actor)
    houses()
    clock.advance(minutes=11)
    assert expire_holds() == 1
    assert houses() == {bella.pk}
    assert expire_holds() == 0
    assert houses() == set()
