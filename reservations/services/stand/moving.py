"""Parties that change tables: moved, swapped, spread over more, or pulled together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext

from core.actors import Actor
from reservations.engine import stand
from reservations.engine.types import Minute
from reservations.errors import NotChangeable
from reservations.ledger.guard import guarded
from reservations.ledger.seating import release_claims
from reservations.models import Reservation
from reservations.services.stand import places
from reservations.services.stand.acting import Acting, on_party, where_is
from reservations.services.stand.door import called, check_on
from reservations.services.stand.retiming import retime
from reservations.services.stand.undo_token import Undo


def move(
    party: str,
    tables: Sequence[str],
    *,
    expected: int,
    by: Actor,
    starts_at: dt.datetime | None = None,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """To these tables: one, or several pushed together; a party to come also to another start.

    A party that sits moves from now on, and leaves tables behind that are being cleared. The table
    is fixed from then on. Raises PlaceTaken with who stands against it, LimitReached.
    """

    def deed(acting: Acting, row: Reservation) -> str:
        check_on(row)
        chosen = places.table_ids(acting, tables)
        if starts_at is not None and starts_at != row.starts_at:
            retime(acting, row, starts_at, chosen, overbook=overbook)
        else:
            _put(acting, row, chosen, overbook=overbook)
        row.is_locked = True
        _save_moved(acting, row, "moved", chosen)
        words = {"party": called(row), "table": " + ".join(acting.night.labels(chosen))}
        return gettext("%(party)s moved to %(table)s") % words

    return on_party(party, "move", deed, expected=expected, by=by, key=key)


def swap(
    party: str,
    other: str,
    *,
    expected: int,
    other_expected: int,
    by: Actor,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """Two parties of the same night change tables, each keeping its own time.

    Raises PlaceTaken when a third party stands against it, LimitReached for too few chairs,
    NotChangeable for parties that share a table.
    """

    def deed(acting: Acting, row: Reservation) -> str:
        there = where_is(other)
        place = (acting.house.id, acting.service_date)
        if (there["restaurant_id"], there["service_date"]) != place or there["pk"] == row.pk:
            raise NotChangeable(gettext("Only parties of the same night can change tables."))
        second = acting.party(there["pk"], other_expected)
        check_on(row)
        check_on(second)
        _swap(acting, row, second, overbook=overbook)
        words = {"party": called(row), "other": called(second)}
        return gettext("%(party)s and %(other)s changed tables") % words

    return on_party(party, "swap", deed, expected=expected, by=by, key=key)


def _swap(acting: Acting, row: Reservation, second: Reservation, *, overbook: bool) -> None:
    first_guest, second_guest = acting.guest(row), acting.guest(second)
    mine, theirs = first_guest.table_ids, second_guest.table_ids
    if not (mine and theirs):
        raise NotChangeable(gettext("One of the two has no table."))
    if shared := [table for table in mine if table in theirs]:
        words = {
            "party": called(row),
            "other": called(second),
            "table": " + ".join(acting.night.labels(shared)),
        }
        text = gettext("%(party)s and %(other)s both have table %(table)s: nothing would change.")
        raise NotChangeable(text % words)
    moves = ((row, first_guest, theirs, second), (second, second_guest, mine, row))
    stays = []
    for each, guest, target, leaving in moves:
        over = places.check_seats(acting, guest, each.party_size, target, overbook=overbook)
        stays.append((each, _free_stay(acting, guest, target, leaving.pk), over))
    # Both give up their tables before either takes the other's: nothing overlaps on the way.
    release_claims(row.pk, now=acting.at)
    release_claims(second.pk, now=acting.at)
    for each, stay, over in stays:
        places.take(acting, each, stay)
        places.note_overbooked(acting, each, over)
        each.is_locked = True
        _save(acting, each)
    for each, stay, _ in stays:
        # Either line tells of both, or there would be an instant with two parties at a table.
        _record_moved(acting, each, "moved", stay.table_ids, also=[row.pk, second.pk])


def merge(
    party: str,
    table: str,
    *,
    expected: int,
    by: Actor,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """Push another table to those of a party. Raises PlaceTaken."""

    def deed(acting: Acting, row: Reservation) -> str:
        check_on(row)
        more = places.table_ids(acting, [table])
        chosen = tuple(dict.fromkeys([*acting.guest(row).table_ids, *more]))
        _put(acting, row, chosen, overbook=overbook)
        row.is_locked = True
        _save_moved(acting, row, "tables_joined", chosen)
        words = {"party": called(row), "table": " + ".join(acting.night.labels(chosen))}
        return gettext("%(party)s has %(table)s") % words

    return on_party(party, "merge", deed, expected=expected, by=by, key=key)


def split(
    party: str,
    table: str,
    *,
    expected: int,
    by: Actor,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """Take one of a party's tables away. Raises NotChangeable for its last one, LimitReached."""

    def deed(acting: Acting, row: Reservation) -> str:
        check_on(row)
        less = places.table_ids(acting, [table])
        chosen = tuple(pk for pk in acting.guest(row).table_ids if pk not in less)
        if not chosen:
            raise NotChangeable(gettext("This is the party's only table."), status=row.status)
        _put(acting, row, chosen, overbook=overbook)
        _save_moved(acting, row, "tables_split", chosen)
        words = {"party": called(row), "table": " + ".join(acting.night.labels(chosen))}
        return gettext("%(party)s has %(table)s") % words

    return on_party(party, "split", deed, expected=expected, by=by, key=key)


