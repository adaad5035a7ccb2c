"""Contract 5's bookings that wait for money, and the way to the page where it is paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from payments.models import Policy
from reservations.models import PaymentRequest, Reservation
from reservations.services.payment_links import expire_requests
from restaurants.models import DiningService, Restaurant
from tests.api.conftest import Api
from tests.api.golden_files import assert_like, golden
from tests.api.venue.conftest import FRIDAY
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deposit(anchor: Restaurant) -> Policy:
    """Five pounds a head, for everybody."""
    anchor.policies.all().delete()
    return Policy.objects.create(restaurant=anchor, name="Deposit", amount=Decimal(5))


def book(site: Api, **more: Any) -> Any:
    body = {**golden("venue", "create_basic")["request"], "date": FRIDAY, **more}
    return site("POST", "table-bookings", body)


def test_the_documents_answer_for_a_booking_with_a_deposit(
    anchor: Restaurant, site: Api, deposit: Policy
) -> None:
    answer = book(site)
    assert answer.status_code == 201
    aside = {"booking_id", "booking_reference", "customer_id", "date", "sms_status"}
    aside |= {"payment_url", "expires_at"}
    printed = golden("venue", "create_to_pay")["response"]
    assert_like(answer.json(), printed, aside=aside)
    details = answer.json()["data"]["payment_details"]
    assert details["expires_at"] == "2025-11-10T17:30:00Z"
    assert details["payment_url"].endswith(
        f"/api/table-bookings/payment/create?booking_id={Reservation.objects.get().public_id}"
    )


def test_the_address_leads_to_the_page_that_takes_the_money(
    anchor: Restaurant, site: Api, deposit: Policy, client: Client
) -> None:
    details = book(site).json()["data"]["payment_details"]
    path = "/api/" + details["payment_url"].partition("/api/")[2]
    answer = client.get(path)
    assert answer.status_code == 302
    there = "/pay/" + answer["Location"].partition("/pay/")[2]
    assert "£20.00" in client.get(there).content.decode()
    client.post(there, {"card": "tok_visa_4242"})
    assert (Reservation.objects.get().status, Reservation.objects.get().deposit_amount) == (
        "confirmed",
        Decimal(20),
    )
    assert client.get(path)["Location"] == answer["Location"]


def test_a_code_that_can_be_guessed_opens_no_payment_page(
    anchor: Restaurant, site: Api, deposit: Policy, client: Client
) -> None:
    book(site)
    for name in (Reservation.objects.get().code, "res_0000000000000000", ""):
        answer = client.get("/api/table-bookings/payment/create", {"booking_id": name})
        assert answer.status_code in (400, 404), name


def test_what_is_not_paid_in_time_is_cancelled(
    anchor: Restaurant, site: Api, deposit: Policy, clock: Clock
) -> None:
    reference = book(site).json()["data"]["booking_reference"]
    who = "?customer_phone=07700900000"
    shown = site("GET", f"table-bookings/{reference}{who}").json()["booking"]
    assert shown["status"] == "pending_payment"
    clock.advance(minutes=31)
    assert expire_requests() == 1
    shown = site("GET", f"table-bookings/{reference}{who}").json()["booking"]
    assert shown["status"] == "cancelled"


def test_a_house_that_accepts_each_booking_still_does_once_it_is_paid(
    anchor: Restaurant, site: Api, deposit: Policy
) -> None:
    DiningService.objects.update(auto_confirm=False)
    assert book(site).json()["data"]["status"] == "pending_payment"
    assert PaymentRequest.objects.get().becomes == "pending"


def test_contract_1_goes_on_saying_pending(anchor: Restaurant, keyed: Any, deposit: Policy) -> None:
    caller = keyed("write:reservations", restaurant=anchor, source="opentable")
    body = {
        "customerName": "John Doe",
        "customerEmail": "john@example.com",
        "customerPhone": "07700900123",
        "date": FRIDAY,
        "time": "19:00",
        "partySize": 4,
    }
    answer = caller("POST", "reservations", body)
    assert (answer.status_code, Reservation.objects.get().status) == (201, "pending")
    assert PaymentRequest.objects.count() == 0
