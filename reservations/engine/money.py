"""The rules about money, as a restaurant decided them; ``policies`` applies them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class RefundStep:
    """``percent`` of the deposit comes back with at least ``hours`` elapsed hours' notice."""

    hours: int
    percent: int


DEFAULT_REFUND_LADDER: tuple[RefundStep, ...] = (RefundStep(24, 100), RefundStep(4, 50))
"""Contract 2: full refund from 24 hours, half from 4 hours, nothing below."""


@dataclass(frozen=True, slots=True)
class DepositRule:
    """What a party pays in advance. The most specific matching rule wins (see policies)."""

    id: int
    amount: Decimal
    name: str = ""
    kind: str = "deposit"
    """How it is secured: deposit, prepayment, hold or card. The rules are the same for all."""
    per_person: bool = True
    min_party: int = 1
    max_party: int | None = None
    service_id: int | None = None
    offer_id: int | None = None
    """Only for parties that booked this offer."""
    weekdays: frozenset[int] = frozenset()
    """Empty means every weekday."""
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    priority: int = 0
    refund_ladder: tuple[RefundStep, ...] = DEFAULT_REFUND_LADDER
