"""The floor as a drawing: rooms to scale, tables with what they say, tables joined for a party.

Units are centimetres of the plan; a table's ``x`` and ``y`` are its corner nearest to the room's
own, and it turns about its middle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservations.engine.lifecycle import Status
from reservations.engine.stand import AlertKind, TableState
from reservations.selectors.night import Block, Night, PartyRow, Room, TableRow
from staff.views.stand import shapes, words
from staff.views.stand.piece import Piece
from staff.views.stand.shapes import Badge, badge

_MARGIN = 34
_HEADING = 14
_LETTER = 9.4
"""Width of a letter of a name, about, in units."""
_LABEL_LETTER = 8
"""The same of a table's label, where a name stands below it."""
_CHAIR = (26, 9)
_CHAIR_GAP = 5


@dataclass(frozen=True, slots=True)
class Chair:
    """One seat, as a small bar at the edge of its table."""

    x: float
    y: float
    turn: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table as drawn. The group is moved to its middle; all else is about that point."""

    key: str
    table: str
    room: str
    label: str
    seats: str
    cx: float
    cy: float
    turn: int
    shape: str
    half_w: float
    half_h: float
    w: float
    h: float
    radius: float
    label_x: float
    label_y: float
    label_fit: float
    """How wide a long label is drawn; 0 for one that fits as it is."""
    text_x: float
    name_y: float
    line_y: float
    next_y: float
    chairs: tuple[Chair, ...]
    state: str
    phase: str
    """Of a party that sits: ``bill`` or ``paid``; of one kept: ``here`` when it has come."""
    party: str
    version: int
    name: str
    size: int
    line: str
    """Below the name: what comes next, or until when."""
    next_text: str
    since: int
    until: int
    due: int
    """When who has it kept was to come, or came (``due_as`` says which)."""
    due_as: str
    is_over: bool
    has_conflict: bool
    flags: str
    """Icon of what is most pressing about who sits there."""
    server: Badge | None
    is_joined: bool
    said: str
    """All of it in one sentence, for who cannot see the drawing."""


@dataclass(frozen=True, slots=True)
class Joint:
    """A band between two tables that a party has together."""

    x1: float
    y1: float
    x2: float
    y2: float
    state: str


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """One room: its drawing's frame and what to read before it."""

    key: str
    room: str
    name: str
    box: str
    width: int
    height: int


def plans_of(night: Night) -> list[RoomPlan]:
    """The rooms that have tables, in the house's order."""
    found = []
    for room in night.rooms:
        tables = [table for table in night.tables if table.room_id == room.id]
        if tables:
            found.append(_plan(room, tables))
    return found


def _plan(room: Room, tables: list[TableRow]) -> RoomPlan:
    edges = [_extent(table) for table in tables]
    left = min(edge[0] for edge in edges) - _MARGIN
    top = min(edge[1] for edge in edges) - _MARGIN - _HEADING
    width = max(edge[2] for edge in edges) + _MARGIN - left
    height = max(edge[3] for edge in edges) + _MARGIN - top
    box = f"{left:.0f} {top:.0f} {width:.0f} {height:.0f}"
    return RoomPlan(f"room-{room.id}", room.public_id, room.name, box, round(width), round(height))


def _extent(table: TableRow) -> tuple[float, float, float, float]:
    """The upright frame of a table, however it is turned."""
    cx, cy = _middle(table)
    angle = math.radians(table.rotation)
    cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
    half_w = (table.width * cos + table.height * sin) / 2
    half_h = (table.width * sin + table.height * cos) / 2
    return cx - half_w, cy - half_h, cx + half_w, cy + half_h


def _upright_height(table: TableRow) -> float:
    _, top, _, bottom = _extent(table)
    return bottom - top


def _middle(table: TableRow) -> tuple[float, float]:
    return table.x + table.width / 2, table.y + table.height / 2


def tables_of(night: Night) -> list[Table]:
    """Every table as it is drawn now."""
    badges = {each.id: badge(each, index) for index, each in enumerate(night.servers)}
    joined = {
        pk
        for party in night.parties
        if len(party.table_ids) > 1 and party.tab in ("seated", "arrived")
        for pk in party.table_ids
    }
    return [_table(night, table, badges, table.id in joined) for table in night.tables]


