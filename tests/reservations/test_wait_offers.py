"""Tables that came free are offered to who waits: in order, one at a time, never twice."""

from __future__ import annotations

import datetime as dt
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from core.actors import SYSTEM
from core.tokens import fingerprint
from notifications.models import Message
from reservations.errors import HoldExpired, OfferTaken, SlotUnavailable
from reservations.guests import Guest
from reservations.models import (
    Hold,
    Reservation,
    TableClaim,
    WaitlistEntry,
    WaitLook,
    WaitOffer,
)
from reservations.proof.invariants import OVERLAPPING_CLAIMS, broken
from reservations.selectors.wait_offers import offer_of
from reservations.services import stand, wait_answers, wait_marks, wait_offers
from reservations.services.cancellation import cancel_reservation
from reservations.services.holds import HoldRequest, place_hold
from reservations.services.waitlist import leave_token, leave_waitlist
from restaurants.models import Restaurant
from tests import factories
from tests.concurrency.together import at_once, kind, until_readable
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh

pytestmark = pytest.mark.django_db(transaction=True)
BROWSER = Guest.visitor("browser-1")


@pytest.fixture
def venue(db: None, clock: Clock) -> Restaurant:
    """A table for two and one for six, one seating at seven."""
    return factories.make_one_seating(2, 6)


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


def offer_tables() -> int:
    """What runs every ten seconds, when nobody else's transaction holds the feed back."""
    until_readable()
    return wait_offers.offer_tables()


def read_feed() -> int:
    """The same of what only reads what happened."""
    until_readable()
    return wait_marks.read_feed()


def look(venue: Restaurant) -> int:
    return wait_offers.look(venue.pk, venue.public_id, DATE)


def full(venue: Restaurant) -> tuple[Reservation, Reservation]:
    return booked(venue, size=6, name="Six"), booked(venue, size=2, name="Two")


def test_a_cancellation_is_offered_to_who_fits_and_the_others_say_why(
    venue: Restaurant, clock: Clock
) -> None:
    six, _two = full(venue)
    offer_tables()
    pair, half_dozen = wait(venue, "Pair", 2, clock), wait(venue, "Dozen", 6, clock)
    assert look(venue) == 0
    assert [status(pair), status(half_dozen)] == [("waiting", "full"), ("waiting", "full")]
    cancel_reservation(six.public_id, by=HOST)
    assert offer_tables() == 1
    assert [status(pair), status(half_dozen)] == [("waiting", "outrun"), ("offered", "offered")]
    offer = WaitOffer.objects.get()
    assert (offer.entry, offer.why["passed"]) == (half_dozen, [2])
    assert offer.expires_at == offer.hold.expires_at == clock.now + dt.timedelta(minutes=15)
    message = Message.objects.get(kind="waitlist_offered")
    assert (message.recipient, message.payload["minutes"]) == ("dozen@example.com", 15)
    assert offer_tables() == 0


def test_nobody_answers_and_the_next_is_asked(venue: Restaurant, clock: Clock) -> None:
    _six, two = full(venue)
    offer_tables()
    first, second = wait(venue, "First", 2, clock), wait(venue, "Second", 2, clock)
    cancel_reservation(two.public_id, by=HOST)
    assert offer_tables() == 1
    clock.advance(minutes=16)
    assert offer_tables() == 1
    first.refresh_from_db()
    assert (first.status, first.lapsed_offers) == ("waiting", 1)
    assert status(second) == ("offered", "offered")
    assert WaitOffer.objects.filter(status="lapsed").get().entry == first


def test_declined_or_left_it_goes_to_the_next_at_once(venue: Restaurant, clock: Clock) -> None:
    _six, two = full(venue)
    offer_tables()
    names = [wait(venue, name, 2, clock) for name in ("First", "Second", "Third")]
    cancel_reservation(two.public_id, by=HOST)
    offer_tables()
    wait_answers.decline_offer(leave_token(names[0]))
    wait_answers.decline_offer(leave_token(names[0]))
    assert offer_tables() == 1
    assert [status(each)[0] for each in names] == ["waiting", "offered", "waiting"]
    leave_waitlist(leave_token(names[1]))
    assert offer_tables() == 1
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
    with pytest.raises(OfferTaken):
        wait_answers.accept_offer(leave_token(entry), Guest.visitor("browser-2"))
    Hold.objects.filter(pk=held.id).update(status="confirmed")
    look(venue)
    assert status(entry)[0] == "booked"
    assert WaitOffer.objects.get().status == "booked"


