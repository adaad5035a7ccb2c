"""A house, a key that may hear everything, and a receiver."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings

from accounts.models import ApiKey
from accounts.services.keys import create_key
from core.actors import SYSTEM
from reservations.engine.types import Channel
from reservations.ledger.confirm import Contact
from reservations.models import Reservation
from reservations.services.bookings import Extras, book
from reservations.services.holds import HoldRequest
from restaurants.models import Restaurant
from tests.concurrency.together import until_readable
from tests.factories import make_bella
from tests.fixtures.domain import Clock
from tests.webhooks.receiver import Receiver, receiving
from webhooks.models import Delivery, Endpoint
from webhooks.services.endpoints import NewSecret, create_endpoint
from webhooks.services.feed import pump

SATURDAY = dt.date(2025, 11, 15)


@pytest.fixture(autouse=True)
def _loopback(settings: LazySettings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    """Room for everybody, and no deposit."""
    return make_bella(tables=30, deposit=None, name="Bella Notte")


@pytest.fixture
def make_key(clock: Clock) -> Callable[..., ApiKey]:
    def make(*scopes: str, **more: Any) -> ApiKey:
        return create_key("Partner", by=SYSTEM, scopes=scopes or ("*",), **more).key

    return make


@pytest.fixture
def key(make_key: Callable[..., ApiKey]) -> ApiKey:
    return make_key()


Subscribe = Callable[..., NewSecret]


@pytest.fixture
def subscribe(key: ApiKey, receiver: Receiver) -> Subscribe:
    """Makes an endpoint at the receiver; of another key, url or events if told so."""

    def make(*events: str, of: ApiKey | None = None, **more: Any) -> NewSecret:
        asked: dict[str, Any] = {
            "url": receiver.url(),
            "contact_email": "ops@partner.example",
            "by": SYSTEM,
        }
        return create_endpoint(of or key, events=events or ("*",), **(asked | more))

    return make


@pytest.fixture
def endpoint(subscribe: Subscribe) -> Endpoint:
    return subscribe().endpoint


def tell() -> int:
    """Everything that happened so far becomes events."""
    until_readable()
    return pump()


Reserve = Callable[..., Reservation]


@pytest.fixture
def reserve(house: Restaurant) -> Reserve:
    """A reservation by the house, at once."""

    def make(time: str = "19:00", party: int = 2, **more: Any) -> Reservation:
        of = more.pop("of", house)
        request = HoldRequest(of.public_id, SATURDAY, time, party, channel=Channel.IN_HOUSE)
        contact = Contact("Ada Guest", "ada@example.com", "+12125550123")
        return book(request, contact, Extras(**({"notify": False} | more)), by=SYSTEM)

    return make


@pytest.fixture
def told(house: Restaurant, endpoint: Endpoint, reserve: Reserve) -> Callable[[int], list[str]]:
    """So many bookings, told to the endpoint's queue; their public ids."""

    def make(number: int) -> list[str]:
        times = ["12:00", "14:30", "17:00", "19:30"]
        made = [reserve(times[each % 4]).public_id for each in range(number)]
        assert tell() >= number
        return made

    return make


def states() -> Counter[str]:
    """How many deliveries are in which state."""
    return Counter(Delivery.objects.values_list("status", flat=True))


def subjects(receiver: Receiver) -> list[str]:
    """The reservations a receiver was told of."""
    return [heard.json["data"]["reservation"]["id"] for heard in receiver.heard]
