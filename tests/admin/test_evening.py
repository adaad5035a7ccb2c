"""Lists of what stand, queue, waitlist and texts keep: readable, found by people, and cheap."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model

from core.actors import SYSTEM
from customers.models import ConsentEntry, Customer, GuestNote
from customers.services.notes import add_note
from notifications.models import SmsAccount, SmsReply
from notifications.services.consents import remember
from reservations.guests import Guest
from reservations.models import (
    NightNote,
    QueueEntry,
    Reservation,
    ShiftServer,
    StandAction,
    TableBlock,
    WaitlistEntry,
    WaitOffer,
)
from reservations.services import stand
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import PacingCap, Restaurant, Tablet
from restaurants.people import add_tablet
from tests.admin.conftest import Cast, SignIn
from tests.admin.test_lists import counted_queries
from tests.admin.test_pages import label, page
from tests.factories import make_tables
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

NEWER: tuple[type[Model], ...] = (
    ConsentEntry,
    GuestNote,
    NightNote,
    PacingCap,
    QueueEntry,
    ShiftServer,
    SmsAccount,
    SmsReply,
    StandAction,
    TableBlock,
    Tablet,
    WaitOffer,
    WaitlistEntry,
)


def listed(client: Any, model: type[Model], **query: str) -> list[Any]:
    answer = client.get(page(model, "changelist"), query)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def html(client: Any, model: type[Model], row: Any = None) -> str:
    url = page(model, "changelist") if row is None else page(model, "change", row.pk)
    return str(client.get(url).content.decode())


def grow(house: Restaurant, clock: Clock, first: int, last: int) -> None:
    """More of everything these lists show."""
    for number in range(first, last):
        date = clock.now.date() + dt.timedelta(days=2 + number)
        [table] = make_tables(house, 2)
        queued = _queued(house, clock, number)
        TableBlock.objects.create(
            restaurant=house,
            service_date=date,
            table=table,
            starts_at=clock.now,
            ends_at=clock.now + dt.timedelta(hours=1),
            queue_entry=queued,
            created_at=clock.now,
        )
        served = stand.put_on_shift(house.public_id, date, f"Server {number}", by=SYSTEM)
        stand.give_section(served.target, [table.public_id], by=SYSTEM)
        stand.write_note(house.public_id, date, f"Note {number}", by=SYSTEM)
        PacingCap.objects.create(
            restaurant=house,
            service_date=date,
            starts_at=clock.now,
            ends_at=clock.now + dt.timedelta(hours=1),
            covers=number,
        )
        add_tablet(house, f"Tablet {number}", by=SYSTEM)
        _of_guests(house, clock, number)
        _offered(house, clock, date, number)


def _queued(house: Restaurant, clock: Clock, number: int) -> QueueEntry:
    return QueueEntry.objects.create(
        restaurant=house,
        service_date=clock.now.date(),
        name=f"Party {number}",
        party_size=2,
        language="en",
        quoted_minutes=10,
        promised_at=clock.now,
        joined_at=clock.now,
        updated_at=clock.now,
        reservation=Reservation.objects.first(),
        nonce=f"queue{number}",
        digest=f"queue{number}",
    )


def _of_guests(house: Restaurant, clock: Clock, number: int) -> None:
    guest = Customer.objects.create(organization=house.organization, name=f"Guest {number}")
    add_note(guest, f"About {number}", by=SYSTEM, restaurant_id=house.pk)
    ConsentEntry.objects.create(customer=guest, kind="sms", given=False, at=clock.now)
    phone = f"+1212555{number:04d}"
    remember(house.pk, phone, SmsReply.What.IN, how="START", reference=phone, at=clock.now)
    SmsAccount.objects.create(
        restaurant=house,
        is_active=False,
        account_sid="AC" + "1" * 32,
        sender=phone,
        created_at=clock.now,
        updated_at=clock.now,
    )


def _offered(house: Restaurant, clock: Clock, date: dt.date, number: int) -> None:
    guest = Guest(f"wait:{number}")
    held = place_hold(HoldRequest(house.public_id, date, "19:00", 2), guest, by=SYSTEM)
    entry = WaitlistEntry.objects.create(
        restaurant=house,
        service_date=date,
        earliest=dt.time(18),
        latest=dt.time(20),
        party_size=2,
        name=f"Wish {number}",
        email=f"wish{number}@example.com",
        language="en",
        verdict="full",
        nonce=f"wait{number}",
        digest=f"wait{number}",
        created_at=clock.now,
        updated_at=clock.now,
    )
    WaitOffer.objects.create(
        entry=entry,
        hold_id=held.id,
        starts_at=held.starts_at,
        made_at=clock.now,
        expires_at=clock.now + dt.timedelta(minutes=15),
    )


def test_lists_take_the_same_number_of_queries_however_long_they_are(
    as_: SignIn, cast: Cast, everything: Reservation, clock: Clock
) -> None:
    client = as_(cast.operator)
    urls = {label(model): page(model, "changelist") for model in NEWER}

    def measured() -> dict[str, int]:
        result = {}
        for name, url in urls.items():
            with counted_queries() as queries:
                assert client.get(url).status_code == 200
            result[name] = len(queries)
        return result

    grow(everything.restaurant, clock, 0, 2)
    before = {model: model._default_manager.count() for model in NEWER}
    measured()
    first = measured()
    grow(everything.restaurant, clock, 2, 6)
    assert all(model._default_manager.count() > before[model] for model in NEWER)
    assert measured() == first
    assert max(first.values()) <= 17


def test_pages_of_rows_take_as_many_whatever_hangs_on_them(
    as_: SignIn, cast: Cast, everything: Reservation, clock: Clock
) -> None:
    client = as_(cast.manager)
    entry, server = WaitlistEntry.objects.get(), ShiftServer.objects.get()

    def measured() -> list[int]:
        result = []
        for row in (entry, server):
            url = page(type(row), "change", row.pk)
            client.get(url)
            with counted_queries() as queries:
                assert client.get(url).status_code == 200
            result.append(len(queries))
        return result

    before = measured()
    tables = make_tables(everything.restaurant, 2, 2, 2)
    stand.give_section(server.public_id, [each.public_id for each in tables], by=SYSTEM)
    for number in range(3):
        date = clock.now.date() + dt.timedelta(days=5 + number)
        _offered(everything.restaurant, clock, date, number)
    WaitOffer.objects.update(status="lapsed")
    WaitOffer.objects.update(entry=entry)
    assert measured() == before


@pytest.mark.parametrize("model", NEWER, ids=label)
def test_every_newer_list_is_usable(
    model: type[Model], as_: SignIn, cast: Cast, everything: Reservation
) -> None:
    """Search with a hint, filters, columns in words, ways on; and a word on who changes it."""
    found: Any = admin.site._registry[model]
    assert found.search_fields
    assert found.search_help_text
    assert len(found.list_filter) >= 2
    assert len(found.list_display) >= 5
    assert not {"before", "after", "payload", "credentials", "digest"} & {*found.list_display}
    assert any("description" in options for _title, options in found.fieldsets)
    client = as_(cast.manager)
    [row, *_more] = listed(client, model)
    text = html(client, model)
    assert "Python" not in text
    assert " object (" not in text
    assert page(model, "change", row.pk) in text
    way_on = 'class="text-primary-600 dark:text-primary-500" href="/'
    assert way_on in text
    assert way_on in html(client, model, row)


SEARCHES = [
    (QueueEntry, "wanda"),
    (ShiftServer, "sam"),
    (TableBlock, "Wanda"),
    (NightNote, "oven"),
    (StandAction, "Wanda"),
    (WaitlistEntry, "(212) 555-0188"),
    (WaitOffer, "bob"),
    (SmsReply, "+1 212 555 0199"),
    (SmsAccount, "+12125550100"),
    (Tablet, "door"),
    (PacingCap, "Bella"),
    (GuestNote, "window"),
    (ConsentEntry, "Lovelace"),
]


@pytest.mark.parametrize(("model", "words"), SEARCHES, ids=str)
def test_rows_are_found_by_what_people_know(
    model: type[Model], words: str, as_: SignIn, cast: Cast, everything: Reservation
) -> None:
    client = as_(cast.manager)
    assert listed(client, model, q=words)
    assert listed(client, model, q="nobody at all") == []


FILTERS = [
    (QueueEntry, {"state": "live"}, 1),
    (QueueEntry, {"state": "late"}, 0),
    (QueueEntry, {"state": "called"}, 1),
    (QueueEntry, {"state": "x"}, 1),
    (TableBlock, {"state": "now"}, 1),
    (TableBlock, {"state": "later"}, 0),
    (TableBlock, {"state": "over"}, 0),
    (TableBlock, {"kind": "bussing"}, 0),
    (WaitlistEntry, {"verdict": "full"}, 0),
    (WaitOffer, {"status": "open"}, 1),
    (WaitOffer, {"status": "lapsed"}, 0),
    (SmsReply, {"what": "out"}, 1),
    (SmsReply, {"what": "in"}, 0),
    (Tablet, {"state": "used"}, 1),
    (Tablet, {"state": "revoked"}, 0),
    (PacingCap, {"state": "now"}, 1),
    (PacingCap, {"state": "over"}, 0),
    (GuestNote, {"state": "stands"}, 1),
    (GuestNote, {"state": "pinned"}, 0),
    (GuestNote, {"state": "withdrawn"}, 0),
]


@pytest.mark.parametrize(("model", "query", "count"), FILTERS, ids=str)
def test_filters_say_what_is_so_now(
    model: type[Model],
    query: dict[str, str],
    count: int,
    as_: SignIn,
    cast: Cast,
    everything: Reservation,
) -> None:
    assert len(listed(as_(cast.manager), model, **query)) == count


def test_time_alone_ends_what_is_kept(
    as_: SignIn, cast: Cast, everything: Reservation, clock: Clock
) -> None:
    clock.advance(hours=2)
    client = as_(cast.manager)
    assert len(listed(client, TableBlock, state="over")) == 1
    assert len(listed(client, PacingCap, state="over")) == 1
    assert "Its time is over" in html(client, WaitOffer)
    assert "Can be undone" not in html(client, StandAction)


def test_one_comes_from_each_to_guest_booking_house_and_stand(
    as_: SignIn, cast: Cast, everything: Reservation, clock: Clock
) -> None:
    client, house = as_(cast.manager), everything.restaurant
    home = page(Restaurant, "change", house.pk)
    tonight = f"/staff/r/{house.slug}/stand/?date={clock.now.date()}"
    for model in (QueueEntry, ShiftServer, TableBlock, NightNote):
        text = html(client, model)
        assert home in text, label(model)
        assert tonight in text, label(model)
    queued, note = QueueEntry.objects.get(), GuestNote.objects.get()
    assert page(QueueEntry, "change", queued.pk) in html(client, TableBlock)
    assert page(Customer, "change", note.customer_id) in html(client, GuestNote)
    assert everything.public_id in html(client, ConsentEntry)
    assert f"?q={queued.public_id}" in html(client, StandAction)
    entry = WaitlistEntry.objects.get()
    assert page(WaitlistEntry, "change", entry.pk) in html(client, WaitOffer)
    offer = WaitOffer.objects.get()
    assert page(WaitOffer, "change", offer.pk) in html(client, WaitlistEntry, entry)
    assert "Number 2 in the order; chairs that stay empty: 1" in html(client, WaitOffer, offer)


def test_secrets_and_numbers_stay_hidden(as_: SignIn, cast: Cast, everything: Reservation) -> None:
    SmsAccount.objects.update(credentials="c1ph3r-text")
    client = as_(cast.operator)
    assert "c1ph3r-text" not in html(client, SmsAccount, SmsAccount.objects.get())
    assert "5550199" not in html(client, SmsReply)
    tablet = Tablet.objects.get()
    assert tablet.digest not in html(client, Tablet, tablet)
