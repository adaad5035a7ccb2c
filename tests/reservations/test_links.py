"""Links to a booking: found again, opened, lapsed, revoked; and in every message."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from pytest_django import DjangoAssertNumQueries, Settings

from core.actors import Actor, ActorKind
from core.errors import Invalid
from core.models import AuditEntry
from notifications.models import Message
from notifications.services import deliver_due
from reservations.engine.lifecycle import Status
from reservations.errors import (
    AlreadyCancelled,
    LinkExpired,
    LinkRevoked,
    LinkUnknown,
    NotChangeable,
    NotYet,
    RefundChanged,
    ReservationNotFound,
    SlotUnavailable,
    TooMany,
)
from reservations.guests import Guest
from reservations.models import BookingLink, HouseMessage, Reservation
from reservations.selectors.bookings import Booking, booking
from reservations.services.by_link import (
    cancel_for_link,
    change_for_link,
    mark_read,
    may_be_late,
    message_house,
    running_late,
)
from reservations.services.cancellation import quote_cancellation
from reservations.services.change_options import change_options
from reservations.services.changes import LARGER_DEPOSIT, Change
from reservations.services.holds import place_hold
from reservations.services.links import issue_link, link_address, open_link, revoke_links
from reservations.services.progress import step
from reservations.views.why import of_a_day
from restaurants.models import DiningService, Restaurant
from tests.factories import make_bella
from tests.faults.acts import ask, hold, pay
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

YESTERDAY = dt.date(2025, 11, 9)
STAFF = Actor(ActorKind.STAFF, "staff_1", "Sam")


@pytest.fixture
def made(clock: Clock, bella: Restaurant, guest: Guest) -> Booking:
    """Two guests, Saturday 15 November 2025 at 19:00 in New York, $50 paid; it is Monday noon."""
    return pay(hold(bella, guest), guest).booking


@pytest.fixture
def token(made: Booking) -> str:
    return issue_link(made.public_id)


def test_a_link_opens_its_booking_and_stays_the_same(made: Booking, token: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{27}", token)
    assert issue_link(made.public_id) == token
    assert link_address(made.public_id) == f"http://testserver/booking/{token}/"
    assert open_link(token) == booking(made.public_id)
    assert BookingLink.objects.count() == 1


def test_the_token_is_nowhere_in_the_database(made: Booking, token: str) -> None:
    link = BookingLink.objects.get()
    assert token not in (link.nonce, link.digest)
    payloads = [json.dumps(message.payload) for message in Message.objects.all()]
    assert not any(token in payload for payload in payloads)


@pytest.mark.parametrize("wrong", ["", "x", "a" * 27, "é\x00", "a" * 5000])
def test_a_link_nobody_gave_out_is_unknown(made: Booking, token: str, wrong: str) -> None:
    with pytest.raises(LinkUnknown):
        open_link(wrong)


def test_a_booking_nobody_made_has_no_link(db: None) -> None:
    with pytest.raises(ReservationNotFound):
        issue_link("res_nothing")


def test_a_revoked_link_opens_nothing_and_the_next_one_is_another(
    made: Booking, token: str
) -> None:
    assert revoke_links(made.public_id, by=STAFF) == 1
    assert revoke_links(made.public_id, by=STAFF) == 0
    with pytest.raises(LinkRevoked, match="latest message"):
        open_link(token)
    fresh = issue_link(made.public_id)
    assert fresh != token
    assert open_link(fresh).public_id == made.public_id
    assert AuditEntry.objects.filter(verb="reservation.link_revoked").count() == 1


def test_a_link_lapses_thirty_days_after_the_visit(clock: Clock, made: Booking, token: str) -> None:
    clock.now = made.ends_at + dt.timedelta(days=30, seconds=-1)
    assert open_link(token).code == made.code
    clock.advance(seconds=1)
    with pytest.raises(LinkExpired):
        open_link(token)


def test_with_another_secret_key_old_links_are_dead_and_new_ones_work(
    made: Booking, token: str, settings: Settings
) -> None:
    settings.SECRET_KEY = "another-key-0123456789-0123456789-0123456789"
    with pytest.raises(LinkUnknown):
        open_link(token)
    fresh = issue_link(made.public_id)
    assert open_link(fresh).public_id == made.public_id
    assert BookingLink.objects.count() == 1


# --- In messages ----------------------------------------------------------------------------------


def test_confirmation_change_and_cancellation_carry_the_link(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    mail.outbox.clear()
    made = pay(hold(bella, guest), guest).booking
    token = issue_link(made.public_id)
    change_for_link(token, Change(time="20:00"))
    cancel_for_link(token)
    clock.advance(minutes=1)
    deliver_due()
    address = f"http://testserver/booking/{token}/"
    subjects = [sent.subject.partition(":")[0] for sent in mail.outbox]
    assert subjects == [
        "Your table at Bella Notte, Saturday 15 November 2025, 19",
        "Changed",
        "Cancelled",
    ]
    for sent in mail.outbox:
        assert address in sent.body
        [html] = [text for text, kind in sent.alternatives if kind == "text/html"]  # type: ignore[attr-defined]
        assert address in html
        calendar = str(sent.attachments[0][1]).replace("\r\n ", "")
        assert address in calendar


def test_a_message_that_is_sent_after_a_revocation_has_the_new_link(
    clock: Clock, made: Booking, token: str
) -> None:
    Message.objects.update(status="queued", attempts=0, not_before=clock.now)
    mail.outbox.clear()
    revoke_links(made.public_id, by=STAFF)
    deliver_due()
    assert token not in mail.outbox[0].body
    assert issue_link(made.public_id) in mail.outbox[0].body


# --- Changing and cancelling ----------------------------------------------------------------------


def test_a_change_by_link_is_audited_as_such(made: Booking, token: str) -> None:
    after = change_for_link(token, Change(time="20:00"))
    assert after.wall_time == "20:00"
    entry = AuditEntry.objects.get(verb="reservation.changed")
    link = BookingLink.objects.get()
    assert (entry.actor_kind, entry.actor_id) == ("guest", f"link:{link.pk}")


def test_a_change_that_is_refused_keeps_the_old_place_and_says_why(
    clock: Clock, guest: Guest, new_guest: Any
) -> None:
    small = make_bella(tables=1)
    rival = new_guest()
    pay(hold(small, rival, "21:00"), rival)
    token = issue_link(pay(hold(small, guest, "17:00"), guest).booking.public_id)
    with pytest.raises(SlotUnavailable) as caught:
        change_for_link(token, Change(time="20:00"))
    assert caught.value.details["suggested_times"] == ["19:00", "18:30", "18:00"]
    assert open_link(token).wall_time == "17:00"


def test_a_larger_deposit_is_refused_with_a_sentence(made: Booking, token: str) -> None:
    with pytest.raises(NotChangeable, match="larger deposit"):
        change_for_link(token, Change(party_size=4))
    assert open_link(token).party_size == 2


def test_what_was_quoted_is_what_comes_back(clock: Clock, made: Booking, token: str) -> None:
    clock.set("2025-11-15T12:00:00-05:00")
    quoted = quote_cancellation(made, clock.now)
    assert (quoted.percent, quoted.amount, quoted.currency) == (50, Decimal(25), "USD")
    done = cancel_for_link(token, refund=quoted.amount)
    assert (done.percent, done.amount) == (50, Decimal(25))


def test_the_deadlines_are_instants_on_the_restaurants_clock(clock: Clock, made: Booking) -> None:
    clock.set("2025-11-15T12:00:00-05:00")
    quoted = quote_cancellation(made, clock.now)
    assert quoted.was_paid
    assert [
        (step.until.isoformat(), step.percent, step.amount, step.has_passed)
        for step in quoted.deadlines
    ] == [
        ("2025-11-14T19:00:00-05:00", 100, Decimal(50), True),
        ("2025-11-15T15:00:00-05:00", 50, Decimal(25), False),
    ]
    assert quote_cancellation(made, quoted.deadlines[1].until).amount == Decimal(25)
    late = quoted.deadlines[1].until + dt.timedelta(seconds=1)
    assert quote_cancellation(made, late).amount == 0


def test_across_a_change_of_the_clocks_a_deadline_counts_hours_that_pass(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    clock.set("2025-10-01T12:00:00-04:00")
    asked = hold_on(bella, guest, dt.date(2025, 11, 2))
    [day, _] = quote_cancellation(asked, clock.now).deadlines
    assert day.until.isoformat() == "2025-11-01T20:00:00-04:00"


def hold_on(restaurant: Restaurant, guest: Guest, date: dt.date) -> Booking:
    return pay(place_hold(ask(restaurant, service_date=date), guest, by=guest.actor), guest).booking


def test_a_late_change_does_not_win_back_notice_in_the_quote(
    clock: Clock, made: Booking, token: str
) -> None:
    clock.set("2025-11-15T12:00:00-05:00")
    after = change_for_link(token, Change(service_date=dt.date(2025, 11, 22)))
    quoted = quote_cancellation(after, clock.now)
    assert (quoted.percent, quoted.amount) == (50, Decimal(25))
    assert [(step.percent, step.amount) for step in quoted.deadlines] == [(50, Decimal(25))]


def test_a_refund_that_changed_since_it_was_shown_is_asked_again(
    clock: Clock, made: Booking, token: str
) -> None:
    clock.set("2025-11-15T15:00:01-05:00")
    with pytest.raises(RefundChanged) as caught:
        cancel_for_link(token, refund=Decimal(25))
    assert Decimal(caught.value.details["refund"]) == 0
    assert open_link(token).status == "confirmed"


def test_after_its_time_has_come_a_booking_is_not_cancelled_by_link(
    clock: Clock, made: Booking, token: str
) -> None:
    clock.now = made.starts_at
    with pytest.raises(NotChangeable, match="call the restaurant"):
        cancel_for_link(token)
    clock.now = made.starts_at - dt.timedelta(seconds=1)
    cancel_for_link(token)
    with pytest.raises(AlreadyCancelled):
        cancel_for_link(token)
    assert open_link(token).status == "cancelled"


@pytest.mark.parametrize(
    "deed",
    [
        lambda token: change_for_link(token, Change(time="20:00")),
        cancel_for_link,
        lambda token: message_house(token, "Hello"),
        lambda token: running_late(token, 10),
    ],
)
def test_a_revoked_link_does_nothing(made: Booking, token: str, deed: Any) -> None:
    before = Reservation.objects.values().get()
    revoke_links(made.public_id, by=STAFF)
    with pytest.raises(LinkRevoked):
        deed(token)
    assert Reservation.objects.values().get() == before
    assert not HouseMessage.objects.exists()


# --- What it could become -------------------------------------------------------------------------


def test_options_count_the_bookings_own_table_as_free(
    clock: Clock, guest: Guest, new_guest: Any
) -> None:
    small = make_bella(tables=1)
    rival = new_guest()
    pay(hold(small, rival, "21:30"), rival)
    made = pay(hold(small, guest, "19:00"), guest).booking
    found = change_options(made)
    assert found.why_not == ""
    by_time = {option.time: option for option in found.options}
    assert by_time["19:00"].is_current
    assert by_time["19:30"].available
    assert not by_time["20:00"].available
    assert by_time["20:00"].why_not == "No tables available for this time slot"
    token = issue_link(made.public_id)
    assert change_for_link(token, Change(time="19:30")).wall_time == "19:30"
    with pytest.raises(SlotUnavailable):
        change_for_link(token, Change(time="20:00"))


def test_the_calendar_says_of_each_day_what_the_day_itself_says(
    clock: Clock, guest: Guest, new_guest: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    small = make_bella(tables=1)
    rival = new_guest()
    pay(hold(small, rival, "21:30"), rival)
    made = pay(hold(small, guest, "19:00"), guest).booking
    with django_assert_num_queries(3):
        month = change_options(made).month
    assert month is not None
    assert [(day.date.day, day.free) for day in month.days if day.date.day in (9, 10, 15)] == [
        (9, 0),
        (10, 21),
        (15, 18),
    ]
    for day in month.days:
        found = change_options(made, service_date=day.date, month=dt.date(2025, 12, 1))
        assert sum(option.available for option in found.options) == day.free, day.date
        assert (day.reason is None) == bool(day.free)
    larger = change_options(made, party_size=3).month
    assert larger is not None
    assert {day.free for day in larger.days} == {0}
    reason = larger.days[14].reason
    assert reason is not None
    assert of_a_day(reason) == "please call"


def test_options_count_the_booking_out_of_the_limits(clock: Clock, guest: Guest) -> None:
    house = make_bella()
    DiningService.objects.update(max_covers=2)
    made = pay(hold(house, guest), guest).booking
    assert {option.available for option in change_options(made).options} == {True}


def test_options_with_a_larger_deposit_are_refused_as_the_change_is(made: Booking) -> None:
    found = change_options(made, party_size=3)
    assert {option.why_not for option in found.options} == {LARGER_DEPOSIT}
    assert {option.available for option in change_options(made, party_size=2).options} == {True}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"party_size": 13}, "The largest party that can be booked here is 12."),
        (
            {"service_date": dt.date(2025, 11, 9)},
            "This time has passed. Please choose a later one.",
        ),
    ],
)
def test_without_options_there_is_a_reason(made: Booking, asked: dict[str, Any], why: str) -> None:
    found = change_options(made, **asked)
    assert (found.options, found.why_not) == ((), why)


def test_a_cancelled_booking_has_no_options(made: Booking, token: str) -> None:
    cancel_for_link(token)
    found = change_options(open_link(token))
    assert (found.options, found.why_not) == ((), NotChangeable.message)


# --- Notes to the house ---------------------------------------------------------------------------


def test_a_note_waits_until_somebody_has_read_it(
    clock: Clock, bella: Restaurant, made: Booking, token: str
) -> None:
    message_house(token, "We bring\x00 a pram\n\n\nand a dog")
    note = HouseMessage.objects.get()
    assert (note.restaurant, note.text, note.read_at) == (bella, "We bring a pram\nand a dog", None)
    entry = AuditEntry.objects.get(verb="reservation.house_messaged")
    assert entry.data == {"message": note.public_id}
    assert mark_read(note, by=STAFF)
    assert not mark_read(note, by=STAFF)
    note.refresh_from_db()
    assert note.read_at == clock.now


def test_a_note_reaches_the_house_by_mail_and_the_answer_the_guest(
    made: Booking, token: str
) -> None:
    Restaurant.objects.update(language="fr")
    message_house(token, "We bring a pram\n<b>and a dog</b>")
    deliver_due()
    [sent] = [one for one in mail.outbox if one.to == ["book@house.example"]]
    assert sent.subject == "Message de Ada Guest, 2 personnes, samedi 15 novembre 2025 à 19:00"
    assert "We bring a pram\n<b>and a dog</b>" in sent.body
    assert token not in sent.body
    assert sent.reply_to == ["ada@example.com"]
    Restaurant.objects.update(email="")
    message_house(token, "And a cat")
    assert Message.objects.filter(kind="guest_wrote").count() == 1
    assert HouseMessage.objects.count() == 2


@pytest.mark.parametrize("text", ["", " \n ", "x" * 1001])
def test_a_note_says_something_and_not_too_much(made: Booking, token: str, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        message_house(token, text)
    assert list(caught.value.details) == ["text"]


def test_five_notes_an_hour_and_twenty_in_all(clock: Clock, made: Booking, token: str) -> None:
    for _ in range(4):
        for number in range(5):
            message_house(token, f"Hello {number}")
        with pytest.raises(TooMany):
            message_house(token, "Hello")
        clock.advance(minutes=61)
    with pytest.raises(TooMany):
        message_house(token, "Hello")
    assert HouseMessage.objects.count() == 20


# --- Running late ---------------------------------------------------------------------------------


@pytest.fixture
def soon(clock: Clock, made: Booking) -> Booking:
    clock.now = made.starts_at - dt.timedelta(minutes=20)
    return made


def test_the_house_is_told_and_the_booking_says_so(clock: Clock, soon: Booking, token: str) -> None:
    mail.outbox.clear()
    found = running_late(token, 15)
    assert (found.late_minutes, found.late_at) == (15, clock.now)
    message = Message.objects.get(kind="guest_running_late")
    assert (message.recipient, message.language) == ("book@house.example", "en")
    deliver_due()
    [sent] = [one for one in mail.outbox if one.to == ["book@house.example"]]
    assert sent.subject == "Running late: Ada Guest, 2 guests, Saturday 15 November 2025, 19:00"
    assert "about 15 minutes late" in sent.body
    assert token not in sent.body
    assert sent.reply_to == ["ada@example.com"]
    assert AuditEntry.objects.get(verb="reservation.running_late").data == {"minutes": 15}


def test_saying_the_same_again_tells_nobody_again(soon: Booking, token: str) -> None:
    running_late(token, 15)
    running_late(token, 15)
    assert Message.objects.filter(kind="guest_running_late").count() == 1
    for minutes in (20, 25, 30, 35):
        running_late(token, minutes)
    with pytest.raises(TooMany):
        running_late(token, 40)
    assert open_link(token).late_minutes == 35


def test_a_house_without_an_address_sees_it_in_the_book(
    bella: Restaurant, soon: Booking, token: str
) -> None:
    Restaurant.objects.update(email="")
    assert running_late(token, 5).late_minutes == 5
    assert not Message.objects.filter(kind="guest_running_late").exists()


@pytest.mark.parametrize("minutes", [4, 61, 0, -5])
def test_five_to_sixty_minutes(soon: Booking, token: str, minutes: int) -> None:
    with pytest.raises(Invalid) as caught:
        running_late(token, minutes)
    assert caught.value.details == {"minutes": "Please give between 5 and 60 minutes."}


def test_it_can_be_said_from_three_hours_before_to_one_after(
    clock: Clock, made: Booking, token: str
) -> None:
    clock.now = made.starts_at - dt.timedelta(hours=3, seconds=1)
    with pytest.raises(NotYet):
        running_late(token, 10)
    clock.advance(seconds=1)
    assert may_be_late(made, clock.now)
    assert running_late(token, 10).late_minutes == 10
    clock.now = made.starts_at + dt.timedelta(hours=1, seconds=1)
    with pytest.raises(NotChangeable):
        running_late(token, 20)


def test_a_party_that_is_there_is_not_late(soon: Booking, token: str) -> None:
    step(soon.public_id, Status.SEATED, by=STAFF)
    with pytest.raises(NotChangeable):
        running_late(token, 10)


def test_another_time_forgets_how_late_the_party_was(soon: Booking, token: str) -> None:
    running_late(token, 30)
    after = change_for_link(token, Change(time="20:00"))
    assert (after.late_minutes, after.late_at) == (None, None)
