"""The queue at the door: told a time, called, seated, gone; undone exactly; answered by text."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from core.errors import Invalid
from core.models import AuditEntry
from notifications.models import Message
from notifications.services import deliver_due
from reservations import tasks
from reservations.engine.queueing import Cause
from reservations.errors import (
    LinkUnknown,
    NotChangeable,
    PlaceTaken,
    StaleParty,
    UndoImpossible,
)
from reservations.models import QueueEntry, Reservation, TableBlock
from reservations.receivers import on_text_received
from reservations.selectors.night import night_of
from reservations.selectors.queue import Queue, queue_of
from reservations.services import queue_replies, stand
from restaurants.models import Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.fixtures.twilio import SITE, TwilioAccount, connect, tell
from tests.reservations.stand import (
    DATE,
    HOST,
    at,
    booked,
    check_promises,
    fingerprint,
    fresh,
    ids,
    make_house,
    tables_of,
)

pytestmark = pytest.mark.django_db
PHONE = "+12125550123"


@pytest.fixture
def venue(db: None, clock: Clock) -> Restaurant:
    clock.now = at("19:00")
    return make_house()


def join(venue: Restaurant, name: str = "Ada", size: int = 2, **more: Any) -> QueueEntry:
    done = stand.join_queue(venue.public_id, DATE, size, name=name, by=HOST, **more)
    return QueueEntry.objects.get(public_id=done.target)


def again(entry: QueueEntry) -> QueueEntry:
    return QueueEntry.objects.get(pk=entry.pk)


def queue(venue: Restaurant, clock: Clock) -> Queue:
    return queue_of(night_of(venue.pk, DATE, clock.now))


def fill(venue: Restaurant, clock: Clock, *labels: str, time: str = "18:30") -> list[Reservation]:
    """Walk-ins at these tables since then."""
    clock.now = at(time)
    rows = []
    for label in labels:
        done = stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, label))
        rows.append(Reservation.objects.get(public_id=done.target))
    clock.now = at("19:00")
    return rows


def test_a_party_is_told_when_the_first_table_comes_free(venue: Restaurant, clock: Clock) -> None:
    fill(venue, clock, *(t.label for t in venue.tables.all()))
    ada, bob = join(venue), join(venue, "Bob")
    # Two hours from half past six, and ten minutes to clear.
    assert (ada.quoted_minutes, ada.promised_at) == (100, at("20:40"))
    assert [row.name for row in queue(venue, clock).rows] == ["Ada", "Bob"]
    six = join(venue, "Six", 6)
    waits = {row.name: row.wait for row in queue(venue, clock).rows}
    assert [waits[name].position for name in ("Ada", "Bob", "Six")] == [1, 2, 3]
    assert {r.cause for r in waits["Ada"].reasons} == {Cause.LEAVES}
    assert (bob.quoted_minutes, six.quoted_minutes) == (100, 100)


def test_the_estimate_is_fresh_and_the_promise_stays(venue: Restaurant, clock: Clock) -> None:
    rows = fill(venue, clock, *(t.label for t in venue.tables.all()))
    ada = join(venue)
    stand.leave(rows[0].public_id, expected=fresh(rows[0]).version, by=HOST)
    [row] = queue(venue, clock).rows
    assert row.wait.minutes == 10
    assert row.promised_at == at("20:40") == again(ada).promised_at


def test_history_of_the_house_counts(venue: Restaurant, clock: Clock) -> None:
    [row] = fill(venue, clock, "1")
    for number in range(12):
        Reservation.objects.create(
            code=f"H-{number}",
            restaurant=venue,
            service=venue.services.get(),
            service_date=DATE - dt.timedelta(days=7),
            starts_at=at("12:00") - dt.timedelta(days=7),
            ends_at=at("14:00") - dt.timedelta(days=7),
            seated_at=at("12:00") - dt.timedelta(days=7),
            left_at=at("13:10") - dt.timedelta(days=7),
            party_size=2,
            status="completed",
            guest_name="Guest",
            currency="USD",
            created_at=clock.now,
            updated_at=clock.now,
            status_changed_at=clock.now,
        )
    turns = queue(venue, clock).turns
    assert turns == {(row.service_id, 0): type(turns[row.service_id, 0])(70, 12)}


def test_called_the_table_is_kept_the_guest_told_and_undo_takes_it_all_back(
    venue: Restaurant, clock: Clock
) -> None:
    ada = join(venue, email="ada@example.com")
    clock.advance(minutes=1)
    Message.objects.all().delete()
    before = fingerprint()
    was = QueueEntry.objects.filter(pk=ada.pk).values("status", "called_at", "keep_until").get()
    done = stand.call_party(ada.public_id, expected=again(ada).version, by=HOST)
    called = again(ada)
    assert (called.status, called.keep_until) == ("called", at("19:11"))
    block = TableBlock.objects.get(queue_entry=ada)
    assert (block.note, block.ends_at) == ("Ada (2)", at("19:11"))
    message = Message.objects.get(kind="table_ready")
    assert (message.recipient, message.payload["minutes"]) == ("ada@example.com", 10)
    assert message.not_before == done.until
    stand.undo(done.token, by=HOST)
    after = QueueEntry.objects.filter(pk=ada.pk).values("status", "called_at", "keep_until").get()
    assert (after, fingerprint()) == (was, before)


def test_nobody_else_is_given_what_is_kept(venue: Restaurant, clock: Clock) -> None:
    ada = join(venue)
    one = ids(venue, "1")
    stand.call_party(ada.public_id, expected=ada.version, by=HOST, tables=one)
    with pytest.raises(PlaceTaken):
        stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=one)
    clock.advance(minutes=11)
    stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=one)
    check_promises()


def test_seated_they_are_a_walk_in_at_the_table_that_was_kept(
    venue: Restaurant, clock: Clock
) -> None:
    ada = join(venue, phone=PHONE)
    stand.call_party(ada.public_id, expected=ada.version, by=HOST, tables=ids(venue, "2"))
    before = fingerprint()
    done = stand.seat_queued(ada.public_id, expected=again(ada).version, by=HOST)
    ada = again(ada)
    row = ada.reservation
    assert row is not None
    assert (row.status, row.channel, row.guest_name, row.guest_phone) == (
        "seated",
        "walk_in",
        "Ada",
        PHONE,
    )
    assert tables_of(row) == ["2"]
    assert (ada.status, queue(venue, clock).rows) == ("seated", ())
    check_promises()
    stand.undo(done.token, by=HOST)
    assert (again(ada).status, again(ada).reservation) == ("called", None)
    assert fingerprint()["reservations_tableblock"] == before["reservations_tableblock"]
    [waits] = queue(venue, clock).rows
    assert waits.kept == tuple(venue.tables.filter(label="2").values_list("pk", flat=True))
    check_promises()


def test_undone_a_party_that_was_added_was_never_there(venue: Restaurant, clock: Clock) -> None:
    before = fingerprint()
    done = stand.join_queue(
        venue.public_id, DATE, 2, name="Ada", by=HOST, email="ada@example.com", key="tap"
    )
    same = stand.join_queue(venue.public_id, DATE, 2, name="Ada", by=HOST, key="tap")
    assert same.token == done.token
    stand.undo(done.token, by=HOST)
    assert not QueueEntry.objects.exists()
    assert fingerprint() == before


def test_two_hosts_and_one_party(venue: Restaurant, clock: Clock) -> None:
    ada = join(venue)
    stand.leave_queue(ada.public_id, expected=ada.version, by=HOST)
    with pytest.raises(StaleParty) as caught:
        stand.call_party(ada.public_id, expected=ada.version, by=HOST)
    assert "Hanna Host" in str(caught.value.text)
    with pytest.raises(NotChangeable):
        stand.call_party(ada.public_id, expected=again(ada).version, by=HOST)


def test_who_does_not_answer_gives_the_table_back(venue: Restaurant, clock: Clock) -> None:
    ada = join(venue)
    with pytest.raises(NotChangeable):
        stand.no_answer(ada.public_id, expected=ada.version, by=HOST)
    stand.call_party(ada.public_id, expected=ada.version, by=HOST)
    stand.no_answer(ada.public_id, expected=again(ada).version, by=HOST)
    assert again(ada).status == "no_answer"
    assert not TableBlock.objects.filter(ended_at=None).exists()
    verbs = AuditEntry.objects.filter(verb__startswith="queue.").values_list("verb", flat=True)
    assert sorted(verbs) == ["queue.called", "queue.joined", "queue.no_answer"]


def test_a_change_of_size_is_a_new_promise_at_the_same_place(
    venue: Restaurant, clock: Clock
) -> None:
    ada, bob = join(venue), join(venue, "Bob")
    clock.advance(minutes=3)
    done = stand.change_queued(
        ada.public_id, expected=ada.version, by=HOST, name="Ada L.", party_size=4
    )
    assert (again(ada).name, again(ada).party_size, again(ada).promised_at) == (
        "Ada L.",
        4,
        at("19:03"),
    )
    assert [row.id for row in queue(venue, clock).rows] == [ada.pk, bob.pk]
    stand.undo(done.token, by=HOST)
    assert (again(ada).name, again(ada).party_size) == ("Ada", 2)


@pytest.mark.parametrize("odd", [{"name": " "}, {"size": 0}, {"phone": "12"}, {"email": "x"}])
def test_what_nobody_can_be_called_by_is_refused(venue: Restaurant, odd: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        join(venue, **odd)


def test_one_number_waits_once(venue: Restaurant) -> None:
    join(venue, phone=PHONE)
    with pytest.raises(NotChangeable, match="waits already"):
        join(venue, "Bob", phone=PHONE)


def test_answers_by_text_are_obeyed(venue: Restaurant, clock: Clock) -> None:
    ada = join(venue, phone="(212) 555-0123")

    def text(words: str) -> None:
        on_text_received(restaurant_id=venue.pk, phone=PHONE, text=words, at=clock.now)

    text("1")
    assert again(ada).status == "waiting"
    stand.call_party(ada.public_id, expected=again(ada).version, by=HOST)
    text(" 1. ")
    assert (again(ada).status, again(ada).answered_at) == ("coming", clock.now)
    text("we are 9 now")
    assert again(ada).status == "coming"
    text("9")
    assert again(ada).status == "left"
    assert not queue_replies.obey(venue.pk, PHONE, "9")


def test_texts_through_twilio_are_obeyed_once_and_only_from_who_waits(
    venue: Restaurant, clock: Clock, client: Client, twilio: TwilioAccount
) -> None:
    account = connect(venue)
    ada = join(venue, phone=PHONE)
    stand.call_party(ada.public_id, expected=again(ada).version, by=HOST)

    def text(sid: str, sender: str, body: str) -> None:
        form = {"MessageSid": sid, "From": sender, "To": "+447700900999", "Body": body}
        assert tell(client, account, "inbound", form).status_code == 200

    text("SM1", "+12125550199", "9")
    assert again(ada).status == "called"
    text("SM2", PHONE, "1")
    assert again(ada).status == "coming"
    text("SM3", PHONE, "9")
    text("SM3", PHONE, "9")
    assert again(ada).status == "left"
    verbs = AuditEntry.objects.filter(target=ada.public_id).order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == [
        *("queue.joined", "queue.called", "queue.coming", "queue.left")
    ]


def test_the_text_says_how_to_answer_and_where(
    venue: Restaurant, clock: Clock, twilio: TwilioAccount
) -> None:
    connect(venue)
    ada = join(venue, phone=PHONE)
    stand.call_party(ada.public_id, expected=again(ada).version, by=HOST)
    deliver_due()
    assert twilio.texts == []
    clock.advance(seconds=11)
    deliver_due()
    joined, ready = (text["body"] for text in twilio.texts)
    link = f"{SITE}/queue/{queue_replies.queue_token(ada)}/"
    assert link in joined
    assert "Reply 1: coming, 9: leave." in ready
    assert "We keep it for 10 minutes." in ready
    assert link in ready


def test_an_addition_is_not_undone_once_the_party_was_called(
    venue: Restaurant, clock: Clock
) -> None:
    done = stand.join_queue(venue.public_id, DATE, 2, name="Ada", by=HOST)
    ada = QueueEntry.objects.get(public_id=done.target)
    stand.call_party(ada.public_id, expected=ada.version, by=HOST)
    with pytest.raises(UndoImpossible, match="Ada has changed since"):
        stand.undo(done.token, by=HOST)
    assert again(ada).status == "called"


def test_a_party_that_needs_no_steps_is_seated_nowhere_else(
    venue: Restaurant, clock: Clock
) -> None:
    venue.tables.filter(label="2").update(step_free=True)
    venue.tables.exclude(label="2").update(step_free=False)
    Restaurant.objects.get(pk=venue.pk).save()
    ada = join(venue, step_free=True, note="Wheelchair")
    with pytest.raises(PlaceTaken):
        stand.seat_queued(ada.public_id, expected=ada.version, by=HOST, tables=ids(venue, "1"))
    stand.seat_queued(ada.public_id, expected=ada.version, by=HOST)
    row = again(ada).reservation
    assert row is not None
    assert tables_of(row) == ["2"]
    assert (row.step_free, row.special_requests) == (True, "Wheelchair")


def test_a_new_promise_is_the_hosts_and_counted_from_now(venue: Restaurant, clock: Clock) -> None:
    ada = join(venue, quoted=20)
    clock.advance(minutes=15)
    change: dict[str, Any] = {"expected": ada.version, "by": HOST, "name": "Ada", "party_size": 2}
    stand.change_queued(ada.public_id, **change, phone=PHONE)
    assert (again(ada).quoted_minutes, again(ada).promised_at) == (20, at("19:20"))
    change["expected"] = again(ada).version
    stand.change_queued(ada.public_id, **change, phone=PHONE, quoted=30)
    assert (again(ada).quoted_minutes, again(ada).promised_at) == (30, at("19:45"))
    with pytest.raises(Invalid):
        stand.change_queued(
            ada.public_id, **(change | {"expected": again(ada).version}), quoted=601
        )


def test_a_house_of_seats_says_no_time_by_itself_and_calls_and_seats_all_the_same(
    clock: Clock,
) -> None:
    clock.now = at("19:00")
    house = factories.make_restaurant(capacity_mode="seats", seats=50, min_party=1)
    factories.make_service(house, first_seating=dt.time(11))
    ada = join(house)
    assert (ada.quoted_minutes, ada.promised_at) == (None, None)
    [row] = queue(house, clock).rows
    assert [reason.cause for reason in row.wait.reasons] == [Cause.UNKNOWN]
    stand.call_party(ada.public_id, expected=ada.version, by=HOST)
    stand.seat_queued(ada.public_id, expected=again(ada).version, by=HOST)
    assert again(ada).status == "seated"


def test_answers_by_link(venue: Restaurant) -> None:
    ada = join(venue)
    token = queue_replies.queue_token(ada)
    with pytest.raises(NotChangeable):
        queue_replies.answer_by_link(token, comes=True)
    stand.call_party(ada.public_id, expected=ada.version, by=HOST)
    assert queue_replies.answer_by_link(token, comes=True).status == "coming"
    assert queue_replies.answer_by_link(token, comes=False).status == "left"
    assert queue_replies.answer_by_link(token, comes=False).status == "left"
    assert queue_replies.message_address(ada.public_id).endswith(f"/queue/{token}/")
    with pytest.raises(LinkUnknown):
        queue_replies.open_queue("x" * 20)


def test_who_was_forgotten_goes_home_by_itself(venue: Restaurant, clock: Clock) -> None:
    ada = join(venue)
    booked(venue, "21:00")
    clock.advance(hours=12)
    tasks.expire_waitlist()
    assert again(ada).status == "left"


def test_who_comes_late_has_the_table_anew_while_it_is_free(
    venue: Restaurant, clock: Clock
) -> None:
    ada = join(venue)
    stand.call_party(ada.public_id, expected=again(ada).version, by=HOST)
    clock.advance(minutes=11)
    done = stand.coming(ada.public_id, expected=None, by=HOST)
    assert (again(ada).status, again(ada).keep_until) == ("coming", at("19:21"))
    live = TableBlock.objects.filter(queue_entry=ada, ended_at=None)
    assert [(b.table.label, b.starts_at, b.ends_at) for b in live] == [
        ("1", at("19:11"), at("19:21"))
    ]
    stand.undo(done.token, by=HOST)
    assert (again(ada).status, again(ada).keep_until) == ("called", at("19:10"))
    check_promises()


def test_who_comes_to_a_table_that_is_gone_is_told(venue: Restaurant, clock: Clock) -> None:
    ada = join(venue, phone=PHONE)
    stand.call_party(ada.public_id, expected=again(ada).version, by=HOST)
    stand.unblock(TableBlock.objects.get().public_id, by=HOST)
    stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, "1"))
    token = queue_replies.queue_token(ada)
    answer = Client().post(f"/queue/{token}/", {"answer": "coming"}, follow=True)
    assert "could not be kept any longer. Please see the host." in answer.content.decode()
    assert queue_replies.obey(venue.pk, PHONE, "1")
    assert again(ada).status == "called"


def test_a_block_that_is_given_back_too_late_ended_when_its_time_was_over(
    venue: Restaurant, clock: Clock
) -> None:
    stand.block(venue.public_id, DATE, ids(venue, "1"), at("19:00"), at("19:30"), by=HOST)
    clock.now = at("20:00")
    block = TableBlock.objects.get()
    stand.unblock(block.public_id, by=HOST)
    assert TableBlock.objects.get().ended_at == at("19:30")
