"""What the book does when money arrives later."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from payments.gateways.base import ChargeResult
from payments.signals import hold_taken, payment_settled
from reservations.services import charges_later, fees, payment_settlement, settlement


@receiver(payment_settled)
def on_payment_settled(payment_id: int, result: ChargeResult, **_: Any) -> None:
    """Hand it to what was paid for: a hold, a request for money, a fee, a hold near the date."""
    if payment_settlement.settle(payment_id, result) is not None:
        return
    if charges_later.settle(payment_id, result):
        return
    settlement.settle(payment_id, result)


@receiver(hold_taken)
def on_hold_taken(payment_id: int, **_: Any) -> None:
    """The guest is told of the fee once it was really taken."""
    fees.tell_of_capture(payment_id)
