"""Waiting for a table on a full date: one entry each, left by link, over with the date."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from core.actors import Actor, ActorKind
from core.errors import Invalid
from core.models import AuditEntry
from notifications.models import Message
from notifications.services import deliver_due
from reservations.errors import LinkUnknown, NotBookable, NotWaiting, TooMany
from reservations.models import WaitlistEntry
from reservations.services.waitlist import (
    WaitRequest,
    expire_waitlist,
    join_waitlist,
    leave_token,
    leave_waitlist,
    open_wait,
)
from restaurants.models import Restaurant
from tests.factories import make_bella
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

SATURDAY = dt.date(2025, 11, 15)
VISITOR = Actor(ActorKind.GUEST, "visitor:1", "Guest")


@pytest.fixture
def wish(bella: Restaurant) -> WaitRequest:
    return WaitRequest(
        restaurant=bella.public_id,
        service_date=SATURDAY,
        earliest=dt.time(19),
        latest=dt.time(20, 30),
        party_size=4,
        name="Ada Guest",
        email=" Ada@Example.com ",
        source="widget",
    )


def join(wish: WaitRequest, *, is_theirs: bool = True, **changes: Any) -> WaitlistEntry:
    joined = join_waitlist(replace(wish, **changes), by=VISITOR, is_theirs=lambda _: is_theirs)
    return joined.entry


def test_a_guest_on_the_list_gets_a_mail_with_the_link_to_leave(
    clock: Clock, bella: Restaurant, wish: WaitRequest
) -> None:
    entry = join(wish)
    assert (entry.restaurant, entry.email, entry.status) == (bella, "ada@example.com", "waiting")
    assert (entry.source, entry.language, entry.created_at) == ("widget", "en", clock.now)
    clock.advance(minutes=1)
    deliver_due()
    [sent] = mail.outbox
    assert sent.subject == "On the waitlist: Bella Notte, Saturday 15 November 2025"
    assert "From: 19:00\nUntil: 20:30\nParty: 4 guests\n" in sent.body
    assert f"http://testserver/waitlist/{leave_token(entry)}/" in sent.body
    assert AuditEntry.objects.get(verb="waitlist.joined").target == entry.public_id


def test_a_telephone_number_is_enough_and_read_as_of_the_restaurant(
    clock: Clock, wish: WaitRequest
) -> None:
    entry = join(wish, email="", phone="(212) 555-0123")
    assert (entry.email, entry.phone) == ("", "+12125550123")
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"email": "", "phone": ""}, "contact"),
        ({"email": "ada@"}, "email"),
        ({"email": "", "phone": "12"}, "phone"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    clock: Clock, wish: WaitRequest, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        join(wish, **said)
    assert list(caught.value.details) == [field]


@pytest.mark.parametrize(
    "asked",
    [
        {"service_date": dt.date(2025, 11, 9)},
        {"service_date": dt.date(2027, 11, 9)},
        {"party_size": 13},
    ],
)
def test_nobody_waits_for_what_can_never_be(
    clock: Clock, wish: WaitRequest, asked: dict[str, Any]
) -> None:
    with pytest.raises(NotBookable):
        join(wish, **asked)


def test_the_same_wish_again_is_one_entry_and_one_mail(clock: Clock, wish: WaitRequest) -> None:
    assert join(wish) == join(wish)
    assert WaitlistEntry.objects.count() == 1
    assert Message.objects.count() == 1


def test_another_wish_for_the_date_takes_the_place_of_the_first(
    clock: Clock, wish: WaitRequest
) -> None:
    first = join(wish)
    clock.advance(minutes=5)
    second = join(wish, latest=dt.time(22), party_size=2)
    assert second.pk == first.pk
    assert (second.latest, second.party_size, second.updated_at) == (dt.time(22), 2, clock.now)
    assert Message.objects.count() == 2
    assert AuditEntry.objects.filter(verb="waitlist.changed").count() == 1


@pytest.mark.parametrize("known_by", ["email", "phone"])
def test_nobody_changes_the_entry_of_somebody_whose_address_they_know(
    clock: Clock, wish: WaitRequest, known_by: str
) -> None:
    wish = replace(wish, phone="+12125550188")
    first = join(wish)
    clock.advance(minutes=5)
    asked = replace(wish, party_size=12, latest=dt.time(23), name="Buy at evil.example")
    asked = replace(
        asked,
        email=wish.email if known_by == "email" else "eve@example.com",
        phone=wish.phone if known_by == "phone" else "",
    )
    joined = join_waitlist(asked, by=VISITOR)
    assert (joined.is_new, joined.is_kept) == (False, True)
    entry = WaitlistEntry.objects.get()
    assert (entry.party_size, entry.latest, entry.name, entry.updated_at) == (
        4,
        dt.time(20, 30),
        "Ada Guest",
        first.updated_at,
    )
    # Its owner hears of it, in the words that were theirs.
    messages = Message.objects.order_by("id")
    assert [message.recipient for message in messages] == ["ada@example.com"] * 2
    assert messages[0].payload == messages[1].payload


def test_who_asks_in_anothers_name_learns_nothing_and_sends_few_mails(
    clock: Clock, wish: WaitRequest
) -> None:
    join(wish)
    for party in range(5, 12):
        join(wish, is_theirs=False, party_size=party)
    assert Message.objects.count() == 5
    assert WaitlistEntry.objects.get().party_size == 4


def test_changing_ones_mind_writes_five_mails_an_hour_at_most(
    clock: Clock, wish: WaitRequest
) -> None:
    for party in range(2, 7):
        join(wish, party_size=party)
    with pytest.raises(TooMany):
        join(wish, party_size=7)
    assert Message.objects.count() == 5
    assert WaitlistEntry.objects.get().party_size == 6


def test_another_date_or_restaurant_is_another_entry(clock: Clock, wish: WaitRequest) -> None:
    join(wish)
    join(wish, service_date=dt.date(2025, 11, 16))
    join(wish, restaurant=make_bella().public_id)
    assert WaitlistEntry.objects.count() == 3


def test_one_guest_waits_for_twenty_dates_at_most(clock: Clock, wish: WaitRequest) -> None:
    for day in range(20):
        join(wish, service_date=SATURDAY + dt.timedelta(days=day))
    with pytest.raises(TooMany):
        join(wish, service_date=SATURDAY + dt.timedelta(days=20))


def test_the_database_refuses_a_second_live_entry(clock: Clock, wish: WaitRequest) -> None:
    entry = join(wish)
    entry.pk, entry.public_id, entry.digest = None, "wait_2", "2"
    with pytest.raises(IntegrityError, match="wait_once_per_email"), transaction.atomic():
        entry.save(force_insert=True)


def test_leaving_by_link_may_be_repeated(clock: Clock, wish: WaitRequest) -> None:
    token = leave_token(join(wish))
    assert open_wait(token).restaurant.name == "Bella Notte"
    assert leave_waitlist(token).status == "cancelled"
    assert leave_waitlist(token).status == "cancelled"
    assert AuditEntry.objects.filter(verb="waitlist.left").count() == 1
    again = join(wish)
    assert (again.status, WaitlistEntry.objects.count()) == ("waiting", 2)


def test_a_token_nobody_gave_out_is_unknown(clock: Clock, wish: WaitRequest) -> None:
    join(wish)
    with pytest.raises(LinkUnknown):
        leave_waitlist("x" * 27)


def test_the_list_ends_in_the_morning_after_on_the_restaurants_clock(
    clock: Clock, wish: WaitRequest
) -> None:
    entry = join(wish)
    other = join(wish, service_date=dt.date(2025, 11, 16))
    clock.set("2025-11-16T05:59:59-05:00")
    assert expire_waitlist() == 0
    clock.set("2025-11-16T06:00:00-05:00")
    assert expire_waitlist() == 1
    assert expire_waitlist() == 0
    entry.refresh_from_db()
    other.refresh_from_db()
    assert (entry.status, other.status) == ("expired", "waiting")
    with pytest.raises(NotWaiting):
        leave_waitlist(leave_token(entry))
