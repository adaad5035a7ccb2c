"""The night against the clock: a row for each table, a bar for each party that has it.

Places along the time are in per cent of the whole stretch, as attributes of the drawing, so that
zooming only changes how wide that is. Heights are in pixels.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservations.engine.lifecycle import UPCOMING, Status
from reservations.engine.stand import AlertKind, Owner, Use
from reservations.engine.types import Minute
from reservations.engine.walltime import boundary_to_minute
from reservations.selectors.night import Night, PartyRow, Stay, TableRow, natural
from staff.views.stand import words
from staff.views.stand.piece import Piece
from staff.views.stand.shapes import Badge, Flag, badge, flags_of
from staff.views.stand.timeline_shapes import (
    GAP,
    HEADING,
    HOUR,
    LONGEST,
    ROW,
    STEP,
    Bar,
    Ground,
    Joint,
    Line,
    Mark,
    RoomRows,
    Span,
    Tick,
)


def span_of(night: Night) -> Span:
    """From the first hour of the services, or the first party, to the last of either."""
    shown = [party for party in night.parties if party.tab != "done"]
    starts = [*(_starts(party) for party in shown), *(stay.since for stay in night.stays)]
    ends = [*(party.until for party in shown), *(stay.until for stay in night.stays)]
    first = night.minute(min([night.opens, *starts]))
    last = night.minute(max([night.closes, *ends]))
    first -= first % HOUR
    last = min(-(-last // HOUR) * HOUR, first + LONGEST)
    return Span(first, max(last, first + HOUR))


def _starts(party: PartyRow) -> dt.datetime:
    return party.seated_at or party.starts_at if party.sits else party.starts_at


def _ordered(night: Night) -> list[tuple[int, str, list[TableRow]]]:
    """Rooms with their tables, as the rows stand."""
    found = []
    for room in night.rooms:
        tables = [table for table in night.tables if table.room_id == room.id]
        if tables:
            found.append((room.id, room.name, sorted(tables, key=lambda t: natural(t.label))))
    return found


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A night with what all rows look up in it."""

    night: Night
    span: Span
    uses: dict[int, list[Use]]
    """By table."""
    parties: dict[int, list[PartyRow]]
    stays: dict[int, list[Stay]]
    """Of who has left."""
    company: dict[tuple[int, dt.datetime], list[int]]
    """The tables that a party gave up at the same moment: they were pushed together."""
    badges: dict[int, Badge]
    """By server."""


def _sheet_of(night: Night) -> _Sheet:
    uses: dict[int, list[Use]] = {}
    for use in night.uses:
        uses.setdefault(use.table_id, []).append(use)
    parties: dict[int, list[PartyRow]] = {}
    for party in night.parties:
        for pk in party.table_ids if party.tab != "done" else ():
            parties.setdefault(pk, []).append(party)
    stays: dict[int, list[Stay]] = {}
    company: dict[tuple[int, dt.datetime], list[int]] = {}
    for stay in night.stays:
        stays.setdefault(stay.table_id, []).append(stay)
        company.setdefault((stay.party_id, stay.until), []).append(stay.table_id)
    badges = {each.id: badge(each, index) for index, each in enumerate(night.servers)}
    return _Sheet(night, span_of(night), uses, parties, stays, company, badges)


def pieces(night: Night) -> dict[str, tuple[Piece, ...]]:
    """The ground, the lane of parties without a table, and for each room its rows."""
    sheet = _sheet_of(night)
    rooms = _ordered(night)
    ground = _ground(night, sheet.span, rooms)
    boxes: dict[str, tuple[Piece, ...]] = {
        "tl-axis": (Piece("tl-hours", "time_axis", ground),),
        "tl-ground": (Piece("tl-back", "time_ground", ground),),
        "tl-lane": (Piece("tl-none", "time_row", _lane(sheet)),),
    }
    for room, __, tables in rooms:
        boxes[f"tl-room-{room}"] = tuple(
            Piece(line.key, "time_row", line) for line in _lines(sheet, tables)
        )
    return boxes


def _lines(sheet: _Sheet, tables: Sequence[TableRow]) -> Iterator[Line]:
    for place, table in enumerate(tables):
        above = tables[place - 1].id if place else 0
        below = tables[place + 1].id if place + 1 < len(tables) else 0
        mine = sheet.uses.get(table.id, [])
        claims = {use.owner_id: use for use in mine if use.owner is Owner.PARTY}
        left = (_left(sheet, stay, above, below) for stay in sheet.stays.get(table.id, ()))
        bars = (
            _bar(sheet, party, table, claims.get(party.id), above, below)
            for party in sheet.parties.get(table.id, ())
        )
        few = table.min_seats
        seats = f"{few}–{table.max_seats}" if few < table.max_seats else str(table.max_seats)
        number = ngettext("%(n)d seat", "%(n)d seats", table.max_seats) % {"n": table.max_seats}
        said = _("Table %(label)s") % {"label": table.label}
        yield Line(
            f"tl-t-{table.id}",
            table.public_id,
            table.label,
            seats,
            f"{said}, {number}",
            ROW,
            tuple(_marks(sheet, table, mine)),
            (*left, *bars),
        )


