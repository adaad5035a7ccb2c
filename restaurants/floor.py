"""The floor of a house as one document: rooms, tables, combinations, fixtures and plans. Pure.

What the editor draws and sends back, and what is compared, checked and undone. Lengths are
centimetres, positions the left upper corner of a thing before it is turned about its middle.
Ids are public ids; what is new has an id that begins with ``new``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

NEW = "new"
"""How the id of a thing begins that is not stored yet."""
STANDARD = ""
"""The id of the plan that holds where no other does: the tables' own positions."""

DRAWN = frozenset({"x", "y", "width", "height", "rotation", "shape"})
"""What of a thing is drawing alone."""

REACH = 60.0
"""Centimetres. Tables that stand further apart are not pushed together during a service."""


@dataclass(frozen=True, slots=True)
class Room:
    """A room, in the order of the list."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its place in the standard plan."""

    id: str
    label: str
    room: str
    min_seats: int
    max_seats: int
    access: str
    step_free: bool
    priority: int
    shape: str
    width: float
    height: float
    x: float
    y: float
    rotation: int
    in_use: bool
    """In the standard plan."""


@dataclass(frozen=True, slots=True)
class Combination:
    """Tables that may be pushed together."""

    id: str
    tables: tuple[str, ...]
    min_seats: int
    max_seats: int
    priority: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class Fixture:
    """A wall, a bar, a door or a word in a room."""

    id: str
    room: str
    kind: str
    label: str
    x: float
    y: float
    width: float
    height: float
    rotation: int


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a table stands in a plan, and whether it is used there."""

    table: str
    x: float
    y: float
    rotation: int
    in_use: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Another arrangement on some days; a table it does not name stands as in the standard one."""

    id: str
    name: str
    weekdays: tuple[int, ...]
    valid_from: dt.date | None
    valid_until: dt.date | None
    is_active: bool
    spots: tuple[Spot, ...]

    def holds_on(self, date: dt.date) -> bool:
        """Whether it is meant for a date."""
        return (
            self.is_active
            and (not self.weekdays or date.weekday() in self.weekdays)
            and (self.valid_from is None or self.valid_from <= date)
            and (self.valid_until is None or date <= self.valid_until)
        )


@dataclass(frozen=True, slots=True)
class Floor:
    """The whole of it."""

    rooms: tuple[Room, ...] = ()
    tables: tuple[Table, ...] = ()
    combinations: tuple[Combination, ...] = ()
    fixtures: tuple[Fixture, ...] = ()
    plans: tuple[Plan, ...] = ()

    def plan_on(self, date: dt.date) -> Plan | None:
        """The plan that counts on a date; None is the standard one."""
        return next((plan for plan in self.plans if plan.holds_on(date)), None)

    def in_use_on(self, date: dt.date) -> frozenset[str]:
        """The tables that are used on a date."""
        plan = self.plan_on(date)
        said = {spot.table: spot.in_use for spot in plan.spots} if plan else {}
        return frozenset(t.id for t in self.tables if said.get(t.id, t.in_use))

    def placed(self, plan_id: str = STANDARD) -> tuple[Spot, ...]:
        """Every table with its place in a plan."""
        plan = next((plan for plan in self.plans if plan.id == plan_id), None)
        spots = {spot.table: spot for spot in plan.spots} if plan else {}
        return tuple(
            spots.get(t.id) or Spot(t.id, t.x, t.y, t.rotation, t.in_use) for t in self.tables
        )


# --- As a document -------------------------------------------------------------------------------


