"""From hold to reservation: paying, repeating, declining, losing the answer, coming too late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from core.errors import Invalid
from core.models import AuditEntry
from customers.models import Customer
from notifications.models import Message
from payments.gateways.base import ChargeOutcome, ChargeResult, Order
from payments.gateways.sandbox import SandboxGateway
from payments.models import Payment, Refund, SandboxCharge
from reservations.errors import (
    HoldExpired,
    HoldNotFound,
    PaidTooLate,
    PaymentDeclined,
    PaymentPending,
)
from reservations.guests import Guest
from reservations.models import Hold, Reservation, TableClaim
from reservations.selectors.holds import HeldPlace
from reservations.services.confirmation import Confirmation, Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold, release_hold
from reservations.services.settlement import settle
from restaurants.models import DiningService, Restaurant
from tests.factories import make_bella
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

SATURDAY = dt.date(2025, 11, 15)
VISA = {"type": "credit-card", "last4": "4242", "cardBrand": "Visa"}
DECLINED = {"type": "credit-card", "number": "4000000000000002"}


def hold(restaurant: Restaurant, guest: Guest, time: str = "19:00", party: int = 2) -> HeldPlace:
    request = HoldRequest(restaurant.public_id, SATURDAY, time, party, source="api")
    return place_hold(request, guest, by=guest.actor)


def confirm(held: HeldPlace, guest: Guest, method: Any = VISA, **more: Any) -> Confirmation:
    return confirm_hold(
        held.public_id, guest, method=method, particulars=Particulars(**more), by=guest.actor
    )


def test_a_paid_hold_becomes_a_reservation_with_the_same_table(
    clock: Clock, bella: Restaurant, guest: Guest, user: User
) -> None:
    held = hold(bella, guest)
    table = TableClaim.objects.get().table_id
    clock.advance(minutes=3)
    made = confirm(held, guest, special_requests="Window seat please")

    assert made.is_new
    row = Reservation.objects.get()
    assert made.booking.public_id == row.public_id
    assert row.code == made.booking.code
    assert row.code.startswith("FT-")
    assert (row.status, row.party_size, row.source) == ("confirmed", 2, "api")
    assert (row.guest_name, row.guest_email) == ("Ada Guest", "ada@example.com")
    assert row.special_requests == "Window seat please"
    assert (row.user, row.deposit_amount) == (user, Decimal(50))
    assert Hold.objects.get().status == "confirmed"
    [claim] = TableClaim.objects.filter(released_at=None)
    assert (claim.table_id, claim.hold_id, claim.reservation_id) == (table, None, row.pk)
    assert claim.expires_at is None


def test_the_deposit_is_charged_once_and_recorded(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = hold(bella, guest)
    confirm(held, guest)
    payment = Payment.objects.get()
    assert (payment.status, payment.amount, payment.currency) == ("succeeded", Decimal(50), "USD")
    assert (payment.card_brand, payment.card_last4) == ("Visa", "4242")
    assert payment.idempotency_key == f"deposit:{held.public_id}:0"
    assert Reservation.objects.get().payment == payment
    charge = SandboxCharge.objects.get()
    assert (charge.minor_amount, charge.outcome) == (5000, "succeeded")
    assert charge.reference == payment.provider_reference


def test_a_confirmation_is_audited_and_its_message_waits_in_the_outbox(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    made = confirm(hold(bella, guest), guest)
    assert AuditEntry.objects.filter(
        verb="reservation.confirmed", target=made.booking.public_id
    ).exists()
    message = Message.objects.get()
    assert (message.kind, message.recipient) == ("reservation_confirmed", "ada@example.com")
    assert message.payload["code"] == made.booking.code
    assert message.payload["reservation_id"] == made.booking.public_id
    assert message.payload["starts_at"] == "2025-11-16T00:00:00+00:00"


def test_the_guest_is_known_to_the_restaurant_group_afterwards(
    clock: Clock, bella: Restaurant, guest: Guest, user: User
) -> None:
    confirm(hold(bella, guest), guest)
    clock.advance(minutes=1)
    confirm(hold(bella, guest, "12:00"), guest)
    customer = Customer.objects.get()
    assert customer.user == user
    assert set(Reservation.objects.values_list("customer", flat=True)) == {customer.pk}


def test_confirming_again_answers_with_the_same_reservation_and_charges_nothing(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = hold(bella, guest)
    first = confirm(held, guest)
    clock.advance(hours=1)
    again = confirm(held, guest)
    assert not again.is_new
    assert again.booking.public_id == first.booking.public_id
    assert SandboxCharge.objects.count() == 1
    assert Message.objects.count() == 1


def test_a_declined_card_keeps_the_hold_and_another_card_may_be_tried(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = hold(bella, guest)
    with pytest.raises(PaymentDeclined) as caught:
        confirm(held, guest, DECLINED)
    assert caught.value.text == "Payment failed: Your card was declined."
    assert Hold.objects.get().status == "live"
    assert not Reservation.objects.exists()
    assert confirm(held, guest).is_new
    assert list(Payment.objects.order_by("id").values_list("status", flat=True)) == [
        "failed",
        "succeeded",
    ]


def test_a_hold_with_a_deposit_needs_a_payment_method(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = hold(bella, guest)
    with pytest.raises(Invalid) as caught:
        confirm(held, guest, None)
    assert caught.value.details == {"payment_method": "This field is missing."}
    assert not Payment.objects.exists()


def test_without_a_deposit_nobody_asks_for_a_card(clock: Clock, guest: Guest) -> None:
    free = make_bella(deposit=None)
    made = confirm(hold(free, guest), guest, None)
    assert made.booking.deposit == 0
    assert Reservation.objects.get().payment is None
    assert not SandboxCharge.objects.exists()


def test_a_lapsed_hold_is_not_confirmed_and_not_charged(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = hold(bella, guest)
    clock.advance(minutes=10)
    with pytest.raises(HoldExpired) as caught:
        confirm(held, guest)
    assert caught.value.text == "Hold has expired. Please create a new reservation."
    assert not SandboxCharge.objects.exists()


def test_someone_elses_hold_cannot_be_confirmed(
    clock: Clock, bella: Restaurant, guest: Guest, new_guest: Callable[[], Guest]
) -> None:
    held = hold(bella, guest)
    with pytest.raises(HoldNotFound):
        confirm(held, new_guest())
    assert not Reservation.objects.exists()


def test_where_staff_accept_each_booking_it_starts_as_pending_with_its_table_kept(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    DiningService.objects.update(auto_confirm=False)
    made = confirm(hold(bella, guest), guest)
    assert made.booking.status == "pending"
    assert Message.objects.get().kind == "reservation_pending"
    assert TableClaim.objects.filter(released_at=None).count() == 1


def test_a_lost_answer_is_pending_and_the_retry_confirms_with_one_charge(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = hold(bella, guest)
    with pytest.raises(PaymentPending):
        confirm(held, guest, {"token": "tok_sandbox_lost_answer"})
    assert Payment.objects.get().status == "unknown"
    made = confirm(held, guest)
    assert made.is_new
    assert SandboxCharge.objects.count() == 1
    assert Payment.objects.get().status == "succeeded"


@pytest.fixture
def lapse_while_paying(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Lets twenty minutes pass, and something happen, while the provider is charging."""

    def arrange(meanwhile: Callable[[], object]) -> None:
        real = SandboxGateway.charge

        def slow(self: SandboxGateway, order: Order) -> ChargeResult:
            result = real(self, order)
            clock.advance(minutes=20)
            monkeypatch.setattr(SandboxGateway, "charge", real)
            meanwhile()
            return result

        monkeypatch.setattr(SandboxGateway, "charge", slow)

    return arrange


