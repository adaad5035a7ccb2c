"""The sheet of an evening, before the shift: to read and to print."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock
from customers.models import GuestTag
from customers.selectors import tags_of
from reservations.details import Occasion
from reservations.engine.types import CELL_MINUTES, Cell
from reservations.engine.walltime import datetime_to_minute, minute_to_datetime
from reservations.models import NightNote, TableBlock
from reservations.selectors.evening import Evening, Known, Party, evening_of
from reservations.selectors.houses import house
from reservations.selectors.night.shaping import pacing_of, span_of
from reservations.selectors.today import service_date_at
from reservations.views.wording import clock_time, day
from restaurants.models import Restaurant
from staff import guest_words, money_words, wording
from staff.access import HouseView, StaffRequest, house_url, tag_sight
from staff.pictures import Picture, Series, stacked
from staff.reports.covers import KINDS
from staff.reports.parts import number

LARGE = 6
GONE = frozenset({"cancelled", "no_show", "declined", "expired"})
"""States of who does not sit at a table."""
_FIRST, _LAST = dt.date(2000, 1, 1), dt.date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Row:
    """A party on paper."""

    party: Party
    time: str
    name: str
    labels: list[guest_words.Label]
    tables: str
    alerts: list[str]
    """Allergies and diets: for the kitchen."""
    lines: list[str]
    """Everything else somebody at the table should know."""
    money: str
    url: str
    """Of the guest."""
    is_large: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A service of the date."""

    name: str
    rows: list[Row]
    covers: int


