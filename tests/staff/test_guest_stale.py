"""Two people and one guest's record: neither takes away unseen what the other has written."""

from __future__ import annotations

import html
import re
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from core.actors import SYSTEM
from customers.errors import CustomerChanged
from customers.models import Customer
from customers.services.records import CustomerChange, update_customer
from restaurants.models import Restaurant
from tests.concurrency.together import at_once, kind
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db
RECORD = {"name": "Ada Okafor", "phone": "+12125550123", "email": ""}


@pytest.fixture
def guest(house: Restaurant) -> Customer:
    return Customer.objects.create(organization=house.organization, **RECORD)


def edit(house: Restaurant, guest: Customer) -> str:
    return f"/staff/r/{house.slug}/guests/{guest.public_id}/edit/"


def saw(client: Client, address: str) -> dict[str, Any]:
    """What a browser sends along that has opened the form."""
    return RECORD | {"shown": client.get(address).context["shown"]}


def words(page: Any) -> str:
    """What the page says, without its tags."""
    text = re.sub(r"<[^>]+>", "", page.content.decode())
    return " ".join(html.unescape(text).replace(" :", ":").split())


def test_what_one_did_not_touch_stays_as_another_wrote_it(
    as_: As, cast: Cast, house: Restaurant, guest: Customer
) -> None:
    manager, host, here = as_(cast.manager), as_(cast.host), edit(house, guest)
    first, older = saw(manager, here), saw(host, here)
    birthday = {"birthday_0": "28", "birthday_1": "11"}
    assert manager.post(here, first | birthday | {"allergies": "peanuts"}).status_code == 302
    assert host.post(here, older | {"dietary": "no pork"}).status_code == 302
    guest.refresh_from_db()
    assert (guest.allergies, guest.dietary) == (["peanuts"], ["no pork"])
    assert guest.birthday == "11-28"


def test_who_comes_second_is_told_and_keeps_what_was_typed(
    as_: As, cast: Cast, house: Restaurant, guest: Customer
) -> None:
    manager, host, here = as_(cast.manager), as_(cast.host), edit(house, guest)
    first, older = saw(manager, here), saw(host, here)
    theirs = {"allergies": "peanuts", "is_vip": "on", "birthday_0": "28", "birthday_1": "11"}
    assert manager.post(here, first | theirs).status_code == 302
    typed = older | {"allergies": "milk", "dietary": "no pork"}
    page = host.post(here, typed)
    assert page.status_code == 409
    said = words(page)
    assert "Somebody else has changed this since you opened it." in said
    assert "Allergies: now peanuts; you typed milk" in said
    assert "VIP: now yes" in said
    assert "Birthday: now 28 November" in said
    guest.refresh_from_db()
    assert (guest.allergies, guest.dietary, guest.is_vip) == (["peanuts"], [], True)
    form = page.context["form"]
    assert [form[name].value() for name in ("allergies", "dietary", "is_vip", "birthday")] == [
        "milk",
        "no pork",
        True,
        ["28", "11"],
    ]
    # They have seen it now: what they save is saved, and takes nothing else away.
    again = typed | theirs | {"allergies": "peanuts, milk", "shown": page.context["shown"]}
    assert host.post(here, again).status_code == 302
    guest.refresh_from_db()
    assert (guest.allergies, guest.dietary) == (["peanuts", "milk"], ["no pork"])
    assert (guest.is_vip, guest.birthday) == (True, "11-28")


def test_two_who_write_the_same_do_not_meet(
    as_: As, cast: Cast, house: Restaurant, guest: Customer
) -> None:
    manager, host, here = as_(cast.manager), as_(cast.host), edit(house, guest)
    first, older = saw(manager, here), saw(host, here)
    for client, opened in ((manager, first), (host, older)):
        assert client.post(here, opened | {"allergies": "peanuts"}).status_code == 302


def test_what_does_not_go_together_is_told_though_nobody_wrote_the_same(
    as_: As, cast: Cast, house: Restaurant, guest: Customer
) -> None:
    """One gives another name, the other says which part of the old one is the family's."""
    manager, host, here = as_(cast.manager), as_(cast.host), edit(house, guest)
    first, older = saw(manager, here), saw(host, here)
    assert manager.post(here, first | {"name": "Ada Smith"}).status_code == 302
    page = host.post(here, older | {"family_name": "Okafor"})
    assert page.status_code == 409
    assert "Name: now Ada Smith" in words(page)
    assert "This is not the end of the name." in words(page)
    guest.refresh_from_db()
    assert (guest.name, guest.family_name) == ("Ada Smith", "")


def test_a_form_that_says_nothing_of_what_it_showed_overwrites_nothing(
    as_: As, cast: Cast, house: Restaurant, guest: Customer
) -> None:
    Customer.objects.filter(pk=guest.pk).update(allergies=["peanuts"])
    host, here = as_(cast.host), edit(house, guest)
    assert host.post(here, RECORD | {"allergies": "milk"}).status_code == 409
    assert host.post(here, RECORD | {"dietary": "no pork"}).status_code == 302
    guest.refresh_from_db()
    assert (guest.allergies, guest.dietary) == (["peanuts"], ["no pork"])


def test_what_was_wrong_is_still_compared_with_what_was_shown_first(
    as_: As, cast: Cast, house: Restaurant, guest: Customer
) -> None:
    manager, host, here = as_(cast.manager), as_(cast.host), edit(house, guest)
    first, older = saw(manager, here), saw(host, here)
    assert manager.post(here, first | {"allergies": "peanuts"}).status_code == 302
    wrong = older | {"allergies": "milk", "birthday_0": "31", "birthday_1": "02"}
    page = host.post(here, wrong)
    assert (page.status_code, page.context["shown"]) == (422, older["shown"])
    assert host.post(here, older | {"allergies": "milk"}).status_code == 409


def test_it_is_asked_of_the_record_as_it_is_under_its_lock(
    as_: As, cast: Cast, house: Restaurant, guest: Customer
) -> None:
    host, here = as_(cast.host), edit(house, guest)
    older = saw(host, here)

    def locks_after_another(*of: Any) -> None:
        Customer.objects.filter(pk=guest.pk).update(allergies=["peanuts"])

    with patch("customers.services.records.lock_all", locks_after_another):
        page = host.post(here, older | {"allergies": "milk"})
    assert page.status_code == 409
    # What stood in for the other was undone with the rest.
    guest.refresh_from_db()
    assert guest.allergies == []


@pytest.mark.django_db(transaction=True)
def test_of_six_at_once_who_saw_an_empty_field_one_writes_it(guest: Customer) -> None:
    def write(number: int) -> Customer:
        return update_customer(
            guest.organization_id,
            guest.public_id,
            CustomerChange(allergies=(f"nut {number}",)),
            by=SYSTEM,
            country="US",
            is_as_shown=lambda locked: locked.allergies == [],
        )

    found = at_once([partial(write, number) for number in range(6)])
    assert kind(found) == {"Customer": 1, CustomerChanged.__name__: 5}
