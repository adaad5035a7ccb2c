"""Saving the floor: as a whole, over nobody else's save, past no guest, and undone exactly."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from core.actors import Actor, ActorKind
from core.errors import Invalid
from core.models import AuditEntry
from reservations.engine.types import Channel
from reservations.guests import Guest
from reservations.selectors.floor import floor_on, read_floor
from reservations.selectors.houses import load_houses
from reservations.selectors.night import night_of
from reservations.services.availability import offers_of_day
from reservations.services.holds import HoldRequest, place_hold
from reservations.services.setup.floor import (
    FloorChanged,
    NothingToUndo,
    SavedFloor,
    TablesExpected,
    open_floor,
    save_floor,
    undo_floor,
)
from restaurants import floor as f
from restaurants.models import DiningTable, FloorPlan, Restaurant
from tests.factories import make_bella, make_combination
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

MIA = Actor(ActorKind.STAFF, "user_mia", "mia@example.com")
SATURDAY = dt.date(2025, 11, 15)


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    made = make_bella(tables=3, deposit=None, name="Bella Notte")
    for index, row in enumerate(made.tables.order_by("pk")):
        row.x, row.y = 100 * index, 0
        row.save()
    return made


def draft(house: Restaurant) -> tuple[dict[str, Any], str]:
    opened = open_floor(house)
    return f.document(opened.floor), opened.version


def new_table(room: str, label: str = "9", **fields: Any) -> dict[str, Any]:
    return {
        "id": f"new-{label}",
        "label": label,
        "room": room,
        "min_seats": 1,
        "max_seats": 4,
        "access": "online",
        "step_free": False,
        "priority": 0,
        "shape": "round",
        "width": 90,
        "height": 90,
        "x": 10,
        "y": 200,
        "rotation": 45,
        "in_use": True,
        **fields,
    }


def book(house: Restaurant, guest: Guest, date: dt.date, party: int = 2) -> str:
    return place_hold(
        HoldRequest(house.public_id, date, "19:00", party), guest, by=guest.actor
    ).public_id


def save(house: Restaurant, doc: dict[str, Any], version: str) -> SavedFloor:
    return save_floor(house, doc, expected=version, by=MIA)


def test_everything_is_saved_at_once_and_audited(house: Restaurant) -> None:
    doc, version = draft(house)
    doc["rooms"].append({"id": "new-room", "name": "  Terrace "})
    doc["tables"][0] |= {"label": "12", "x": 333.33, "rotation": -90}
    doc["tables"].append(new_table("new-room"))
    ids = [doc["tables"][0]["id"], "new-9"]
    both = {"id": "new-c", "tables": ids, "min_seats": 5, "max_seats": 8, "priority": 0}
    doc["combinations"].append(both)
    doc["fixtures"].append(
        {"id": "new-f", "room": "new-room", "kind": "bar", "label": "", "x": 0, "y": 0}
        | {"width": 300, "height": 60, "rotation": 0}
    )
    saved = save(house, doc, version)
    assert [room.name for room in saved.floor.rooms] == ["Main room", "Terrace"]
    moved = next(table for table in saved.floor.tables if table.label == "12")
    assert (moved.x, moved.rotation) == (333.3, 270)
    made = next(table for table in saved.floor.tables if table.label == "9")
    assert (made.room, made.shape) == (saved.floor.rooms[1].id, "round")
    assert saved.floor.combinations[0].tables == tuple(sorted([moved.id, made.id]))
    assert saved.floor.fixtures[0].kind == "bar"
    entry = AuditEntry.objects.get(verb="floor.saved")
    assert (entry.actor_id, entry.restaurant_id) == (MIA.id, house.pk)
    changed = next(c for c in entry.data["changes"] if c.get("id") == moved.id)
    assert (changed["before"]["label"], changed["after"]["label"]) == ("1", "12")
    assert saved.version == open_floor(house).version
    # The same once more changes nothing, and says nothing.
    assert save(house, f.document(saved.floor), saved.version) == saved
    assert AuditEntry.objects.filter(verb="floor.saved").count() == 1


def test_subscribers_hear_of_tables_and_not_of_every_step_they_are_moved(
    house: Restaurant,
) -> None:
    doc, version = draft(house)
    doc["tables"][0] |= {"x": 700, "rotation": 45}
    doc["tables"][1] |= {"max_seats": 6, "y": 300}
    gone = doc["tables"].pop(2)
    doc["tables"].append(new_table(doc["rooms"][0]["id"]))
    saved = save(house, doc, version)
    made = next(table for table in saved.floor.tables if table.label == "9")
    entries = AuditEntry.objects.filter(verb__startswith="diningtable.")
    assert {(e.verb, e.target, tuple(e.data.get("fields", ()))) for e in entries} == {
        ("diningtable.added", made.id, ()),
        ("diningtable.changed", doc["tables"][1]["id"], ("max_seats",)),
        ("diningtable.removed", gone["id"], ()),
    }


def test_one_mistake_and_nothing_is_saved(house: Restaurant) -> None:
    doc, version = draft(house)
    before = read_floor(house.pk)
    room = doc["rooms"][0]["id"]
    doc["tables"][0]["label"] = "renamed"
    doc["tables"].append(new_table(room, "2", min_seats=5, width="wide"))
    doc["plans"].append({"id": "new-p", "name": "", "is_active": True})
    with pytest.raises(Invalid) as caught:
        save(house, doc, version)
    assert caught.value.details == {
        "tables.new-2.label": "Another table has this number.",
        "tables.new-2.max_seats": "The largest party cannot be smaller than the smallest.",
        "tables.new-2.width": "A number from 10 to 5000.",
        "plans.new-p.name": "This is missing.",
        "plans.new-p.weekdays": (
            "Choose weekdays or dates: a plan for every day is the standard one."
        ),
    }
    assert read_floor(house.pk) == before
    assert not AuditEntry.objects.filter(verb="floor.saved").exists()


@pytest.mark.parametrize("junk", [None, [], "x", {"tables": 3}, {"tables": [{"id": "tbl_x"}]}])
def test_junk_is_refused(house: Restaurant, junk: Any) -> None:
    before = read_floor(house.pk)
    with pytest.raises(Invalid):
        save(house, junk, open_floor(house).version)
    assert read_floor(house.pk) == before


def test_a_table_of_another_house_cannot_be_drawn_into_this_one(house: Restaurant) -> None:
    other = make_bella(tables=1)
    doc, version = draft(house)
    theirs, _ = draft(other)
    doc["tables"] += theirs["tables"]
    with pytest.raises(Invalid):
        save(house, doc, version)
    assert DiningTable.objects.get(restaurant=other).label == "1"


def test_tables_swap_their_numbers(house: Restaurant) -> None:
    doc, version = draft(house)
    doc["tables"][0]["label"], doc["tables"][1]["label"] = "2", "1"
    ids = [doc["tables"][0]["id"], doc["tables"][1]["id"]]
    saved = save(house, doc, version)
    assert {t.id: t.label for t in saved.floor.tables if t.id in ids} == {ids[0]: "2", ids[1]: "1"}


def test_who_saves_second_is_told_who_was_first(house: Restaurant, clock: Clock) -> None:
    mine, version = draft(house)
    theirs, _ = draft(house)
    theirs["tables"][0]["label"] = "theirs"
    save(house, theirs, version)
    mine["tables"][1]["label"] = "mine"
    with pytest.raises(FloorChanged) as caught:
        save(house, mine, version)
    assert caught.value.text == (
        "mia@example.com has saved the floor at 12:00, after you opened it."
    )
    assert {t.label for t in read_floor(house.pk).tables} == {"theirs", "2", "3"}


def test_a_change_in_the_administration_is_noticed_too(house: Restaurant) -> None:
    doc, version = draft(house)
    DiningTable.objects.filter(restaurant=house, label="3").update(max_seats=6)
    doc["tables"][0]["label"] = "mine"
    with pytest.raises(FloorChanged):
        save(house, doc, version)


def test_the_last_save_is_undone_exactly_and_done_again(house: Restaurant) -> None:
    make_combination(*house.tables.order_by("pk")[:2], low=5, high=8)
    doc, version = draft(house)
    before = read_floor(house.pk)
    doc["tables"] = [*doc["tables"][2:], new_table(doc["rooms"][0]["id"], "1")]
    doc["combinations"] = []
    after = save(house, doc, version).floor
    assert {t.label for t in after.tables} == {"1", "3"}
    undone = undo_floor(house, by=MIA).floor
    assert (undone.rooms, undone.tables, undone.plans) == (
        before.rooms,
        before.tables,
        before.plans,
    )
    assert [c.tables for c in undone.combinations] == [c.tables for c in before.combinations]
    assert undo_floor(house, by=MIA).floor.tables == after.tables
    assert AuditEntry.objects.filter(verb="floor.save_undone").count() == 2


def test_nothing_is_undone_that_was_changed_since(house: Restaurant) -> None:
    with pytest.raises(NothingToUndo):
        undo_floor(house, by=MIA)
    doc, version = draft(house)
    doc["tables"][0]["label"] = "8"
    save(house, doc, version)
    DiningTable.objects.filter(restaurant=house, label="3").update(x=500)
    with pytest.raises(NothingToUndo):
        undo_floor(house, by=MIA)
    assert DiningTable.objects.filter(restaurant=house, label="8").exists()


def test_a_table_with_guests_to_come_stays(house: Restaurant, guest: Guest, clock: Clock) -> None:
    book(house, guest, SATURDAY)
    doc, version = draft(house)
    gone = {**doc, "tables": doc["tables"][1:]}
    with pytest.raises(TablesExpected) as caught:
        save(house, gone, version)
    (expected,) = caught.value.expected
    assert (expected.label, expected.date, expected.party_size) == ("1", SATURDAY, 2)
    doc["tables"][0]["in_use"] = False
    with pytest.raises(TablesExpected):
        save(house, doc, version)
    # Once the guest has gone it goes out of use, and its number is free for another.
    clock.set("2025-11-16T12:00:00-05:00")
    gone["tables"].append(new_table(doc["rooms"][0]["id"], "1"))
    saved = save(house, gone, version)
    assert saved.kept == ("1",)
    out = [table for table in saved.floor.tables if not table.in_use]
    assert len(out) == 1
    assert out[0].id == doc["tables"][0]["id"]
    assert sorted(t.label for t in saved.floor.tables if t.in_use) == ["1", "2", "3"]


def test_a_plan_for_other_days_leaves_the_guest_alone(
    house: Restaurant, guest: Guest, clock: Clock
) -> None:
    book(house, guest, SATURDAY)
    doc, version = draft(house)
    first = doc["tables"][0]["id"]
    spot = {"table": first, "x": 0, "y": 0, "rotation": 0, "in_use": False}
    plan = {"id": "new-p", "name": "Brunch", "is_active": True, "spots": [spot]}
    with pytest.raises(TablesExpected):
        save(house, {**doc, "plans": [{**plan, "weekdays": [5]}]}, version)
    saved = save(house, {**doc, "plans": [{**plan, "weekdays": [6]}]}, version)
    assert saved.floor.plans[0].name == "Brunch"
    # Switched to the guest's day it is refused as well; switched off it may be anything.
    doc, version = draft(house)
    doc["plans"][0]["weekdays"] = [5, 6]
    with pytest.raises(TablesExpected):
        save(house, doc, version)
    doc["plans"][0]["is_active"] = False
    save(house, doc, version)


def test_the_book_knows_the_tables_of_each_date(house: Restaurant, clock: Clock) -> None:
    """In winter the third table is in the store; on Sundays in winter only the first is used."""
    tables = list(house.tables.order_by("pk"))
    make_combination(tables[1], tables[2], low=5, high=8)

    def out(*gone: DiningTable) -> list[dict[str, Any]]:
        return [
            {"table": t.public_id, "x": 5, "y": 6, "rotation": 7, "in_use": t not in gone}
            for t in tables
        ]

    doc, version = draft(house)
    winter = {"valid_from": "2025-12-01", "valid_until": "2026-02-28", "is_active": True}
    doc["plans"] = [
        {"id": "new-1", "name": "Sunday", "weekdays": [6], "spots": out(*tables[1:]), **winter},
        {"id": "new-2", "name": "Winter", "spots": out(tables[2]), **winter},
    ]
    save(house, doc, version)

    def total(date: dt.date, party: int = 2) -> int:
        found = offers_of_day(house.public_id, date, party, channel=Channel.IN_HOUSE)
        return max(offer.total for offer in found.offers)

    friday, sunday = dt.date(2025, 12, 5), dt.date(2025, 12, 7)
    assert (total(SATURDAY), total(friday), total(sunday)) == (3, 2, 1)
    assert (total(SATURDAY, 7), total(friday, 7)) == (1, 0)
    assert [t.label for t in floor_on(house.pk, friday).tables] == ["1", "2"]
    assert {(t.x, t.rotation) for t in floor_on(house.pk, friday).tables} == {(5, 7)}
    assert [t.x for t in floor_on(house.pk, SATURDAY).tables] == [0, 100, 200]


def test_every_part_of_a_plan_raises_the_version_of_the_book(house: Restaurant) -> None:
    def version() -> int:
        return load_houses([house.pk])[0].plan.version

    seen = [version()]
    plan = FloorPlan.objects.create(restaurant=house, name="Summer", weekdays=[0])
    seen.append(version())
    spot = plan.placements.create(table=house.tables.get(label="1"), x=0, y=0, in_use=False)
    seen.append(version())
    plan.placements.filter(pk=spot.pk).update(in_use=True)
    seen.append(version())
    plan.delete()
    seen.append(version())
    assert len(set(seen)) == len(seen)
    assert seen == sorted(seen)


def test_tables_far_apart_are_no_neighbours(house: Restaurant) -> None:
    floor = read_floor(house.pk)
    spots = {spot.table: spot for spot in floor.placed()}
    one, two, three = floor.tables
    assert f.stand_together([one, two], spots)
    assert f.stand_together([one, three, two], spots)
    assert not f.stand_together([one, three], spots)
    assert f.proposed_seats([one, two]) == (5, 8)


def test_the_host_stand_shows_the_tables_and_limits_of_the_date(
    house: Restaurant, clock: Clock
) -> None:
    first, *_ = tables = list(house.tables.order_by("pk"))
    doc, version = draft(house)
    spots = [
        {"table": t.public_id, "x": 40, "y": 50, "rotation": 90, "in_use": t == first}
        for t in tables
    ]
    doc["plans"] = [
        {"id": "new-1", "name": "Late", "weekdays": [1], "is_active": True, "spots": spots}
    ]
    save(house, doc, version)
    service = house.services.get()
    service.slot_covers = 8
    service.save()
    service.pacing.create(at=dt.time(19), slot_covers=3)
    monday, tuesday = dt.date(2025, 11, 10), dt.date(2025, 11, 11)
    usual, late = (night_of(house.pk, date, clock.now) for date in (monday, tuesday))
    assert [table.label for table in usual.tables] == ["1", "2", "3"]
    assert [(t.label, t.x, t.rotation) for t in late.tables] == [("1", 40, 90)]
    limits = {cell.start: cell.limit for cell in usual.pacing}
    at = int(dt.datetime(2025, 11, 11, 0, 0, tzinfo=dt.UTC).timestamp()) // 60
    assert (limits[at], limits[at + 15], limits[at - 15]) == (3, 8, 8)
    assert len(usual.house.plan.tables) == 3
    assert [table.label for table in late.house.plan.tables] == ["1"]
