"""Money: ``Decimal`` with an ISO 4217 currency; integers only in the smallest unit, at a border."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

WHOLE = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"}
    | {"PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""Currencies without decimals and with three (ISO 4217); all others have two."""


def exponent(currency: str) -> int:
    """Digits after the point in ``currency``: 2 for most, 0 for JPY, 3 for KWD."""
    return 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2


def unit(currency: str) -> Decimal:
    """The smallest amount there is in ``currency``: 0.01 for most."""
    return Decimal(1).scaleb(-exponent(currency))


def quantize(amount: Decimal, currency: str) -> Decimal:
    """``amount`` rounded half up to the currency's smallest unit."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_UP)


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount as an integer of the smallest unit: 5.00 GBP is 500, 500 JPY is 500."""
    return int(quantize(amount, currency).scaleb(exponent(currency)))


def from_minor(minor: int, currency: str) -> Decimal:
    """The inverse of :func:`to_minor`."""
    return Decimal(minor).scaleb(-exponent(currency))


def written(amount: Decimal, currency: str) -> str:
    """The amount with all the decimals its currency has, and no others: ``5.00 GBP``, ``500 JPY``,
    ``1.005 KWD``."""
    return f"{quantize(amount, currency)} {currency}"
