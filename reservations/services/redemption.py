"""The deposit comes off the bill, for a party that is there or has been."""

from __future__ import annotations

from decimal import Decimal

from core.actors import Actor
from payments.models import Payment, Redemption
from payments.services import by_staff
from reservations.engine.lifecycle import PRESENT, Status
from reservations.errors import NotChangeable
from reservations.models import Reservation
from reservations.selectors.booking_money import payments_of

_MAY = PRESENT | {Status.COMPLETED}


def redeem(
    identifier: str, payment: str, amount: Decimal, *, bill: str = "", by: Actor, key: str
) -> Redemption:
    """Set ``amount`` of one of a booking's payments (public ids) off against the bill.

    May be repeated with the same ``key``. Raises NotChangeable unless the party is there or was,
    or when the payment is not the booking's, and what ``payments.services.by_staff.redeem`` does.
    """
    row = Reservation.objects.get(public_id=identifier)
    known = payments_of(row.pk)
    is_own = Payment.objects.filter(pk__in=known, public_id=payment).exists()
    if Status(row.status) not in _MAY or not is_own:
        raise NotChangeable(status=row.status)
    return by_staff.redeem(payment, amount, bill=bill, by=by, key=key)
