"""At a tablet, by PIN: what needs a password says so, leads to it, and is one button away after."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from reservations.models import Reservation, ShiftServer
from reservations.services import stand
from restaurants.models import Membership, Restaurant, Role
from tests.factories import make_tables
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh, ids
from tests.staff.conftest import PASSWORD, As, AtTablet, Cast
from tests.staff.test_stand import SCRIPTED, STAND, fields, tap, value

pytestmark = pytest.mark.django_db

DOOR = "/staff/tablet/password/"


@pytest.fixture
def evening(house: Restaurant, cast: Cast, clock: Clock) -> Reservation:
    """Ada, two guests at seven; the house takes no more than four a quarter of an hour."""
    house.services.update(slot_covers=4)
    row = booked(house)
    booked(house, name="Bo")
    clock.now = at("18:55")
    for user in (cast.manager, cast.host):
        user.set_password(PASSWORD)
        user.save()
    return fresh(row)


def show(client: Client, door: str) -> Any:
    """Show the password at the address one was led to, and go on to where it leads."""
    assert door.startswith(f"{DOOR}?next=")
    page = client.get(door).content.decode()
    back = unescape(re.findall(r'name="next" value="([^"]+)"', page)[0])
    return client.post(DOOR, {"password": PASSWORD, "next": back}, follow=True)


def chosen_in(page: str) -> dict[str, str]:
    """The form that does what was chosen."""
    form = page.partition("data-chosen>")[2].partition("</form>")[0]
    return {
        name: unescape(said) for name, said in re.findall(r'name="(\w+)" value="([^"]*)"', form)
    }


def test_the_checkbox_says_that_it_asks_for_the_password(
    at_tablet: AtTablet, as_: As, cast: Cast, evening: Reservation
) -> None:
    asked = {"party": evening.public_id, "date": DATE.isoformat()}
    said = "That asks for your password."
    drawers = {
        name: client.get(f"{STAND}drawer/", asked).content.decode()
        for name, client in (
            ("by PIN", at_tablet(cast.manager)),
            ("by password", as_(cast.manager)),
            ("host by PIN", at_tablet(cast.host)),
        )
    }
    assert {name: said in page for name, page in drawers.items()} == {
        "by PIN": True,
        "by password": False,
        "host by PIN": False,
    }
    assert 'name="overbook"' not in drawers["host by PIN"]


@pytest.mark.parametrize("scripted", [False, True], ids=["plain", "scripted"])
def test_overbooking_by_pin_leads_to_the_password_and_back_to_the_choice(
    scripted: bool, at_tablet: AtTablet, cast: Cast, evening: Reservation
) -> None:
    client = at_tablet(cast.manager)
    do = value("size", evening)
    answer = tap(client, do, scripted=scripted, size=3, overbook="1", view="timeline")
    if scripted:
        assert (answer.status_code, answer.json()["kind"]) == (403, "password")
        assert answer.json()["said"] == "That asks for your password."
    door = answer.json()["url"] if scripted else answer["Location"]
    assert fresh(evening).party_size == 2
    back = show(client, door)
    asked = back.request["QUERY_STRING"]
    for kept in (f"date={DATE}", "view=timeline", f"party={evening.public_id}"):
        assert kept in asked
    page = back.content.decode()
    assert "<b>Ada · 3 guests</b>" in page
    form = chosen_in(page)
    assert (form["do"], form["size"], form["overbook"]) == (do, "3", "1")
    client.post(f"{STAND}do/", form)
    assert fresh(evening).party_size == 3
    assert "data-chosen" not in client.get(STAND).content.decode()


def test_a_refusal_asks_for_the_password_too(
    at_tablet: AtTablet, cast: Cast, house: Restaurant, evening: Reservation
) -> None:
    """Nobody ticked a box: the limit says no, and how one goes on."""
    client = at_tablet(cast.manager)
    said = tap(client, value("size", evening), scripted=True, size=3).json()
    assert (said["ok"], said["insist"]) == (False, "overbook")
    assert said["question"].endswith("That asks for your password.")
    plain = tap(client, value("size", evening), once="two", size=3)
    page = client.get(plain["Location"]).content.decode()
    form = chosen_in(page)
    assert "That asks for your password." in page
    again = client.post(f"{STAND}do/", form)
    page = show(client, again["Location"]).content.decode()
    client.post(f"{STAND}do/", chosen_in(page))
    assert fresh(evening).party_size == 3


def test_with_a_password_already_one_button_is_enough(
    as_: As, cast: Cast, evening: Reservation
) -> None:
    client = as_(cast.manager)
    plain = tap(client, value("size", evening), size=3)
    form = chosen_in(client.get(plain["Location"]).content.decode())
    client.post(f"{STAND}do/", form)
    assert fresh(evening).party_size == 3


def test_a_host_is_refused_and_asked_for_nothing(
    at_tablet: AtTablet, cast: Cast, evening: Reservation
) -> None:
    client = at_tablet(cast.host)
    assert tap(client, value("size", evening), size=3, overbook="1").status_code == 403
    said = tap(client, value("size", evening), scripted=True, once="two", size=3).json()
    assert (said["insist"], said["question"]) == ("", "")


def test_what_was_chosen_is_kept_for_who_chose_it_and_not_for_long(
    at_tablet: AtTablet, cast: Cast, evening: Reservation, clock: Clock
) -> None:
    client = at_tablet(cast.manager)
    tap(client, value("size", evening), size=3, overbook="1")
    for _ in range(4):
        clock.advance(minutes=3)
        client.post("/staff/tablet/here/")
    assert "data-chosen" not in client.get(STAND).content.decode()
    tap(client, value("size", evening), once="two", size=3, overbook="1")
    client.post("/staff/tablet/lock/")
    other = at_tablet(cast.host)
    assert "data-chosen" not in other.get(STAND).content.decode()


def test_what_was_chosen_is_not_shown_in_another_house(
    as_: As, cast: Cast, evening: Reservation, elsewhere: Restaurant
) -> None:
    Membership.objects.create(user=cast.manager, restaurant=elsewhere, role=Role.MANAGER)
    client = as_(cast.manager)
    tap(client, value("size", evening), size=3)
    assert "data-chosen" not in client.get(f"/staff/r/{elsewhere.slug}/stand/").content.decode()
    tap(client, value("size", evening), once="two", size=3)
    assert "data-chosen" in client.get(STAND).content.decode(), "the control: here it is"


@pytest.mark.parametrize("scripted", [False, True], ids=["plain", "scripted"])
def test_a_new_booking_is_filled_in_as_it_was(
    scripted: bool, at_tablet: AtTablet, cast: Cast, evening: Reservation
) -> None:
    client = at_tablet(cast.manager)
    form = fields(time="19:00", size="3", overbook="1", wishes="Quiet corner")
    answer = client.post(f"{STAND}new/", form, headers=SCRIPTED if scripted else None)
    door = answer.json()["url"] if scripted else answer["Location"]
    assert "Weber" not in door
    page = show(client, door).content.decode()
    for text in ('value="Bo Weber"', "Quiet corner", 'name="overbook" value="1" checked'):
        assert text in page, text
    assert re.search(r'value="19:00" required checked', page)
    assert f'name="date" value="{DATE}"' in page


# Who has just got two parties


@pytest.fixture
def busy(house: Restaurant, clock: Clock) -> Restaurant:
    """Anna alone serves, and has just got two parties; there is a third table."""
    make_tables(house, 4)
    clock.now = at("18:55")
    stand.put_on_shift(house.public_id, DATE, "Anna", by=HOST)
    for label in ("1", "2"):
        stand.walk_in(house.public_id, DATE, 2, by=HOST, tables=ids(house, label))
    return house


def test_a_third_party_for_a_server_is_asked_about(as_: As, cast: Cast, busy: Restaurant) -> None:
    client = as_(cast.host)
    said = tap(client, "walk_in", scripted=True, size=2).json()
    assert (said["ok"], said["code"], said["insist"]) == (False, "SERVER_BUSY", "insist")
    assert said["question"] == (
        "Anna was given two parties in the last 15 minutes. Seat a third all the same?"
    )
    assert tap(client, "walk_in", scripted=True, once="two", size=2, insist="1").json()["ok"]


def test_the_same_without_scripts(as_: As, cast: Cast, busy: Restaurant) -> None:
    client = as_(cast.host)
    page = client.get(tap(client, "walk_in", size=2)["Location"]).content.decode()
    assert "<b>Walk-in · 2 guests</b>" in page
    client.post(f"{STAND}do/", chosen_in(page))
    assert Reservation.objects.filter(channel="walk_in").count() == 3


@pytest.fixture
def third(house: Restaurant, cast: Cast, busy: Restaurant) -> Reservation:
    """Ada is here, and is the third party of Anna, who serves and has an account."""
    ShiftServer.objects.update(user=cast.server)
    row = booked(house, "19:00", 4)
    stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)
    anna = ShiftServer.objects.get().public_id
    stand.assign_server(row.public_id, anna, expected=fresh(row).version, by=HOST)
    return row


@pytest.mark.parametrize(("verb", "more"), [("next", {}), ("state", {"to": "seated"})])
def test_yes_to_the_question_seats_them(
    verb: str, more: dict[str, Any], as_: As, cast: Cast, third: Reservation
) -> None:
    client, do = as_(cast.host), value(verb, third)
    assert tap(client, do, scripted=True, **more).json()["insist"] == "insist"
    assert tap(client, do, scripted=True, once="two", insist="1", **more).json()["ok"]
    assert fresh(third).status == "seated"


@pytest.mark.parametrize(("verb", "more"), [("next", {}), ("state", {"to": "seated"})])
def test_who_serves_does_not_decide_on_a_third_party(
    verb: str, more: dict[str, Any], as_: As, cast: Cast, third: Reservation
) -> None:
    client, do = as_(cast.server), value(verb, third)
    said = tap(client, do, scripted=True, **more).json()
    assert (said["code"], said["insist"], said["question"]) == ("SERVER_BUSY", "", "")
    said = tap(client, do, scripted=True, once="two", insist="1", **more).json()
    assert (said["ok"], said["code"]) == (False, "SERVER_BUSY")
    page = client.get(tap(client, do, once="three", insist="1", **more)["Location"])
    assert "Anna was given two parties" in page.content.decode()
    assert "data-chosen>" not in page.content.decode()
    assert fresh(third).status == "arrived"
