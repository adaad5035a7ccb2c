"""What staff do with a payment: give back some or all of it, let it go, set it off on a bill.

Each looks itself whether its person may, leaves their name in the audit trail, and can be repeated
with the same key.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext

from core import audit, clock, money
from core.actors import Actor
from core.errors import Invalid
from payments.errors import NothingSetAside, NothingToRedeem, RedemptionTooLarge
from payments.gateways.base import exact_minor
from payments.gateways.units import is_whole
from payments.models import Payment, PaymentKind, Redemption, Refund
from payments.services.errands import let_go
from payments.services.refunds import request_refund
from restaurants.access import Capability, check_staff

BY_STAFF = "staff:"
"""How the keys of refunds by staff begin: no rule of the book asked for them."""
LONGEST_KEY = 38
_REDEEMABLE = (PaymentKind.DEPOSIT, PaymentKind.PREPAYMENT)


def refund_by_staff(
    payment: str, amount: Decimal | None = None, *, reason: str, by: Actor, key: str
) -> Refund:
    """Owe ``amount`` of a payment (its public id), or all that is left, to its guest.

    A worker sends it. May be repeated: the same ``key`` (up to 38 characters, such as a form's) is
    the same refund. Raises Forbidden unless ``by`` manages the house, RefundTooLarge with what is
    left, and Invalid for a reason or an amount that cannot be.
    """
    if not reason.strip():
        raise Invalid(reason=gettext("Say why the money goes back."))
    with transaction.atomic():
        row = _locked(payment, by, Capability.MANAGE)
        name = _key(key)
        earlier = Refund.objects.filter(idempotency_key=name, payment=row).first()
        if earlier is not None:
            return earlier
        left = row.captured - row.refunded - row.redeemed
        due = left if amount is None else amount
        _check(due, row)
        if due != left and not is_whole(due, row.gateway, row.currency):
            # It would never leave: the provider refuses it, and the row would wait forever.
            raise Invalid(amount=gettext("This is not an amount that can be moved."))
        refund = request_refund(row.pk, due, reason=reason.strip()[:60], key=name, at=clock.now())
        if refund is None:
            raise Invalid(amount=gettext("There is nothing left to give back."))
        _record("payment.refund_requested", row, due, by, reason=reason.strip()[:200])
    return refund


def release_by_staff(payment: str, *, reason: str, by: Actor) -> Payment:
    """Let go of what is set aside or on file; a worker tells the provider. May be repeated.

    Raises Forbidden unless ``by`` manages the house, and NothingSetAside when there is nothing.
    """
    with transaction.atomic():
        row = _locked(payment, by, Capability.MANAGE)
        if row.errand == "release" or row.status == Payment.Status.VOIDED:
            return row
        if not let_go(row.pk, at=clock.now()):
            raise NothingSetAside
        _record("payment.release_requested", row, row.amount, by, reason=reason.strip()[:200])
    return Payment.objects.get(pk=row.pk)


def redeem(payment: str, amount: Decimal, *, bill: str = "", by: Actor, key: str) -> Redemption:
    """Set ``amount`` of a deposit or prepayment off against a bill: it can go back no more.

    May be repeated with the same ``key``. Raises Forbidden unless ``by`` works at the house,
    NothingToRedeem, RedemptionTooLarge with what is left, and Invalid.
    """
    with transaction.atomic():
        row = _locked(payment, by, Capability.OPERATE)
        name = _key(key)
        earlier = Redemption.objects.filter(idempotency_key=name, payment=row).first()
        if earlier is not None:
            return earlier
        if row.kind not in _REDEEMABLE or row.status != Payment.Status.SUCCEEDED:
            raise NothingToRedeem
        _check(amount, row)
        left = row.captured - row.refunded - row.redeemed
        if amount > left:
            left = money.quantize(left, row.currency)
            raise RedemptionTooLarge(left=str(left), currency=row.currency)
        redemption = Redemption.objects.create(
            payment=row,
            idempotency_key=name,
            amount=amount,
            bill=bill.strip()[:60],
            by_label=by.label[:120],
            created_at=clock.now(),
        )
        # Added by the database, not here: even without the lock its constraint would hold.
        Payment.objects.filter(pk=row.pk).update(redeemed=F("redeemed") + amount)
        _record("payment.redeemed", row, amount, by, bill=redemption.bill)
    return redemption


def _locked(payment: str, by: Actor, capability: Capability) -> Payment:
    row = Payment.objects.select_for_update().get(public_id=payment)
    check_staff(by, capability, row.restaurant_id)
    return row


def _key(key: str) -> str:
    if not 0 < len(key) <= LONGEST_KEY:
        raise ValueError(f"a key has 1 to {LONGEST_KEY} characters")
    return f"{BY_STAFF}{key}"


def _check(amount: Decimal, row: Payment) -> None:
    try:
        exact_minor(amount, row.currency)
    except (ValueError, ArithmeticError) as error:
        raise Invalid(amount=gettext("This is not an amount that can be moved.")) from error


def _record(verb: str, row: Payment, amount: Decimal, by: Actor, **data: str) -> None:
    audit.record(
        verb,
        row.public_id,
        by=by,
        restaurant_id=row.restaurant_id,
        purpose=row.purpose,
        amount=str(money.quantize(amount, row.currency)),
        currency=row.currency,
        **data,
    )
