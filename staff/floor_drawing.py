"""A room as it is drawn where there is no script: every table a link to its form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from restaurants import floor as f

_MARGIN = 120
_LEAST = (700, 480)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A table or a fixture as SVG has it."""

    id: str
    label: str
    width: str
    height: str
    mid_x: str
    mid_y: str
    transform: str
    upright: str
    kind: str = ""
    shape: str = ""
    access: str = ""
    seats: str = ""
    in_use: bool = True


@dataclass(frozen=True, slots=True)
class DrawnRoom:
    """A room with all that stands in it."""

    name: str
    width: int
    height: int
    tables: list[Drawn]
    fixtures: list[Drawn]


def drawn_rooms(floor: f.Floor) -> list[DrawnRoom]:
    """Every room in the standard plan."""
    return [_room(room, floor) for room in floor.rooms]


def _room(room: f.Room, floor: f.Floor) -> DrawnRoom:
    tables = [table for table in floor.tables if table.room == room.id]
    fixtures = [each for each in floor.fixtures if each.room == room.id]
    things: list[f.Table | f.Fixture] = [*tables, *fixtures]
    points = [
        point
        for each in things
        for point in f.corners(each.x, each.y, each.width, each.height, each.rotation)
    ]
    return DrawnRoom(
        name=room.name,
        width=round(max([_LEAST[0], *(x + _MARGIN for x, _ in points)])),
        height=round(max([_LEAST[1], *(y + _MARGIN for _, y in points)])),
        tables=[
            Drawn(
                label=table.label,
                shape=table.shape,
                access=table.access,
                seats=seats(table.min_seats, table.max_seats),
                in_use=table.in_use,
                **_box(table),
            )
            for table in tables
        ],
        fixtures=[Drawn(label=each.label, kind=each.kind, **_box(each)) for each in fixtures],
    )


def _box(each: f.Table | f.Fixture) -> dict[str, Any]:
    """Place and size. The language must not write numbers of a drawing with a comma."""
    mid_x, mid_y = f"{each.width / 2:g}", f"{each.height / 2:g}"
    return {
        "id": each.id,
        "width": f"{each.width:g}",
        "height": f"{each.height:g}",
        "mid_x": mid_x,
        "mid_y": mid_y,
        "transform": f"translate({each.x:g} {each.y:g}) rotate({each.rotation} {mid_x} {mid_y})",
        "upright": f"translate({mid_x} {mid_y}) rotate({-each.rotation})",
    }


def seats(low: int, high: int) -> str:
    """``2–4``, or ``4`` alone."""
    return str(high) if low == high else f"{low}–{high}"
