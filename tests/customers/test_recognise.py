"""Knowing a guest again."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections

from accounts.models import Organization
from core.errors import Invalid
from customers.models import Customer
from customers.services import Contact, recognise
from tests.factories import make_user


@pytest.fixture
def group(db: None) -> Organization:
    return Organization.objects.create(name="Group")


def known(group: Organization, **fields: object) -> Customer:
    defaults = {"name": "Ada", "email": "ada@example.com", "phone": "+442079460001"}
    return Customer.objects.create(organization=group, **(defaults | fields))


def test_a_new_guest_is_created_with_an_international_number(group: Organization) -> None:
    contact = Contact(name=" Ada ", email="Ada@Example.COM", phone="020 7946 0001")
    guest = recognise(group.pk, contact=contact, country="GB")
    assert (guest.name, guest.email, guest.phone) == ("Ada", "ada@example.com", "+442079460001")
    assert guest.user is None


@pytest.mark.parametrize("number", ["020 7946 0001", "+44 20 7946 0001", "0044 20 7946 0001"])
def test_a_guest_is_recognised_by_any_form_of_their_number(
    group: Organization, number: str
) -> None:
    ada = known(group)
    found = recognise(group.pk, contact=Contact(name="A. L.", phone=number), country="GB")
    assert found == ada
    assert (found.name, found.email) == ("Ada", "ada@example.com")


def test_an_address_beats_a_number(group: Organization) -> None:
    ada = known(group)
    bob = known(group, name="Bob", email="bob@example.com", phone="+442079460002")
    contact = Contact(email="BOB@example.com", phone=ada.phone)
    assert recognise(group.pk, contact=contact) == bob
    bob.refresh_from_db()
    assert bob.phone == "+442079460002"


def test_the_oldest_of_several_with_one_number_is_the_guest(group: Organization) -> None:
    first = known(group, email="")
    known(group, name="Twin", email="")
    assert recognise(group.pk, contact=Contact(phone=first.phone)) == first


def test_gaps_are_filled_and_nothing_is_overwritten(group: Organization) -> None:
    ada = known(group, phone="", notes="Window")
    contact = Contact(name="Other", email="ada@example.com", phone="+442079460009")
    recognise(group.pk, contact=contact)
    ada.refresh_from_db()
    assert (ada.name, ada.phone, ada.notes) == ("Ada", "+442079460009", "Window")


def test_a_gap_is_not_filled_with_what_identifies_somebody_else(group: Organization) -> None:
    bob = known(group, name="Bob", email="bob@example.com")
    ada = known(group, phone="")
    assert recognise(group.pk, contact=Contact(email=ada.email, phone=bob.phone)) == ada
    ada.refresh_from_db()
    assert ada.phone == ""


def test_another_group_does_not_know_the_guest(group: Organization) -> None:
    ada = known(group)
    other = Organization.objects.create(name="Other")
    found = recognise(other.pk, contact=Contact(name="Ada", email=ada.email))
    assert found.organization == other
    assert Customer.objects.count() == 2


def test_an_account_is_recognised_even_under_a_new_address(group: Organization) -> None:
    user = make_user("ada@example.com", full_name="Ada")
    first = recognise(group.pk, user=user)
    assert (first.user, first.name, first.email) == (user, "Ada", "ada@example.com")
    contact = Contact(name="Ada", email="new@example.com")
    assert recognise(group.pk, user=user, contact=contact) == first
    first.refresh_from_db()
    assert first.email == "ada@example.com"


def test_an_account_takes_over_the_record_with_its_own_address(group: Organization) -> None:
    ada = known(group)
    user = make_user("ada@example.com")
    assert recognise(group.pk, user=user) == ada
    ada.refresh_from_db()
    assert ada.user == user


def test_an_account_does_not_take_over_a_record_by_telephone(group: Organization) -> None:
    ada = known(group)
    mallory = make_user("mallory@example.com", phone=ada.phone)
    assert recognise(group.pk, user=mallory) == ada
    ada.refresh_from_db()
    assert ada.user is None


def test_a_guest_with_an_account_is_never_another_account(group: Organization) -> None:
    ada = known(group, user=make_user("ada.old@example.com"))
    user = make_user("ada@example.com")
    found = recognise(group.pk, user=user)
    assert found != ada
    assert found.user == user


def test_a_guest_without_name_is_called_by_what_is_known(group: Organization) -> None:
    assert recognise(group.pk, contact=Contact(email="x@example.com")).name == "x@example.com"
    assert recognise(group.pk, contact=Contact(phone="+12125550123")).name == "+12125550123"
    assert recognise(group.pk, contact=Contact()).name == "Guest"


def test_a_number_that_cannot_be_one_is_refused(group: Organization) -> None:
    for number, country in (("12", "GB"), ("020 7946 0001", ""), ("call me", "US")):
        with pytest.raises(Invalid):
            recognise(group.pk, contact=Contact(phone=number), country=country)
    assert Customer.objects.count() == 0


def test_a_guest_who_is_recognised_again_costs_a_constant_number_of_queries(
    group: Organization, django_assert_max_num_queries: Callable[..., object]
) -> None:
    user = make_user("ada@example.com")
    recognise(group.pk, user=user)
    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        recognise(group.pk, user=user)


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_make_one_guest() -> None:
    group = Organization.objects.create(name="Group")
    start = threading.Barrier(8)

    def book(number: int) -> None:
        try:
            start.wait()
            email = "ada@example.com" if number % 2 else "ADA@example.com"
            recognise(group.pk, contact=Contact(name="Ada", email=email, phone="+442079460001"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=book, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.close()
    assert Customer.objects.count() == 1
