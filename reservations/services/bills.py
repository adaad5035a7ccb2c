"""Keeping what visits came to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid
from core.money import quantize
from reservations.models import Reservation, VisitBill

LARGEST = Decimal(100_000_000)


@transaction.atomic
def record_bills(restaurant_id: int, totals: Mapping[str, Decimal | None], *, by: Actor) -> int:
    """Keep the totals of these visits' bills (by public id); None takes one away. How many changed.

    In one transaction, under locks of the visits. Repeatable: the same total changes nothing.
    What is no visit of this house is left out. Raises Invalid for a total below zero.
    """
    rows = Reservation.objects.select_for_update(of=("self",)).filter(
        restaurant=restaurant_id, public_id__in=totals
    )
    now, changed = clock.now(), 0
    for row in rows.select_related("bill").order_by("pk"):
        total = totals[row.public_id]
        bill = getattr(row, "bill", None)
        if total is not None:
            total = quantize(total, row.currency)
            if not 0 <= total <= LARGEST:
                raise Invalid(total=str(total))
        before = bill.total if bill else None
        if before == total:
            continue
        changed += 1
        if total is None:
            VisitBill.objects.filter(reservation=row).delete()
        else:
            values = {"total": total, "told_by": by.label, "at": now}
            VisitBill.objects.update_or_create(reservation=row, defaults=values)
        audit.record(
            "reservation.billed",
            row.public_id,
            by=by,
            restaurant_id=restaurant_id,
            service_date=row.service_date.isoformat(),
            before=before,
            after=total,
        )
    return changed
