"""The demo houses: what outside checks rely on, and that a second run changes nothing."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from accounts.models import User
from customers.models import Customer
from notifications.models import Message
from payments.models import Policy
from reservations.demo import FULL_SATURDAY, GUEST, OPERATOR, PASSWORD, next_saturday
from reservations.demo_guests import GUESTS
from reservations.models import QueueEntry, Reservation, WaitOffer
from reservations.services.availability import offers_of_day
from restaurants.demo.build import HOUSES
from restaurants.models import DiningTable, Membership, Restaurant
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

STATIC = Path(__file__).resolve().parents[2] / "static"
SATURDAY = dt.date(2025, 11, 15)


def demo(*arguments: str) -> str:
    out = io.StringIO()
    call_command("demo", *arguments, stdout=out)
    return out.getvalue()


def counts() -> Counter[str]:
    labels = ("accounts", "customers", "restaurants", "payments", "reservations")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return Counter({model.__name__: model._default_manager.count() for model in models})


@pytest.fixture
def houses(clock: Clock) -> None:
    demo("--no-bookings")


@pytest.mark.usefixtures("houses")
def test_bella_notte_is_the_restaurant_of_contract_2() -> None:
    bella = Restaurant.objects.get(public_id="rest_001")
    assert (bella.name, bella.currency, bella.zone) == ("Bella Notte", "USD", "America/New_York")
    assert (bella.min_party, bella.max_party, bella.max_spare_seats) == (2, 12, None)
    assert bella.description.startswith("Authentic Italian cuisine")
    found = offers_of_day("rest_001", SATURDAY, 2)
    assert [offer.slot.label for offer in found.offers] == [
        f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in range(660, 1321, 30)
    ]
    assert len(found.offers) == 23
    assert {(offer.free, offer.total, offer.available) for offer in found.offers} == {
        (10, 10, True)
    }
    assert found.deposit == 50
    assert found.deposit_per_person == 25


@pytest.mark.usefixtures("houses")
def test_bella_notte_seats_every_party_at_every_time() -> None:
    for size in range(2, 13):
        found = offers_of_day("rest_001", SATURDAY, size)
        assert [offer.available for offer in found.offers] == [True] * 23


@pytest.mark.usefixtures("houses")
def test_the_anchor_counts_seats_and_asks_a_deposit_on_sundays_only() -> None:
    anchor = Restaurant.objects.get(public_id="anchor")
    assert (anchor.zone, anchor.currency) == ("Europe/London", "GBP")
    assert (anchor.capacity_mode, anchor.seats) == ("seats", 50)
    sunday = offers_of_day("anchor", dt.date(2025, 11, 16), 4)
    assert [o.slot.label for o in sunday.offers] == ["12:00", "12:30", "13:00", "13:30", "14:00"]
    assert sunday.deposit == 20
    assert sunday.offers[0].free == 50
    assert offers_of_day("anchor", dt.date(2025, 11, 15), 4).deposit == 0
    monday = offers_of_day("anchor", dt.date(2025, 11, 17), 4)
    assert not any(offer.available for offer in monday.offers)


@pytest.mark.usefixtures("houses")
def test_maison_allo_has_every_kind_of_table_and_a_late_service() -> None:
    tables = DiningTable.objects.filter(restaurant__public_id="maison")
    assert tables.count() == 18
    assert {table.room.name for table in tables.select_related("room")} == {
        "Salle",
        "Bar",
        "Terrasse",
    }
    assert {table.access for table in tables} == {"online", "in_house", "walk_in"}
    friday = offers_of_day("maison", dt.date(2025, 11, 14), 2)
    assert [o.slot.label for o in friday.offers if o.available][-3:] == ["23:30", "00:00", "00:30"]
    thursday = offers_of_day("maison", dt.date(2025, 11, 13), 2)
    assert [o.slot.label for o in thursday.offers][-1] == "22:00"
    assert offers_of_day("maison", dt.date(2025, 11, 14), 6).deposit == 90
    christmas = offers_of_day("maison", dt.date(2025, 12, 25), 2)
    assert not any(offer.available for offer in christmas.offers)


@pytest.mark.usefixtures("houses")
def test_every_picture_is_drawn_and_small() -> None:
    for spec in HOUSES:
        for path in spec.facts["images"]:
            drawing = STATIC / path.removeprefix("/static/")
            text = drawing.read_text()
            assert text.startswith("<svg")
            assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
            assert len(text) < 6_000


@pytest.mark.usefixtures("houses")
def test_people_can_sign_in_and_work_where_they_should() -> None:
    operator = User.objects.get(email=OPERATOR)
    assert operator.is_superuser
    assert operator.check_password(PASSWORD)
    guest = User.objects.get(email=GUEST)
    assert (guest.is_staff, guest.check_password(PASSWORD)) == (False, True)
    assert sorted(Membership.objects.values_list("user__email", "restaurant__public_id")) == [
        ("host@anchor.test", "anchor"),
        ("host@bella-notte.test", "rest_001"),
        ("host@maison.test", "maison"),
        ("manager@anchor.test", "anchor"),
        ("manager@bella-notte.test", "rest_001"),
        ("manager@maison.test", "maison"),
    ]


def test_the_book_is_realistic_and_a_second_run_adds_nothing(clock: Clock) -> None:
    said = demo()
    first = counts()
    assert PASSWORD in said
    assert "Bella Notte is nearly full on Saturday, 15 November at 19:00" in said
    assert first["Reservation"] > 150
    assert first["Customer"] <= 26 * 3 + 1 + 2 * GUESTS
    at_seven = [o for o in offers_of_day("rest_001", SATURDAY, 2).offers if o.slot.label == "19:00"]
    assert [(offer.free, offer.total) for offer in at_seven] == [(3, 10)]
    again = demo()
    assert counts() - first == Counter() == first - counts()
    assert " 0 new, " in again


def test_the_next_week_is_added_to_the_first(clock: Clock) -> None:
    demo()
    made = Reservation.objects.count()
    clock.advance(days=7)
    demo()
    assert Reservation.objects.count() > made
    later = SATURDAY + dt.timedelta(days=7)
    at_seven = [o for o in offers_of_day("rest_001", later, 2).offers if o.slot.label == "19:00"]
    assert [offer.free for offer in at_seven] == [3]


@pytest.mark.parametrize("time", ["2025-11-10T13:30+01:00", "2025-11-10T20:30+01:00"])
def test_tonight_there_is_a_queue_and_somebody_was_offered_a_table(clock: Clock, time: str) -> None:
    clock.set(time)
    said = demo()
    first = counts()
    maison = Restaurant.objects.get(public_id="maison")
    waits = {each.name: each for each in QueueEntry.objects.filter(restaurant=maison)}
    assert {each.service_date for each in waits.values()} == {dt.date(2025, 11, 10)}
    overrun, called = waits["Theo Lambert"], waits["Sofia Marino"]
    assert overrun.promised_at == clock.now - dt.timedelta(minutes=12)
    assert (overrun.status, called.status) == ("waiting", "called")
    assert called.blocks.get().ended_at is None
    assert all(each.quoted_minutes is not None for each in waits.values())
    assert "Queue at the door of Maison Allo: 4 parties" in said
    offer = WaitOffer.objects.get(entry__restaurant=maison)
    assert (offer.status, offer.entry.status) == ("open", "offered")
    assert not Message.objects.exists()
    demo()
    assert counts() - first == Counter() == first - counts()


def test_at_night_and_hours_later_the_demo_still_has_a_queue(clock: Clock) -> None:
    clock.set("2025-11-11T01:00+01:00")
    demo()
    tonight = QueueEntry.objects.filter(restaurant__public_id="maison")
    assert set(tonight.values_list("service_date", flat=True)) == {dt.date(2025, 11, 10)}
    clock.advance(hours=2)
    demo()
    assert tonight.filter(status="left").count() == 4
    assert tonight.exclude(status="left").count() == 4


def test_next_saturday_is_never_today(clock: Clock) -> None:
    house = Restaurant(zone="America/New_York")
    for day, saturday in ((10, 15), (14, 15), (15, 22), (16, 22)):
        clock.set(f"2025-11-{day}T20:00-05:00")
        assert next_saturday(house) == dt.date(2025, 11, saturday)


def test_the_full_saturday_is_seven_parties() -> None:
    assert len(FULL_SATURDAY) == 7


def test_the_demo_keeps_out_of_production(settings: object) -> None:
    settings.SETTINGS_MODULE = "config.settings.production"  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="--force"):
        demo()
    assert Restaurant.objects.count() == 0
    assert Customer.objects.count() == Policy.objects.count() == 0
