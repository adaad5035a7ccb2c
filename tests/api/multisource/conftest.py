"""Programs with keys, at the restaurant and on the day of the document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.services.keys import create_key
from core.actors import SYSTEM
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.factories import make_bella
from tests.fixtures.domain import Clock

NewProgram = Callable[..., Api]

ALL = ("read:reservations", "write:reservations", "read:analytics")

BOOKING: dict[str, Any] = {
    "customerName": "John Doe",
    "customerEmail": "john@example.com",
    "customerPhone": "+12125550142",
    "date": "2024-02-15",
    "time": "19:00",
    "partySize": 4,
}


class Program(Api):
    """Calls with a key instead of a guest's token."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.headers["HTTP_AUTHORIZATION"] = f"Bearer {key}"

    def book(self, expect: int = 201, **other: Any) -> dict[str, Any]:
        """The document's booking, with changes; the answer's data, or the whole of a refusal."""
        answer = self("POST", "reservations", BOOKING | other)
        assert answer.status_code == expect, answer.content
        found: dict[str, Any] = answer.json()
        return found["data"] if expect < 300 else found


@pytest.fixture
def today(clock: Clock) -> Clock:
    """The first of February 2024, 10:00 UTC: when the document's booking was made."""
    clock.set("2024-02-01T10:00:00+00:00")
    return clock


@pytest.fixture
def house(today: Clock) -> Restaurant:
    """Ten tables and no deposit."""
    return make_bella(deposit=None, public_id="rest_001")


@pytest.fixture
def program(db: None) -> Callable[..., Program]:
    """Makes a program: of a source, of a restaurant, with scopes."""

    def make(source: str = "", *, scopes: tuple[str, ...] = ALL, **other: Any) -> Program:
        house = other.pop("restaurant", None)
        made = create_key(
            source or "House",
            by=SYSTEM,
            scopes=scopes,
            source=source,
            restaurant_id=house.pk if house else None,
            **other,
        )
        return Program(made.text)

    return make