def document(floor: Floor) -> dict[str, Any]:
    """The floor as JSON has it."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(floor), default=str))
    return found


def digest(floor: Floor) -> str:
    """A short mark of the whole floor: another one means that something was changed."""
    text = json.dumps(document(floor), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def differences(before: Floor, after: Floor) -> list[dict[str, Any]]:
    """What was added, removed and changed, for the audit trail."""
    found: list[dict[str, Any]] = []
    old, new = document(before), document(after)
    for kind in ("rooms", "tables", "combinations", "fixtures", "plans"):
        had = {each["id"]: each for each in old[kind]}
        has = {each["id"]: each for each in new[kind]}
        found += [{"kind": kind, "removed": had[key]} for key in had if key not in has]
        found += [{"kind": kind, "added": has[key]} for key in has if key not in had]
        for key in [key for key in has if key in had and has[key] != had[key]]:
            names = [name for name in has[key] if has[key][name] != had[key][name]]
            found.append(
                {
                    "kind": kind,
                    "id": key,
                    "before": {name: had[key][name] for name in names},
                    "after": {name: has[key][name] for name in names},
                }
            )
        order = [[each["id"] for each in doc[kind]] for doc in (old, new)]
        if kind in ("rooms", "plans") and order[0] != order[1] and set(order[0]) == set(order[1]):
            found.append({"kind": kind, "order": order[1]})
    return found


def name_key(kind: str, key: str) -> str:
    """Under what :func:`names_in` has a thing: its id, with its kind where that is a number."""
    return f"{kind}:{key}" if kind in ("combinations", "fixtures") else key


def names_in(changes: list[dict[str, Any]], before: Floor, after: Floor) -> dict[str, str]:
    """What those are called that differences speak of: people read them when they may be gone."""
    texts = frozenset(_texts(changes))
    named: dict[str, str] = {}
    for floor in (before, after):
        labels = {table.id: table.label for table in floor.tables}
        named |= labels
        named |= {room.id: room.name for room in floor.rooms}
        named |= {plan.id: plan.name for plan in floor.plans}
        for fixture in floor.fixtures:
            named[name_key("fixtures", fixture.id)] = fixture.label or fixture.kind
        for each in floor.combinations:
            told = " + ".join(sorted(labels.get(table, "?") for table in each.tables))
            named[name_key("combinations", each.id)] = told
    return {key: name for key, name in named.items() if key.rpartition(":")[2] in texts}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


# --- Geometry ------------------------------------------------------------------------------------


def corners(
    x: float, y: float, width: float, height: float, rotation: float
) -> list[tuple[float, float]]:
    """The corners of a rectangle that is turned about its middle."""
    middle_x, middle_y = x + width / 2, y + height / 2
    angle = math.radians(rotation)
    sine, cosine = math.sin(angle), math.cos(angle)
    return [
        (middle_x + dx * cosine - dy * sine, middle_y + dx * sine + dy * cosine)
        for dx, dy in (
            (-width / 2, -height / 2),
            (width / 2, -height / 2),
            (width / 2, height / 2),
            (-width / 2, height / 2),
        )
    ]


def gap(first: list[tuple[float, float]], second: list[tuple[float, float]]) -> float:
    """How far two convex shapes stand apart; nothing where they touch or overlap."""
    if _overlap(first, second):
        return 0.0
    pairs = [(first, second), (second, first)]
    return min(
        _to_edge(point, edge)
        for these, those in pairs
        for point in these
        for edge in zip(those, those[1:] + those[:1], strict=True)
    )


def _overlap(first: list[tuple[float, float]], second: list[tuple[float, float]]) -> bool:
    for shape in (first, second):
        for (ax, ay), (bx, by) in zip(shape, shape[1:] + shape[:1], strict=True):
            nx, ny = by - ay, ax - bx
            mine = [px * nx + py * ny for px, py in first]
            its = [px * nx + py * ny for px, py in second]
            if max(mine) < min(its) or max(its) < min(mine):
                return False
    return True


def _to_edge(
    point: tuple[float, float], edge: tuple[tuple[float, float], tuple[float, float]]
) -> float:
    (px, py), ((ax, ay), (bx, by)) = point, edge
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = 0.0 if not length else ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length
    along = min(1.0, max(0.0, along))
    return math.hypot(px - ax - along * (bx - ax), py - ay - along * (by - ay))


def stand_together(
    tables: Iterable[Table], spots: Mapping[str, Spot], reach: float = REACH
) -> bool:
    """Whether one can go from each of these tables to any other in steps of ``reach``."""
    members = list(tables)
    if len({table.room for table in members}) > 1:
        return False
    shapes = {}
    for table in members:
        spot = spots[table.id]
        # A round table stands as it stands, however it is turned.
        turned = 0 if table.shape == "round" and table.width == table.height else spot.rotation
        shapes[table.id] = corners(spot.x, spot.y, table.width, table.height, turned)
    reached, rest = members[:1], members[1:]
    while rest:
        near = next(
            (t for t in rest for r in reached if gap(shapes[t.id], shapes[r.id]) <= reach), None
        )
        if near is None:
            return False
        reached.append(near)
        rest.remove(near)
    return True


def proposed_seats(tables: Iterable[Table]) -> tuple[int, int]:
    """The parties that tables pushed together are for: more than any of them seats alone."""
    sizes = sorted(table.max_seats for table in tables)
    most = sum(sizes)
    return min(sizes[-1] + 1, most), most