class TodaysSheetView(HouseView):
    """``…/sheet/``: that of the service that runs or comes next."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """There."""
        return self.to("sheet", service_date_at(request.venue, clock.now()).isoformat())


class DatedSheet(HouseView):
    """A sheet of one date, before its shift or after."""

    page: ClassVar[str] = "sheet"

    def date(self, text: str) -> dt.date:
        """The date in the address. Raises 404 for what is none."""
        try:
            found = dt.date.fromisoformat(text)
        except ValueError as error:
            raise Http404 from error
        if not _FIRST <= found <= _LAST:
            raise Http404
        return found

    def frame(self, request: StaffRequest, date: dt.date) -> dict[str, Any]:
        """What both sheets say at the top."""
        venue, one = request.venue, dt.timedelta(days=1)
        return {
            "date": date,
            "day": day(date),
            "is_today": date == service_date_at(venue, clock.now()),
            "before": house_url(venue, self.page, (date - one).isoformat()),
            "following": house_url(venue, self.page, (date + one).isoformat()),
            "sheet": house_url(venue, "sheet", date.isoformat()),
            "after": house_url(venue, "sheet_after", date.isoformat()),
            "printed": wording.moment(clock.now(), venue.tz),
        }


class SheetView(DatedSheet):
    """Before the shift: who comes, in order, with all the team should know. Prints on A4."""

    def get(self, request: StaffRequest, date: str) -> HttpResponse:
        """The sheet."""
        found = self.date(date)
        venue = request.venue
        evening = evening_of(venue, found, now=clock.now())
        tags = tags_of(venue.organization_id, None)
        expected = [party for party in evening.parties if party.status not in GONE]

        def row_of(party: Party) -> Row:
            return _row(request, party, evening, tags, found)

        parts = [
            Part(name, [row_of(each) for each in group], covers(group))
            for name, group in _by_service(expected).items()
        ]
        rows = [row for part in parts for row in part.rows]
        context = self.frame(request, found) | {
            "parts": parts,
            "figures": [
                (_("Covers"), number(covers(expected))),
                (_("Parties"), number(len(expected))),
                (_("Large parties"), number(sum(row.is_large for row in rows))),
                (_("With allergies or diets"), number(sum(bool(row.alerts) for row in rows))),
            ],
            "kitchen": [row for row in rows if row.alerts],
            "picture": _arrivals(venue, found, expected),
            "notes": [_said(each) for each in evening.notes],
            "shut": [
                *(_shut(venue, each) for each in evening.closures),
                *(_blocked(venue, each) for each in evening.blocks if not each.queue_entry_id),
            ],
            "gone": len(evening.parties) - len(expected),
        }
        return render(request, "staff/sheet.html", context)


def _by_service(parties: Iterable[Party]) -> dict[str, list[Party]]:
    found: dict[str, list[Party]] = {}
    for party in parties:
        found.setdefault(party.service, []).append(party)
    return found


def covers(parties: Iterable[Party]) -> int:
    """Guests of all these parties."""
    return sum(party.party_size for party in parties)


def _row(
    request: StaffRequest,
    party: Party,
    evening: Evening,
    tags: Sequence[GuestTag],
    date: dt.date,
) -> Row:
    venue, sight = request.venue, tag_sight(request)
    known = evening.known.get(party.customer_id or 0)
    labels = guest_words.visit_labels(sight.of_visit(party.tags), tags)
    labels += guest_words.labels(known.guest, tags, known.signals, sight) if known else []
    return Row(
        party=party,
        time=clock_time(party.starts_at, venue.tz),
        name=party.diner or party.name or _("No name"),
        labels=labels,
        tables=" + ".join(party.tables) or party.room,
        alerts=_alerts(party, known),
        lines=_lines(party, known, date),
        money=_money(party),
        url=house_url(venue, "guest", known.guest.public_id) if known else "",
        is_large=party.party_size >= LARGE,
    )


def _alerts(party: Party, known: Known | None) -> list[str]:
    found = [guest_words.allergen(code) for code in party.allergens]
    found += [party.allergy_note] if party.allergy_note else []
    found += party.dietary
    if known:
        found += [*guest_words.allergies(known.guest), *known.guest.dietary]
    return list(dict.fromkeys(found))


def _lines(party: Party, known: Known | None, date: dt.date) -> list[str]:
    occasions = dict(Occasion.choices)
    found = [
        str(occasions.get(party.occasion, party.occasion)),
        party.celebration,
        party.requests,
        party.offer,
        party.access,
    ]
    if party.diner:
        found.append(_("Booked by %(name)s") % {"name": party.name})
    if party.high_chairs:
        found.append(_("High chairs: %(n)s") % {"n": party.high_chairs})
    if party.step_free:
        found.append(_("Without steps"))
    if party.late_minutes:
        found.append(_("%(n)s minutes late, they say") % {"n": party.late_minutes})
    if known:
        found += guest_words.special_dates(known.guest, date)
        found += [note.text for note in known.notes]
        if known.guest.notes:
            found.append(known.guest.notes)
    return list(dict.fromkeys(filter(None, found)))


def _money(party: Party) -> str:
    def said(value: Decimal) -> str:
        return money_words.money_text(value, party.currency)

    if party.status == "pending_payment":
        return _("%(money)s not paid yet") % {"money": said(party.deposit)}
    if party.unused:
        return _("%(money)s paid, comes off the bill") % {"money": said(party.unused)}
    if party.has_hold:
        return _("%(money)s set aside") % {"money": said(party.deposit)}
    return _("Card on file") if party.has_card else ""


def _said(note: NightNote) -> str:
    return f"{note.service.name}: {note.text}" if note.service else note.text


def _blocked(venue: Restaurant, block: TableBlock) -> str:
    text = _("Table %(table)s is blocked from %(from)s to %(until)s. %(note)s")
    said = {
        "table": block.table.label,
        "from": clock_time(block.starts_at, venue.tz),
        "until": clock_time(block.ends_at, venue.tz),
        "note": block.note,
    }
    return (text % said).strip()


def _shut(venue: Restaurant, closure: Any) -> str:
    what = closure.room or closure.service or _("The house")
    said = {
        "what": what,
        "from": clock_time(closure.starts_at, venue.tz),
        "until": clock_time(closure.ends_at, venue.tz),
        "note": closure.note,
    }
    text = _("%(what)s is shut from %(from)s to %(until)s. %(note)s") % said
    return text.strip() + (" " + _("(online only)") if closure.online_only else "")


def _limits(venue: Restaurant, date: dt.date) -> dict[Cell, int]:
    """How many guests may arrive in each quarter of an hour of the services of a date."""
    rules = house(venue.pk, venue.plan_version)
    quarters = pacing_of(rules, date, (), *span_of(rules, date))
    return {each.start // CELL_MINUTES: each.limit for each in quarters if each.limit is not None}


def _arrivals(venue: Restaurant, date: dt.date, parties: Sequence[Party]) -> Picture | None:
    """Covers that arrive in each quarter of an hour, by service, with the limit over them.

    From the first party to the last, and as far around them as there is a limit.
    """
    if not parties:
        return None
    allowed, groups = _limits(venue, date), _by_service(parties)
    cells = [datetime_to_minute(party.starts_at) // CELL_MINUTES for party in parties]
    first, last = min(cells), max(cells)
    while first - 1 in allowed:
        first -= 1
    while last + 1 in allowed:
        last += 1
    quarters = range(first, last + 1)
    values = {name: [0.0] * len(quarters) for name in groups}
    for party, cell in zip(parties, cells, strict=True):
        values[party.service][cell - first] += party.party_size
    limits = [float(allowed.get(cell, 0)) for cell in quarters]
    moments = [minute_to_datetime(venue.tz, cell * CELL_MINUTES) for cell in quarters]
    labels = [clock_time(moment, venue.tz)[:5] for moment in moments]
    series = [
        Series(name, counts, KINDS[place % len(KINDS)])
        for place, (name, counts) in enumerate(values.items())
    ]
    limit = Series(_("Limit for a quarter of an hour"), limits, "limit") if any(limits) else None
    sums = [sum(counts[n] for counts in values.values()) for n in range(len(quarters))]
    best = max(range(len(quarters)), key=lambda n: sums[n])
    told = _("%(covers)s covers; most at %(time)s, %(most)s covers.") % {
        "covers": covers(parties),
        "time": labels[best],
        "most": number(sums[best]),
    }
    title = _("Covers arriving in each quarter of an hour")
    return stacked(title, told, labels, series, limit=limit)
