"""Contract 4's ``POST /api/payments/process``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from accounts.services.keys import create_key
from core.actors import SYSTEM
from payments.gateways.sandbox import LOST_ANSWER, THREE_D_SECURE
from payments.models import Payment, SandboxCharge
from payments.services import settling
from reservations.models import PaymentRequest, Reservation
from reservations.services.payment_requests import ask_for_payment
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.factories import make_bella
from tests.fixtures.domain import Clock
from tests.payments.rows import at_once
from tests.reservations.money import asked, make_booking

pytestmark = pytest.mark.django_db(transaction=True)


class Keyed(Api):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.headers["HTTP_X_API_KEY"] = text


def caller_of(house: Restaurant, *scopes: str, **more: Any) -> Keyed:
    key = create_key("POS", by=SYSTEM, scopes=scopes, restaurant_id=house.pk, **more)
    return Keyed(key.text)


@pytest.fixture
def caller(clock: Clock, bella: Restaurant) -> Keyed:
    return caller_of(bella, "write:payments")


def send(caller: Keyed, row: Reservation, **more: Any) -> Any:
    body = {
        "amount": 5000,
        "currency": "USD",
        "source_id": "tok_visa_4242",
        "reservation_id": row.public_id,
        "idempotency_key": "unique_key",
        **more,
    }
    return caller("POST", "payments/process", body)


def waiting(house: Restaurant) -> Reservation:
    return Reservation.objects.get(pk=asked(house).reservation_id)


def test_what_the_reservation_waits_for_is_paid(bella: Restaurant, caller: Keyed) -> None:
    row = waiting(bella)
    answer = send(caller, row)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "success": True,
            "data": {
                "payment_id": Payment.objects.get().public_id,
                "status": "succeeded",
                "amount": 5000,
                "currency": "USD",
                "reservation_id": row.public_id,
                "reservation_status": "confirmed",
                "card": {"brand": "Visa", "last4": "4242"},
            },
        },
    )


def test_a_confirmed_booking_takes_it_as_an_extra_deposit(bella: Restaurant, caller: Keyed) -> None:
    row = make_booking(bella, status="confirmed")
    assert send(caller, row, amount=15000).json()["data"]["reservation_status"] == "confirmed"
    assert Payment.objects.get().captured == Decimal(150)


def test_the_same_key_charges_once_and_answers_the_same(bella: Restaurant, caller: Keyed) -> None:
    row = make_booking(bella, status="confirmed")
    bodies = {answer.content for answer in at_once(8, lambda _: send(caller, row))}
    assert len(bodies) == 1
    assert SandboxCharge.objects.count() == 1
    assert send(caller, row).headers["Idempotency-Replayed"] == "true"


def test_the_same_key_with_another_body_is_an_error(bella: Restaurant, caller: Keyed) -> None:
    row = make_booking(bella, status="confirmed")
    send(caller, row)
    answer = send(caller, row, amount=4000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (
        422,
        "IDEMPOTENCY_KEY_REUSED",
    )
    assert SandboxCharge.objects.count() == 1


def test_a_declined_card_is_402_and_another_one_will_do(bella: Restaurant, caller: Keyed) -> None:
    row = waiting(bella)
    answer = send(caller, row, source_id="tok_visa_0002")
    assert (answer.status_code, answer.json()["success"]) == (402, False)
    error = answer.json()["error"]
    assert (error["code"], error["details"]) == (
        "PAYMENT_DECLINED",
        {"decline_code": "card_declined"},
    )
    assert send(caller, row, idempotency_key="another").status_code == 200


def test_a_missing_answer_is_202_and_the_same_request_knows_more_later(
    bella: Restaurant, caller: Keyed, clock: Clock
) -> None:
    row = waiting(bella)
    answer = send(caller, row, source_id=LOST_ANSWER)
    assert (answer.status_code, answer.json()["data"]["status"]) == (202, "pending")
    assert answer.headers["Retry-After"] == "2"
    clock.advance(minutes=1)
    settling.settle_unknown()
    answer = send(caller, row, source_id=LOST_ANSWER)
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "succeeded")
    assert SandboxCharge.objects.count() == 1


def test_who_has_to_approve_it_is_told_where(bella: Restaurant, caller: Keyed) -> None:
    answer = send(caller, waiting(bella), source_id=THREE_D_SECURE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (
        402,
        "PAYMENT_ACTION_REQUIRED",
    )
    assert "/sandbox/bank/" in answer.json()["error"]["details"]["redirect_url"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"amount": 4999}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": "5000"}, "amount"),
        ({"currency": "EUR"}, "currency"),
        ({"source_id": "tok_unknown"}, "source_id"),
        ({"reservation_id": "res 1"}, "reservation_id"),
        ({"card_number": "4242424242424242"}, "card_number"),
    ],
)
def test_what_is_wrong_is_said_by_field_and_nothing_is_charged(
    bella: Restaurant, caller: Keyed, said: dict[str, Any], field: str
) -> None:
    answer = send(caller, waiting(bella), **said)
    assert answer.status_code == 400
    assert field in answer.json()["error"]["details"]["fields"]
    assert SandboxCharge.objects.count() == 0


def test_another_houses_key_finds_nothing(bella: Restaurant, clock: Clock) -> None:
    row = waiting(bella)
    other = caller_of(make_bella(), "write:payments")
    assert send(other, row).status_code == 404
    weak = caller_of(bella, "write:reservations")
    assert send(weak, row).status_code == 403
    assert send(caller_of(bella, "write:payments", is_test=True), row).status_code == 404
    assert Payment.objects.count() == 0


def test_an_extra_that_is_over_charges_nothing(
    bella: Restaurant, caller: Keyed, clock: Clock
) -> None:
    row = make_booking(bella, status="confirmed")
    ask_for_payment(row.public_id, by=SYSTEM, amount=Decimal(50))
    clock.advance(minutes=31)
    answer = send(caller, row)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "PAYMENT_REQUEST_OVER")
    assert PaymentRequest.objects.count() == 1


def test_a_link_of_staff_is_paid_once_by_a_request_that_is_sent_again(
    bella: Restaurant, caller: Keyed, clock: Clock
) -> None:
    row = make_booking(bella, status="confirmed")
    ask_for_payment(row.public_id, by=SYSTEM, amount=Decimal(50), request_key="a form of staff")
    assert send(caller, row, source_id=LOST_ANSWER).status_code == 202
    clock.advance(minutes=1)
    settling.settle_unknown()
    answer = send(caller, row, source_id=LOST_ANSWER)
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "succeeded")
    assert SandboxCharge.objects.count() == 1


def test_a_declined_extra_does_not_bind_the_next_one_to_its_amount(
    bella: Restaurant, caller: Keyed
) -> None:
    row = make_booking(bella, status="confirmed")
    assert send(caller, row, source_id="tok_visa_0002").status_code == 402
    answer = send(caller, row, amount=1234, idempotency_key="another")
    assert (answer.status_code, answer.json()["data"]["amount"]) == (200, 1234)
