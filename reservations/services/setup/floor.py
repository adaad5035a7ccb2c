"""Saving the floor: all of it or nothing, never over somebody else's save, and it can be undone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import audit, clock
from core.actors import Actor
from core.errors import Conflict
from core.locks import Space, again_if_undone, lock
from reservations.selectors.floor import Expected, expected_at_tables, read_floor
from reservations.services.setup.floor_checks import floor_from
from reservations.services.setup.floor_rows import write_floor
from reservations.services.setup.rows import record_row
from restaurants import floor as f
from restaurants.models import FloorSave, Restaurant


class FloorChanged(Conflict):
    """Somebody else saved the floor since it was opened; ``details`` says who and when."""

    code = "FLOOR_CHANGED"
    message = gettext_noop("Somebody else has changed the floor in the meantime.")


class TablesExpected(Conflict):
    """Tables that would go are spoken for; ``expected`` says by whom, in order of time."""

    code = "TABLES_EXPECTED"
    message = gettext_noop(
        "Guests are expected at tables that this would take away. Move them to another table"
        " first, or keep the tables until then."
    )

    def __init__(self, expected: list[Expected]) -> None:
        self.expected = expected
        super().__init__(bookings=[each.public_id for each in expected])


class NothingToUndo(Conflict):
    """The floor was never saved, or was changed again since."""

    code = "NOTHING_TO_UNDO"
    message = gettext_noop("The last save of the floor can no longer be undone.")


@dataclass(frozen=True, slots=True)
class SavedFloor:
    """The floor as it is now, with the mark that the next save must show."""

    floor: f.Floor
    version: str
    kept: tuple[str, ...] = ()
    """Labels of tables that were to go and are only out of use: past bookings belong to them."""


def open_floor(restaurant: Restaurant) -> SavedFloor:
    """The floor to work on, and its version. Six queries, no lock."""
    floor = read_floor(restaurant.pk)
    return SavedFloor(floor, f.digest(floor))


@again_if_undone
def save_floor(restaurant: Restaurant, raw: Any, *, expected: str, by: Actor) -> SavedFloor:
    """Put the floor that was sent in place of the one of this version, as a whole. Audited.

    ``raw`` is ``restaurants.floor.document``. Takes the lock of the house: no table can be booked
    in between. Raises FloorChanged, Invalid (each mistake at its field), TablesExpected, Busy; then
    nothing was changed. Sending the same floor again changes nothing.
    """
    with transaction.atomic():
        lock(Space.HOUSE, restaurant.public_id)
        before = read_floor(restaurant.pk)
        if f.digest(before) != expected:
            raise _changed(restaurant)
        wanted = floor_from(raw, before)
        return _save(restaurant, before, wanted, "floor.saved", by)


@again_if_undone
def undo_floor(restaurant: Restaurant, *, by: Actor) -> SavedFloor:
    """Bring back what the last save replaced; undone once more, it is done again. Audited.

    Raises NothingToUndo when the floor is not as that save left it, TablesExpected, Busy.
    """
    with transaction.atomic():
        lock(Space.HOUSE, restaurant.public_id)
        last = FloorSave.objects.filter(restaurant=restaurant).first()
        now = read_floor(restaurant.pk)
        if last is None or f.digest(now) != last.digest:
            raise NothingToUndo
        wanted = floor_from(last.before, now, restoring=True)
        return _save(restaurant, now, wanted, "floor.save_undone", by)


def last_save(restaurant: Restaurant, version: str) -> FloorSave | None:
    """The last save, if it can still be undone from this version."""
    return FloorSave.objects.filter(restaurant=restaurant, digest=version).first()


def _changed(restaurant: Restaurant) -> FloorChanged:
    last = FloorSave.objects.filter(restaurant=restaurant).first()
    if last is None:
        return FloorChanged()
    local = last.saved_at.astimezone(restaurant.tz)
    text = _("%(person)s has saved the floor at %(time)s, after you opened it.") % {
        "person": last.saved_by or _("Somebody"),
        "time": f"{local:%H:%M}",
    }
    return FloorChanged(text, by=last.saved_by, at=last.saved_at.isoformat())


def _save(
    restaurant: Restaurant, before: f.Floor, wanted: f.Floor, verb: str, by: Actor
) -> SavedFloor:
    if wanted == before:
        return SavedFloor(before, f.digest(before))
    in_the_way = bookings_in_the_way(restaurant, before, wanted)
    if in_the_way:
        raise TablesExpected(in_the_way)
    kept = write_floor(restaurant, before, wanted)
    after = read_floor(restaurant.pk)
    version = f.digest(after)
    FloorSave.objects.update_or_create(
        restaurant=restaurant,
        defaults={
            "before": f.document(before),
            "digest": version,
            "saved_at": clock.now(),
            "saved_by": by.label,
        },
    )
    changes = f.differences(before, after)
    audit.record(
        verb,
        restaurant.public_id,
        by=by,
        restaurant_id=restaurant.pk,
        changes=changes,
        names=f.names_in(changes, before, after),
    )
    _record_tables(restaurant, before, after, by)
    return SavedFloor(after, version, tuple(kept))


_UNTOLD = f.DRAWN | {"id"}
"""What of a table nobody who is told of tables has to know."""


def _record_tables(restaurant: Restaurant, before: f.Floor, after: f.Floor, by: Actor) -> None:
    """One entry for each table, like the administration's: subscribers hear of tables by them."""
    had = {table.id: asdict(table) for table in before.tables}
    has = {table.id: asdict(table) for table in after.tables}

    def record(what: str, key: str, **data: Any) -> None:
        record_row("diningtable", what, key, by=by, restaurant_id=restaurant.pk, **data)

    for key in had.keys() - has.keys():
        record("removed", key, label=had[key]["label"])
    for key, table in has.items():
        if key not in had:
            record("added", key, label=table["label"])
            continue
        fields = [name for name in table if table[name] != had[key][name] and name not in _UNTOLD]
        if fields:
            record("changed", key, label=table["label"], fields=fields)


def bookings_in_the_way(restaurant: Restaurant, before: f.Floor, wanted: f.Floor) -> list[Expected]:
    """Whoever is expected at a table on a date on which it is used now and would not be then."""
    expected = expected_at_tables(restaurant.pk, clock.now())
    gone = {
        date: before.in_use_on(date) - wanted.in_use_on(date)
        for date in {each.date for each in expected}
    }
    return [each for each in expected if each.table in gone[each.date]]
