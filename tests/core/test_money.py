"""Amounts in the decimals their currency has."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.money import written


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("5.000", "GBP", "5.00 GBP"),
        ("500.000", "JPY", "500 JPY"),
        ("1.005", "KWD", "1.005 KWD"),
        ("0", "USD", "0.00 USD"),
    ],
)
def test_an_amount_is_written_with_its_own_decimals(amount: str, currency: str, text: str) -> None:
    assert written(Decimal(amount), currency) == text
