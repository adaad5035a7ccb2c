"""A refusal at the stand says what is wrong, not that something is."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages

from reservations.models import NightNote, QueueEntry, Reservation, ShiftServer
from reservations.services import stand
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh
from tests.staff.conftest import As, Cast
from tests.staff.test_stand import STAND, tap

pytestmark = pytest.mark.django_db

TWO = {"size": "2", "name": "Ada"}
PHONE = "This telephone number is too short, too long or from nowhere."


@pytest.mark.parametrize(
    ("verb", "fields", "said"),
    [
        ("shift", {"name": "ida"}, "ida is on already."),
        ("shift", {"name": " "}, "Please enter a name."),
        ("queue_add", TWO | {"phone": "12345"}, PHONE),
        ("queue_add", {"size": "2"}, "Whom shall we call?"),
        (
            "queue_add",
            TWO | {"email": "ada@"},
            "Please enter an e-mail address like name@example.com.",
        ),
        ("walk_in", {"size": "none"}, "Please enter a number."),
    ],
)
def test_what_is_wrong_with_a_field_is_said(
    verb: str,
    fields: dict[str, Any],
    said: str,
    as_: As,
    cast: Cast,
    house: Restaurant,
    clock: Clock,
) -> None:
    clock.now = at("18:55")
    stand.put_on_shift(house.public_id, DATE, "Ida", by=HOST)
    client = as_(cast.host)
    assert tap(client, verb, scripted=True, **fields).json()["said"] == said
    plain = tap(client, verb, once="two", **fields)
    assert [str(message) for message in get_messages(plain.wsgi_request)] == [said]
    assert (ShiftServer.objects.count(), QueueEntry.objects.count()) == (1, 0)


def test_what_is_wrong_with_a_new_booking_is_said(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    clock.now = at("17:00")
    form = {"date": DATE.isoformat(), "time": "19:00", "size": "2", "name": "Ada"}
    answer = as_(cast.host).post(f"{STAND}new/", form | {"phone": "12345"})
    assert answer.status_code == 409
    assert PHONE in answer.content.decode()
    assert "The request is not valid." not in answer.content.decode()
    assert not Reservation.objects.exists()


def test_a_colleague_is_called_by_name(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    row = booked(house)
    clock.now = at("18:55")
    row.refresh_from_db()
    cast.manager.full_name = "Manager Nuit"
    cast.manager.save()
    client, other = as_(cast.host), as_(cast.manager)
    done = tap(client, f"size {row.public_id} {row.version}", scripted=True, size=1).json()
    later = f"size {row.public_id} {fresh(row).version}"
    assert tap(other, later, scripted=True, size=2).json()["ok"]
    conflict = tap(client, f"arrive {row.public_id} {row.version}", scripted=True).json()
    said = "Ada was changed by Manager Nuit at 18:55 on another screen."
    assert (conflict["kind"], conflict["said"]) == ("stale", said)
    token = {"token": done["undo"]["token"], "date": DATE.isoformat()}
    undone = client.post(f"{STAND}undo/", token, headers={"X-Stand": "1"}).json()
    assert (undone["ok"], undone["said"]) == (False, said)
    tap(other, "note", text="No oysters.", once="three")
    assert NightNote.objects.get().written_by == "Manager Nuit"
