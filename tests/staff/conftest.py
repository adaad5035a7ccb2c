"""A house with something of every kind, another one beside it, and the people of both."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiKey, User
from accounts.services.keys import create_key
from core.actors import SYSTEM
from customers.models import Customer, CustomerMerge, GuestNote, GuestTag
from customers.services.merging import merge_customers
from customers.services.notes import add_note
from customers.services.tags import TagValues, save_tag
from payments.models import Payment, Refund, SandboxCharge
from reservations.guests import Guest
from reservations.models import PaymentRequest, Reservation, SourceSecret
from reservations.services.payment_requests import ask_for_payment
from reservations.services.source_secrets import create_source_secret
from restaurants.models import Membership, Restaurant, Role
from restaurants.people import add_tablet, set_pin
from staff.presence import COOKIE
from tests.factories import make_bella, make_user
from tests.faults.acts import hold, pay
from tests.fixtures.domain import Clock
from tests.payments.rows import make_refund
from tests.reservations.money import EMAIL
from webhooks.models import Delivery, Endpoint
from webhooks.services.endpoints import create_endpoint, send_test

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Cast:
    """Everyone who may knock."""

    operator: User
    owner: User
    manager: User
    host: User
    server: User
    viewer: User
    charlie: User
    """Manages the other house."""
    guest: User


@dataclass(frozen=True, slots=True)
class Connections:
    """What programs and partners have at a house."""

    key: ApiKey
    endpoint: Endpoint
    delivery: Delivery
    secret: SourceSecret
    guest: Customer
    """Another record of whom was merged into this one."""
    note: GuestNote
    merge: CustomerMerge
    tag: GuestTag


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    return make_bella(tables=2, slug="bella", name="Bella Notte")


@pytest.fixture
def elsewhere(clock: Clock) -> Restaurant:
    return make_bella(tables=2, slug="maison", name="Maison Allo", zone="Europe/Paris")


@pytest.fixture
def cast(house: Restaurant, elsewhere: Restaurant) -> Cast:
    def member(role: Role, at: Restaurant) -> User:
        user = make_user(f"{role}@{at.slug}.example", is_staff=True)
        Membership.objects.create(user=user, restaurant=at, role=role)
        return user

    return Cast(
        operator=User.objects.create_superuser("operator@example.com"),
        owner=member(Role.OWNER, house),
        manager=member(Role.MANAGER, house),
        host=member(Role.HOST, house),
        server=member(Role.SERVER, house),
        viewer=member(Role.VIEWER, house),
        charlie=member(Role.MANAGER, elsewhere),
        guest=make_user("ada@example.com"),
    )


def connections_at(house: Restaurant) -> Connections:
    """A key, an endpoint with a delivery, and a source's secret."""
    key = create_key("Website", by=SYSTEM, scopes=["*"], restaurant_id=house.pk).key
    endpoint = create_endpoint(
        key,
        url=f"https://partner.example/{house.slug}",
        events=["reservation.*"],
        contact_email="ops@partner.example",
        by=SYSTEM,
    ).endpoint
    delivery = send_test(endpoint, by=SYSTEM)
    create_source_secret(house, "opentable", by=SYSTEM)
    secret = SourceSecret.objects.get(restaurant=house)
    return Connections(key, endpoint, delivery, secret, *guest_at(house))


def guest_at(house: Restaurant) -> tuple[Customer, GuestNote, CustomerMerge, GuestTag]:
    """A guest of the house's group, with what hangs on them."""
    group = house.organization_id
    guest = Customer.objects.create(
        organization_id=group, name="Ada Guest", email=f"ada@{house.slug}.example"
    )
    other = Customer.objects.create(organization_id=group, name="A. Guest", phone="+12125550199")
    merge_customers(group, guest.public_id, other.public_id, by=SYSTEM)
    note = add_note(guest, "Likes the window", by=SYSTEM)
    tag = save_tag(group, TagValues("Quiet"), by=SYSTEM)
    return guest, note, CustomerMerge.objects.get(kept=guest), tag


@pytest.fixture
def here(house: Restaurant) -> Connections:
    return connections_at(house)


@pytest.fixture
def there(elsewhere: Restaurant) -> Connections:
    return connections_at(elsewhere)


@dataclass(frozen=True, slots=True)
class Money:
    """A paid booking at a house, with what hangs on it."""

    booking: Reservation
    payment: Payment
    refund: Refund
    request: PaymentRequest


def money_at(house: Restaurant, clock: Clock) -> Money:
    """A party of two that has come: 50 taken, of which 20 could not go back; a link besides."""
    guest = Guest.with_account(make_user(f"payer@{house.slug}.example").public_id)
    made = pay(hold(house, guest), guest, name="Ada Guest", email=EMAIL).booking
    row = Reservation.objects.select_related("payment").get(public_id=made.public_id)
    request = ask_for_payment(row.public_id, by=SYSTEM, amount=Decimal(30), kind="deposit")
    assert row.payment is not None
    refund = make_refund(row.payment, "20.00", key=f"refund:{row.public_id}")
    Refund.objects.filter(pk=refund.pk).update(
        status="failed", settled_at=clock.now, next_attempt_at=None, last_error="Refused."
    )
    Payment.objects.filter(pk=row.payment.pk).update(refunded=0)
    # On a slow machine a worker has sent it by now, and the provider's books would know of it.
    SandboxCharge.objects.filter(kind="refund").delete()
    return Money(row, Payment.objects.get(pk=row.payment.pk), refund, request)


@pytest.fixture
def money(house: Restaurant, clock: Clock) -> Money:
    return money_at(house, clock)


@pytest.fixture
def money_there(elsewhere: Restaurant, clock: Clock) -> Money:
    return money_at(elsewhere, clock)


As = Callable[[User | None], Client]


@pytest.fixture
def as_() -> As:
    """A browser in which somebody is signed in, or nobody."""

    def signed_in(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return signed_in


PIN = "2580"
AtTablet = Callable[[User], Client]


def tablet_at(house: Restaurant, label: str = "Front desk") -> Client:
    """A browser that is this house's, and locked."""
    client = Client()
    client.cookies[COOKIE] = add_tablet(house, label, by=SYSTEM)[1]
    return client


def unlock(client: Client, user: User, pin: str = PIN) -> Any:
    """Somebody picks a name and enters a PIN."""
    return client.post(f"/staff/tablet/{user.public_id}/", {"pin": pin})


@pytest.fixture
def at_tablet(house: Restaurant) -> AtTablet:
    """A tablet of the house on which this person has just shown the PIN."""

    def signed_in(user: User) -> Client:
        set_pin(Membership.objects.get(user=user, restaurant=house), PIN, by=SYSTEM)
        client = tablet_at(house, f"Front desk {user.pk}")
        assert unlock(client, user).status_code == 302
        return client

    return signed_in


def once_of(page: Any) -> str:
    """What a form carries against being sent twice."""
    found = re.search(r'name="once" value="([\w-]+)"', page.content.decode())
    assert found is not None
    return found[1]


def secret_in(page: Any, pattern: str) -> str:
    """The secret that a page shows."""
    found = re.search(rf'id="secret"[^>]*>({pattern})</pre>', page.content.decode())
    assert found is not None, page.content.decode()[:3000]
    return found[1]
