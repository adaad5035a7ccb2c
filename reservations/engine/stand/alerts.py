"""What needs a host's attention at this moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reservations.engine.lifecycle import PRESENT, UPCOMING, Status
from reservations.engine.stand.floor import Floor
from reservations.engine.stand.types import (
    AT_THE_DOOR,
    LATE_AFTER,
    VIP_WITHIN,
    Alert,
    AlertKind,
    Guest,
    Owner,
)
from reservations.engine.types import Minute


def alerts_of(floor: Floor, guests: Sequence[Guest]) -> tuple[Alert, ...]:
    """Everything that needs attention now, the most pressing first."""
    by_id = {guest.id: guest for guest in guests}
    found: list[Alert] = []
    for guest in guests:
        found += _of_guest(floor, guest)
    found += _meetings(floor, guests, by_id)
    order = list(AlertKind)
    return tuple(sorted(found, key=lambda a: (order.index(a.kind), -a.minutes, a.party_id)))


def _of_guest(floor: Floor, guest: Guest) -> Iterator[Alert]:
    now, late = floor.now, floor.now - guest.starts
    is_coming = guest.status in UPCOMING and guest.status is not Status.REQUESTED
    tables = guest.table_ids
    if is_coming and late > LATE_AFTER:
        yield Alert(AlertKind.LATE, guest.id, late, tables)
    if is_coming and guest.is_vip and 0 <= -late <= VIP_WITHIN:
        yield Alert(AlertKind.VIP_SOON, guest.id, -late, tables)
    if guest.has_allergy and guest.status in (AT_THE_DOOR | {Status.PARTIALLY_SEATED}):
        yield Alert(AlertKind.ALLERGY, guest.id, 0, tables)
    if guest.owes and (is_coming or guest.status in AT_THE_DOOR):
        yield Alert(AlertKind.PAYMENT_MISSING, guest.id, max(-late, 0), tables)
    is_expected = is_coming or guest.status in PRESENT
    if is_expected and not tables and floor.plan.tables:
        yield Alert(AlertKind.UNASSIGNED, guest.id, max(now - guest.starts, 0))


def _meetings(floor: Floor, guests: Sequence[Guest], by_id: Mapping[int, Guest]) -> Iterator[Alert]:
    """Parties that sit at a table when, or until after, the next one comes to it."""
    for guest in guests:
        if not guest.sits:
            continue
        until = max(guest.until, floor.now)
        nearest: tuple[Minute, int] | None = None
        for table_id in guest.table_ids:
            for use in floor.uses.get(table_id, ()):
                other = by_id.get(use.owner_id) if use.owner is Owner.PARTY else None
                if other is None or other.id == guest.id or other.sits or use.end <= floor.now:
                    continue
                if use.start < until or use.start <= floor.now:
                    nearest = min(nearest or (use.start, other.id), (use.start, other.id))
        if nearest is None:
            if guest.until < floor.now:
                over = floor.now - guest.until
                yield Alert(AlertKind.OVERSTAY, guest.id, over, guest.table_ids)
            continue
        start, other_id = nearest
        if start <= floor.now:
            over = floor.now - start
            yield Alert(AlertKind.CONFLICT, other_id, over, guest.table_ids, guest.id)
            yield Alert(AlertKind.OVERSTAY, guest.id, over, guest.table_ids, other_id)
        else:
            over = until - start
            yield Alert(AlertKind.OVERSTAY, guest.id, over, guest.table_ids, other_id)
