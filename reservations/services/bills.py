"""Keeping what visits came to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid
from core.money import quantize
from reservations.errors import BillsChanged
from reservations.models import Reservation, VisitBill

LARGEST = Decimal(100_000_000)


@transaction.atomic
def record_bills(
    restaurant_id: int,
    totals: Mapping[str, Decimal | None],
    *,
    shown: Mapping[str, Decimal | None],
    by: Actor,
) -> int:
    """Keep the totals of these visits' bills (by public id); None takes one away. How many changed.

    In one transaction, under locks of the visits. Repeatable: the same total changes nothing.
    What is no visit of this house is left out. ``shown`` is what they were when somebody typed;
    who is not in it had none. Raises Invalid for a total below zero, and BillsChanged where a bill
    is neither what it was nor what it shall be.
    """
    rows = Reservation.objects.select_for_update(of=("self",)).filter(
        restaurant=restaurant_id, public_id__in=totals
    )
    locked = list(rows.order_by("pk"))
    # Read after the locks: joined to them, bills would be as they were before the wait.
    bills = VisitBill.objects.filter(reservation__in=locked)
    known = dict(bills.values_list("reservation", "total"))
    changed, others = 0, []
    for row in locked:
        total, before = _exact(totals[row.public_id], row), _exact(known.get(row.pk), row)
        if before == total:
            continue
        if before != shown.get(row.public_id):
            others.append(row.public_id)
            continue
        _keep(row, total, before, by)
        changed += 1
    if others:
        raise BillsChanged(bookings=others)
    return changed


def _exact(total: Decimal | None, row: Reservation) -> Decimal | None:
    """As its currency writes it."""
    if total is None:
        return None
    found = quantize(total, row.currency)
    if not 0 <= found <= LARGEST:
        raise Invalid(total=str(found))
    return found


def _keep(row: Reservation, total: Decimal | None, before: Decimal | None, by: Actor) -> None:
    if total is None:
        VisitBill.objects.filter(reservation=row).delete()
    else:
        values = {"total": total, "told_by": by.label, "at": clock.now()}
        VisitBill.objects.update_or_create(reservation=row, defaults=values)
    audit.record(
        "reservation.billed",
        row.public_id,
        by=by,
        restaurant_id=row.restaurant_id,
        service_date=row.service_date.isoformat(),
        before=before,
        after=total,
    )