def _table(night: Night, row: TableRow, badges: dict[int, Badge], is_joined: bool) -> Table:
    cx, cy = _middle(row)
    sitting = night.by_id.get(row.sitting[0]) if row.sitting else None
    kept = night.by_id.get(row.waiting_id or 0)
    party = sitting or (kept if row.state is TableState.HELD else None)
    following = night.by_id.get(row.next_id or 0)
    next_text = words.clock(row.next_at) if row.next_at else ""
    kinds = {alert.kind for alert in party.alerts} if party else set()
    seats = str(row.max_seats)
    is_over = AlertKind.OVERSTAY in kinds
    is_tall = _upright_height(row) >= 64
    due = shapes.tick_of(party)[1] if party is not None and sitting is None else None
    until = sitting.until if sitting else None
    since = sitting.seated_at if sitting else row.since
    called = _called(row)
    state = TableState.HELD if called else row.state
    whose = words.surname(_whose(called, party))
    return Table(
        key=f"t-{row.id}",
        table=row.public_id,
        room=f"room-{row.room_id}",
        label=row.label,
        seats=seats,
        cx=round(cx, 1),
        cy=round(cy, 1),
        turn=row.rotation,
        shape=row.shape,
        half_w=round(row.width / 2, 1),
        half_h=round(row.height / 2, 1),
        w=round(row.width, 1),
        h=round(row.height, 1),
        radius=round(min(row.width, row.height) / 2, 1) if row.shape == "round" else 10,
        label_x=0 if is_tall else 24 - row.width / 2,
        label_y=(-18 if whose else -6) if is_tall else 5,
        label_fit=_label_fit(row),
        text_x=0 if is_tall else 16,
        name_y=4 if is_tall else -3,
        line_y=(24 if whose else 18) if is_tall else 15 if whose else 5,
        next_y=round(row.height / 2 + (4 if is_tall else 11), 1),
        chairs=_chairs(row),
        state=state.value,
        phase="here" if called else _phase(party),
        party=called.queued if called else party.public_id if party else "",
        version=party.version if party else 0,
        name=_fit(whose, row.width),
        size=party.party_size if party else 0,
        line=_line(row, sitting, next_text),
        next_text=next_text,
        since=int(since.timestamp()) if since and sitting else 0,
        until=int(until.timestamp()) if until else 0,
        due=int(due.timestamp()) if due else 0,
        due_as="wait" if party is not None and party.tab == "arrived" else "due",
        is_over=is_over,
        has_conflict=row.has_conflict,
        flags=_flag(party),
        server=badges.get((sitting.server_id if sitting else None) or row.server_id or 0),
        is_joined=is_joined,
        said=_said(row, words.table_state(state), _who(called, party), following, next_text),
    )


def _called(row: TableRow) -> Block | None:
    """What keeps the table for a party of the queue that was called; a tap leads to that party."""
    is_kept = row.state is TableState.BLOCKED and row.block is not None and row.block.queued
    return row.block if is_kept else None


def _whose(called: Block | None, party: PartyRow | None) -> str:
    if called is not None:
        return called.queued_name
    return party.name if party else ""


def _who(called: Block | None, party: PartyRow | None) -> str:
    if called is not None:
        return called.note
    return f"{party.name}, {party.party_size}" if party else ""


def _phase(party: PartyRow | None) -> str:
    if party is None:
        return ""
    if party.status is Status.CHECK_DROPPED:
        return "bill"
    if party.status is Status.PAID:
        return "paid"
    return "here" if party.tab == "arrived" else ""


def _flag(party: PartyRow | None) -> str:
    if party is None:
        return ""
    if party.allergens:
        return "allergy"
    if party.is_vip:
        return "star"
    return "cake" if party.celebration or party.occasion else ""


def _line(row: TableRow, sitting: PartyRow | None, next_text: str) -> str:
    if sitting is not None:
        return f"→ {next_text}" if next_text else ""
    if row.state in (TableState.BLOCKED, TableState.BUSSING):
        return f"→ {words.clock(row.until)}" if row.until else ""
    return next_text


