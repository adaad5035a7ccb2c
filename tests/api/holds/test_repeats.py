"""Confirming, prolonging and giving back a hold that has become something else meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from payments.gateways.base import AnswerLost, ChargeResult, Order
from payments.gateways.sandbox import LOST_ANSWER, THREE_D_SECURE, SandboxGateway, decide
from payments.models import Payment, Refund, SandboxCharge
from payments.services.settling import settle_unknown
from reservations.engine.lifecycle import Status
from reservations.models import Hold, Reservation
from reservations.services.holds import expire_holds
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


Refusal = tuple[int, str, str, dict[str, Any]]

NOTHING_CHARGED: Refusal = (410, "HOLD_EXPIRED", "This hold was released. Nothing was charged.", {})
REFUNDED: Refusal = (
    409,
    "HOLD_EXPIRED_REFUNDED",
    "This hold was released. Your payment is being refunded in full.",
    {"refundAmount": 50},
)
UNSURE: Refusal = (
    410,
    "HOLD_EXPIRED",
    "This hold was released. If your card was charged, the money goes back to it in full.",
    {},
)


def release(api: Api, held: dict[str, Any]) -> Any:
    return api("DELETE", f"reservations/hold/{held['holdId']}")


def refusal(answer: Any) -> Refusal:
    said = answer.json()
    return answer.status_code, said["code"], said["error"], said.get("details", {})


def lose_answer(*_: object) -> ChargeResult:
    raise AnswerLost


def while_paying(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> None:
    """Something happens between the provider's charge and its answer."""
    real = SandboxGateway.charge

    def slow(self: SandboxGateway, order: Order) -> ChargeResult:
        result = real(self, order)
        meanwhile()
        return result

    monkeypatch.setattr(SandboxGateway, "charge", slow)


@pytest.mark.parametrize("again", [{}, CARD])
def test_giving_a_hold_back_calls_off_the_payment_that_waits_for_approval(
    clock: Clock, bella: Restaurant, api: Api, user: User, again: dict[str, Any]
) -> None:
    held = hold(api, user, bella)
    assert confirm(api, user, held, paymentMethod={"token": THREE_D_SECURE}).status_code == 402
    assert [release(api, held).status_code, release(api, held).status_code] == [204, 204]
    charge = SandboxCharge.objects.get()
    assert (charge.outcome, Payment.objects.get().status) == ("voided", "voided")
    decide(charge.reference, approve=True)
    assert refusal(confirm(api, user, held, **again)) == NOTHING_CHARGED
    extended = api("POST", f"reservations/hold/{held['holdId']}/extend")
    assert refusal(extended) == NOTHING_CHARGED
    assert SandboxCharge.objects.get().outcome == "voided"


@pytest.mark.parametrize("again", [{}, CARD])
def test_a_payment_that_could_not_be_called_off_is_not_asked_for_again(
    clock: Clock,
    bella: Restaurant,
    api: Api,
    user: User,
    again: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = hold(api, user, bella)
    confirm(api, user, held, paymentMethod={"token": THREE_D_SECURE})
    with monkeypatch.context() as away:
        away.setattr(SandboxGateway, "_abandon", lose_answer)
        assert release(api, held).status_code == 204
        assert refusal(confirm(api, user, held, **again)) == UNSURE
    assert refusal(confirm(api, user, held, **again)) == NOTHING_CHARGED


def test_a_payment_approved_before_the_hold_was_given_back_is_refunded(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    held = hold(api, user, bella)
    confirm(api, user, held, paymentMethod={"token": THREE_D_SECURE})
    decide(SandboxCharge.objects.get().reference, approve=True)
    assert release(api, held).status_code == 204
    assert Refund.objects.get().amount == 50
    assert refusal(confirm(api, user, held)) == REFUNDED
    assert (Refund.objects.count(), Reservation.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("tok_visa_4242", REFUNDED),
        (THREE_D_SECURE, NOTHING_CHARGED),
        ("tok_visa_0002", NOTHING_CHARGED),
        (LOST_ANSWER, UNSURE),
    ],
)
def test_a_hold_given_back_while_paying_is_not_called_expired_or_taken(
    clock: Clock,
    bella: Restaurant,
    api: Api,
    user: User,
    token: str,
    said: Refusal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = hold(api, user, bella)
    while_paying(monkeypatch, lambda: release(api, held))
    assert refusal(confirm(api, user, held, paymentMethod={"token": token})) == said
    clock.advance(minutes=5)
    settle_unknown()
    is_taken = token in ("tok_visa_4242", LOST_ANSWER)
    assert [refund.amount for refund in Refund.objects.all()] == [50] * is_taken
    after = REFUNDED if is_taken else NOTHING_CHARGED
    assert refusal(confirm(api, user, held)) == after
    assert Reservation.objects.count() == 0


def test_a_hold_that_is_a_reservation_can_be_neither_prolonged_nor_given_back(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    held = hold(api, user, bella)
    made = confirm(api, user, held, **CARD).json()["reservation"]["reservationId"]
    said = (
        409,
        "ALREADY_BOOKED",
        "This hold has become a reservation. To give its table up, cancel the reservation.",
        {"reservationId": made},
    )
    assert refusal(api("POST", f"reservations/hold/{held['holdId']}/extend")) == said
    assert refusal(release(api, held)) == said
    assert Reservation.objects.get().status == "confirmed"


def test_a_hold_that_lapsed_can_be_given_back_as_often_as_anybody_likes(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    held = hold(api, user, bella)
    clock.advance(minutes=11)
    expire_holds()
    assert [release(api, held).status_code, release(api, held).status_code] == [204, 204]
    assert Hold.objects.get().status == "expired"
    extended = api("POST", f"reservations/hold/{held['holdId']}/extend")
    assert refusal(extended)[:3] == (
        410,
        "HOLD_EXPIRED",
        "Hold has expired. Please create a new reservation.",
    )
