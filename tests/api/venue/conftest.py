"""The document's venue, and programs that call with a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.services.keys import create_key
from core.actors import SYSTEM
from reservations.demo import build_policies
from restaurants.demo.anchor import ANCHOR
from restaurants.demo.build import build_house
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.fixtures.domain import Clock

FRIDAY = "2025-11-14"


@pytest.fixture
def anchor(db: None, clock: Clock) -> Restaurant:
    """The Anchor of the demo, without its guests, on Monday 10 November 2025 at 17:00 in London."""
    house = build_house(ANCHOR)
    build_policies(ANCHOR, house)
    return house


class Keyed(Api):
    """Calls below ``/api`` with a key."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headers["HTTP_X_API_KEY"] = text


@pytest.fixture
def keyed(db: None) -> Callable[..., Keyed]:
    """Makes a caller with these scopes; ``restaurant`` binds its key to one."""

    def make(*scopes: str, restaurant: Restaurant | None = None, **more: Any) -> Keyed:
        made = create_key(
            "Website",
            by=SYSTEM,
            scopes=scopes,
            restaurant_id=restaurant.pk if restaurant else None,
            **more,
        )
        return Keyed(made.text)

    return make


@pytest.fixture
def site(anchor: Restaurant, keyed: Callable[..., Keyed]) -> Keyed:
    """The Anchor's own website: it may read and book."""
    return keyed(
        "read:business",
        "read:table_bookings",
        "write:table_bookings",
        "create:bookings",
        restaurant=anchor,
    )
