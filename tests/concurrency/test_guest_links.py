"""Links used by two at once, and revoked while they are used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from core.actors import SYSTEM
from reservations.errors import LinkRevoked
from reservations.guests import Guest
from reservations.models import BookingLink, HouseMessage, Reservation, SignInLink, WaitlistEntry
from reservations.proof.aftermath import come_to_rest
from reservations.proof.invariants import ALWAYS, AT_REST, broken
from reservations.selectors.bookings import Booking
from reservations.services import by_link, sign_in
from reservations.services.by_link import cancel_for_link, change_for_link, message_house
from reservations.services.cancellation import Cancellation
from reservations.services.changes import Change
from reservations.services.links import issue_link, open_link, open_row, revoke_links
from reservations.services.sign_in import redeem, request_sign_in
from reservations.services.waitlist import WaitRequest, join_waitlist
from restaurants.models import Restaurant
from tests.concurrency.together import at_once, kind, until, until_waiting
from tests.factories import make_bella
from tests.faults.acts import SATURDAY, hold, pay
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def made(clock: Clock, bella: Restaurant, guest: Guest) -> Booking:
    return pay(hold(bella, guest), guest).booking


def test_a_booking_has_one_link_however_many_ask_at_once(made: Booking) -> None:
    BookingLink.objects.all().delete()
    tokens = at_once([partial(issue_link, made.public_id)] * 8)
    assert len(set(tokens)) == 1
    assert open_link(tokens[0]).public_id == made.public_id


def test_two_changes_at_once_are_one_after_the_other(made: Booking) -> None:
    token = issue_link(made.public_id)
    outcomes = at_once(
        [partial(change_for_link, token, Change(time=time)) for time in ("20:00", "21:00")]
    )
    assert kind(outcomes) == {"Booking": 2}
    row = Reservation.objects.get()
    assert row.sequence == 2
    assert row.claims.filter(released_at=None).count() == 1
    assert broken(ALWAYS) == {}


def test_two_guests_change_to_the_last_table_and_one_keeps_the_old_place(
    clock: Clock, new_guest: Callable[[], Guest]
) -> None:
    small = make_bella(tables=1)
    tokens = []
    for time in ("12:00", "16:30"):
        guest = new_guest()
        tokens.append(issue_link(pay(hold(small, guest, time), guest).booking.public_id))
    outcomes = at_once([partial(change_for_link, token, Change(time="20:30")) for token in tokens])
    assert kind(outcomes) == {"Booking": 1, "SlotUnavailable": 1}
    times = sorted(open_link(token).wall_time for token in tokens)
    assert times in (["12:00", "20:30"], ["16:30", "20:30"])
    assert broken(ALWAYS) == {}


def test_a_change_against_a_cancellation_leaves_no_claim_behind(
    clock: Clock, bella: Restaurant, new_guest: Callable[[], Guest]
) -> None:
    for _ in range(4):
        guest = new_guest()
        token = issue_link(pay(hold(bella, guest), guest).booking.public_id)
        changed, cancelled = at_once(
            [partial(change_for_link, token, Change(time="21:00")), partial(cancel_for_link, token)]
        )
        assert isinstance(cancelled, Cancellation)
        assert kind([changed]) in ({"Booking": 1}, {"NotChangeable": 1})
        assert open_link(token).status == "cancelled"
        assert broken(ALWAYS) == {}
    come_to_rest()
    assert broken(AT_REST) == {}


DEEDS: dict[str, Callable[[str], Any]] = {
    "change": lambda token: change_for_link(token, Change(time="20:00")),
    "cancel": cancel_for_link,
    "message": lambda token: message_house(token, "Hello"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_link_that_is_revoked_after_it_was_opened_does_nothing_any_more(
    made: Booking, deed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issue_link(made.public_id)
    before = Reservation.objects.values().get()
    real = open_row

    def opened_and_then_revoked(token: str) -> Any:
        opened = real(token)
        revoke_links(made.public_id, by=SYSTEM)
        return opened

    monkeypatch.setattr(by_link, "open_row", opened_and_then_revoked)
    with pytest.raises(LinkRevoked):
        DEEDS[deed](token)
    assert Reservation.objects.values().get() == before
    assert not HouseMessage.objects.exists()


def test_without_the_second_look_the_revoked_link_still_cancels(
    made: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it is the look under the lock that stops it."""
    token = issue_link(made.public_id)
    real = open_row

    def opened_and_then_revoked(token: str) -> Any:
        opened = real(token)
        revoke_links(made.public_id, by=SYSTEM)
        return opened

    monkeypatch.setattr(by_link, "open_row", opened_and_then_revoked)
    monkeypatch.setattr(by_link, "check_open", lambda _: None)
    assert isinstance(cancel_for_link(token), Cancellation)


def test_revoking_waits_for_the_change_that_is_under_way(made: Booking) -> None:
    token = issue_link(made.public_id)

    def change() -> Any:
        with transaction.atomic():
            Reservation.objects.select_for_update().get(public_id=made.public_id)
            until_waiting()
            return change_for_link(token, Change(time="20:00"))

    def revoke() -> int:
        until_locked()
        return revoke_links(made.public_id, by=SYSTEM)

    changed, revoked = at_once([change, revoke])
    assert isinstance(changed, Booking)
    assert revoked == 1


def until_locked() -> None:
    """Until somebody else has the reservation's row."""

    def locked() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM reservations_reservation FOR UPDATE SKIP LOCKED")
            return cursor.fetchone() is None

    until(locked, "the reservation is locked")


def test_a_note_that_is_sent_twice_at_once_is_one_note(made: Booking) -> None:
    token = issue_link(made.public_id)
    outcomes = at_once([partial(message_house, token, "We bring a pram")] * 6)
    assert kind(outcomes) == {"HouseMessage": 6}
    assert HouseMessage.objects.count() == 1


def test_a_link_to_sign_in_is_redeemed_once_however_many_try(clock: Clock, made: Booking) -> None:
    request_sign_in("ada@example.com", network="192.0.2.1")
    address = sign_in.message_address(SignInLink.objects.get().public_id)
    token = address.rstrip("/").rpartition("/")[2]
    outcomes = at_once([partial(redeem, token)] * 8)
    assert kind(outcomes) == {"SignInExpired": 7, "str": 1}


def test_joining_the_waitlist_twice_at_once_is_one_entry(clock: Clock, bella: Restaurant) -> None:
    wish = WaitRequest(
        restaurant=bella.public_id,
        service_date=SATURDAY,
        earliest=dt.time(19),
        latest=dt.time(20),
        party_size=2,
        name="Ada",
        email="ada@example.com",
    )
    outcomes = at_once([partial(join_waitlist, wish, by=SYSTEM)] * 6)
    assert kind(outcomes) == {"Joined": 6}
    assert sum(joined.is_new for joined in outcomes) == 1
    assert WaitlistEntry.objects.count() == 1