def _bar(
    sheet: _Sheet,
    party: PartyRow,
    table: TableRow | None,
    claim: Use | None,
    above: int,
    below: int,
    lane: int = 0,
) -> Bar:
    night, span = sheet.night, sheet.span
    start, until = night.minute(_starts(party)), night.minute(party.until)
    if claim is not None and party.sits:
        # Who has moved has this table since then; before, somebody else may have had it.
        start = min(max(start, claim.start), until)
    end = until if claim is None else max(until, claim.end)
    x, right, middle = span.at(start), span.at(end), span.at(until)
    width = max(right - x, 0.2)
    icon, word = words.state(party.status)
    mine = party.table_ids
    top = 0 if above in mine else GAP
    bottom = ROW if below in mine else ROW - GAP
    others = [pk for pk in mine if table and pk != table.id]
    is_over = any(each.kind in (AlertKind.OVERSTAY, AlertKind.CONFLICT) for each in party.alerts)
    flags = flags_of(party)
    flag = next(iter(flags), None)
    return Bar(
        party=party.public_id,
        version=party.version,
        x=x,
        w=round(width, 3),
        body=round(min(100 * (middle - x) / width, 100), 2) if middle > x else 0,
        y=lane * ROW + top,
        h=bottom - top,
        tone=_tone(party),
        icon=icon,
        word=word,
        name=words.surname(party.name) or _("Walk-in"),
        size=party.party_size,
        time=words.clock(_starts(party)),
        more=f"+ {words.tables(night.labels(others))}" if others else "",
        sits=party.sits,
        until=int(party.until.timestamp()),
        is_over=is_over,
        flag=flag.icon if flag and flag.icon in _PRESSING else "",
        server=sheet.badges.get(party.server_id or 0),
        said=_said(party, word, flags),
    )


def _left(sheet: _Sheet, stay: Stay, above: int, below: int) -> Bar:
    """A party that has left, at a table where it sat: from when, until when."""
    night, span = sheet.night, sheet.span
    party = night.by_id[stay.party_id]
    x, right = span.at(night.minute(stay.since)), span.at(night.minute(stay.until))
    together = [pk for pk in sheet.company[stay.party_id, stay.until] if pk != stay.table_id]
    top = 0 if above in together else GAP
    bottom = ROW if below in together else ROW - GAP
    icon, word = words.state(party.status)
    time = f"{words.clock(stay.since)}–{words.clock(stay.until)}"
    labels = night.labels([stay.table_id, *together])
    at_table = _("table %(tables)s") % {"tables": words.tables(labels)}
    name = party.name or _("Walk-in")
    return Bar(
        party=party.public_id,
        version=party.version,
        x=x,
        w=round(max(right - x, 0.2), 3),
        body=100,
        y=top,
        h=bottom - top,
        tone="left",
        icon=icon,
        word=word,
        name=words.surname(party.name) or name,
        size=party.party_size,
        time=time,
        more=f"+ {words.tables(labels[1:])}" if together else "",
        sits=False,
        until=0,
        is_over=False,
        flag="",
        server=sheet.badges.get(party.server_id or 0),
        said=", ".join((time, name, str(party.party_size), word, at_table)),
        has_left=True,
    )


_PRESSING = frozenset({"allergy", "star", "cake"})
_TONES = {
    Status.REQUESTED: "asked",
    Status.PENDING: "asked",
    Status.PENDING_PAYMENT: "asked",
    Status.CHECK_DROPPED: "bill",
    Status.PAID: "paid",
}


def _tone(party: PartyRow) -> str:
    if party.status in _TONES:
        return _TONES[party.status]
    if party.sits:
        return "occupied"
    return "here" if party.tab == "arrived" else "held"


def _said(party: PartyRow, word: str, flags: Sequence[Flag]) -> str:
    time = f"{words.clock(_starts(party))}–{words.clock(party.until)}"
    parts = [time, party.name or _("Walk-in"), str(party.party_size), word]
    if party.table_labels:
        parts.append(_("table %(tables)s") % {"tables": words.tables(party.table_labels)})
    parts += [words.alert_kind(each.kind)[1] for each in party.alerts]
    parts += [flag.text for flag in flags]
    return ", ".join(dict.fromkeys(parts))


_KINDS = {Owner.BLOCK: "block", Owner.BUSSING: "bussing", Owner.HOLD: "hold", Owner.PARTY: "other"}


