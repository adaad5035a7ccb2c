"""How dates, parties, money and refunds are written on the pages."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from zoneinfo import ZoneInfo

import phonenumbers
from django.utils import dateformat
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, pgettext

from core.money import exponent
from notifications.wording import amount, happens_twice
from notifications.wording import day as written_day
from reservations.terms import NOTHING_TAKEN, Ladder, steps_of


def day(date: dt.date) -> str:
    """``Saturday 28 November 2026``."""
    return written_day(date)


def short_day(date: dt.date) -> str:
    """``Sat 28 Nov``, ``sam. 28 nov.``."""
    if date.day == 1:
        return dateformat.format(date, pgettext("the first of a month", "D j M"))
    return dateformat.format(date, pgettext("date", "D j M"))


def day_of_month(date: dt.date) -> str:
    """``Saturday 28 November``, where the year is known."""
    if date.day == 1:
        return dateformat.format(date, pgettext("the first of a month", "l j F"))
    return dateformat.format(date, pgettext("date", "l j F"))


def month_title(first: dt.date) -> str:
    """``November 2026``, with a capital in every language: it is a heading."""
    return capfirst(dateformat.format(first, "F Y"))


def clock_time(instant: dt.datetime, zone: ZoneInfo) -> str:
    """``19:42`` as the clocks at the restaurant show it; with the zone if the hour comes twice."""
    local = instant.astimezone(zone)
    text = f"{local:%H:%M}"
    return f"{text} {local.tzname()}" if happens_twice(local) else text


def moment(instant: dt.datetime, zone: ZoneInfo) -> str:
    """``Saturday 28 November 2026, 19:00`` as the calendar and clock at the restaurant show it."""
    return pgettext("day and time", "%(day)s, %(time)s") % {
        "day": day(instant.astimezone(zone).date()),
        "time": clock_time(instant, zone),
    }


def place_of(zone: ZoneInfo) -> str:
    """``New York``: the town whose clocks a zone shows, as its name has it."""
    return zone.key.rpartition("/")[2].replace("_", " ")


_CODE_LAST = frozenset({"AU", "CA", "GB", "IE", "IN", "NZ", "SG", "US", "ZA"})
"""Where the postal code ends the line of the town; elsewhere it begins it."""


def town(city: str, state: str, postal_code: str, country: str) -> str:
    """``New York, NY 10011``, ``London SE1 9PP``, ``75003 Paris``: as letters there have it."""
    if country not in _CODE_LAST:
        return f"{postal_code} {city}".strip()
    place = ", ".join(filter(None, (city, state)))
    return f"{place} {postal_code}".strip()


def price(value: Decimal | None, currency: str) -> str:
    """``€24``, ``£23.50``, ``24 €``: without decimals that say nothing, as menus have it."""
    if value is None:
        return ""
    text, places = amount(value, currency), exponent(currency)
    if not places or value != value.to_integral_value():
        return text
    return re.sub(rf"[.,]0{{{places}}}(?=\D*$)", "", text)


def guests(number: int) -> str:
    """``1 guest``, ``2 guests``."""
    return ngettext("%(number)d guest", "%(number)d guests", number) % {"number": number}


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
        return _("less than a minute")
    return ngettext("about %(left)d minute", "about %(left)d minutes", left) % {"left": left}


def deposit(total: Decimal, per_person: Decimal | None, currency: str) -> str:
    """``$50.00 ($25.00 per guest)``."""
    text = amount(total, currency)
    if not per_person:
        return text
    each = amount(per_person, currency)
    return _("%(total)s (%(each)s per guest)") % {"total": text, "each": each}


def refund_in_short(ladder: Ladder, kind: str = "deposit") -> str:
    """The ladder in one sentence, before there is a booking to count hours from."""
    if kind in NOTHING_TAKEN:
        return _free_until(ladder)
    parts = []
    for hours, percent in steps_of(ladder):
        share = _(_SHARES[percent]) if percent in _SHARES else f"{percent}\xa0%"
        parts.append(
            ngettext(
                "%(share)s up to %(hours)d hour before",
                "%(share)s up to %(hours)d hours before",
                hours,
            )
            % {"share": share, "hours": hours}
        )
    if not parts:
        return _("It is not given back if you cancel.")
    steps = ", ".join(parts)
    return _("If you cancel, you get %(steps)s, and nothing after that.") % {"steps": steps}


def _free_until(ladder: Ladder) -> str:
    """Of a hold and a card on file: until when cancelling costs nothing."""
    free = min((hours for hours, percent in steps_of(ladder) if percent == 100), default=None)
    if free is None:
        return _("A fee can be charged if you cancel or do not come.")
    return ngettext(
        "You can cancel free of charge up to %(hours)d hour before; after that a fee can be"
        " charged.",
        "You can cancel free of charge up to %(hours)d hours before; after that a fee can be"
        " charged.",
        free,
    ) % {"hours": free}


_SHARES = {100: gettext_noop("all of it back"), 50: gettext_noop("half")}
