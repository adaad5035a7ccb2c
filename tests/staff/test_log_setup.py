"""What set-up writes into the log, in words: no id, no key and no bare list of numbers."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest

from accounts.services.keys import revoke_key, rotate_key
from core.actors import Actor, ActorKind
from core.models import AuditEntry
from customers.models import GuestTag
from customers.services.tags import TagValues, save_tag
from reservations.services.setup import times
from reservations.services.setup.floor import open_floor, save_floor
from restaurants import floor as f
from restaurants.models import Closure, DiningService, Restaurant
from restaurants.services import add_closure, close_day
from staff.forms.setup.times import RulesForm, ServiceForm, SpecialDayForm
from staff.log import changes_of
from staff.log_fields import FIELDS
from tests.staff.conftest import As, Cast, Connections
from webhooks.services.endpoints import remove_endpoint

pytestmark = pytest.mark.django_db

LOG = "/staff/r/bella/log/"
MIA = Actor(ActorKind.STAFF, "user_mia", "Mia")


def said(entry: AuditEntry) -> list[tuple[str, str, str]]:
    return [(each.name, each.before, each.after) for each in changes_of(entry)]


def last(verb: str) -> AuditEntry:
    return AuditEntry.objects.filter(verb=verb).latest("pk")


@pytest.fixture
def dinner(house: Restaurant) -> DiningService:
    service = house.services.get()
    service.name = "Dinner"
    service.save()
    return service


def test_turn_times_are_said_in_guests_and_minutes(
    as_: As, cast: Cast, house: Restaurant, dinner: DiningService
) -> None:
    times.save_turn_times(house, None, [(1, 75), (4, 120)], by=MIA)
    times.save_turn_times(house, dinner, [(2, 100)], by=MIA)
    was, usual = "up to 1 guest 75 min, up to 4 guests 120 min", "the usual ones"
    first, second = AuditEntry.objects.filter(verb="turntimes.changed").order_by("pk")
    assert said(first)[0][2] == was
    assert said(second) == [
        ("Turn times", usual, "up to 2 guests 100 min"),
        ("Service", "", "Dinner"),
    ]
    page = as_(cast.owner).get(LOG).content.decode()
    assert f"<ins>{was}</ins>" in page
    answer: Any = as_(cast.owner).get("/staff/r/bella/log.csv", {"kind": "setup"})
    rows = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    assert next(row["changes"] for row in rows if row["verb"] == "turntimes.changed") == (
        "Turn times: the usual ones → up to 2 guests 100 min; Service: Dinner"
    )


def test_pacing_and_hours_are_said_by_their_times_and_days(
    house: Restaurant, dinner: DiningService
) -> None:
    quarter = times.Quarter(dt.time(19), (8, None, None, 2))
    times.save_pacing(dinner, (20, None, None, None), [quarter], by=MIA)
    assert said(last("pacing.changed")) == [
        ("Arriving 19:00", "as usual", "Guests in all: 8, Parties online: 2"),
        ("Service", "", "Dinner"),
    ]
    assert ("Guests in all", "–", "20") in said(last("diningservice.changed"))
    house.opening_hours.all().delete()
    stretch = (dt.time(12), dt.time(15))
    times.save_week(house, {0: [stretch]}, {}, by=MIA)
    times.save_week(house, {1: [stretch]}, {1: [(dt.time(12), dt.time(14, 30))]}, by=MIA)
    assert said(last("openinghours.changed")) == [
        ("Monday", "12:00–15:00", "closed"),
        ("Tuesday", "closed", "12:00–15:00"),
        ("Tuesday, Kitchen", "closed", "12:00–14:30"),
    ]


def test_services_days_and_closures_are_said_by_the_names_of_their_forms(
    house: Restaurant, dinner: DiningService
) -> None:
    values = {"weekdays": [4, 5], "last_seating": dt.time(22, 30), "is_private": True}
    times.save_service(house, dinner, values, [], by=MIA)
    changed = said(last("diningservice.changed"))
    assert ("Weekdays", "Mon, Tue, Wed, Thu, Fri, Sat, Sun", "Fri, Sat") in changed
    assert ("Private", "no", "yes") in changed
    assert [each[2] for each in changed if each[0] == "Last seating"] == ["22:30"]
    close_day(house, dt.date(2025, 12, 24), by=MIA, note="Family")
    assert said(last("restaurant.day_closed")) == [
        ("Date", "", "Wed 24 Dec 2025"),
        ("Note", "", "Family"),
    ]
    starts = dt.datetime(2025, 11, 15, 18, tzinfo=house.tz)
    ends = starts + dt.timedelta(hours=2)
    add_closure(house, starts_at=starts, ends_at=ends, by=MIA, service=dinner)
    entry = last("restaurant.closure_added")
    found = {each.name: each.after for each in changes_of(entry, house.tz)}
    assert found["Service"] == "Dinner"
    assert found["Time"] == "Sat 15 Nov 2025, 18:00"
    assert str(Closure.objects.get()) == "2025-11-15 18:00–20:00"
    # As it was written before names were.
    del entry.data["names"]
    assert {each.name: each.after for each in changes_of(entry)}["Service"] == "not named"


def test_a_save_of_the_floor_says_which_things_and_what_of_them(house: Restaurant) -> None:
    opened = open_floor(house)
    doc = f.document(opened.floor)
    one, two = doc["tables"]
    one |= {"max_seats": 6, "x": 300}
    doc["rooms"].append({"id": "new-room", "name": "Terrace"})
    box = {"x": 10, "y": 200, "width": 90, "height": 90, "rotation": 0}
    doc["tables"].append({**one, **box, "id": "new-9", "label": "9", "room": "new-room"})
    pair = {"min_seats": 5, "max_seats": 8, "priority": 0}
    doc["combinations"].append({"id": "new-c", "tables": [one["id"], two["id"]], **pair})
    doc["fixtures"].append({"id": "new-f", "room": "new-room", "kind": "wall", "label": "", **box})
    spot = {"table": two["id"], "x": 5, "y": 5, "rotation": 0, "in_use": True}
    plan = {"name": "Summer", "weekdays": [5], "valid_from": None, "valid_until": None}
    doc["plans"].append({"id": "new-p", **plan, "is_active": True, "spots": [spot]})
    saved = save_floor(house, doc, expected=opened.version, by=MIA)
    entry = last("floor.saved")
    low, seats = one["min_seats"], opened.floor.tables[0].max_seats
    added = f"Room Terrace, Table 9 ({low} to 6 guests), Combination 1 + 2 (5 to 8 guests)"
    assert said(entry) == [
        ("Added", "", f"{added}, Wall, Plan Summer"),
        ("Table 1", f"Largest party: {seats}", "Largest party: 6"),
        ("Moved or drawn otherwise", "", "Table 1"),
    ]
    # As it was written before names were: what a change is of is all that is known.
    del entry.data["names"]
    assert ("Table", f"Largest party: {seats}", "Largest party: 6") in said(entry)
    tables = AuditEntry.objects.filter(verb="diningtable.changed")
    assert [said(each) for each in tables] == [
        [("Name", "", "1"), ("What changed", "", "Largest party")]
    ]

    doc = f.document(saved.floor)
    doc["rooms"].reverse()
    doc["tables"][0]["room"] = doc["rooms"][0]["id"]
    doc["combinations"], doc["fixtures"] = [], []
    doc["plans"][0]["spots"][0] |= {"in_use": False}
    save_floor(house, doc, expected=saved.version, by=MIA)
    assert said(last("floor.saved")) == [
        ("Removed", "", "Combination 1 + 2 (5 to 8 guests), Wall"),
        ("Order of the rooms", "", "Terrace, Main room"),
        ("Table 1", "Room: Main room", "Room: Terrace"),
        ("Plan Summer", "", "not in use: 2"),
    ]


def test_a_tag_that_was_renamed_has_no_state(house: Restaurant) -> None:
    group = house.organization_id
    kind = GuestTag.Kind.GUEST
    tag = save_tag(group, TagValues("Press", kind=kind), by=MIA, restaurant_id=house.pk)
    save_tag(
        group,
        TagValues("Media", kind=kind),
        public_id=tag.public_id,
        by=MIA,
        restaurant_id=house.pk,
    )
    first, second = AuditEntry.objects.filter(verb="guest_tag.saved").order_by("pk")
    assert ("Name", "", "Press") in said(first)
    assert ("Name", "Press", "Media") in said(second)
    assert not {"State"} & {name for name, _before, _after in said(first) + said(second)}


def test_codes_of_keys_and_fields_are_said_in_words() -> None:
    key = AuditEntry(
        verb="key.created",
        data={"name": "Till", "scopes": ["read:events"], "source": "phone", "test": False},
    )
    assert said(key) == [
        ("Name", "", "Till"),
        ("Rights", "", "See events"),
        ("Source", "", "Telephone"),
        ("For tests", "", "no"),
    ]
    policy = AuditEntry(verb="policy.changed", data={"fields": ["refund_ladder", "some_day"]})
    assert said(policy) == [("What changed", "", "Refund by notice, Some day")]
    bill = AuditEntry(verb="reservation.billed", data={"before": "80.00", "after": None})
    assert said(bill) == [("Amount", "80.00", "–")]


@pytest.mark.parametrize(
    "data",
    [
        {"before": [[2, 90]], "after": "x"},
        {"before": [2], "after": [[2, 90]]},
        {"changes": [{"kind": "robots", "id": "r", "before": {"a": 1}, "after": {"a": 2}}, 7]},
        {"changes": "everything", "names": 3},
        {"before": {"19:00": 3}, "after": {}},
        {},
    ],
)
@pytest.mark.parametrize(
    "verb", ["turntimes.changed", "pacing.changed", "openinghours.changed", "floor.saved"]
)
def test_entries_of_another_version_are_readable_all_the_same(
    verb: str, data: dict[str, Any]
) -> None:
    for each in changes_of(AuditEntry(verb=verb, data=data)):
        assert "State" not in each.name


def test_what_the_forms_of_set_up_change_has_a_name() -> None:
    names = {*ServiceForm.base_fields, *RulesForm.base_fields, *SpecialDayForm.base_fields}
    names |= {*times.LIMITS, *f.Table.__dataclass_fields__, *f.Plan.__dataclass_fields__}
    assert names - {"id", "x", "y", "spots"} - set(FIELDS) == set()


def test_what_has_an_id_alone_is_named_beside_it(house: Restaurant, here: Connections) -> None:
    rotate_key(here.key, by=MIA)
    revoke_key(here.key, by=MIA)
    remove_endpoint(here.endpoint, by=MIA)
    for verb, name in (
        ("key.rotated", ("Name", "", here.key.name)),
        ("key.revoked", ("Name", "", here.key.name)),
        ("webhook.removed", ("Address", "", here.endpoint.url)),
    ):
        assert name in said(last(verb)), verb


def test_an_offer_of_the_waitlist_says_the_place_and_no_id(house: Restaurant) -> None:
    data = {"offer": "offer_w8tt7yrpyv6bq5x1", "time": "19:30", "position": 1}
    entry = AuditEntry(verb="waitlist.offered", target="wait_1", data=data)
    assert said(entry) == [("Time", "", "19:30"), ("Place on the waitlist", "", "1")]
