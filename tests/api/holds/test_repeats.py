"""Confirming, prolonging and giving back a hold that has become something else meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from reservations.engine.lifecycle import Status
from reservations.models import Reservation
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.api.holds.test_approval import confirm, hold
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

CARD = {"paymentMethod": {"token": "tok_visa_4242"}}

_REQUESTED = ("pending", "Request received. The restaurant will confirm it; your code is {}.")
_CONFIRMED = ("confirmed", "Reservation confirmed! Show code {} at the restaurant.")
SAID = {
    Status.REQUESTED: _REQUESTED,
    Status.PENDING: _REQUESTED,
    Status.PENDING_PAYMENT: (
        "pending",
        "Table kept. It waits for your payment; your code is {}.",
    ),
    Status.CONFIRMED: _CONFIRMED,
    Status.RECONFIRMED: _CONFIRMED,
    Status.PARTIALLY_ARRIVED: _CONFIRMED,
    Status.ARRIVED: _CONFIRMED,
    Status.PARTIALLY_SEATED: _CONFIRMED,
    Status.SEATED: _CONFIRMED,
    Status.CHECK_DROPPED: _CONFIRMED,
    Status.PAID: _CONFIRMED,
    Status.COMPLETED: ("completed", "This visit is over; its code was {}."),
    Status.NO_SHOW: ("completed", "This visit is over: nobody came. Its code was {}."),
    Status.CANCELLED: ("cancelled", "This reservation was cancelled; its code was {}."),
    Status.DECLINED: (
        "cancelled",
        "The restaurant could not accept this request; its code was {}.",
    ),
    Status.EXPIRED: (
        "cancelled",
        "This request was not answered or paid in time; its code was {}.",
    ),
}


@pytest.mark.parametrize("status", Status)
def test_a_repeat_never_says_confirmed_of_what_is_not(
    clock: Clock, bella: Restaurant, api: Api, user: User, status: Status
) -> None:
    held = hold(api, user, bella)
    made: dict[str, Any] = confirm(api, user, held, **CARD).json()["reservation"]
    Reservation.objects.update(status=status, cancelled_at=clock.now)
    again = confirm(api, user, held, **CARD)
    word, message = SAID[status]
    assert (again.status_code, again.json()) == (
        200,
        {
            "reservation": made | {"status": word},
            "message": message.format(made["confirmationCode"]),
        },
    )
