"""What is always in view: alerts, pacing, who serves, and "can I seat a party of n now?"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservations.engine.stand import Cell15
from reservations.selectors.night import Night
from reservations.selectors.queue import Queue
from staff.views.stand import words
from staff.views.stand.shapes import Badge, badge


@dataclass(frozen=True, slots=True)
class Serving:
    """Somebody who serves tonight, in the order of who gets the next party."""

    server: str
    badge: Badge
    covers: int
    parties: int
    last: str
    is_cut: bool
    is_next: bool
    warning: str


def servers_of(night: Night) -> list[Serving]:
    """The rotation, and behind it who takes no more tables."""
    order = {pk: place for place, pk in enumerate(night.rotation)}
    badges = {each.id: badge(each, index) for index, each in enumerate(night.servers)}
    rows = sorted(night.servers, key=lambda each: (order.get(each.id, 99), each.position))
    return [
        Serving(
            each.public_id,
            badges[each.id],
            each.open_covers,
            each.open_parties,
            words.clock(each.last_seated_at),
            each.is_cut,
            order.get(each.id) == 0,
            words.pressure(each.pressure),
        )
        for each in rows
    ]


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One chip of the alert rail."""

    kind: str
    icon: str
    word: str
    party: str
    who: str
    rest: str
    is_grave: bool


def alerts_of(night: Night) -> list[AlertLine]:
    """The alert rail, the most pressing first."""
    found = []
    for each in night.alerts:
        party = night.by_id.get(each.party_id)
        if party is None:
            continue
        icon, word = words.alert_kind(each.kind)
        who = f"{words.surname(party.name)} · {party.party_size}"
        grave = each.kind in words.GRAVE
        rest = words.alert(night, each)
        found.append(AlertLine(each.kind, icon, word, party.public_id, who, rest, grave))
    return found


@dataclass(frozen=True, slots=True)
class Bar:
    """One quarter of an hour in the small picture of pacing, in the picture's units."""

    x: int
    height: int
    y: int
    seated_height: int
    seated_y: int
    limit_y: int
    text: str
    is_over: bool
    is_full: bool
    is_capped: bool
    label: str
    starts: int
    why: str
    """Address of the reasons for and against a table then."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """The picture of who arrives when, against what may."""

    bars: tuple[Bar, ...]
    width: int
    first: int
    last: int
    total: str


BAR = 12
"""Units between two bars; the picture is 40 high."""
_HIGH = 32
_LONG_AGO = 150


def _worth_showing(night: Night) -> list[Cell15]:
    """The quarters in which anybody may arrive or has; tonight without what is hours ago."""
    since = night.floor.now - _LONG_AGO
    used = [cell for cell in night.pacing if cell.covers or cell.seated or cell.limit is not None]
    recent = [cell for cell in used if cell.start >= since]
    if not used:
        return []
    first, last = (recent or used)[0].start, used[-1].start
    return [cell for cell in night.pacing if first <= cell.start <= last]


def pacing_of(night: Night) -> Pacing:
    """The whole evening as bars, with the limit of each quarter as a line."""
    cells = _worth_showing(night)
    why = reverse("staff:setup_why", args=[night.house.slug])
    most = max((max(c.covers, c.limit or 0, c.seated) for c in cells), default=0) or 1
    bars = []
    for index, cell in enumerate(cells):
        at = night.instant(cell.start)
        height = round(cell.covers / most * _HIGH)
        seated = round(min(cell.seated, most) / most * _HIGH)
        limit = -1 if cell.limit is None else _HIGH - round(cell.limit / most * _HIGH)
        text = ngettext("%(n)d cover", "%(n)d covers", cell.covers) % {"n": cell.covers}
        if cell.limit is not None:
            text = _("%(covers)s of %(limit)d") % {"covers": text, "limit": cell.limit}
        bars.append(
            Bar(
                x=index * BAR,
                height=height,
                y=_HIGH - height,
                seated_height=seated,
                seated_y=_HIGH - seated,
                limit_y=limit,
                text=f"{at:%H:%M} · {text}",
                is_over=cell.is_over,
                is_full=cell.limit is not None and cell.covers == cell.limit,
                is_capped=cell.is_capped,
                label=f"{at:%H}" if at.minute == 0 else "",
                starts=int(at.timestamp()),
                why=f"{why}?{_question(night, at)}",
            )
        )
    first = bars[0].starts if bars else 0
    last = bars[-1].starts + 900 if bars else 0
    busiest = max(cells, key=lambda c: c.covers, default=None)
    total = ""
    if busiest is not None and busiest.covers:
        total = _("Busiest at %(time)s: %(covers)d") % {
            "time": words.clock(night.instant(busiest.start)),
            "covers": busiest.covers,
        }
    return Pacing(tuple(bars), max(len(bars) * BAR, BAR), first, last, total)


def _question(night: Night, at: dt.datetime) -> str:
    asked = {"date": night.service_date.isoformat(), "time": f"{at:%H:%M}", "party": "2"}
    return urlencode({**asked, "channel": "online", "room": ""})


@dataclass(frozen=True, slots=True)
class QuoteChip:
    """Whether a party of a size can sit down now, on one chip."""

    size: int
    answer: str
    """``yes``, ``short`` or ``no``."""
    short: str
    line: str
    tables: str
    table_keys: str


def quotes_of(queue: Queue, sizes: Iterable[int] = range(1, 13)) -> list[QuoteChip]:
    """ "Can I seat a party of n now, until when?" for every size; nothing on another date."""
    night = queue.night
    if not night.is_tonight:
        return []
    found = []
    for size in sizes:
        quote = queue.seat_now(size)
        answer = ("short" if quote.is_short else "yes") if quote.is_yes else "no"
        found.append(
            QuoteChip(
                size,
                answer,
                words.quote_short(night, quote),
                words.quote_line(night, quote),
                words.tables(night.labels(quote.table_ids)),
                ",".join(night.table_by_id[pk].public_id for pk in quote.table_ids),
            )
        )
    return found
