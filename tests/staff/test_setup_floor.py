"""The floor's page and forms: saved as a whole, by script or without one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from restaurants.models import DiningTable, FloorPlan, Restaurant
from tests.fixtures.domain import Clock
from tests.staff.conftest import As, Cast
from tests.staff.test_setup import text_of, url
from tests.staff.test_sources import book

pytestmark = pytest.mark.django_db


def document(client: Any, house: Restaurant) -> dict[str, Any]:
    page = client.get(url(house, "setup_floor")).content.decode()
    raw = page.partition('<script id="floor-data" type="application/json">')[2]
    found: dict[str, Any] = json.loads(raw.partition("</script>")[0])
    return found


def send(client: Any, house: Restaurant, floor: dict[str, Any]) -> Any:
    sent = json.dumps({"document": floor["document"], "version": floor["version"]})
    return client.post(url(house, "setup_floor"), sent, content_type="application/json")


def test_the_editor_saves_and_the_second_manager_gets_both(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    mine, theirs = document(client, house), document(client, house)
    key = theirs["document"]["tables"][0]["id"]
    theirs["document"]["tables"][0]["label"] = "T1"
    answer = send(client, house, theirs)
    assert (answer.status_code, answer.json()["text"]) == (200, "The floor is saved.")
    mine["document"]["tables"][1]["label"] = "T2"
    answer = send(client, house, mine)
    assert answer.status_code == 409
    said = answer.json()
    assert said["code"] == "FLOOR_CHANGED"
    labels = {table["id"]: table["label"] for table in said["document"]["tables"]}
    assert labels[key] == "T1"
    mine["document"]["tables"][0]["label"] = "T1"
    assert send(client, house, {**mine, "version": said["version"]}).status_code == 200
    page = text_of(client.get(url(house, "setup_floor")))
    assert f"Last saved by {cast.manager.full_name}" in page
    client.post(url(house, "setup_floor_undo"))
    rows = DiningTable.objects.filter(restaurant=house)
    assert set(rows.values_list("label", flat=True)) == {"T1", "2"}


def test_mistakes_and_junk_are_answered(as_: As, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.manager)
    floor = document(client, house)
    key = floor["document"]["tables"][0]["id"]
    floor["document"]["tables"][0]["label"] = ""
    answer = send(client, house, floor)
    assert answer.status_code == 422
    assert answer.json()["errors"] == {f"tables.{key}.label": "This is missing."}
    for junk in (b"", b"{", b"[]", b'{"document": 3}'):
        answer = client.post(url(house, "setup_floor"), junk, content_type="application/json")
        assert answer.status_code in (400, 409, 422)


def test_guests_in_the_way_are_named_with_a_link(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    book(house, "18:00", 2, "Ada")
    client = as_(cast.manager)
    floor = document(client, house)
    floor["document"]["tables"][0]["in_use"] = False
    answer = send(client, house, floor)
    assert answer.status_code == 409
    (line,) = answer.json()["bookings"]
    assert line["text"] == "Table 1, Mon 10 Nov 18:00: Ada, 2 guests"
    assert line["url"].startswith("/admin/reservations/reservation/?q=")


def part(client: Any, house: Restaurant, kind: str, key: str, /, **fields: Any) -> Any:
    address = url(house, "setup_floor_part", kind, key)
    page = client.get(address)
    version = page.context["version"]
    start = {
        name: value
        for name, value in page.context["form"].initial.items()
        if value is not None and value is not False
    }
    return client.post(address, {**start, "version": version, **fields})


def test_the_floor_is_drawn_with_forms_alone(as_: As, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.manager)
    assert part(client, house, "room", "new", name="Terrace", position="1").status_code == 302
    room = house.rooms.get(name="Terrace")
    assert room.position == 0
    fields = {"label": "21", "room": room.public_id, "min_seats": 2, "max_seats": 6}
    assert part(client, house, "table", "new", **fields).status_code == 302
    table = DiningTable.objects.get(restaurant=house, label="21")
    assert (table.max_seats, table.room) == (6, room)
    part(client, house, "table", table.public_id, rotation="45", label="22")
    table.refresh_from_db()
    assert (table.label, table.rotation, table.max_seats) == ("22", 45, 6)
    keys = list(house.tables.filter(label__in=("1", "2")).values_list("public_id", flat=True))
    made = part(client, house, "combination", "new", tables=keys, min_seats=5, max_seats=8)
    assert made.status_code == 302
    assert house.combinations.get().tables.count() == 2
    wall = {"kind": "text", "label": "To the garden", "room": room.public_id}
    assert part(client, house, "fixture", "new", **wall).status_code == 302
    plan = {"name": "Winter", "weekdays": ["0", "1"], "is_active": "on", "position": "1"}
    assert part(client, house, "plan", "new", used=keys, **plan).status_code == 302
    winter = FloorPlan.objects.get(restaurant=house)
    assert [spot.table.label for spot in winter.placements.all()] == ["22"]
    spot = f"{winter.public_id}~{keys[0]}"
    # A table has a place in every plan: to take it away would be nonsense.
    assert part(client, house, "spot", spot, remove="1").status_code == 404
    assert part(client, house, "spot", spot, x="300", y="20", rotation="90").status_code == 302
    placed = winter.placements.get(table__public_id=keys[0])
    assert (placed.x, placed.rotation) == (300, 90)
    page = text_of(client.get(url(house, "setup_floor")))
    assert "To the garden" in page
    assert part(client, house, "table", table.public_id, remove="1").status_code == 302
    assert not DiningTable.objects.filter(pk=table.pk).exists()


def test_a_form_says_what_is_wrong_and_keeps_what_was_typed(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    table = DiningTable.objects.get(restaurant=house, label="1")
    page = part(client, house, "table", table.public_id, label="2", min_seats="9")
    assert page.status_code == 422
    text = text_of(page)
    assert "Another table has this number." in text
    assert "The largest party cannot be smaller than the smallest." in text
    assert 'value="9"' in text
    page = client.post(
        url(house, "setup_floor_part", "table", table.public_id),
        {"label": "7", "version": "old", **dict(page.context["form"].initial.items())},
    )
    assert page.status_code == 409
    assert "changed the floor in the meantime" in text_of(page)