def _label_fit(row: TableRow) -> float:
    """How wide to draw a label that would reach beyond its table; 0 for any other."""
    room = row.width - 10
    return round(room, 1) if len(row.label) * _LABEL_LETTER > room else 0


def _fit(name: str, width: float) -> str:
    letters = max(int(width / _LETTER), 4)
    return name if len(name) <= letters else f"{name[: letters - 1]}…"


def _said(row: TableRow, state: str, who: str, following: PartyRow | None, at: str) -> str:
    seats = ngettext("%(n)d seat", "%(n)d seats", row.max_seats) % {"n": row.max_seats}
    parts = [_("Table %(label)s") % {"label": row.label}, seats, state]
    if who:
        parts.append(who)
    if following is not None and at:
        parts.append(_("next %(name)s at %(time)s") % {"name": following.name, "time": at})
    return ", ".join(parts)


def _chairs(row: TableRow) -> tuple[Chair, ...]:
    """Seats around the table: in a circle, along one side of a counter, else along the sides."""
    count = min(row.max_seats, 16)
    reach = _CHAIR_GAP + _CHAIR[1] / 2
    if row.shape == "round":
        radius = min(row.width, row.height) / 2 + reach
        angles = [360 * index / count for index in range(count)]
        return tuple(
            Chair(
                round(radius * math.sin(math.radians(angle)), 1),
                round(-radius * math.cos(math.radians(angle)), 1),
                round(angle),
            )
            for angle in angles
        )
    half_w, half_h = row.width / 2, row.height / 2
    if row.shape == "counter":
        return tuple(Chair(x, half_h + reach, 180) for x in _spread(count, row.width))
    if row.width >= row.height:
        ends = 2 if count >= 6 and count % 2 == 0 and row.width > row.height else 0
        along = count - ends
        top, bottom = -(-along // 2), along // 2
        found = [Chair(x, -half_h - reach, 0) for x in _spread(top, row.width)]
        found += [Chair(x, half_h + reach, 180) for x in _spread(bottom, row.width)]
        if ends:
            found += [Chair(-half_w - reach, 0, 270), Chair(half_w + reach, 0, 90)]
        return tuple(found)
    left, right = -(-count // 2), count // 2
    found = [Chair(-half_w - reach, y, 270) for y in _spread(left, row.height)]
    found += [Chair(half_w + reach, y, 90) for y in _spread(right, row.height)]
    return tuple(found)


def _spread(count: int, length: float) -> list[float]:
    return [round(length * (index + 0.5) / count - length / 2, 1) for index in range(count)]


def joints_of(night: Night) -> dict[str, list[Joint]]:
    """By room, the bands between tables that a party in the house, or due at them, has together."""
    found: dict[str, list[Joint]] = {plan.key: [] for plan in plans_of(night)}
    for party in night.parties:
        shown = party.sits or party.tab == "arrived"
        if len(party.table_ids) < 2 or not shown:
            continue
        tables = [night.table_by_id[pk] for pk in party.table_ids if pk in night.table_by_id]
        tables.sort(key=lambda table: (table.room_id, *_middle(table)))
        for one, other in pairwise(tables):
            if one.room_id == other.room_id:
                joint = Joint(*_middle(one), *_middle(other), "occupied" if party.sits else "held")
                found[f"room-{one.room_id}"].append(joint)
    return found


def pieces(night: Night, template: str = "table") -> dict[str, tuple[Piece, ...]]:
    """Of each room: the bands below, the tables above them."""
    boxes: dict[str, list[Piece]] = {plan.key: [] for plan in plans_of(night)}
    for room, joints in joints_of(night).items():
        boxes[room].append(Piece(f"joints-{room}", "joints", joints))
    for table in tables_of(night):
        boxes[table.room].append(Piece(table.key, template, table))
    return {box: tuple(found) for box, found in boxes.items()}


def context(night: Night) -> dict[str, Any]:
    """What the template needs besides its pieces."""
    return {"plans": plans_of(night)}
