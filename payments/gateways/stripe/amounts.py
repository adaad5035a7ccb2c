"""Amounts as Stripe writes them, which is not always the smallest unit of ISO 4217.

Its page on currencies has four exceptions: amounts of three decimals must end in 0, the Icelandic
króna and the Ugandan shilling keep two decimals for old times' sake, and the ariary has none.
"""

from __future__ import annotations

from typing import Final

from core import money

_TWO_DECIMALS_TOO_MANY: Final = frozenset({"ISK", "UGX"})
_NO_DECIMALS: Final = frozenset({"MGA"})


def to_stripe(minor: int, currency: str) -> int:
    """An amount of the smallest unit as Stripe takes it.

    Raises ValueError for one it cannot take: rounding here would make our books differ.
    """
    if currency in _TWO_DECIMALS_TOO_MANY:
        return minor * 100
    if currency in money.THOUSANDTHS and minor % 10:
        raise ValueError(f"Stripe takes {currency} in hundredths: not an amount it can move")
    if currency in _NO_DECIMALS:
        if minor % 100:
            raise ValueError(f"Stripe takes whole {currency}: not an amount it can move")
        return minor // 100
    return minor


def from_stripe(amount: int, currency: str) -> int:
    """The inverse of :func:`to_stripe`; ``currency`` in capitals."""
    if currency in _TWO_DECIMALS_TOO_MANY:
        return amount // 100
    return amount * 100 if currency in _NO_DECIMALS else amount