def _marks(sheet: _Sheet, table: TableRow, uses: Iterable[Use]) -> Iterator[Mark]:
    night, span = sheet.night, sheet.span
    for use in uses:
        if use.owner is Owner.PARTY and use.owner_id in night.by_id:
            continue
        if span.meets(use.start, use.end):
            yield _mark(night, span, _KINDS[use.owner], use.start, use.end, _text(use))
    for each in night.house.plan.closures:
        is_here = each.room_id == table.room_id and each.table_id is None
        if is_here and not each.online_only and span.meets(each.starts, each.ends):
            yield _mark(night, span, "shut", each.starts, each.ends, each.note or _("Closed"))


def _text(use: Use) -> str:
    if use.owner is Owner.HOLD:
        return _("Being booked · %(size)s") % {"size": use.label}
    if use.owner is Owner.BUSSING:
        return _("To clear")
    return use.label or _("Blocked")


def _mark(night: Night, span: Span, kind: str, start: Minute, end: Minute, text: str) -> Mark:
    x = span.at(start)
    times = f"{words.clock(night.instant(start))}–{words.clock(night.instant(end))}"
    return Mark(kind, x, round(max(span.at(end) - x, 0.2), 3), text, f"{times} {text}")


def _lane(sheet: _Sheet) -> Line:
    """Who has no table yet, in as many lines as it takes for no two to overlap."""
    night = sheet.night
    free: list[Minute] = []
    bars = []
    for party in night.parties:
        if party.table_ids or not (party.status in UPCOMING or party.tab == "arrived"):
            continue
        start, end = night.minute(party.starts_at), night.minute(party.until)
        lane = next((at for at, ends in enumerate(free) if ends <= start), len(free))
        free[lane : lane + 1] = [end]
        bars.append(_bar(sheet, party, None, None, 0, 0, lane))
    said = ngettext("%(n)d party without a table", "%(n)d parties without a table", len(bars))
    text = said % {"n": len(bars)}
    height = ROW * len(free)
    return Line("tl-none", "", _("No table"), str(len(bars)), text, height, (), tuple(bars))


def _ground(night: Night, span: Span, rooms: list[tuple[int, str, list[TableRow]]]) -> Ground:
    zone = night.zone
    clocks = ((at, night.instant(at)) for at in span.quarters)
    ticks = tuple(
        Tick(span.at(at), "" if wall.minute else words.clock(wall)) for at, wall in clocks
    )
    seatings = sorted(
        (
            boundary_to_minute(zone, night.service_date, each.first_seating),
            boundary_to_minute(zone, night.service_date, each.last_seating) + STEP,
        )
        for each in night.services
    )
    shut = [
        _mark(night, span, "quiet", start, end, _("No seatings"))
        for start, end in _between(span, seatings)
    ]
    shut += [
        _mark(night, span, "shut", each.starts, each.ends, each.note or _("Closed"))
        for each in night.house.plan.closures
        if each.table_id is None and each.room_id is None and not each.online_only
        if span.meets(each.starts, each.ends)
    ]
    first, last = (int(night.instant(at).timestamp()) for at in (span.first, span.last))
    return Ground(first, last, ticks, tuple(shut), tuple(_joints(night, span, rooms)))


def _between(span: Span, taken: list[tuple[Minute, Minute]]) -> Iterator[tuple[Minute, Minute]]:
    at = span.first
    for start, end in taken:
        if start > at:
            yield at, start
        at = max(at, end)
    if at < span.last:
        yield at, span.last


def _joints(
    night: Night, span: Span, rooms: list[tuple[int, str, list[TableRow]]]
) -> Iterator[Joint]:
    """Where a party's tables do not stand below each other, a line leads from bar to bar."""
    tops: dict[int, int] = {}
    y = 0
    for room in rooms:
        y += HEADING
        for table in room[2]:
            tops[table.id] = y
            y += ROW
    for party in night.parties:
        if len(party.table_ids) < 2 or party.tab == "done":
            continue
        ys = sorted(tops[pk] for pk in party.table_ids if pk in tops)
        for one, other in pairwise(ys):
            if other - one > ROW:
                x = span.at(night.minute(_starts(party)))
                yield Joint(x, one + ROW - GAP, other + GAP)


def context(night: Night) -> dict[str, Any]:
    """What the template needs besides its pieces."""
    now = night.service_now
    seating = (0, 0)
    if now is not None:
        edges = (now.first_seating, now.last_seating)
        first, last = (boundary_to_minute(night.zone, night.service_date, at) for at in edges)
        seating = (first * 60, (last + 2 * HOUR) * 60)
    drawn = {table.room_id for table in night.tables}
    rooms = [RoomRows(f"tl-room-{each.id}", each.name) for each in night.rooms if each.id in drawn]
    return {"time_rooms": rooms, "seating": seating}
