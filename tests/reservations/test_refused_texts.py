"""A 1 that comes too late is answered: what is so, what can be done, and once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from core.tokens import fingerprint
from notifications.models import Message, SmsAccount
from notifications.services import deliver_due
from reservations.guests import Guest
from reservations.models import HouseMessage, QueueEntry, Reservation, TableBlock, WaitlistEntry
from reservations.receivers import on_text_received
from reservations.services import stand, wait_answers, wait_offers
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.waitlist import leave_token, leave_waitlist
from restaurants.models import Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.fixtures.twilio import SITE, TwilioAccount, connect, tell
from tests.reservations.stand import DATE, HOST, at, booked, ids, make_house

pytestmark = pytest.mark.django_db
PHONE = "+12125550123"
KIND = "answer_refused"


@pytest.fixture
def venue(db: None, clock: Clock) -> Restaurant:
    clock.now = at("19:00")
    return make_house()


@pytest.fixture
def account(venue: Restaurant, twilio: TwilioAccount) -> SmsAccount:
    return connect(venue)


@pytest.fixture
def ada(venue: Restaurant, account: SmsAccount) -> QueueEntry:
    done = stand.join_queue(venue.public_id, DATE, 2, name="Ada", by=HOST, phone=PHONE)
    return QueueEntry.objects.get(public_id=done.target)


def again(entry: QueueEntry) -> QueueEntry:
    return QueueEntry.objects.get(pk=entry.pk)


def call(entry: QueueEntry) -> None:
    stand.call_party(entry.public_id, expected=again(entry).version, by=HOST)


def lose_the_table(venue: Restaurant) -> None:
    """What is kept is given back, and somebody else sits there."""
    block = TableBlock.objects.get(ended_at=None)
    label = block.table.label
    stand.unblock(block.public_id, by=HOST)
    stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, label))


def text(venue: Restaurant, clock: Clock, words: str = "1", phone: str = PHONE) -> None:
    """A text that comes in; a moment later, as the next one always is."""
    on_text_received(restaurant_id=venue.pk, phone=phone, text=words, at=clock.now)
    clock.advance(seconds=5)


def answers() -> list[str]:
    rows = Message.objects.filter(kind=KIND).order_by("id")
    return [row.payload["reason"] for row in rows]


def test_too_early_and_too_late_are_answered_and_the_words_lead_to_the_page(
    venue: Restaurant, clock: Clock, ada: QueueEntry, twilio: TwilioAccount
) -> None:
    text(venue, clock)
    call(ada)
    lose_the_table(venue)
    text(venue, clock)
    assert answers() == ["early", "gone"]
    assert again(ada).status == "called"
    clock.advance(seconds=11)
    deliver_due()
    said = [each["body"] for each in twilio.texts if "kept any longer" in each["body"]]
    assert len(said) == 1
    assert "You are still on the list: please see the host." in said[0]
    assert f"{SITE}/queue/" in said[0]


@pytest.mark.parametrize(
    ("end", "reason"),
    [(stand.leave_queue, "over"), (stand.no_answer, "over"), (stand.seat_queued, "seated")],
)
def test_who_waits_no_more_is_told_so(
    end: Any, reason: str, venue: Restaurant, clock: Clock, ada: QueueEntry
) -> None:
    call(ada)
    end(ada.public_id, expected=again(ada).version, by=HOST)
    text(venue, clock)
    assert answers() == [reason]
    # It was to the queue, and is no note on a booking.
    assert not HouseMessage.objects.exists()


def test_what_could_be_obeyed_and_other_words_are_not_answered(
    venue: Restaurant, clock: Clock, ada: QueueEntry
) -> None:
    call(ada)
    for words in ("1", "1", "we come", "9", "9", "Out of office: 1"):
        text(venue, clock, words)
    text(venue, clock, "1", phone="+12125550199")
    assert again(ada).status == "left"
    assert answers() == []


def test_hours_later_a_1_is_none_of_the_queues(
    venue: Restaurant, clock: Clock, ada: QueueEntry
) -> None:
    stand.leave_queue(ada.public_id, expected=None, by=HOST)
    clock.advance(hours=7)
    text(venue, clock)
    assert answers() == []


def test_the_list_of_last_night_is_over(venue: Restaurant, clock: Clock, ada: QueueEntry) -> None:
    call(ada)
    clock.advance(hours=26)
    text(venue, clock)
    assert answers() == ["over"]


def test_the_same_is_said_once_and_again_only_after_another_call(
    venue: Restaurant, clock: Clock, ada: QueueEntry
) -> None:
    """A telephone that answers every text with a 1 is answered once."""
    call(ada)
    lose_the_table(venue)
    for _ in range(30):
        text(venue, clock)
    assert answers() == ["gone"]
    call(ada)
    lose_the_table(venue)
    text(venue, clock)
    assert answers() == ["gone", "gone"]


def test_one_text_that_is_handed_over_twice_is_answered_once(
    venue: Restaurant, account: SmsAccount, ada: QueueEntry, client: Client
) -> None:
    stand.leave_queue(ada.public_id, expected=None, by=HOST)
    form = {"MessageSid": "SM1", "From": PHONE, "To": "+447700900999", "Body": "1"}
    for _ in range(3):
        answer = tell(client, account, "inbound", form)
        assert answer.status_code == 200
    assert answers() == ["over"]


def test_who_answered_stop_hears_nothing(
    venue: Restaurant, clock: Clock, account: SmsAccount, ada: QueueEntry, twilio: TwilioAccount
) -> None:
    form = {"MessageSid": "SM1", "From": PHONE, "To": "+447700900999", "Body": "STOP"}
    tell(Client(), account, "inbound", form)
    text(venue, clock)
    deliver_due()
    assert twilio.texts == []
    assert Message.objects.get(kind=KIND).status == "failed"


def test_an_answer_waits_for_no_morning_and_is_not_sent_an_hour_late(
    venue: Restaurant, clock: Clock, account: SmsAccount, ada: QueueEntry, twilio: TwilioAccount
) -> None:
    quiet = {"quiet_from": dt.time(0), "quiet_until": dt.time(23, 59)}
    SmsAccount.objects.filter(pk=account.pk).update(**quiet)
    text(venue, clock)
    deliver_due()
    assert ["not ready yet" in each["body"] for each in twilio.texts] == [True]
    call(ada)
    lose_the_table(venue)
    text(venue, clock)
    clock.advance(minutes=31)
    deliver_due()
    assert Message.objects.get(kind=KIND, payload__reason="gone").status == "failed"
    assert len(twilio.texts) == 1


# --- Offers of the waitlist -----------------------------------------------------------------------


@pytest.fixture
def small(db: None, clock: Clock, twilio: TwilioAccount) -> Restaurant:
    """One table for two, one seating at seven tomorrow, and who waits for it."""
    clock.now = at("12:00")
    found = factories.make_one_seating(2)
    connect(found)
    return found


def offered(small: Restaurant, clock: Clock) -> WaitlistEntry:
    """Somebody who was offered the table a moment ago."""
    entry = WaitlistEntry.objects.create(
        restaurant=small,
        service_date=DATE,
        earliest=dt.time(18),
        latest=dt.time(20),
        party_size=2,
        name="Wilma",
        phone=PHONE,
        language="en",
        nonce="wilma",
        digest="wilma",
        created_at=clock.now,
        updated_at=clock.now,
    )
    entry.digest = fingerprint("waitlist", leave_token(entry))
    entry.save()
    assert wait_offers.look(small.pk, small.public_id, DATE) == 1
    return entry


def test_an_offer_is_not_taken_by_a_text_and_the_answer_leads_to_where_it_is(
    small: Restaurant, clock: Clock, twilio: TwilioAccount
) -> None:
    entry = offered(small, clock)
    clock.advance(minutes=5)
    text(small, clock)
    text(small, clock)
    assert answers() == ["offered"]
    deliver_due()
    body = twilio.texts[-1]["body"]
    assert "Nothing is booked yet. To take the table, open the page." in body
    assert "We keep it for 10 minutes." in body
    assert f"{SITE}/waitlist/{leave_token(entry)}/" in body


def test_who_took_the_table_and_texts_again_is_told_how_long_it_is_kept(
    small: Restaurant, clock: Clock, twilio: TwilioAccount
) -> None:
    entry = offered(small, clock)
    text(small, clock)
    clock.advance(minutes=13)
    wait_answers.accept_offer(leave_token(entry), Guest.visitor("browser"))
    # The time to answer is over, that to book is not.
    clock.advance(minutes=4)
    text(small, clock)
    assert answers() == ["offered", "taken"]
    deliver_due()
    body = twilio.texts[-1]["body"]
    assert "You have taken the table, but it is not booked yet." in body
    assert "We keep it for 6 minutes." in body


def test_who_has_booked_the_table_is_told_so_before_any_look(
    small: Restaurant, clock: Clock
) -> None:
    entry = offered(small, clock)
    guest = Guest.visitor("browser")
    held = wait_answers.accept_offer(leave_token(entry), guest)
    particulars = Particulars(name="Ada", phone=PHONE)
    confirm_hold(held.public_id, guest, method=None, particulars=particulars, by=guest.actor)
    text(small, clock)
    assert answers() == ["booked"]


def test_an_offer_that_lapsed_or_was_declined_says_so(small: Restaurant, clock: Clock) -> None:
    offered(small, clock)
    clock.advance(minutes=16)
    text(small, clock)
    assert answers() == ["lapsed"]


def test_declined_it_is_not_there_any_more(small: Restaurant, clock: Clock) -> None:
    entry = offered(small, clock)
    wait_answers.decline_offer(leave_token(entry))
    text(small, clock)
    assert answers() == ["lapsed"]


def test_who_left_the_waitlist_is_told_so(small: Restaurant, clock: Clock) -> None:
    entry = offered(small, clock)
    leave_waitlist(leave_token(entry))
    text(small, clock)
    assert answers() == ["left"]


def test_who_found_a_table_meanwhile_has_one(small: Restaurant, clock: Clock) -> None:
    entry = offered(small, clock)
    wait_answers.decline_offer(leave_token(entry))
    clock.advance(minutes=1)
    row = booked(small)
    Reservation.objects.filter(pk=row.pk).update(guest_phone=PHONE)
    wait_offers.look(small.pk, small.public_id, DATE)
    text(small, clock)
    assert answers() == ["booked"]


def test_a_day_later_nobody_speaks_of_an_offer(small: Restaurant, clock: Clock) -> None:
    offered(small, clock)
    clock.advance(hours=25)
    text(small, clock)
    assert answers() == []
