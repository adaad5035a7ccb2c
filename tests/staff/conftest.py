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
from payments.models import Payment, Refund, SandboxCharge
from reservations.guests import Guest
from reservations.models import PaymentRequest, Reservation, SourceSecret
from reservations.services.payment_requests import ask_for_payment
from reservations.services.source_secrets import create_source_secret
from restaurants.models import Membership, Restaurant, Role
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
    return Connections(key, endpoint, delivery, SourceSecret.objects.get(restaurant=house))


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
