"""How the pages write what is written differently from country to country."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation

from reservations.views import wording


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (("New York", "NY", "10011", "US"), "New York, NY 10011"),
        (("London", "", "SE1 9PP", "GB"), "London SE1 9PP"),
        (("Paris", "", "75003", "FR"), "75003 Paris"),
        (("Paris", "", "", "FR"), "Paris"),
        (("New York", "", "", "US"), "New York"),
        (("", "", "75003", "FR"), "75003"),
    ],
)
def test_a_town_is_written_as_on_a_letter(where: tuple[str, str, str, str], line: str) -> None:
    assert wording.town(*where) == line


@pytest.mark.parametrize(
    ("language", "amount", "currency", "written"),
    [
        ("en", "24", "EUR", "€24"),
        ("en", "23.50", "GBP", "£23.50"),
        ("en", "1000", "USD", "$1,000"),
        ("en", "1000", "JPY", "¥1,000"),
        ("en", "5", "KWD", "KWD 5"),
        ("fr", "24", "EUR", "24\xa0€"),
        ("fr", "23.50", "EUR", "23,50\xa0€"),
        ("fr", "1000", "EUR", "1\u202f000\xa0€"),
    ],
)
def test_a_menu_writes_no_cents_that_say_nothing(
    language: str, amount: str, currency: str, written: str
) -> None:
    with translation.override(language):
        assert wording.price(Decimal(amount), currency) == written