def _put(acting: Acting, row: Reservation, chosen: tuple[int, ...], *, overbook: bool) -> None:
    """Give a party these tables for the time it has; what it leaves behind is cleared."""
    guest = acting.guest(row)
    over = places.check_seats(acting, guest, row.party_size, chosen, overbook=overbook)
    stay = _free_stay(acting, guest, chosen)
    places.take(acting, row, stay)
    places.note_overbooked(acting, row, over)
    if guest.sits:
        left = [table for table in guest.table_ids if table not in chosen]
        places.clear_after(acting, left)


def _free_stay(
    acting: Acting,
    guest: stand.Guest,
    chosen: Sequence[int],
    leaving: int | None = None,
) -> places.Stay:
    """The party's own time at these tables; raises PlaceTaken unless they are free for it.

    Tables it has already count as free: it keeps them for as long as it had them. ``leaving`` is a
    party that gives up its tables at the same moment.
    """
    floor = acting.floor
    start, ends = guest.needs(floor.now)
    until = ends + acting.house.plan.buffer_minutes
    for table in chosen:
        use = floor.taken(table, start, until, guest.id, leaving)
        is_own = table in guest.table_ids
        if use is None:
            continue
        if not is_own or use.start <= start:
            why = places.BY_OWNER[use.owner]
            raise places.taken(acting, why, use, table)
        until = min(until, use.start)
    if guest.sits and set(chosen) & set(guest.table_ids):
        start = min(guest.starts, start if guest.seated is None else guest.seated)
        start = _since(acting, guest, chosen, start)
    return places.Stay(tuple(chosen), start, ends, until)


def _since(acting: Acting, guest: stand.Guest, chosen: Sequence[int], start: Minute) -> Minute:
    """From when tables of a party that sits can be claimed: since it sat, or from now on."""
    now = acting.floor.now
    for table in chosen:
        if acting.floor.taken(table, start, now, guest.id) is not None:
            return now
    return start


def _save_moved(acting: Acting, row: Reservation, what: str, tables: Sequence[int]) -> None:
    _save(acting, row)
    _record_moved(acting, row, what, tables)


def _save(acting: Acting, row: Reservation) -> None:
    row.updated_at = acting.at
    # The tables are in the claims, the row may be as it was: it is another version all the same.
    row.version += 1
    with guarded():
        row.save()


def _record_moved(
    acting: Acting,
    row: Reservation,
    what: str,
    tables: Sequence[int],
    also: Sequence[int] = (),
) -> None:
    acting.record_party(
        f"reservation.{what}",
        row,
        also=also,
        before={"tables": list(acting.night.labels(acting.guest(row).table_ids))},
        after={"tables": list(acting.night.labels(tables))},
    )
