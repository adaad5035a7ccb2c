"""How facts are written for guests: dates on the restaurant's clock, money, harmless lines."""

from __future__ import annotations

import datetime as dt
import unicodedata
import zoneinfo
from decimal import Decimal

from django.utils import dateformat, formats
from django.utils.translation import ngettext, pgettext

from core import money

_SYMBOLS = {"EUR": "€", "GBP": "£", "JPY": "¥", "USD": "$"}
"""Only where the sign can mean nothing else to a reader; A$ and C$ are written as codes."""

_NOT_IN_A_LINE = {"Cc", "Cs", "Zl", "Zp"}
_TURNS_TEXT_AROUND = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: object) -> str:
    """``text`` without line breaks, control characters and marks that reverse what follows.

    What comes out may stand in a mail header or a table cell, whatever a guest typed.
    """
    return " ".join(_clean(str(text)).split())


def lines(text: object) -> str:
    """Like :func:`one_line`, but the writer's own line breaks stay."""
    kept = (one_line(line) for line in str(text).splitlines())
    return "\n".join(line for line in kept if line)


def _clean(text: str) -> str:
    return "".join(
        " " if unicodedata.category(char) in _NOT_IN_A_LINE else char
        for char in text
        if char not in _TURNS_TEXT_AROUND
    )


def local_time(instant: str | dt.datetime, zone: str) -> dt.datetime:
    """An aware instant, or its ISO form, on the restaurant's clock. ValueError for a naive one."""
    if isinstance(instant, str):
        instant = dt.datetime.fromisoformat(instant)
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset")
    return instant.astimezone(zoneinfo.ZoneInfo(zone))


def happens_twice(local: dt.datetime) -> bool:
    """Whether the clock shows this time twice, in the night it is put back."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def day(date: dt.date) -> str:
    """``Sunday 22 November 2026``, ``dimanche 1er novembre 2026``."""
    if date.day == 1:
        return dateformat.format(date, pgettext("the first of a month", "l j F Y"))
    return dateformat.format(date, pgettext("date", "l j F Y"))


def party(size: int) -> str:
    """``1 guest``, ``2 guests``."""
    return ngettext("%(size)s guest", "%(size)s guests", size) % {"size": size}


def day_and_time(instant: str | dt.datetime, zone: str) -> str:
    """``Sunday 22 November 2026, 00:30``; with the zone's short name if the hour comes twice."""
    local = local_time(instant, zone)
    text = pgettext("day and time", "%(day)s, %(time)s") % {
        "day": day(local.date()),
        "time": f"{local:%H:%M}",
    }
    return f"{text} {local.tzname()}" if happens_twice(local) else text


def short_day_and_time(instant: str | dt.datetime, zone: str) -> str:
    """``Sun 22 Nov, 00:30``, ``dim. 22 nov., 00:30``: for texts, where every letter counts."""
    local = local_time(instant, zone)
    text = pgettext("day and time", "%(day)s, %(time)s") % {
        "day": dateformat.format(local.date(), pgettext("short date", "D j M")),
        "time": f"{local:%H:%M}",
    }
    return f"{text} {local.tzname()}" if happens_twice(local) else text


def amount(value: Decimal | str, currency: str) -> str:
    """``£5.00``, ``¥500``, ``KWD 5.000``, ``1 234,50 €``: with the currency's own decimals."""
    number = number_text(money.quantize(Decimal(value), currency))
    symbol = _SYMBOLS.get(currency)
    if symbol is None:
        return pgettext("money", "%(code)s %(number)s") % {"code": currency, "number": number}
    return pgettext("money", "%(sign)s%(number)s") % {"sign": symbol, "number": number}


def number_text(number: Decimal | float, places: int | None = None) -> str:
    """``1,234.50`` or ``1 234,50``, with ``places`` decimals or as many as it has."""
    if places is not None:
        # Django cuts decimals off instead of rounding.
        number = Decimal(f"{number:.{places}f}")
    text = formats.number_format(number, places, use_l10n=True, force_grouping=True)
    # French groups digits with the narrow space; Django still writes the wide one.
    return text.replace("\xa0", "\u202f")
