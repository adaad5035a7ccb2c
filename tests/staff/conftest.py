"""A house with something of every kind, another one beside it, and the people of both."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiKey, User
from accounts.services.keys import create_key
from core.actors import SYSTEM
from reservations.models import SourceSecret
from reservations.services.source_secrets import create_source_secret
from restaurants.models import Membership, Restaurant, Role
from tests.factories import make_bella, make_user
from tests.fixtures.domain import Clock
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
