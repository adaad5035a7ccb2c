"""Confirming through the API with a card whose owner has to approve, and other kinds of terms."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from payments.gateways.sandbox import THREE_D_SECURE, decide
from payments.models import Payment, PaymentKind, Policy, SandboxCharge
from reservations.models import Reservation
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.api.golden_files import assert_like, golden
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)


def hold(api: Api, user: User, house: Restaurant) -> dict[str, Any]:
    body = {
        "userId": user.public_id,
        "restaurantId": house.public_id,
        "date": "2025-11-15",
        "time": "19:00",
        "partySize": 2,
    }
    answer = api("POST", "reservations/hold", body)
    assert answer.status_code == 201, answer.content
    held: dict[str, Any] = answer.json()["hold"]
    return held


def confirm(api: Api, user: User, held: dict[str, Any], **more: Any) -> Any:
    body = {"userId": user.public_id, "holdId": held["holdId"]} | more
    return api("POST", "reservations/confirm", body)


def test_a_card_that_needs_approval_is_answered_with_where_to_go(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    printed = golden("holds", "action_required")
    held = hold(api, user, bella)
    method = {"paymentMethod": printed["request"]["paymentMethod"]}
    answer = confirm(api, user, held, **method)
    assert answer.status_code == 402
    assert answer.headers["Retry-After"] == "2"
    said = answer.json()
    assert_like(said, printed["response"], aside={"redirectUrl", "correlationId"})
    reference = SandboxCharge.objects.get().reference
    assert said["details"]["redirectUrl"].endswith(
        f"/sandbox/bank/{reference.replace(':', '%3A')}/"
    )
    again = confirm(api, user, held)
    assert (again.status_code, again.json()["details"]) == (402, said["details"])

    decide(reference, approve=True)
    done = confirm(api, user, held)
    assert done.status_code == 201
    repeated = confirm(api, user, held, **method)
    assert (repeated.status_code, repeated.json()) == (200, done.json())
    assert (Payment.objects.get().status, Reservation.objects.count()) == ("succeeded", 1)
    assert SandboxCharge.objects.count() == 1


def test_the_same_request_with_a_key_finishes_after_the_approval(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    held = hold(api, user, bella)
    api.headers["HTTP_IDEMPOTENCY_KEY"] = "confirm-1"
    method = {"paymentMethod": {"token": THREE_D_SECURE}}
    assert confirm(api, user, held, **method).status_code == 402
    decide(SandboxCharge.objects.get().reference, approve=True)
    assert confirm(api, user, held, **method).status_code == 201


def test_what_is_not_approved_is_declined_and_another_card_is_taken(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    held = hold(api, user, bella)
    assert confirm(api, user, held, paymentMethod={"token": THREE_D_SECURE}).status_code == 402
    decide(SandboxCharge.objects.get().reference, approve=False)
    answer = confirm(api, user, held)
    assert answer.status_code == 402
    assert (answer.json()["code"], answer.json()["details"]) == (
        "PAYMENT_DECLINED",
        {"declineCode": "authentication_failed"},
    )
    done = confirm(api, user, held, paymentMethod={"token": "tok_visa_4242"})
    assert done.status_code == 201


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("prepayment", "succeeded", "Full refund will be processed in 3-5 business days."),
        ("hold", "authorized", "Nothing is charged, and the card is let go."),
        ("card", "saved", "Nothing is charged, and the card is let go."),
    ],
)
def test_other_kinds_are_named(
    clock: Clock,
    bella: Restaurant,
    api: Api,
    user: User,
    kind: PaymentKind,
    status: str,
    said: str,
) -> None:
    Policy.objects.update(kind=kind)
    clock.advance(days=1)  # Near enough for money to be set aside.
    held = hold(api, user, bella)
    assert (held["paymentKind"], held["depositAmount"]) == (kind, 50)
    done = confirm(api, user, held, paymentMethod={"token": "tok_visa_4242"}).json()
    assert done["reservation"]["paymentKind"] == kind
    assert Payment.objects.get().status == status
    answer = api("DELETE", f"reservations/{done['reservation']['reservationId']}").json()
    assert answer["message"] == f"Reservation cancelled. {said}"
    assert answer["refundAmount"] == (50 if kind == "prepayment" else 0)


def test_a_late_cancellation_of_a_card_on_file_says_that_a_fee_can_follow(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    Policy.objects.update(kind=PaymentKind.CARD)
    held = hold(api, user, bella)
    done = confirm(api, user, held, paymentMethod={"token": "tok_visa_4242"}).json()
    clock.set("2025-11-15T17:00:00-05:00")
    answer = api("DELETE", f"reservations/{done['reservation']['reservationId']}").json()
    assert answer["message"] == (
        "Reservation cancelled. A fee can be charged for the late cancellation."
    )
    assert (answer["refundAmount"], answer["refundPercentage"]) == (0, 0)
    payment = Payment.objects.get()
    assert (payment.status, payment.errand) == ("saved", "")
