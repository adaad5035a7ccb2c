"""Fees, holds near the date, cards after the visit, what staff give back and set off."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from core.actors import SYSTEM, Actor, ActorKind
from core.errors import Forbidden, Invalid
from core.models import AuditEntry
from payments.errors import NothingToRedeem, RedemptionTooLarge, RefundTooLarge
from payments.gateways.sandbox import CAPTURE_FAILS, FEE_DECLINED, FEE_NEEDS_OWNER
from payments.models import Payment, Redemption, Refund, SandboxCharge
from payments.services import errands
from payments.services.by_staff import redeem, refund_by_staff, release_by_staff
from reservations.engine.lifecycle import Status
from reservations.errors import FeeUnconfirmed, NoFeeDue, NotChangeable, PaymentAsked
from reservations.guests import Guest
from reservations.models import PaymentRequest, Reservation
from reservations.proof import money_invariants
from reservations.proof.invariants import broken
from reservations.selectors.bookings import booking
from reservations.services import near_holds, progress
from reservations.services.cancellation import cancel_reservation
from reservations.services.changes import Change, change_reservation
from reservations.services.fees import (
    charge_late_cancel_fee,
    charge_no_show_fee,
    quote_fee,
    send_fee_link,
)
from reservations.services.payment_links import pay as pay_link
from reservations.services.redemption import redeem as redeem_on_bill
from restaurants.models import Restaurant, Role
from tests.faults.acts import VISA, hold, pay
from tests.fixtures.domain import NOON, Clock
from tests.payments.rows import at_once
from tests.reservations.money import kinds_sent, make_manager, secured_by

pytestmark = pytest.mark.django_db(transaction=True)

GUEST = Actor(ActorKind.GUEST, "", "Guest")


@pytest.fixture
def manager(bella: Restaurant) -> Actor:
    return make_manager(bella)


def booked(house: Restaurant, guest: Guest, kind: str, method: Any = VISA) -> Reservation:
    """A booking for two on Saturday at seven that this kind of policy secures by 25 a head."""
    secured_by(house, kind)
    made = pay(hold(house, guest), guest, method).booking
    return Reservation.objects.get(public_id=made.public_id)


def missed(row: Reservation, clock: Clock) -> str:
    """The party did not come."""
    clock.set("2025-11-15T20:00:00-05:00")
    progress.step(row.public_id, Status.NO_SHOW, by=SYSTEM)
    return row.public_id


def near(clock: Clock) -> None:
    """Three days before: close enough for money to be set aside."""
    clock.set("2025-11-12T12:00:00-05:00")


def fees() -> list[tuple[str, str, Decimal]]:
    rows = Payment.objects.filter(idempotency_key__startswith="fee:").order_by("id")
    return [(row.kind, row.status, row.captured) for row in rows]


def test_a_card_on_file_is_charged_for_a_no_show(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    identifier = missed(booked(bella, guest, "card"), clock)
    fee = charge_no_show_fee(identifier, by=manager, confirm=True)
    assert (fee.outcome, fee.payment.captured) == ("charged", Decimal(50))
    assert fees() == [("no_show_fee", "succeeded", Decimal(50))]
    assert fee.payment.parent == Reservation.objects.get().payment
    entry = AuditEntry.objects.get(verb="reservation.no_show_fee")
    assert (entry.actor_label, entry.data["amount"]) == (manager.label, "50.00")
    assert kinds_sent()[-1] == "fee_charged"


def test_a_second_click_finds_the_first_fee(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    identifier = missed(booked(bella, guest, "card"), clock)

    def click(_: int) -> str:
        return charge_no_show_fee(identifier, by=manager, confirm=True).outcome

    assert set(at_once(8, click)) <= {"charged", "pending"}
    assert len(fees()) == 1
    assert SandboxCharge.objects.filter(outcome="succeeded").count() == 1


def test_a_fee_that_was_charged_is_offered_no_more(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    identifier = missed(booked(bella, guest, "card"), clock)
    charge_no_show_fee(identifier, amount=Decimal(20), by=manager, confirm=True)
    with pytest.raises(NoFeeDue, match="charged already"):
        quote_fee(Reservation.objects.get(), booking(identifier), "no_show_fee")
    with pytest.raises(NoFeeDue, match="charged already"):
        send_fee_link(identifier, "no_show_fee", by=manager)


def test_a_hold_is_taken_once_and_the_rest_goes_back(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    near(clock)
    identifier = missed(booked(bella, guest, "hold"), clock)
    charge_no_show_fee(identifier, amount=Decimal(20), by=manager, confirm=True)
    errands.process_errands()
    again = charge_no_show_fee(identifier, amount=Decimal(50), by=manager, confirm=True)
    payment = Payment.objects.get()
    assert (again.outcome, payment.status, payment.captured) == (
        "charged",
        "succeeded",
        Decimal(20),
    )


def test_nothing_is_charged_before_somebody_confirms_the_amount(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    identifier = missed(booked(bella, guest, "card"), clock)
    with pytest.raises(FeeUnconfirmed) as told:
        charge_no_show_fee(identifier, by=manager, confirm=False)
    assert told.value.details == {
        "amount": "50.00",
        "currency": "USD",
        "kind": "no_show_fee",
        "way": "card",
    }
    assert fees() == []


@pytest.mark.parametrize("role", [Role.HOST, Role.VIEWER])
def test_only_who_may_charge_does(
    clock: Clock, bella: Restaurant, guest: Guest, role: Role
) -> None:
    identifier = missed(booked(bella, guest, "card"), clock)
    for by in (make_manager(bella, role), SYSTEM, GUEST):
        with pytest.raises(Forbidden):
            charge_no_show_fee(identifier, by=by, confirm=True)
    assert fees() == []


def test_no_more_than_was_agreed(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    identifier = missed(booked(bella, guest, "card"), clock)
    for amount in ("50.01", "0", "-1", "0.001"):
        with pytest.raises(Invalid):
            charge_no_show_fee(identifier, amount=Decimal(amount), by=manager, confirm=True)
    assert fees() == []


def test_a_late_cancellation_costs_what_the_ladder_does_not_give_back(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    row = booked(bella, guest, "card")
    clock.set("2025-11-15T12:00:00-05:00")
    cancel_reservation(row.public_id, by=GUEST)
    with pytest.raises(NotChangeable):
        charge_no_show_fee(row.public_id, by=manager, confirm=True)
    assert charge_late_cancel_fee(row.public_id, by=manager, confirm=True).outcome == "charged"
    assert fees() == [("late_cancel", "succeeded", Decimal(25))]


def test_cancelling_in_time_costs_nothing_and_lets_the_card_go(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    row = booked(bella, guest, "card")
    cancel_reservation(row.public_id, by=GUEST)
    errands.process_errands()
    with pytest.raises(NoFeeDue):
        charge_late_cancel_fee(row.public_id, by=manager, confirm=True)
    assert Payment.objects.get().status == "voided"


def test_a_deposit_needs_no_fee_it_stays(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    identifier = missed(booked(bella, guest, "deposit"), clock)
    with pytest.raises(NoFeeDue):
        charge_no_show_fee(identifier, by=manager, confirm=True)
    assert (Payment.objects.get().captured, Refund.objects.count()) == (Decimal(50), 0)


@pytest.mark.parametrize("token", [FEE_DECLINED, FEE_NEEDS_OWNER])
def test_a_card_that_refuses_is_asked_once_and_the_guest_gets_a_link(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor, token: str
) -> None:
    identifier = missed(booked(bella, guest, "card", {"token": token}), clock)
    with pytest.raises(NoFeeDue, match="Charge the card first"):
        send_fee_link(identifier, "no_show_fee", by=manager)
    fee = charge_no_show_fee(identifier, by=manager, confirm=True)
    assert (fee.outcome, fee.may_send_link) == ("refused", True)
    with pytest.raises(NoFeeDue, match="Send a payment link"):
        charge_no_show_fee(identifier, by=manager, confirm=True)
    assert fees() == [("no_show_fee", "failed", Decimal(0))]

    request = send_fee_link(identifier, "no_show_fee", by=manager)
    assert kinds_sent()[-1] == "payment_requested"
    for again in (send_fee_link, charge_no_show_fee):
        more: dict[str, Any] = {"confirm": True} if again is charge_no_show_fee else {}
        args = () if more else ("no_show_fee",)
        with pytest.raises(PaymentAsked):
            again(identifier, *args, by=manager, **more)
    assert pay_link(request.pk, VISA, by=GUEST).status == "paid"
    row = Reservation.objects.get()
    assert (row.status, row.payment_kind) == ("no_show", "card")
    assert Payment.objects.get(purpose=request.public_id).captured == 50


def test_a_hold_that_is_gone_when_it_is_taken_leads_to_a_link(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    near(clock)
    identifier = missed(booked(bella, guest, "hold", {"token": CAPTURE_FAILS}), clock)
    charge_no_show_fee(identifier, by=manager, confirm=True)
    errands.process_errands()
    assert Payment.objects.get().status == "failed"
    assert send_fee_link(identifier, "no_show_fee", by=manager).amount == 50


# --- Holds near the date --------------------------------------------------------------------------


def test_a_hold_far_ahead_saves_the_card_and_is_placed_before_the_visit(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    row = booked(bella, guest, "hold")
    assert row.payment is not None
    assert (row.payment_kind, row.payment.kind, row.payment.status) == ("hold", "card", "saved")
    assert "Your card is saved now." in row.payment.agreed_text
    assert near_holds.authorise_holds() == 0
    near(clock)
    assert near_holds.authorise_holds() == 1
    assert near_holds.authorise_holds() == 0
    row.refresh_from_db()
    assert row.payment is not None
    assert (row.payment.kind, row.payment.status, row.payment.amount) == (
        "hold",
        "authorized",
        Decimal(50),
    )
    assert row.payment.parent is not None


@pytest.mark.parametrize(
    "lapsed",
    [
        {"capture_before": NOON},
        {"status": "voided", "failure_code": errands.LET_GO_THERE},
    ],
)
@pytest.mark.parametrize("is_far", [True, False])
def test_a_hold_that_ran_out_leaves_the_card_it_was_placed_on_or_else_a_link(
    clock: Clock,
    bella: Restaurant,
    guest: Guest,
    manager: Actor,
    lapsed: dict[str, Any],
    is_far: bool,
) -> None:
    if not is_far:
        near(clock)
    row = booked(bella, guest, "hold")
    near(clock)
    near_holds.authorise_holds()
    Payment.objects.filter(kind="hold").update(**lapsed)
    identifier = missed(row, clock)
    if is_far:
        assert charge_no_show_fee(identifier, by=manager, confirm=True).outcome == "charged"
        assert fees() == [("no_show_fee", "succeeded", Decimal(50))]
    else:
        with pytest.raises(NoFeeDue, match="Send a payment link"):
            charge_no_show_fee(identifier, by=manager, confirm=True)
        assert send_fee_link(identifier, "no_show_fee", by=manager).amount == 50


LAPSED = {
    "unnoticed": {},
    "told": {"status": "voided", "failure_code": errands.LET_GO_THERE},
}


def moved(row: Reservation, clock: Clock, lapsed: str) -> None:
    """Two weeks later, so that what is set aside for now runs out; it is near then."""
    near_holds.authorise_holds()
    change_reservation(row.public_id, Change(service_date=dt.date(2025, 11, 29)), by=SYSTEM)
    assert near_holds.authorise_holds() == 0
    clock.set("2025-11-26T12:00:00-05:00")
    Payment.objects.filter(kind="hold").update(**LAPSED[lapsed])
    if lapsed == "told":
        SandboxCharge.objects.filter(outcome="authorized").update(outcome="voided")


def at_rest() -> dict[str, Any]:
    """What is wrong with the money once the workers have been."""
    errands.process_errands()
    return broken([*money_invariants.ALWAYS, *money_invariants.AT_REST])


@pytest.mark.parametrize("lapsed", LAPSED)
def test_a_booking_that_was_moved_away_from_its_hold_gets_another_one(
    clock: Clock, bella: Restaurant, guest: Guest, lapsed: str
) -> None:
    row = booked(bella, guest, "hold")
    near(clock)
    moved(row, clock, lapsed)
    assert near_holds.authorise_holds() == 1
    assert near_holds.authorise_holds() == 0
    assert at_rest() == {}
    row.refresh_from_db()
    assert row.payment is not None
    assert (row.payment.kind, row.payment.status) == ("hold", "authorized")
    statuses = Payment.objects.order_by("id").values_list("kind", "status")
    assert list(statuses) == [("card", "saved"), ("hold", "voided"), ("hold", "authorized")]
    assert SandboxCharge.objects.filter(outcome="authorized").count() == 1


@pytest.mark.parametrize("lapsed", LAPSED)
def test_without_a_saved_card_its_guest_gets_a_link(
    clock: Clock, bella: Restaurant, guest: Guest, lapsed: str
) -> None:
    near(clock)
    row = booked(bella, guest, "hold")
    moved(row, clock, lapsed)
    assert near_holds.authorise_holds() == 1
    assert near_holds.authorise_holds() == 0
    assert kinds_sent()[-1] == "payment_requested"
    request = PaymentRequest.objects.get()
    assert (request.kind, request.amount, request.becomes) == ("hold", Decimal(50), "")
    pay_link(request.pk, VISA, by=GUEST)
    assert at_rest() == {}
    row.refresh_from_db()
    assert row.payment is not None
    assert (row.payment.status, row.payment.purpose) == ("authorized", request.public_id)
    assert SandboxCharge.objects.filter(outcome="authorized").count() == 1


def test_what_somebody_let_go_at_the_provider_is_not_set_aside_again(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    booked(bella, guest, "hold")
    near(clock)
    near_holds.authorise_holds()
    Payment.objects.filter(kind="hold").update(**LAPSED["told"])
    assert near_holds.authorise_holds() == 0


def test_two_workers_place_one_hold(clock: Clock, bella: Restaurant, guest: Guest) -> None:
    booked(bella, guest, "hold")
    near(clock)
    at_once(4, lambda _: near_holds.authorise_holds())
    assert Payment.objects.filter(kind="hold").count() == 1
    assert SandboxCharge.objects.filter(outcome="authorized").count() == 1


def test_a_card_that_refuses_the_hold_leads_to_a_link_and_tells_the_house(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    row = booked(bella, guest, "hold", {"token": FEE_DECLINED})
    near(clock)
    assert near_holds.authorise_holds() == 1
    assert near_holds.authorise_holds() == 0
    assert kinds_sent()[-2:] == ["payment_requested", "hold_refused"]
    assert AuditEntry.objects.get(verb="reservation.hold_refused").target == row.public_id
    request = PaymentRequest.objects.get()
    assert (request.kind, request.becomes) == ("hold", "")
    pay_link(request.pk, VISA, by=GUEST)
    row.refresh_from_db()
    assert row.payment is not None
    assert (row.status, row.payment.status, row.payment.purpose) == (
        "confirmed",
        "authorized",
        request.public_id,
    )


# --- After the visit ------------------------------------------------------------------------------


def test_after_the_visit_hold_and_card_are_let_go_at_once(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    row = booked(bella, guest, "hold")
    near(clock)
    near_holds.authorise_holds()
    for to in (Status.SEATED, Status.COMPLETED):
        progress.step(row.public_id, to, by=Actor(ActorKind.STAFF, "", "Host"))
    errands.process_errands()
    assert set(Payment.objects.values_list("status", flat=True)) == {"voided"}


def test_without_a_fee_the_card_of_a_no_show_is_let_go_a_week_later(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    missed(booked(bella, guest, "card"), clock)
    clock.advance(days=6, hours=23)
    assert near_holds.let_cards_go() == 0
    clock.advance(hours=1)
    assert near_holds.let_cards_go() == 1
    errands.process_errands()
    assert near_holds.let_cards_go() == 0
    assert Payment.objects.get().status == "voided"


# --- What staff do --------------------------------------------------------------------------------


def test_staff_give_back_parts_and_then_the_rest(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    booked(bella, guest, "deposit")
    payment = Payment.objects.get()
    first = refund_by_staff(
        payment.public_id, Decimal(20), reason="Cold soup", by=manager, key="form1"
    )
    again = refund_by_staff(
        payment.public_id, Decimal(20), reason="Cold soup", by=manager, key="form1"
    )
    assert first == again
    rest = refund_by_staff(payment.public_id, reason="Sorry", by=manager, key="form2")
    assert rest.amount == 30
    with pytest.raises(RefundTooLarge):
        refund_by_staff(payment.public_id, Decimal(1), reason="More", by=manager, key="form3")
    with pytest.raises(Forbidden):
        refund_by_staff(
            payment.public_id,
            Decimal(1),
            reason="Mine",
            by=make_manager(bella, Role.HOST),
            key="form4",
        )


def test_sixteen_refunds_at_once_never_exceed_the_payment(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    booked(bella, guest, "deposit")
    payment = Payment.objects.get()

    def give(number: int) -> bool:
        try:
            refund_by_staff(
                payment.public_id, Decimal(7), reason="Part", by=manager, key=f"part{number}"
            )
        except RefundTooLarge:
            return False
        return True

    assert sum(at_once(16, give)) == 7
    assert Payment.objects.get().refunded == 49


def test_a_deposit_comes_off_the_bill_of_a_party_that_is_there(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    row = booked(bella, guest, "deposit")
    host = make_manager(bella, Role.HOST)
    payment = Payment.objects.get().public_id
    with pytest.raises(NotChangeable):
        redeem_on_bill(row.public_id, payment, Decimal(30), by=host, key="bill1")
    progress.step(row.public_id, Status.SEATED, by=host)
    for _ in range(2):
        redeem_on_bill(row.public_id, payment, Decimal(30), bill="17", by=host, key="bill1")
    assert Redemption.objects.get().by_label == host.label
    with pytest.raises(RedemptionTooLarge):
        redeem_on_bill(row.public_id, payment, Decimal(21), by=host, key="bill2")
    with pytest.raises(RefundTooLarge):
        refund_by_staff(payment, Decimal(21), reason="x", by=make_manager(bella), key="y")
    assert (
        refund_by_staff(payment, reason="x", by=make_manager(bella, Role.OWNER), key="z").amount
        == 20
    )


def test_a_card_on_file_comes_off_no_bill_and_can_be_released(
    clock: Clock, bella: Restaurant, guest: Guest, manager: Actor
) -> None:
    booked(bella, guest, "card")
    payment = Payment.objects.get().public_id
    with pytest.raises(NothingToRedeem):
        redeem(payment, Decimal(5), by=manager, key="bill")
    for _ in range(2):
        release_by_staff(payment, reason="Regular guest", by=manager)
    errands.process_errands()
    assert Payment.objects.get().status == "voided"
    assert AuditEntry.objects.filter(verb="payment.release_requested").count() == 1
