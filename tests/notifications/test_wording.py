from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation

from notifications import wording

AROUND = "\u202e"  # turns what follows around


@pytest.mark.parametrize(
    ("instant", "zone", "text"),
    [
        ("2026-11-22T05:30:00+00:00", "America/New_York", "Sunday 22 November 2026, 00:30"),
        ("2026-11-22T00:30:00-05:00", "Europe/Paris", "Sunday 22 November 2026, 06:30"),
        # The clock is put forward at 2 in New York: 01:59 is followed by 03:00.
        ("2026-03-08T06:59:00+00:00", "America/New_York", "Sunday 8 March 2026, 01:59"),
        ("2026-03-08T07:00:00+00:00", "America/New_York", "Sunday 8 March 2026, 03:00"),
        # The clock is put back: half past one comes twice, and only then the zone is named.
        ("2026-11-01T05:30:00+00:00", "America/New_York", "Sunday 1 November 2026, 01:30 EDT"),
        ("2026-11-01T06:30:00+00:00", "America/New_York", "Sunday 1 November 2026, 01:30 EST"),
        ("2026-11-01T07:00:00+00:00", "America/New_York", "Sunday 1 November 2026, 02:00"),
        ("2026-10-25T00:30:00+00:00", "Europe/London", "Sunday 25 October 2026, 01:30 BST"),
        ("2026-10-25T01:30:00+00:00", "Europe/London", "Sunday 25 October 2026, 01:30 GMT"),
        # Half an hour of daylight saving.
        ("2026-04-04T14:45:00+00:00", "Australia/Lord_Howe", "Sunday 5 April 2026, 01:45 +11"),
    ],
)
def test_a_time_is_read_from_the_restaurants_clock(instant: str, zone: str, text: str) -> None:
    assert wording.day_and_time(instant, zone) == text


def test_dates_are_in_the_language_of_the_caller_and_zones_are_required() -> None:
    with translation.override("fr"):
        assert wording.day_and_time("2026-11-22T05:30:00Z", "UTC").startswith("dimanche")
    with pytest.raises(ValueError, match="offset"):
        wording.day_and_time("2026-11-22T05:30:00", "UTC")


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("50.000", "USD", "$50.00"),
        ("5", "GBP", "£5.00"),
        ("1234567.5", "EUR", "€1,234,567.50"),
        ("500.000", "JPY", "¥500"),
        ("5.125", "KWD", "KWD 5.125"),
        ("20", "AUD", "AUD 20.00"),
        ("12.345", "USD", "$12.35"),
    ],
)
def test_money_has_as_many_decimals_as_its_currency(value: str, currency: str, text: str) -> None:
    assert wording.amount(value, currency) == text
    assert wording.amount(Decimal(value), currency) == text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ada\r\nBcc: all@example.com", "Ada Bcc: all@example.com"),
        ("  Ada \t Guest\x00\x1b[31m ", "Ada Guest [31m"),
        ("Ada\u2028Guest\u2029\x85", "Ada Guest"),
        (f"Ada{AROUND}tseuG", "AdatseuG"),
        ("Zoë 👩‍🍳 Nguyễn", "Zoë 👩‍🍳 Nguyễn"),
        ("", ""),
        (12, "12"),
    ],
)
def test_one_line_is_one_harmless_line(typed: object, shown: str) -> None:
    assert wording.one_line(typed) == shown


def test_lines_keep_the_writers_line_breaks_and_nothing_else() -> None:
    assert wording.lines("Window\r\n\r\n  no nuts\x07 \u2028 please") == "Window\nno nuts\nplease"
