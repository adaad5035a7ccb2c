"""What the book does when money arrives later."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from payments.gateways.base import ChargeResult
from payments.signals import payment_settled
from reservations.services import charges_later, payment_settlement, settlement


@receiver(payment_settled)
def on_payment_settled(payment_id: int, result: ChargeResult, **_: Any) -> None:
    """Hand it to what was paid for: a hold, a request for money, a fee, a hold near the date."""
    if payment_settlement.settle(payment_id, result) is not None:
        return
    if charges_later.settle(payment_id, result):
        return
    settlement.settle(payment_id, result)