def offered(venue: Restaurant, clock: Clock) -> WaitlistEntry:
    """A full house, a cancelled table for two, and the party it is offered to."""
    _six, two = full(venue)
    entry = wait(venue, "First", 2, clock)
    cancel_reservation(two.public_id, by=HOST)
    assert look(venue) == 1
    return entry


def test_two_browsers_accept_at_once_and_one_has_the_table(venue: Restaurant, clock: Clock) -> None:
    entry = offered(venue, clock)
    browsers = [Guest.visitor(f"browser-{n}") for n in range(4)]
    outcomes = at_once(
        [partial(wait_answers.accept_offer, leave_token(entry), each) for each in browsers]
    )
    assert kind(outcomes) == {"HeldPlace": 1, "OfferTaken": 3}
    [winner] = [each for each, said in zip(browsers, outcomes, strict=True) if is_held(said)]
    hold = Hold.objects.get(status="live")
    assert hold.guest_key == winner.key
    assert TableClaim.objects.filter(hold=hold, released_at=None).count() == 1
    assert broken([OVERLAPPING_CLAIMS]) == {}


def is_held(outcome: object) -> bool:
    return type(outcome).__name__ == "HeldPlace"


def test_without_the_lock_two_browsers_would_both_be_told_yes(
    venue: Restaurant, clock: Clock
) -> None:
    """The negative control: what the test above would find if acceptance only looked and wrote."""
    entry = offered(venue, clock)
    both_looked = Barrier(2)

    def naive(guest: Guest) -> bool:
        found = offer_of(entry, clock.now)
        both_looked.wait(30)
        return found is not None and bool(
            Hold.objects.filter(pk=found.offer.hold_id).update(guest_key=guest.key)
        )

    guests = [Guest.visitor(f"browser-{n}") for n in range(2)]
    assert at_once([partial(naive, each) for each in guests]) == [True, True]


def test_what_is_offered_is_sold_to_nobody_else(venue: Restaurant, clock: Clock) -> None:
    entry = offered(venue, clock)
    other = HoldRequest(venue.public_id, DATE, "19:00", 2)
    with pytest.raises(SlotUnavailable):
        place_hold(other, Guest.visitor("passer-by"), by=SYSTEM)
    with pytest.raises(SlotUnavailable):
        booked(venue, size=2, name="Telephone")
    clock.advance(minutes=15)
    # Nobody has tidied up yet: the time alone frees it, for whoever comes first.
    place_hold(other, Guest.visitor("passer-by"), by=SYSTEM)
    with pytest.raises(HoldExpired):
        wait_answers.accept_offer(leave_token(entry), BROWSER)
    assert broken([OVERLAPPING_CLAIMS]) == {}


def test_a_guest_who_books_and_one_who_is_offered_it_race_for_one_table(
    venue: Restaurant, clock: Clock
) -> None:
    _six, two = full(venue)
    entry = wait(venue, "First", 2, clock)
    cancel_reservation(two.public_id, by=HOST)
    request = HoldRequest(venue.public_id, DATE, "19:00", 2)
    guest = Guest.visitor("passer-by")
    placed, made = at_once([lambda: place_hold(request, guest, by=SYSTEM), lambda: look(venue)])
    assert (is_held(placed), made) in ((True, 0), (False, 1))
    assert status(entry) == (("waiting", "full") if is_held(placed) else ("offered", "offered"))
    assert Hold.objects.filter(status="live").count() == 1
    assert broken([OVERLAPPING_CLAIMS]) == {}


