"""How dates, parties, money and refunds are written on the pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from zoneinfo import ZoneInfo

import phonenumbers
from django.utils import dateformat

from core.money import exponent
from notifications.wording import amount, happens_twice
from reservations.engine.policies import refund_amount

Ladder = Iterable[Iterable[int]]


def day(date: dt.date) -> str:
    """``Saturday 28 November 2026``."""
    return dateformat.format(date, "l j F Y")


def short_day(date: dt.date) -> str:
    """``Sat 28 Nov``."""
    return dateformat.format(date, "D j M")


def clock_time(instant: dt.datetime, zone: ZoneInfo) -> str:
    """``19:42`` as the clocks at the restaurant show it; with the zone if the hour comes twice."""
    local = instant.astimezone(zone)
    text = f"{local:%H:%M}"
    return f"{text} {local.tzname()}" if happens_twice(local) else text


def moment(instant: dt.datetime, zone: ZoneInfo) -> str:
    """``Saturday 28 November 2026, 19:00`` as the calendar and clock at the restaurant show it."""
    return f"{day(instant.astimezone(zone).date())}, {clock_time(instant, zone)}"


def place_of(zone: ZoneInfo) -> str:
    """``New York``: the town whose clocks a zone shows, as its name has it."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def guests(number: int) -> str:
    """``1 guest``, ``2 guests``."""
    return "1 guest" if number == 1 else f"{number} guests"


def phone(number: str) -> str:
    """``+1 212-555-0142``; a number nobody can read as one stays as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def minutes(seconds: float) -> str:
    """``less than a minute``, ``about 8 minutes``."""
    left = round(seconds / 60)
    if seconds < 60:
        return "less than a minute"
    return "about 1 minute" if left <= 1 else f"about {left} minutes"


def deposit(total: Decimal, per_person: Decimal | None, currency: str) -> str:
    """``$50.00 ($25.00 per guest)``."""
    text = amount(total, currency)
    return f"{text} ({amount(per_person, currency)} per guest)" if per_person else text


def steps_of(ladder: Ladder) -> list[tuple[int, int]]:
    """Hours of notice and the percentage they give back, most notice first, each step worth less.

    A refund takes the best step that is met, so a longer notice never gives back less.
    """
    best, steps = 0, []
    for hours, percent in sorted((tuple(step) for step in ladder), key=lambda step: step[0]):
        if percent > best:
            best = percent
            steps.append((hours, percent))
    return steps[::-1]


def refund_in_short(ladder: Ladder) -> str:
    """The ladder in one sentence, before there is a booking to count hours from."""
    parts = []
    for hours, percent in steps_of(ladder):
        share = _SHARES.get(percent, f"{percent} %")
        notice = "1 hour" if hours == 1 else f"{hours} hours"
        parts.append(f"{share} up to {notice} before")
    if not parts:
        return "It is not given back if you cancel."
    return f"If you cancel, you get {', '.join(parts)}, and nothing after that."


_SHARES = {100: "all of it back", 50: "half"}


def refund_lines(
    ladder: Ladder,
    starts_at: dt.datetime,
    zone: ZoneInfo,
    *,
    total: Decimal,
    currency: str,
    now: dt.datetime,
) -> list[str]:
    """The ladder as sentences with real dates, without the steps that have passed."""
    lines = []
    for hours, percent in steps_of(ladder):
        until = starts_at.astimezone(dt.UTC) - dt.timedelta(hours=hours)
        if until >= now:
            back = amount(refund_amount(total, percent, exponent(currency)), currency)
            share = "the full " if percent == 100 else ""
            lines.append(f"Cancel by {moment(until, zone)}: {share}{back} comes back.")
    lines.append(
        "After that the deposit is not given back." if lines else "The deposit is not given back."
    )
    return lines
