"""Tables that came free are offered to who waits: in order, one at a time, never twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from core.tokens import fingerprint
from notifications.models import Message
from reservations.errors import HoldExpired
from reservations.guests import Guest
from reservations.models import Hold, Reservation, WaitlistEntry, WaitLook, WaitOffer
from reservations.proof.invariants import OVERLAPPING_CLAIMS, broken
from reservations.services import wait_answers, wait_offers
from reservations.services.cancellation import cancel_reservation
from reservations.services.waitlist import leave_token, leave_waitlist
from restaurants.models import Restaurant
from tests import factories
from tests.concurrency.together import at_once, kind
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, booked

pytestmark = pytest.mark.django_db(transaction=True)
BROWSER = Guest.visitor("browser-1")


@pytest.fixture
def venue(db: None, clock: Clock) -> Restaurant:
    """A table for two and one for six, one seating at seven."""
    found = factories.make_restaurant(min_party=1, max_party=12)
    factories.make_service(found, first_seating=dt.time(19), last_seating=dt.time(19))
    factories.make_tables(found, 2, 6)
    found.turn_times.create(up_to=99, minutes=120)
    return found


def wait(venue: Restaurant, name: str, size: int, clock: Clock, **more: Any) -> WaitlistEntry:
    clock.advance(seconds=1)
    values: dict[str, Any] = {
        "restaurant": venue,
        "service_date": DATE,
        "earliest": dt.time(18),
        "latest": dt.time(20),
        "party_size": size,
        "name": name,
        "email": f"{name.lower()}@example.com",
        "language": "en",
        "nonce": name,
        "digest": name,
        "created_at": clock.now,
        "updated_at": clock.now,
    }
    entry = WaitlistEntry.objects.create(**(values | more))
    WaitlistEntry.objects.filter(pk=entry.pk).update(
        digest=fingerprint("waitlist", leave_token(entry))
    )
    return WaitlistEntry.objects.get(pk=entry.pk)


def status(entry: WaitlistEntry) -> tuple[str, str]:
    row = WaitlistEntry.objects.get(pk=entry.pk)
    return row.status, row.verdict


def look(venue: Restaurant) -> int:
    return wait_offers.look(venue.pk, venue.public_id, DATE)


def full(venue: Restaurant) -> tuple[Reservation, Reservation]:
    return booked(venue, size=6, name="Six"), booked(venue, size=2, name="Two")


def test_a_cancellation_is_offered_to_who_fits_and_the_others_say_why(
    venue: Restaurant, clock: Clock
) -> None:
    six, _two = full(venue)
    wait_offers.offer_tables()
    pair, half_dozen = wait(venue, "Pair", 2, clock), wait(venue, "Dozen", 6, clock)
    assert look(venue) == 0
    assert [status(pair), status(half_dozen)] == [("waiting", "full"), ("waiting", "full")]
    cancel_reservation(six.public_id, by=HOST)
    assert wait_offers.offer_tables() == 1
    assert [status(pair), status(half_dozen)] == [("waiting", "outrun"), ("offered", "offered")]
    offer = WaitOffer.objects.get()
    assert (offer.entry, offer.why["passed"]) == (half_dozen, [2])
    assert offer.expires_at == offer.hold.expires_at == clock.now + dt.timedelta(minutes=15)
    message = Message.objects.get(kind="waitlist_offered")
    assert (message.recipient, message.payload["minutes"]) == ("dozen@example.com", 15)
    assert wait_offers.offer_tables() == 0


def test_nobody_answers_and_the_next_is_asked(venue: Restaurant, clock: Clock) -> None:
    _six, two = full(venue)
    wait_offers.offer_tables()
    first, second = wait(venue, "First", 2, clock), wait(venue, "Second", 2, clock)
    cancel_reservation(two.public_id, by=HOST)
    assert wait_offers.offer_tables() == 1
    clock.advance(minutes=16)
    assert wait_offers.offer_tables() == 1
    first.refresh_from_db()
    assert (first.status, first.lapsed_offers) == ("waiting", 1)
    assert status(second) == ("offered", "offered")
    assert WaitOffer.objects.filter(status="lapsed").get().entry == first


def test_declined_or_left_it_goes_to_the_next_at_once(venue: Restaurant, clock: Clock) -> None:
    _six, two = full(venue)
    wait_offers.offer_tables()
    names = [wait(venue, name, 2, clock) for name in ("First", "Second", "Third")]
    cancel_reservation(two.public_id, by=HOST)
    wait_offers.offer_tables()
    wait_answers.decline_offer(leave_token(names[0]))
    wait_answers.decline_offer(leave_token(names[0]))
    assert wait_offers.offer_tables() == 1
    assert [status(each)[0] for each in names] == ["waiting", "offered", "waiting"]
    leave_waitlist(leave_token(names[1]))
    assert wait_offers.offer_tables() == 1
    assert [status(each)[0] for each in names] == ["waiting", "cancelled", "offered"]


def test_accepted_it_is_a_hold_of_that_browser_and_booked_with_it(
    venue: Restaurant, clock: Clock
) -> None:
    _six, two = full(venue)
    entry = wait(venue, "First", 2, clock)
    cancel_reservation(two.public_id, by=HOST)
    look(venue)
    clock.advance(minutes=14)
    held = wait_answers.accept_offer(leave_token(entry), BROWSER)
    assert held.expires_at == clock.now + dt.timedelta(minutes=10)
    with pytest.raises(HoldExpired):
        wait_answers.accept_offer(leave_token(entry), Guest.visitor("browser-2"))
    Hold.objects.filter(pk=held.id).update(status="confirmed")
    look(venue)
    assert status(entry)[0] == "booked"
    assert WaitOffer.objects.get().status == "booked"


def test_too_late_is_too_late(venue: Restaurant, clock: Clock) -> None:
    _six, two = full(venue)
    entry = wait(venue, "First", 2, clock)
    cancel_reservation(two.public_id, by=HOST)
    look(venue)
    clock.advance(minutes=15)
    with pytest.raises(HoldExpired):
        wait_answers.accept_offer(leave_token(entry), BROWSER)


def test_a_house_that_offers_nothing_says_so(venue: Restaurant, clock: Clock) -> None:
    Restaurant.objects.filter(pk=venue.pk).update(offer_minutes=0)
    entry = wait(venue, "First", 2, clock)
    assert look(venue) == 0
    assert status(entry) == ("waiting", "switched_off")


def test_two_openings_are_two_offers_however_many_look(venue: Restaurant, clock: Clock) -> None:
    one, two = wait(venue, "First", 2, clock), wait(venue, "Second", 6, clock)
    outcomes = at_once([lambda: look(venue) for _ in range(4)])
    assert kind(outcomes) == {"int": 4}
    assert sum(outcomes) == 2
    assert [status(one)[0], status(two)[0]] == ["offered", "offered"]
    assert broken([OVERLAPPING_CLAIMS]) == {}


def test_who_accepts_while_the_time_ends_has_it_or_has_it_not(
    venue: Restaurant, clock: Clock
) -> None:
    entry = wait(venue, "First", 2, clock)
    other = wait(venue, "Second", 2, clock, party_size=2)
    booked(venue, size=6, name="Six")
    assert look(venue) == 1
    clock.advance(minutes=15)
    accepted, _looked = at_once(
        [lambda: wait_answers.accept_offer(leave_token(entry), BROWSER), lambda: look(venue)]
    )
    assert isinstance(accepted, HoldExpired)
    look(venue)
    assert [status(entry)[0], status(other)[0]] == ["waiting", "offered"]
    assert broken([OVERLAPPING_CLAIMS]) == {}


def test_what_happened_marks_the_dates_of_that_house_once(venue: Restaurant, clock: Clock) -> None:
    wait_offers.read_feed()
    wait(venue, "First", 2, clock)
    booked(venue, size=6, name="Six")
    assert wait_offers.read_feed() > 0
    assert WaitLook.objects.get().service_date == DATE
    assert wait_offers.read_feed() == 0
