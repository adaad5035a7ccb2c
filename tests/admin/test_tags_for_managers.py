"""Tags for managers in the administration: who manages no house of the group reads none."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from customers.models import Customer, GuestTag
from customers.services.tags import TagValues, save_tag
from reservations.models import Reservation, StandAction
from reservations.services import stand
from restaurants.models import Restaurant
from tests.admin.conftest import Cast, SignIn
from tests.reservations.stand import HOST

pytestmark = pytest.mark.django_db

LEADERS, OTHERS = ("operator", "owner", "manager"), ("host", "viewer")


@pytest.fixture
def ada(booked: Reservation, house: Restaurant) -> Reservation:
    """A booking and its guest, each with a tag for managers that somebody gave."""
    group = house.organization_id
    save_tag(group, TagValues("Litigious", for_managers=True), by=HOST, restaurant_id=house.pk)
    hidden = TagValues("Complains", kind=GuestTag.Kind.VISIT, for_managers=True)
    save_tag(group, hidden, by=HOST, restaurant_id=house.pk)
    Customer.objects.filter(reservations=booked).update(tags=["Litigious", "Journalist"])
    both = ["Complains"]
    stand.tag(booked.public_id, both, expected=booked.version, by=HOST, sees_all=True)
    booked.refresh_from_db()
    return booked


def pages(row: Reservation) -> list[str]:
    """Where names of tags could stand."""
    trail = AuditEntry.objects.filter(verb__in=("reservation.tagged", "guest_tag.saved"))
    action = StandAction.objects.get(verb="tag")
    return [
        reverse("admin:customers_customer_changelist"),
        reverse("admin:customers_customer_change", args=[row.customer_id]),
        reverse("admin:reservations_reservation_change", args=[row.pk]),
        reverse("admin:reservations_standaction_changelist"),
        reverse("admin:reservations_standaction_change", args=[action.pk]),
        *(reverse("admin:core_auditentry_change", args=[entry.pk]) for entry in trail),
    ]


def told(client: Client, row: Reservation) -> set[str]:
    found = set()
    for url in pages(row):
        answer = client.get(url)
        assert answer.status_code == 200, url
        text = answer.content.decode()
        found |= {name for name in ("Litigious", "Complains", "Journalist") if name in text}
    return found


def test_only_who_manages_reads_them(as_: SignIn, cast: Cast, ada: Reservation) -> None:
    for who in LEADERS:
        every = {"Litigious", "Complains", "Journalist"}
        assert told(as_(getattr(cast, who)), ada) == every, who
    for who in OTHERS:
        assert told(as_(getattr(cast, who)), ada) == {"Journalist"}, who


def test_a_guest_saved_by_a_host_keeps_every_tag(as_: SignIn, cast: Cast, ada: Reservation) -> None:
    url = reverse("admin:customers_customer_change", args=[ada.customer_id])
    said = {"name": "Ada L", "email": "ada@example.com", "phone": "", "allergies": "", "notes": ""}
    more = said | {"tags": "Litigious, New"}
    assert as_(cast.host).post(url, more).status_code == 302
    guest = Customer.objects.get(reservations=ada)
    assert (guest.name, guest.tags) == ("Ada L", ["Litigious", "Journalist"])
    assert as_(cast.manager).post(url, more).status_code == 302
    guest.refresh_from_db()
    assert guest.tags == ["Litigious", "New"]


def test_a_form_from_before_a_renaming_brings_no_open_word_back(
    as_: SignIn, cast: Cast, ada: Reservation, house: Restaurant
) -> None:
    url = reverse("admin:customers_customer_change", args=[ada.customer_id])
    said = {"name": "Ada", "email": "ada@example.com", "phone": "", "allergies": "", "notes": ""}
    tag = GuestTag.objects.get(name="Litigious")
    save_tag(house.organization_id, TagValues("Careful"), by=HOST, public_id=tag.public_id)
    old = said | {"tags": "Litigious, Journalist, Journalist, E\u0301te\u0301"}
    assert as_(cast.manager).post(url, old).status_code == 302
    guest = Customer.objects.get(reservations=ada)
    assert guest.tags == ["Litigious", "Journalist", "\u00c9t\u00e9"]
    for page in (url, reverse("admin:customers_customer_changelist")):
        assert "Litigious" in as_(cast.manager).get(page).content.decode()
        assert "Litigious" not in as_(cast.host).get(page).content.decode()


@pytest.mark.parametrize(
    ("page", "lookup"),
    [
        ("customers_customer", "tags__icontains"),
        ("reservations_reservation", "tags__icontains"),
        ("core_auditentry", "data__icontains"),
        ("reservations_standaction", "after__icontains"),
    ],
)
def test_nobody_else_filters_by_them(
    as_: SignIn, cast: Cast, ada: Reservation, page: str, lookup: str
) -> None:
    url = reverse(f"admin:{page}_changelist")
    for who in OTHERS:
        answer = as_(getattr(cast, who)).get(url, {lookup: "Complains"})
        assert answer.status_code == 400, who
    assert as_(cast.manager).get(url, {lookup: "Complains"}).status_code == 200
