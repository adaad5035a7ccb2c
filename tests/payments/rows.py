"""Payments and refunds for tests, and a way to do one thing from many threads."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any, TypeVar

from django.db import connections, transaction

from core import clock
from payments.gateways.base import ChargeOutcome, ChargeResult
from payments.models import Payment, Refund
from payments.services import charges, refunds
from restaurants.models import Restaurant

Answer = TypeVar("Answer")

_numbers = itertools.count(1)

CARD = {"type": "credit-card", "token": "tok_visa_4242"}


def make_payment(restaurant: Restaurant, amount: str = "50.00", **fields: Any) -> Payment:
    """A payment that was requested now and not yet sent to the sandbox."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "purpose": f"hold_{number}",
        "gateway": "sandbox",
        "idempotency_key": f"deposit:hold_{number}:0",
        "amount": Decimal(amount),
        "currency": "USD",
        "method": CARD,
        "attempts": 1,
        "created_at": clock.now(),
        "next_check_at": clock.now() + charges.FIRST_CHECK,
    }
    return Payment.objects.create(restaurant=restaurant, **(defaults | fields))


def make_paid(restaurant: Restaurant, amount: str = "50.00", **fields: Any) -> Payment:
    """A payment the sandbox really took."""
    payment = make_payment(restaurant, amount, **fields)
    result = charges.charge(payment)
    assert result.outcome is ChargeOutcome.SUCCEEDED
    with transaction.atomic():
        return charges.record_charge(payment.pk, result, at=clock.now())


def make_refund(payment: Payment, amount: str = "20.00", key: str = "") -> Refund:
    """A refund that is due now."""
    with transaction.atomic():
        refund = refunds.request_refund(
            payment.pk,
            Decimal(amount),
            reason="cancelled",
            key=key or f"refund:{next(_numbers)}",
            at=clock.now(),
        )
    assert refund is not None
    return refund


def succeeded(reference: str = "ch_1") -> ChargeResult:
    """What a gateway says about a charge that went through."""
    return ChargeResult(ChargeOutcome.SUCCEEDED, reference, brand="Visa", last4="4242")


def at_once(count: int, act: Callable[[int], Answer]) -> list[Answer]:
    """What ``act(0)`` … return when they start together, each on a thread of its own."""
    barrier = Barrier(count)

    def run(number: int) -> Answer:
        try:
            barrier.wait(timeout=20)
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