def test_a_worker_that_dies_between_two_offers_has_made_none_and_the_next_makes_both_once(
    venue: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_tables()
    wait(venue, "First", 2, clock)
    wait(venue, "Second", 6, clock)
    wait_marks.mark_all()
    written = []

    def dies(*given: Any) -> None:
        written.append(given)
        if len(written) == 2:
            raise Killed
        write(*given)

    write = wait_offers._write
    monkeypatch.setattr(wait_offers, "_write", dies)
    with pytest.raises(Killed):
        offer_tables()
    assert len(written) == 2
    assert (WaitOffer.objects.count(), Hold.objects.count()) == (0, 0)
    assert not Message.objects.filter(kind="waitlist_offered").exists()
    assert WaitLook.objects.count() == 1
    monkeypatch.setattr(wait_offers, "_write", write)
    assert [offer_tables() for _ in range(3)] == [2, 0, 0]
    assert Message.objects.filter(kind="waitlist_offered").count() == 2
    assert Hold.objects.filter(status="live").count() == 2


class Killed(BaseException):
    """As the end of a process is: no handler of errors catches it."""


def test_a_worker_that_dies_between_two_dates_leaves_the_second_marked(
    venue: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_tables()
    wait(venue, "First", 2, clock)
    wait(venue, "Later", 2, clock, service_date=DATE + dt.timedelta(days=1))
    wait_marks.mark_all()
    looked = []

    def dies(pk: int, restaurant: str, date: dt.date) -> int:
        looked.append(date)
        if len(looked) == 2:
            raise Killed
        return one(pk, restaurant, date)

    one = wait_offers.look
    monkeypatch.setattr(wait_offers, "look", dies)
    with pytest.raises(Killed):
        offer_tables()
    assert WaitOffer.objects.count() == 1
    assert [each.service_date for each in WaitLook.objects.all()] == [looked[1]]
    monkeypatch.setattr(wait_offers, "look", one)
    assert [offer_tables() for _ in range(2)] == [1, 0]
    assert WaitOffer.objects.count() == 2


def test_lapsed_offers_cascade_to_the_end_of_the_line_and_not_in_circles(
    venue: Restaurant, clock: Clock
) -> None:
    _six, two = full(venue)
    offer_tables()
    names = [wait(venue, name, 2, clock) for name in ("First", "Second", "Third")]
    cancel_reservation(two.public_id, by=HOST)
    asked = []
    for _ in range(4):
        offer_tables()
        asked += [
            str(name)
            for name in WaitOffer.objects.filter(status="open").values_list(
                "entry__name", flat=True
            )
        ]
        assert Hold.objects.filter(status="live", expires_at__gt=clock.now).count() <= 1
        clock.advance(minutes=15)
    assert asked == ["First", "Second", "Third"]
    assert [status(each) for each in names] == [("waiting", "asked_before")] * 3


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


def test_a_visit_that_takes_its_course_marks_nothing_until_it_changes_tables(
    venue: Restaurant, clock: Clock
) -> None:
    row = booked(venue, size=2, name="Two")
    wait(venue, "First", 2, clock)
    offer_tables()
    read_feed()
    WaitLook.objects.all().delete()
    clock.now = at("19:00")
    stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)
    assert read_feed() > 0
    assert not WaitLook.objects.exists()
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    read_feed()
    assert WaitLook.objects.count() == 1


def test_what_happened_marks_the_dates_of_that_house_once(venue: Restaurant, clock: Clock) -> None:
    read_feed()
    wait(venue, "First", 2, clock)
    booked(venue, size=6, name="Six")
    assert read_feed() > 0
    assert WaitLook.objects.get().service_date == DATE
    assert read_feed() == 0


def test_who_has_booked_for_another_time_or_before_waits_on(
    venue: Restaurant, clock: Clock
) -> None:
    full(venue)
    row = Reservation.objects.get(guest_name="Two")
    Reservation.objects.filter(pk=row.pk).update(guest_email="ada@example.com")
    ada = wait(venue, "Ada", 2, clock)
    look(venue)
    assert status(ada) == ("waiting", "full")
    made = clock.now + dt.timedelta(seconds=1)
    lunch = {"created_at": made, "starts_at": at("12:00"), "ends_at": at("14:00")}
    Reservation.objects.filter(pk=row.pk).update(**lunch)
    look(venue)
    assert status(ada) == ("waiting", "full")
    Reservation.objects.filter(pk=row.pk).update(starts_at=at("17:30"), ends_at=at("18:30"))
    look(venue)
    assert status(ada) == ("booked", "has_booked")
