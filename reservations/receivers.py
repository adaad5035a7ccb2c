"""What the book does when money arrives later."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from payments.gateways.base import ChargeResult
from payments.signals import payment_settled
from reservations.services import settlement


@receiver(payment_settled)
def on_payment_settled(payment_id: int, result: ChargeResult, **_: Any) -> None:
    """Confirm the hold that was paid for, or give the money back."""
    settlement.settle(payment_id, result)
