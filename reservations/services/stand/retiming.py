"""A party's time and size: longer, shorter, another start, more guests or fewer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext

from core.actors import SYSTEM, Actor
from core.errors import Invalid
from reservations.engine import stand
from reservations.engine import types as e
from reservations.engine.calendar import services_on
from reservations.engine.lifecycle import UPCOMING, Status
from reservations.engine.walltime import boundary_to_minute, datetime_to_minute
from reservations.errors import NotChangeable, PlaceTaken
from reservations.ledger import rewind
from reservations.ledger.guard import guarded
from reservations.ledger.seating import stretch
from reservations.models import Reservation
from reservations.services.bookings import notify
from reservations.services.stand import places
from reservations.services.stand.acting import UNDO_WITHIN, Acting, on_party
from reservations.services.stand.door import called, check_on
from reservations.services.stand.undo_token import Undo

SHORTEST = 15
LONGEST = 720
"""Minutes a party may have a table for (the rule of ``Reservation.turn_minutes``)."""


def extend(
    party: str,
    *,
    expected: int,
    by: Actor,
    minutes: int = 15,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """The party stays longer, or with a negative number leaves earlier.

    One that sits: its expected end moves. One to come: its booked time does. Raises PlaceTaken with
    who stands against it, LimitReached where seats of a pool are counted anew, and NotChangeable
    for a time that is over already.
    """

    def deed(acting: Acting, row: Reservation) -> str:
        check_on(row)
        _stretch(acting, row, minutes, overbook=overbook)
        row.updated_at = acting.at
        row.save()
        until = (row.expected_end or row.ends_at).astimezone(acting.house.zone)
        acting.record_party("reservation.extended", row, minutes=minutes, until=until.isoformat())
        words = {"party": called(row), "time": until.strftime("%H:%M")}
        return gettext("%(party)s until %(time)s") % words

    return on_party(party, "extend", deed, expected=expected, by=by, key=key)


def _stretch(acting: Acting, row: Reservation, minutes: int, *, overbook: bool) -> None:
    guest = acting.guest(row)
    floor = acting.floor
    # A party that sits beyond its time gets its minutes from now on.
    until = max(guest.until, floor.now) if guest.sits and minutes > 0 else guest.until
    ends = until + minutes
    start = guest.starts if guest.seated is None else min(guest.seated, guest.starts)
    if ends <= (floor.now if guest.sits else guest.starts + SHORTEST - 1):
        raise NotChangeable(gettext("That time is over already."), status=row.status)
    if not guest.sits and ends - guest.starts > LONGEST:
        raise NotChangeable(gettext("Nobody can have a table for so long."), status=row.status)
    claimed = ends + acting.house.plan.buffer_minutes
    for table in guest.table_ids:
        use = floor.taken(table, floor.now if guest.sits else start, claimed, guest.id)
        if use is not None and minutes > 0:
            raise places.taken(acting, places.BY_OWNER[use.owner], use, table)
        if use is not None:
            claimed = min(claimed, use.start)
    instant = acting.night.instant(ends)
    if guest.sits:
        row.expected_end = instant
        _stretch_claims(acting, row, claimed)
    else:
        _recount(acting, row, guest, instant, claimed, overbook=overbook)


def _stretch_claims(acting: Acting, row: Reservation, claimed: e.Minute) -> None:
    """Let the claims of a party that sits end then, from when they began."""
    acting.tidy()
    begun = list(row.claims.filter(released_at=None).values_list("during", flat=True))
    if begun:
        start = min(during.lower for during in begun)
        stretch(row.pk, start=start, until=max(acting.night.instant(claimed), acting.at))


def _recount(
    acting: Acting,
    row: Reservation,
    guest: stand.Guest,
    ends: dt.datetime,
    claimed: e.Minute,
    *,
    overbook: bool,
) -> None:
    """Another length for a party to come: it is agreed with it, and a pool counts it anew."""
    stay = places.Stay(guest.table_ids, guest.starts, datetime_to_minute(ends), claimed)
    if acting.house.plan.capacity_mode is e.CapacityMode.TABLES:
        places.take(acting, row, stay)
        row.ends_at = ends
    else:
        places.take_and_count(
            acting,
            row,
            stay,
            starts=row.starts_at,
            ends=ends,
            size=row.party_size,
            service_id=row.service_id,
            overbook=overbook,
        )
    row.turn_minutes = int((ends - row.starts_at).total_seconds()) // 60


def change_size(
    party: str, party_size: int, *, expected: int, by: Actor, overbook: bool = False, key: str = ""
) -> Undo:
    """One more, or two fewer. It keeps its tables if they have the chairs.

    A party to come is given a better place otherwise; for one that sits, move or merge first, or a
    manager squeezes it in. The guest of a party to come is told when undo is over. Raises
    PlaceTaken, LimitReached, Invalid.
    """

    def deed(acting: Acting, row: Reservation) -> str:
        check_on(row)
        if party_size < 1:
            raise Invalid(party_size=gettext("How many are they?"))
        before = row.party_size
        _resize(acting, row, party_size, overbook=overbook)
        _save_changed(acting, row, {"party_size": before}, {"party_size": party_size})
        return gettext("%(party)s: %(size)s guests") % {"party": called(row), "size": party_size}

    return on_party(party, "change_size", deed, expected=expected, by=by, key=key)


def _resize(acting: Acting, row: Reservation, size: int, *, overbook: bool) -> None:
    guest = replace(acting.guest(row), party_size=size)
    tables = guest.table_ids
    seats = stand.seats_of(acting.house.plan, tables)
    over: list[str] = []
    if tables and seats < size:
        if guest.sits or overbook:
            over = places.check_seats(acting, guest, size, tables, overbook=overbook)
        else:
            tables = best_at(acting, replace(guest, table_ids=()), guest.starts)
    start, until = _claimed(acting, row, guest, tables)
    places.take_and_count(
        acting,
        row,
        places.Stay(tables, start, guest.ends, until),
        starts=row.starts_at,
        ends=row.ends_at,
        size=size,
        service_id=row.service_id,
        overbook=overbook,
        over=over,
    )


def _claimed(
    acting: Acting, row: Reservation, guest: stand.Guest, tables: Sequence[int]
) -> tuple[e.Minute, e.Minute]:
    """From when to when its tables are claimed now; for others, its time and the buffer."""
    if set(tables) == set(guest.table_ids):
        live = list(row.claims.filter(released_at=None).values_list("during", flat=True))
        if live:
            start = min(datetime_to_minute(during.lower) for during in live)
            return start, max(-(-int(during.upper.timestamp()) // 60) for during in live)
    return guest.starts, guest.ends + acting.house.plan.buffer_minutes


def best_at(acting: Acting, guest: stand.Guest, start: e.Minute) -> tuple[int, ...]:
    """The best place for a party to come, free for its whole turn from ``start``.

    Raises PlaceTaken when there is none.
    """
    turn = guest.ends - guest.starts
    found = stand.suggestions(acting.floor, guest.party_size, turn, start=start, guest=guest)
    for each in found:
        if each.minutes >= turn:
            return each.table_ids
    raise PlaceTaken(
        gettext("No table is free for %(size)s guests then.") % {"size": guest.party_size},
        why=str(stand.Why.TAKEN),
    )


def change_time(
    party: str,
    starts_at: dt.datetime,
    *,
    expected: int,
    by: Actor,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """Another time of the same night, for a party to come: at its table if that is free then, else
    at the best one. The guest is told when undo is over. Raises PlaceTaken, LimitReached.
    """

    def deed(acting: Acting, row: Reservation) -> str:
        check_on(row)
        retime(acting, row, starts_at, None, overbook=overbook)
        local = row.starts_at.astimezone(acting.house.zone)
        words = {"party": called(row), "time": local.strftime("%H:%M")}
        return gettext("%(party)s at %(time)s") % words

    return on_party(party, "change_time", deed, expected=expected, by=by, key=key)


def retime(
    acting: Acting,
    row: Reservation,
    starts_at: dt.datetime,
    tables: Sequence[int] | None,
    *,
    overbook: bool,
) -> None:
    """Give a party to come another start and these tables (None: its own, or the best)."""
    if Status(row.status) not in UPCOMING:
        raise NotChangeable(
            gettext("A party that is here cannot come at another time."), status=row.status
        )
    guest = acting.guest(row)
    start = datetime_to_minute(starts_at)
    turn = guest.ends - guest.starts
    service = _service_at(acting, start, row.service_id)
    if start < acting.floor.now:
        raise PlaceTaken(gettext(places.WHY[stand.Why.PAST]), why=str(stand.Why.PAST))
    moved = replace(guest, starts=start, ends=start + turn)
    chosen = _free_then(acting, moved, tables, start)
    over = places.check_seats(acting, guest, row.party_size, chosen, overbook=overbook)
    before = {"time": _clock(acting, row.starts_at)}
    ends = acting.night.instant(start + turn)
    until = start + turn + acting.house.plan.buffer_minutes
    places.take_and_count(
        acting,
        row,
        places.Stay(tuple(chosen), start, start + turn, until),
        starts=acting.night.instant(start),
        ends=ends,
        size=row.party_size,
        service_id=service,
        overbook=overbook,
        over=over,
    )
    # What the party said of another time says nothing about this one.
    row.late_minutes = row.late_at = row.marked_late_at = None
    if row.status == Status.RECONFIRMED:
        row.status, row.status_changed_at = Status.CONFIRMED.value, acting.at
    after = {"time": _clock(acting, row.starts_at)}
    _tell(acting, row)
    row.updated_at = acting.at
    with guarded():
        row.save()
    acting.record_party("reservation.changed", row, before=before, after=after)


def _free_then(
    acting: Acting, guest: stand.Guest, tables: Sequence[int] | None, start: e.Minute
) -> Sequence[int]:
    wanted = guest.table_ids if tables is None else tables
    until = guest.ends + acting.house.plan.buffer_minutes
    for table in wanted:
        use = acting.floor.taken(table, start, until, guest.id)
        if use is not None and tables is not None:
            raise places.taken(acting, places.BY_OWNER[use.owner], use, table)
        if use is not None:
            return best_at(acting, replace(guest, table_ids=()), start)
    if not wanted and acting.house.plan.tables:
        return best_at(acting, guest, start)
    return wanted


def _service_at(acting: Acting, start: e.Minute, current: int) -> int:
    """The service that seats guests then, its own first; raises NotChangeable for none."""
    plan = acting.house.plan
    running = [
        service.id
        for service in services_on(plan, acting.service_date)
        if boundary_to_minute(plan.zone, acting.service_date, service.first_seating)
        <= start
        <= boundary_to_minute(plan.zone, acting.service_date, service.last_seating)
    ]
    if not running:
        raise NotChangeable(gettext("No service seats guests at that time."))
    return current if current in running else running[0]


def _clock(acting: Acting, instant: dt.datetime) -> str:
    return instant.astimezone(acting.house.zone).strftime("%H:%M")


def _save_changed(
    acting: Acting, row: Reservation, before: Mapping[str, object], after: Mapping[str, object]
) -> None:
    _tell(acting, row)
    row.updated_at = acting.at
    row.save()
    acting.record_party("reservation.changed", row, before=before, after=after)


def _tell(acting: Acting, row: Reservation) -> None:
    """The guest of a party to come hears of it, as soon as undo is over."""
    if Status(row.status) in UPCOMING and acting.by != SYSTEM:
        row.sequence += 1
        message = notify(acting.house, row, "reservation_changed", acting.at + UNDO_WITHIN)
        if message is not None:
            acting.make(rewind.MESSAGES, message.pk)