def test_a_hold_that_lapsed_while_paying_is_confirmed_if_nobody_took_the_table(
    bella: Restaurant, guest: Guest, lapse_while_paying: Callable[..., None]
) -> None:
    held = hold(bella, guest)
    lapse_while_paying(lambda: None)
    assert confirm(held, guest).is_new
    assert Reservation.objects.get().payment is not None
    assert not Refund.objects.exists()


def test_a_hold_that_was_swept_while_paying_takes_a_free_table_again(
    bella: Restaurant, guest: Guest, lapse_while_paying: Callable[..., None]
) -> None:
    from reservations.services.holds import expire_holds

    held = hold(bella, guest)
    lapse_while_paying(expire_holds)
    assert confirm(held, guest).is_new
    row = Reservation.objects.get()
    assert row.claims.filter(released_at=None).count() == 1
    assert row.hold_id == held.id
    assert row.guest_email == "ada@example.com"
    assert row.payment is not None
    assert row.payment.status == "succeeded"


def test_a_guest_who_paid_too_late_for_a_taken_table_is_refunded_in_full_and_told(
    guest: Guest, new_guest: Callable[[], Guest], lapse_while_paying: Callable[..., None]
) -> None:
    small = make_bella(tables=1)
    held = hold(small, guest)
    rival = new_guest()
    lapse_while_paying(lambda: hold(small, rival))
    with pytest.raises(PaidTooLate):
        confirm(held, guest)
    assert not Reservation.objects.exists()
    refund = Refund.objects.get()
    assert refund.amount == Decimal(50)
    assert Payment.objects.get(pk=refund.payment_id).refunded == Decimal(50)
    assert Message.objects.get().kind == "deposit_refunded"
    with pytest.raises(HoldExpired):
        confirm(held, guest)
    assert Refund.objects.count() == 1


def test_a_guest_who_gave_the_table_back_while_paying_is_refunded(
    bella: Restaurant, guest: Guest, lapse_while_paying: Callable[..., None]
) -> None:
    held = hold(bella, guest)
    lapse_while_paying(lambda: release_hold(held.public_id, guest, by=guest.actor))
    with pytest.raises(PaidTooLate):
        confirm(held, guest)
    assert Refund.objects.get().amount == Decimal(50)
    assert not Reservation.objects.exists()


def test_settling_twice_changes_nothing_the_second_time(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = hold(bella, guest)
    confirm(held, guest)
    payment = Payment.objects.get()
    result = ChargeResult(ChargeOutcome.SUCCEEDED, payment.provider_reference, "Visa", "4242")
    assert settle(payment.pk, result) is not None
    assert (Reservation.objects.count(), Refund.objects.count()) == (1, 0)


def test_the_sweep_confirms_what_was_paid_when_the_process_died(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    from payments.services.settling import settle_unknown

    held = hold(bella, guest)
    with pytest.raises(PaymentPending):
        confirm(held, guest, {"token": "tok_sandbox_lost_answer"}, special_requests="Quiet table")
    clock.advance(minutes=5)
    settle_unknown()
    row = Reservation.objects.get()
    assert (row.hold_id, row.guest_email) == (held.id, "ada@example.com")
    assert row.special_requests == "Quiet table"
    assert Payment.objects.get().status == "succeeded"
