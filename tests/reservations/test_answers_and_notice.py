"""Bookings that wait for the house, refunds by who cancels, and notice that is lost for good."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from core.actors import SYSTEM, Actor, ActorKind
from notifications.models import Message
from payments.gateways.base import ChargeOutcome, ChargeResult
from payments.models import Payment, Refund, SandboxCharge
from reservations.engine.lifecycle import Status
from reservations.errors import NotBookable, NotChangeable, PaymentPending, PaymentsUnavailable
from reservations.guests import Guest
from reservations.models import Hold, Reservation, TableClaim
from reservations.selectors.bookings import Booking, booking
from reservations.services import changes
from reservations.services.cancellation import cancel_reservation, quote
from reservations.services.changes import Change, change_for_guest
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, expire_holds, place_hold
from reservations.services.progress import accept, decline, expire_unanswered, step
from reservations.services.settlement import settle
from restaurants.models import DiningService, Restaurant
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

SATURDAY = dt.date(2025, 11, 15)
STAFF = Actor(ActorKind.STAFF, "staff_1", "Sam")


def book(
    restaurant: Restaurant, guest: Guest, time: str = "19:00", party: int = 2, token: str = ""
) -> Booking:
    request = HoldRequest(restaurant.public_id, SATURDAY, time, party)
    held = place_hold(request, guest, by=guest.actor)
    method = {"token": token} if token else {"last4": "4242", "cardBrand": "Visa"}
    return confirm_hold(
        held.public_id, guest, method=method, particulars=Particulars(), by=guest.actor
    ).booking


def move(made: Booking, guest: Guest, change: Change) -> Booking:
    return change_for_guest(made.public_id, guest.user_public_id, change, by=guest.actor)


@pytest.fixture
def waiting(clock: Clock, bella: Restaurant, guest: Guest) -> Booking:
    """A paid booking that the house has to accept."""
    DiningService.objects.update(auto_confirm=False)
    return book(bella, guest)


def test_an_accepted_request_is_confirmed_to_its_guest(waiting: Booking) -> None:
    assert waiting.status == "pending"
    assert accept(waiting.public_id, by=STAFF) == "pending"
    assert Reservation.objects.get().status == "confirmed"
    assert [m.kind for m in Message.objects.order_by("id")] == [
        "reservation_pending",
        "reservation_confirmed",
    ]
    assert TableClaim.objects.filter(released_at=None).count() == 1
    assert not Refund.objects.exists()


def test_a_declined_request_frees_the_table_returns_the_deposit_and_says_so(
    waiting: Booking,
) -> None:
    decline(waiting.public_id, by=STAFF, reason="private party")
    assert Reservation.objects.get().status == "declined"
    assert not TableClaim.objects.filter(released_at=None).exists()
    assert Refund.objects.get().amount == Decimal(50)
    assert Payment.objects.get().refunded == Decimal(50)
    message = Message.objects.order_by("-id")[0]
    assert (message.kind, message.payload["refund_percent"]) == ("reservation_declined", 100)
    with pytest.raises(NotChangeable):
        decline(waiting.public_id, by=STAFF)
    assert Refund.objects.count() == 1


def test_a_request_nobody_answers_lapses_after_a_day_with_the_money_back(
    clock: Clock, waiting: Booking
) -> None:
    clock.advance(hours=23, minutes=59)
    assert expire_unanswered() == 0
    clock.advance(minutes=1)
    assert expire_unanswered() == 1
    assert expire_unanswered() == 0
    assert Reservation.objects.get().status == "expired"
    assert Refund.objects.get().amount == Decimal(50)
    assert Message.objects.order_by("-id")[0].kind == "reservation_expired"


def test_a_request_whose_time_has_come_lapses_too(clock: Clock, waiting: Booking) -> None:
    Reservation.objects.update(status_changed_at=waiting.starts_at)
    clock.now = waiting.starts_at
    assert expire_unanswered() == 1


def test_a_lapsed_hold_that_is_taken_again_waits_for_the_house_like_any_other(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    DiningService.objects.update(auto_confirm=False)
    with pytest.raises(PaymentPending):
        book(bella, guest, token="tok_sandbox_lost_answer")
    clock.advance(minutes=20)
    expire_holds()
    charge = SandboxCharge.objects.get()
    result = ChargeResult(ChargeOutcome.SUCCEEDED, charge.reference, "Visa", "4242")
    settle(Payment.objects.get().pk, result)
    assert Reservation.objects.get().status == "pending"
    assert [m.kind for m in Message.objects.all()] == ["reservation_pending"]


@pytest.mark.parametrize(
    ("by", "by_ladder", "percent", "amount"),
    [
        (STAFF, False, 100, "50"),
        (SYSTEM, False, 100, "50"),
        (STAFF, True, 0, "0"),
        (Actor(ActorKind.PARTNER, "p"), False, 0, "0"),
    ],
)
def test_when_the_house_cancels_everything_comes_back(
    clock: Clock,
    bella: Restaurant,
    guest: Guest,
    by: Actor,
    by_ladder: bool,
    percent: int,
    amount: str,
) -> None:
    made = book(bella, guest)
    clock.now = made.starts_at - dt.timedelta(hours=1)
    done = cancel_reservation(made.public_id, by=by, by_ladder=by_ladder)
    assert (done.percent, done.amount) == (percent, Decimal(amount))


def test_moving_a_booking_late_does_not_win_back_the_lost_refund(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    made = book(bella, guest)
    clock.now = made.starts_at - dt.timedelta(hours=5)
    moved = move(made, guest, Change(service_date=dt.date(2025, 12, 6)))
    assert quote(moved) == (50, Decimal(25))
    clock.now = moved.starts_at - dt.timedelta(hours=2)
    assert quote(booking(made.public_id)) == (0, Decimal(0))


def test_moving_a_booking_in_good_time_costs_nothing(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    made = book(bella, guest)
    moved = move(made, guest, Change(service_date=dt.date(2025, 12, 6)))
    assert quote(moved) == (100, Decimal(50))


def test_a_guest_cannot_move_a_booking_whose_time_has_come(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    made = book(bella, guest)
    clock.now = made.starts_at
    with pytest.raises(NotChangeable):
        move(made, guest, Change(time="21:00"))
    assert Reservation.objects.get().starts_at == made.starts_at


def test_a_larger_party_that_owes_a_larger_deposit_is_sent_to_the_house(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    made = book(bella, guest)
    with pytest.raises(NotChangeable) as caught:
        move(made, guest, Change(party_size=4))
    assert caught.value.details == {"deposit": "100.00", "paid": "50.000"}
    assert Reservation.objects.get().party_size == 2
    assert TableClaim.objects.filter(released_at=None).count() == 1


def test_nobody_is_no_party(clock: Clock, bella: Restaurant, guest: Guest) -> None:
    made = book(bella, guest)
    with pytest.raises(NotBookable):
        move(made, guest, Change(party_size=0))


def test_a_change_that_changes_nothing_is_none(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    made = book(bella, guest)
    for change in (Change(), Change(time="19:00", party_size=2), Change(special_requests="")):
        assert move(made, guest, change).sequence == 0
    assert [m.kind for m in Message.objects.all()] == ["reservation_confirmed"]


@pytest.mark.parametrize(
    "meanwhile", [Change(time="21:00"), Change(service_date=dt.date(2025, 11, 20))]
)
def test_a_change_goes_by_the_book_under_the_lock_not_by_what_was_seen_before(
    clock: Clock,
    bella: Restaurant,
    guest: Guest,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Change,
) -> None:
    made = book(bella, guest)
    moved = move(made, guest, meanwhile)
    stale, real = [made], booking
    monkeypatch.setattr(changes, "booking", lambda key: stale.pop() if stale else real(key))
    after = move(made, guest, Change(special_requests="Quiet"))
    assert not stale
    assert (after.service_date, after.wall_time) == (moved.service_date, moved.wall_time)
    assert after.special_requests == "Quiet"


def test_where_no_gateway_may_take_money_a_deposit_is_refused_before_anything_is_held(
    clock: Clock, bella: Restaurant, guest: Guest, settings: object
) -> None:
    settings.SANDBOX_ENABLED = False  # type: ignore[attr-defined]
    with pytest.raises(PaymentsUnavailable):
        book(bella, guest)
    assert not Hold.objects.exists()


def test_two_payments_of_one_hold_are_refunded_each_for_itself(
    clock: Clock, bella: Restaurant, guest: Guest, new_guest: Callable[[], Guest]
) -> None:
    with pytest.raises(PaymentPending):
        book(bella, guest, token="tok_sandbox_lost_answer")
    first = Payment.objects.get()
    Hold.objects.update(status="released")
    second = Payment.objects.get()
    second.pk, second.public_id, second.idempotency_key = None, "pay_second", "deposit:second:1"
    second.save()
    result = ChargeResult(ChargeOutcome.SUCCEEDED, SandboxCharge.objects.get().reference)
    for payment in (first, second):
        settle(payment.pk, result)
    assert sorted(Refund.objects.values_list("payment_id", flat=True)) == [first.pk, second.pk]


def test_seating_a_confirmed_party_sends_nobody_a_message(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    made = book(bella, guest)
    step(made.public_id, Status.SEATED, by=STAFF)
    assert Message.objects.count() == 1
