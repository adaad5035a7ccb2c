"""A room goes only where no service is left without any: one without rooms is open in all."""

from __future__ import annotations

from typing import Any

import pytest

from restaurants.models import DiningRoom, DiningService, Restaurant
from tests.factories import make_service
from tests.staff.conftest import As, Cast
from tests.staff.test_setup import text_of, url
from tests.staff.test_setup_floor import document, part, send

pytestmark = pytest.mark.django_db

KEPT = (
    "“Cave” cannot go: without it the service “Tasting” would have no room left, and so be open"
    " in all of them. Choose other rooms for it first; to switch it off is not enough."
)


def cave_of(house: Restaurant) -> DiningRoom:
    return DiningRoom.objects.create(restaurant=house, name="Cave", position=5)


def service_in(house: Restaurant, *rooms: DiningRoom, **fields: Any) -> DiningService:
    made = make_service(house, **{"name": "Tasting", **fields})
    made.rooms.set(rooms)
    return made


def without(floor: dict[str, Any], *rooms: DiningRoom) -> dict[str, Any]:
    gone = {room.public_id for room in rooms}
    floor["document"]["rooms"] = [
        room for room in floor["document"]["rooms"] if room["id"] not in gone
    ]
    return floor


@pytest.mark.parametrize("is_active", [True, False])
def test_the_editor_keeps_the_last_room_of_a_service(
    is_active: bool, as_: As, cast: Cast, house: Restaurant
) -> None:
    cave = cave_of(house)
    service = service_in(house, cave, is_active=is_active)
    client = as_(cast.manager)
    answer = send(client, house, without(document(client, house), cave))
    assert answer.status_code == 422
    assert answer.json()["text"] == "Something on the floor is not right yet."
    assert answer.json()["errors"] == {f"rooms.{cave.public_id}": KEPT}
    assert list(service.rooms.all()) == [cave]
    service.rooms.set([house.rooms.exclude(pk=cave.pk).get()])
    assert send(client, house, without(document(client, house), cave)).status_code == 200
    assert not DiningRoom.objects.filter(pk=cave.pk).exists()
    assert service.rooms.count() == 1


def test_one_of_several_rooms_goes_and_the_service_keeps_the_others(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    cave, main = cave_of(house), house.rooms.get(name="Main room")
    everywhere = service_in(house, name="Everywhere")
    service = service_in(house, cave, main)
    client = as_(cast.manager)
    assert send(client, house, without(document(client, house), cave)).status_code == 200
    assert list(service.rooms.all()) == [main]
    assert everywhere.rooms.count() == 0


def test_rooms_that_go_together_are_looked_at_together(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    cave = cave_of(house)
    attic = DiningRoom.objects.create(restaurant=house, name="Attic", position=6)
    service_in(house, cave, attic)
    service_in(house, cave, name="Wine school")
    client = as_(cast.manager)
    answer = send(client, house, without(document(client, house), cave, attic))
    errors = answer.json()["errors"]
    assert set(errors) == {f"rooms.{cave.public_id}", f"rooms.{attic.public_id}"}
    both = errors[f"rooms.{cave.public_id}"]
    assert "the services “Tasting”, “Wine school” would have no room left" in both
    assert "“Attic” cannot go: without it the service “Tasting”" in str(errors)
    assert DiningRoom.objects.filter(restaurant=house).count() == 3


def test_the_form_of_a_room_says_it_too(as_: As, cast: Cast, house: Restaurant) -> None:
    cave = cave_of(house)
    service_in(house, cave)
    page = part(as_(cast.manager), house, "room", cave.public_id, remove="1")
    assert page.status_code == 422
    assert KEPT in text_of(page)
    assert DiningRoom.objects.filter(pk=cave.pk).exists()


def test_a_new_room_that_a_service_has_by_now_is_not_undone(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    assert part(client, house, "room", "new", name="Cave", position="5").status_code == 302
    cave = house.rooms.get(name="Cave")
    service = service_in(house, cave)
    client.post(url(house, "setup_floor_undo"))
    assert list(service.rooms.all()) == [cave]
    assert KEPT in text_of(client.get(url(house, "setup_floor")))
    # Undone and done again, where no service has it.
    service.rooms.clear()
    client.post(url(house, "setup_floor_undo"))
    assert not house.rooms.filter(name="Cave").exists()
    client.post(url(house, "setup_floor_undo"))
    service.rooms.set([house.rooms.get(name="Cave")])
    client.post(url(house, "setup_floor_undo"))
    assert service.rooms.count() == 1
