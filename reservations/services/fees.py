"""Fees for parties that did not come or cancelled too late: charged by permitted staff, once.

A hold is taken (a worker does it), a saved card is charged without its owner. A card that refuses
is never asked again: the guest can be sent a link. Of deposits and prepayments the house keeps
what the agreed ladder does not give back; there is no fee besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid
from core.locks import again_if_undone
from core.money import quantize
from payments.gateways.units import unit_of
from payments.models import Errand, Payment, PaymentKind
from payments.services.charges import OPEN
from payments.services.errands import request_capture
from reservations.engine.lifecycle import Status
from reservations.engine.money import RefundStep
from reservations.engine.policies import refund_amount, refund_percent
from reservations.errors import FeeUnconfirmed, NoFeeDue, NotChangeable, PaymentAsked
from reservations.models import PaymentRequest, Reservation
from reservations.models.payment_requests import FEES
from reservations.selectors.bookings import Booking, booking
from reservations.services.charges_later import ask, begin, card_of, has_run_out, tell_of_fee
from reservations.services.payment_requests import ask_for_fee, locked_booking
from restaurants.access import Capability, check_staff

NO_SHOW, LATE = PaymentKind.NO_SHOW_FEE.value, PaymentKind.LATE_CANCEL_FEE.value
_STATUS = {NO_SHOW: Status.NO_SHOW, LATE: Status.CANCELLED}


@dataclass(frozen=True, slots=True)
class FeeQuote:
    """What could be charged now, and how."""

    kind: str
    """``no_show_fee`` or ``late_cancel``."""
    amount: Decimal
    """By the agreed ladder; what staff charge when they say nothing else."""
    most: Decimal
    """As much as the guest agreed to."""
    currency: str
    unit: Decimal
    """What amounts have to be multiples of: less cannot be moved."""
    way: str
    """``hold`` (it is taken), ``card`` (it is charged), ``link`` (the guest is asked)."""


@dataclass(frozen=True, slots=True)
class Fee:
    """What became of charging a fee."""

    payment: Payment
    outcome: str
    """``charged``, ``pending`` (a worker or the sweep finishes it) or ``refused``."""
    may_send_link: bool = False
    """Refused: :func:`send_fee_link` asks the guest instead."""


def charge_no_show_fee(
    identifier: str, *, amount: Decimal | None = None, by: Actor, confirm: bool
) -> Fee:
    """Charge the fee of a party that did not come; see :func:`charge_fee`."""
    return charge_fee(identifier, NO_SHOW, amount=amount, by=by, confirm=confirm)


def charge_late_cancel_fee(
    identifier: str, *, amount: Decimal | None = None, by: Actor, confirm: bool
) -> Fee:
    """Charge the fee of a party that cancelled too late; see :func:`charge_fee`."""
    return charge_fee(identifier, LATE, amount=amount, by=by, confirm=confirm)


@again_if_undone
def charge_fee(
    identifier: str, kind: str, *, amount: Decimal | None = None, by: Actor, confirm: bool
) -> Fee:
    """Take a fee from the hold or the card that secured the booking. Outside of any transaction.

    One fee per booking: a second click finds the first. ``by`` is a member of staff with the
    capability ``charge`` and stands in the audit trail with their name; ``confirm`` says that they
    saw the amount. Raises Forbidden, FeeUnconfirmed with the amount, NoFeeDue (nothing secured it,
    or in time), NotChangeable (it is no no-show, no cancellation), PaymentAsked (a link was sent),
    and Invalid for more than was agreed.
    """
    check_staff(by, Capability.CHARGE, booking(identifier).house.id)
    with transaction.atomic():
        row, found = locked_booking(booking(identifier).id)
        if (known := _known(row)) is None:
            quoted = quote_fee(row, found, kind)
            due = _checked(quoted, amount)
            if not confirm:
                raise FeeUnconfirmed(
                    amount=str(quantize(due, quoted.currency)),
                    currency=quoted.currency,
                    kind=kind,
                    way=quoted.way,
                )
            known = _begin(row, quoted, due, by)
    if known.kind == PaymentKind.HOLD:
        return _of_capture(known)
    return _fee_of(ask(known, found))


@again_if_undone
def send_fee_link(
    identifier: str, kind: str, *, amount: Decimal | None = None, by: Actor
) -> PaymentRequest:
    """Ask the guest for the fee by a link, after the card refused or its hold had run out.

    Raises what :func:`charge_fee` raises, and PaymentAsked when a link is there already.
    """
    check_staff(by, Capability.CHARGE, booking(identifier).house.id)
    with transaction.atomic():
        row, found = locked_booking(booking(identifier).id)
        quoted = quote_fee(row, found, kind)
        if quoted.way != "link":
            raise NoFeeDue(gettext("Charge the card first; a link is for when it refuses."))
        return ask_for_fee(row, found, kind, _checked(quoted, amount), by=by)


def quote_fee(row: Reservation, found: Booking, kind: str) -> FeeQuote:
    """What this booking's fee would be, and how it would be taken. No provider is asked.

    Raises NotChangeable and NoFeeDue as :func:`charge_fee`, NoFeeDue also when it was charged
    before or is being charged, and PaymentAsked when a link was sent.
    """
    if kind not in FEES:
        raise Invalid(kind=gettext("Say which fee: no_show_fee or late_cancel."))
    if row.status != _STATUS[kind]:
        raise NotChangeable(status=row.status)
    payment = row.payment
    if payment is None or row.payment_kind not in (PaymentKind.HOLD, PaymentKind.CARD):
        raise NoFeeDue
    if _known(row) is not None:
        raise NoFeeDue(gettext("The fee was charged already."))
    requests = PaymentRequest.objects.filter(reservation=row, kind__in=FEES)
    if requests.filter(status__in=["open", "paid"]).exists():
        raise PaymentAsked
    unit = unit_of(payment.gateway, row.currency)
    amount = _by_ladder(row, kind, unit)
    if amount <= 0:
        raise NoFeeDue(gettext("This booking was cancelled in time."))
    return FeeQuote(kind, amount, row.deposit_amount, found.currency, unit, _way(row, payment))


def _way(row: Reservation, payment: Payment) -> str:
    """How a fee can be taken now; raises NoFeeDue when card and hold were let go on purpose."""
    was_refused = Payment.objects.filter(
        idempotency_key=_key(row), status__in=[Payment.Status.FAILED, Payment.Status.VOIDED]
    ).exists()
    if was_refused or payment.status == Payment.Status.FAILED:
        return "link"
    if card_of(payment) is not None:
        return "card"
    if has_run_out(payment):
        return "link"
    if payment.status == Payment.Status.AUTHORIZED and not payment.errand:
        return "hold"
    if payment.errand == Errand.RELEASE or payment.status == Payment.Status.VOIDED:
        raise NoFeeDue(gettext("The card was let go, so nothing can be charged to it."))
    raise NoFeeDue


def _by_ladder(row: Reservation, kind: str, unit: Decimal) -> Decimal:
    """What the ladder does not give back: all of it for a no-show."""
    percent = 0
    if kind == LATE and row.cancelled_at is not None:
        ladder = [RefundStep(hours, share) for hours, share in row.refund_ladder]
        percent = min(refund_percent(ladder, row.starts_at, row.cancelled_at), row.refund_cap)
    total = row.deposit_amount
    return total - refund_amount(total, percent, unit)


def _checked(quoted: FeeQuote, amount: Decimal | None) -> Decimal:
    due = quoted.amount if amount is None else amount
    if due % quoted.unit and due != quoted.most:
        raise Invalid(amount=gettext("This is not an amount that can be moved."))
    if not 0 < due <= quoted.most:
        most = {"most": f"{quantize(quoted.most, quoted.currency)} {quoted.currency}"}
        raise Invalid(amount=gettext("The guest agreed to %(most)s at most.") % most)
    return due


def _known(row: Reservation) -> Payment | None:
    """The fee that was begun before, by an earlier click or a colleague."""
    fee = Payment.objects.filter(idempotency_key=_key(row)).first()
    if fee is not None and fee.status not in (Payment.Status.FAILED, Payment.Status.VOIDED):
        return fee
    payment = row.payment
    if payment is None or payment.kind != PaymentKind.HOLD:
        return None
    is_taken = payment.errand == Errand.CAPTURE or payment.status == Payment.Status.SUCCEEDED
    return payment if is_taken else None


def _begin(row: Reservation, quoted: FeeQuote, due: Decimal, by: Actor) -> Payment:
    now = clock.now()
    payment = row.payment
    if payment is None or quoted.way == "link":
        raise NoFeeDue(gettext("The card refused, or its hold has run out. Send a payment link."))
    audit.record(
        f"reservation.{quoted.kind}",
        row.public_id,
        by=by,
        restaurant_id=row.restaurant_id,
        amount=str(quantize(due, quoted.currency)),
        currency=quoted.currency,
        way=quoted.way,
    )
    if quoted.way == "hold":
        return request_capture(payment.pk, due, by=by, at=now)
    card = card_of(payment) or payment
    return begin(row, card, kind=quoted.kind, amount=due, key=_key(row))


def tell_of_capture(payment_id: int) -> None:
    """Tell the guest that a fee was taken from what was set aside, in the caller's transaction."""
    row = Reservation.objects.filter(payment_id=payment_id).select_related("payment").first()
    if row is not None and row.payment is not None:
        kind = NO_SHOW if row.status == Status.NO_SHOW else LATE
        tell_of_fee(row, booking(row.public_id), kind, row.payment.captured)


def _key(row: Reservation) -> str:
    return f"fee:{row.public_id}"


def _of_capture(payment: Payment) -> Fee:
    is_done = payment.status == Payment.Status.SUCCEEDED
    return Fee(payment, "charged" if is_done else "pending")


def _fee_of(payment: Payment) -> Fee:
    if payment.status in OPEN:
        return Fee(payment, "pending")
    if payment.status == Payment.Status.SUCCEEDED:
        return Fee(payment, "charged")
    return Fee(payment, "refused", may_send_link=True)
