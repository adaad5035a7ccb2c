"""Reading a floor that a browser sent: everything is checked, every mistake named at its field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from core.errors import Invalid
from restaurants import floor as f
from restaurants.models import DiningTable, FloorFixture

FARTHEST = 20_000
"""Centimetres. No room is longer."""
SMALLEST, LARGEST = 10, 5_000
MOST = {"rooms": 40, "tables": 600, "combinations": 600, "fixtures": 400, "plans": 30}


def floor_from(raw: Any, known: f.Floor, *, restoring: bool = False) -> f.Floor:
    """The floor that was sent.

    Raises Invalid; its details name each mistake as ``tables.<id>.<field>``. Ids that are neither
    known nor new are refused, unless a former state is being restored.
    """
    reader = _Reader(known, restoring)
    found = reader.floor(raw)
    if reader.problems:
        raise Invalid(_("Something on the floor is not right yet."), **reader.problems)
    return found


class _Reader:
    """Goes through the document and collects what is wrong."""

    def __init__(self, known: f.Floor, restoring: bool) -> None:
        self.known = known
        self.restoring = restoring
        self.problems: dict[str, str] = {}

    def floor(self, raw: Any) -> f.Floor:
        """The whole document."""
        if not isinstance(raw, dict):
            self.problems["floor"] = _("This is not a floor.")
            return f.Floor()
        rooms = tuple(
            f.Room(key, self.text("rooms", key, each, "name", 60))
            for key, each in self.rows(raw, "rooms", self.known.rooms)
        )
        room_ids = {room.id for room in rooms}
        tables = tuple(
            self.table(key, each, room_ids)
            for key, each in self.rows(raw, "tables", self.known.tables)
        )
        table_ids = {table.id for table in tables}
        found = f.Floor(
            rooms=rooms,
            tables=tables,
            combinations=tuple(
                self.combination(key, each, table_ids)
                for key, each in self.rows(raw, "combinations", self.known.combinations)
            ),
            fixtures=tuple(
                self.fixture(key, each, room_ids)
                for key, each in self.rows(raw, "fixtures", self.known.fixtures)
            ),
            plans=tuple(
                self.plan(key, each, table_ids)
                for key, each in self.rows(raw, "plans", self.known.plans)
            ),
        )
        self.once(
            "rooms", "name", [(r.id, r.name) for r in rooms], _("Another room has this name.")
        )
        text = _("Another table has this number.")
        self.once("tables", "label", [(t.id, t.label) for t in tables], text)
        text = _("Another plan has this name.")
        self.once("plans", "name", [(p.id, p.name) for p in found.plans], text)
        text = _("These tables are combined already.")
        sets = [(c.id, frozenset(c.tables)) for c in found.combinations]
        self.once("combinations", "tables", sets, text)
        return found

    def table(self, key: str, raw: Mapping[str, Any], rooms: Collection[str]) -> f.Table:
        """One table."""
        low = self.whole("tables", key, raw, "min_seats", 1, 999)
        high = self.whole("tables", key, raw, "max_seats", 1, 999)
        if low > high:
            text = _("The largest party cannot be smaller than the smallest.")
            self.problems.setdefault(f"tables.{key}.max_seats", text)
        return f.Table(
            id=key,
            label=self.text("tables", key, raw, "label", 10),
            room=self.one_of("tables", key, raw, "room", rooms),
            min_seats=low,
            max_seats=high,
            access=self.one_of("tables", key, raw, "access", DiningTable.Access.values),
            step_free=bool(raw.get("step_free")),
            priority=self.whole("tables", key, raw, "priority", -99, 99),
            shape=self.one_of("tables", key, raw, "shape", DiningTable.Shape.values),
            in_use=bool(raw.get("in_use")),
            **self.box("tables", key, raw),
        )

    def combination(
        self, key: str, raw: Mapping[str, Any], tables: Collection[str]
    ) -> f.Combination:
        """One combination."""
        members = raw.get("tables")
        ids = tuple(str(each) for each in members) if isinstance(members, list) else ()
        if len(set(ids)) < 2 or not set(ids) <= set(tables):
            text = _("A combination needs two or more tables of the floor.")
            self.problems[f"combinations.{key}.tables"] = text
        low = self.whole("combinations", key, raw, "min_seats", 1, 999)
        high = self.whole("combinations", key, raw, "max_seats", 1, 999)
        if low > high:
            text = _("The largest party cannot be smaller than the smallest.")
            self.problems.setdefault(f"combinations.{key}.max_seats", text)
        return f.Combination(
            id=key,
            tables=tuple(sorted(set(ids))),
            min_seats=low,
            max_seats=high,
            priority=self.whole("combinations", key, raw, "priority", -99, 99),
            is_active=bool(raw.get("is_active", True)),
        )

    def fixture(self, key: str, raw: Mapping[str, Any], rooms: Collection[str]) -> f.Fixture:
        """One wall, bar, door or word."""
        kind = self.one_of("fixtures", key, raw, "kind", FloorFixture.Kind.values)
        return f.Fixture(
            id=key,
            room=self.one_of("fixtures", key, raw, "room", rooms),
            kind=kind,
            label=self.text("fixtures", key, raw, "label", 40, required=kind == "text"),
            **self.box("fixtures", key, raw),
        )

    def plan(self, key: str, raw: Mapping[str, Any], tables: Collection[str]) -> f.Plan:
        """One plan with its places."""
        first = self.date("plans", key, raw, "valid_from")
        last = self.date("plans", key, raw, "valid_until")
        if first and last and last < first:
            self.problems[f"plans.{key}.valid_until"] = _("The last day is before the first.")
        days = raw.get("weekdays") or []
        is_list = isinstance(days, list) and all(
            isinstance(day, int) and 0 <= day <= 6 for day in days
        )
        if not is_list:
            self.problems[f"plans.{key}.weekdays"] = _("Choose days of the week.")
        is_active = bool(raw.get("is_active"))
        if is_active and not (days or first or last):
            text = _("Choose weekdays or dates: a plan for every day is the standard one.")
            self.problems[f"plans.{key}.weekdays"] = text
        spots = raw.get("spots")
        return f.Plan(
            id=key,
            name=self.text("plans", key, raw, "name", 60),
            weekdays=tuple(sorted(set(days))) if is_list else (),
            valid_from=first,
            valid_until=last,
            is_active=is_active,
            spots=tuple(self.spots(key, spots if isinstance(spots, list) else [], tables)),
        )

    def spots(self, key: str, rows: list[Any], tables: Collection[str]) -> Iterable[f.Spot]:
        """The places of a plan; those of tables that are gone are left out."""
        seen = set()
        for raw in rows:
            table = str(raw.get("table")) if isinstance(raw, dict) else ""
            if table not in tables or table in seen:
                continue
            seen.add(table)
            name = f"{key}.{table}"
            yield f.Spot(
                table=table,
                x=self.number("spots", name, raw, "x", 0, FARTHEST),
                y=self.number("spots", name, raw, "y", 0, FARTHEST),
                rotation=self.turn("spots", name, raw),
                in_use=bool(raw.get("in_use")),
            )

    # --- Fields ----------------------------------------------------------------------------------

    def rows(
        self, raw: Mapping[str, Any], kind: str, known: Iterable[Any]
    ) -> list[tuple[str, dict[str, Any]]]:
        """The entries of a kind by id, each once."""
        given = raw.get(kind, [])
        if not isinstance(given, list) or len(given) > MOST[kind]:
            text = _("There are too many of these (at most %(number)d).") % {"number": MOST[kind]}
            self.problems[kind] = text
            return []
        there = {each.id for each in known}
        found: dict[str, dict[str, Any]] = {}
        for each in given:
            key = str(each.get("id", "")) if isinstance(each, dict) else ""
            is_fine = self.restoring or key in there or key.startswith(f.NEW)
            if not key or len(key) > 60 or key in found or not is_fine:
                self.problems[kind] = _("The page is out of date. Load it again.")
                continue
            found[key] = each
        return list(found.items())

    def once(self, kind: str, name: str, pairs: Iterable[tuple[str, Any]], text: str) -> None:
        """Say so at the second thing with the same value."""
        seen: set[Any] = set()
        for key, value in pairs:
            if value and value in seen:
                self.problems.setdefault(f"{kind}.{key}.{name}", text)
            seen.add(value)

    def text(
        self,
        kind: str,
        key: str,
        raw: Mapping[str, Any],
        name: str,
        longest: int,
        *,
        required: bool = True,
    ) -> str:
        """Words of one line."""
        value = " ".join(str(raw.get(name) or "").replace("\0", "").split())
        if required and not value:
            self.problems[f"{kind}.{key}.{name}"] = _("This is missing.")
        elif len(value) > longest:
            text = _("At most %(number)d characters.") % {"number": longest}
            self.problems[f"{kind}.{key}.{name}"] = text
        return value

    def number(
        self, kind: str, key: str, raw: Mapping[str, Any], name: str, low: float, high: float
    ) -> float:
        """A length or a position, to the millimetre."""
        value = raw.get(name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:  # type: ignore[operator]
            text = _("A number from %(low)d to %(high)d.") % {"low": low, "high": high}
            self.problems[f"{kind}.{key}.{name}"] = text
            return float(low)
        return round(float(value), 1)  # type: ignore[arg-type]

    def whole(
        self, kind: str, key: str, raw: Mapping[str, Any], name: str, low: int, high: int
    ) -> int:
        """A count."""
        value = self.number(kind, key, raw, name, low, high)
        if value != int(value):
            self.problems[f"{kind}.{key}.{name}"] = _("A whole number, please.")
        return int(value)

    def turn(self, kind: str, key: str, raw: Mapping[str, Any]) -> int:
        """Degrees from 0 to 359."""
        return round(self.number(kind, key, raw, "rotation", -3600, 3600)) % 360

    def box(self, kind: str, key: str, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Place and size."""
        return {
            "x": self.number(kind, key, raw, "x", 0, FARTHEST),
            "y": self.number(kind, key, raw, "y", 0, FARTHEST),
            "width": self.number(kind, key, raw, "width", SMALLEST, LARGEST),
            "height": self.number(kind, key, raw, "height", SMALLEST, LARGEST),
            "rotation": self.turn(kind, key, raw),
        }

    def one_of(
        self, kind: str, key: str, raw: Mapping[str, Any], name: str, values: Collection[str]
    ) -> str:
        """One of some words."""
        value = str(raw.get(name))
        if value not in values:
            self.problems[f"{kind}.{key}.{name}"] = _("Choose one of the list.")
        return value

    def date(self, kind: str, key: str, raw: Mapping[str, Any], name: str) -> dt.date | None:
        """A date, or none."""
        value = raw.get(name)
        if not value:
            return None
        try:
            found = dt.date.fromisoformat(str(value))
        except ValueError:
            found = None
        if found is None or not 2000 <= found.year <= 2200:
            self.problems[f"{kind}.{key}.{name}"] = _("A date such as 2026-11-28.")
        return found
