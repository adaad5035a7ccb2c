"""Sitting down: parties that booked, and parties that walk in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext

from core.actors import Actor
from core.errors import Invalid
from reservations.details import Details
from reservations.engine import stand
from reservations.engine import types as e
from reservations.engine.lifecycle import Status
from reservations.errors import NotBookable, ServerBusy
from reservations.ledger.confirm import Contact
from reservations.models import Reservation, ShiftServer
from reservations.selectors.days import read_day
from reservations.services.bookings import Extras, write_booking
from reservations.services.holds import HoldRequest
from reservations.services.progress import take_step
from reservations.services.stand import places
from reservations.services.stand.acting import Acting, on_house, on_party
from reservations.services.stand.door import called, check_step, come_after_all
from reservations.services.stand.limits import Wanted, gauges_for
from reservations.services.stand.tonight import check_tonight
from reservations.services.stand.undo_token import Undo

WALK_IN = "walk_in"
_BUSY = frozenset({stand.Pressure.SECOND, stand.Pressure.THIRD})
"""Of who has just got a party; who is cut need not have."""


def seat(
    party: str,
    *,
    expected: int,
    by: Actor,
    tables: Sequence[str] | None = None,
    suggested: bool = False,
    partly: bool = False,
    server: str | None = None,
    insist: bool = False,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """The party sits down: at its own table, the suggested one, or the chosen ``tables``.

    Without a choice it is its own table if it has one, else the suggested one. Its time begins now:
    the claim reaches back to now when it is early, and to the end of a whole turn when it is late,
    as far as the table is free. ``server`` (public id) is who serves; else who was assigned, else
    whose section it is, else who is next up. Raises PlaceTaken with who stands against it,
    LimitReached for too few chairs, and ServerBusy for a third party in a quarter of an hour unless
    they ``insist``.
    """

    def deed(acting: Acting, row: Reservation) -> str:
        check_tonight(acting)
        to = Status.PARTIALLY_SEATED if partly else Status.SEATED
        check_step(acting, row, to)
        sit_down(
            acting,
            row,
            to,
            tables=tables,
            suggested=suggested,
            server=server,
            insist=insist,
            overbook=overbook,
        )
        return seated_words(acting, row)

    return on_party(party, "seat", deed, expected=expected, by=by, key=key)


def sit_down(
    acting: Acting,
    row: Reservation,
    to: Status,
    *,
    tables: Sequence[str] | None = None,
    suggested: bool = False,
    server: str | None = None,
    insist: bool = False,
    overbook: bool = False,
) -> None:
    """Seat a party whose row is locked and whose step was checked."""
    if row.status == Status.NO_SHOW:
        came_back = True
        come_after_all(acting, row, overbook=overbook)
        # What it has now was written after the night was read.
        guest = replace(acting.guest(row), table_ids=())
    else:
        came_back = False
        guest = acting.guest(row)
    turn = max(guest.ends - guest.starts, stand.SHORTEST_STAY)
    chosen = _chosen(acting, guest, turn, tables, suggested)
    if chosen and not (came_back and not tables):
        _take_place(acting, row, guest, chosen, turn, overbook=overbook)
    if row.seated_at is None:
        row.expected_end = row.expected_end or acting.at + dt.timedelta(minutes=turn)
        row.server_id = _server(acting, chosen, server, assigned=row.server_id, insist=insist)
    row.seated_at = row.seated_at or acting.at
    row.save()
    take_step(row, to, by=acting.by, at=acting.at)


def _chosen(
    acting: Acting,
    guest: stand.Guest,
    turn: int,
    tables: Sequence[str] | None,
    suggested: bool,
) -> tuple[int, ...]:
    if tables:
        return places.table_ids(acting, tables)
    if not acting.house.plan.tables:
        return ()
    if guest.table_ids and not suggested:
        return guest.table_ids
    return places.best_now(acting, guest, turn).table_ids


def _take_place(
    acting: Acting,
    row: Reservation,
    guest: stand.Guest,
    chosen: tuple[int, ...],
    turn: int,
    *,
    overbook: bool,
) -> None:
    is_own = set(chosen) == set(guest.table_ids)
    if is_own and guest.sits:
        return
    over = places.check_seats(acting, guest, row.party_size, chosen, overbook=overbook)
    stay = places.stay_now(acting, guest, chosen, turn, is_own=is_own)
    places.take(acting, row, stay)
    places.explain(acting, row, guest, chosen)
    places.note_overbooked(acting, row, over)
    row.expected_end = acting.night.instant(stay.ends)
    if not is_own:
        row.is_locked = True
    if guest.sits:
        left = [table for table in guest.table_ids if table not in chosen]
        places.clear_after(acting, left)


def _server(
    acting: Acting,
    tables: Sequence[int],
    server: str | None,
    *,
    assigned: int | None = None,
    insist: bool,
) -> int | None:
    """Who serves: whom the host named, who was assigned, whose section it is, or who is next up.

    Who was assigned and has been cut since gets no more.

    Raises ServerBusy for who was given two parties just now, unless the host insists.
    """
    if server:
        named = server_named(acting, server).pk
        found = next((each for each in acting.night.servers if each.id == named), None)
    else:
        found = acting.night.server_for(tables, assigned=assigned)
    if found is None:
        return None
    if found.pressure is stand.Pressure.THIRD and not insist:
        words = {"name": found.name, "minutes": stand.SECOND_TABLE_WITHIN}
        text = gettext("%(name)s was given two parties in the last %(minutes)d minutes.")
        raise ServerBusy(text % words, server=found.public_id)
    return found.id


def server_named(acting: Acting, server: str) -> ShiftServer:
    """Somebody who serves that night (public id); raises Invalid."""
    found = ShiftServer.objects.filter(
        public_id=server, restaurant_id=acting.house.id, service_date=acting.service_date
    ).first()
    if found is None:
        raise Invalid(server=gettext("Nobody of that name serves tonight."))
    return found


def seated_words(acting: Acting, row: Reservation) -> str:
    """Who sits where now, in words; and whose second party in a quarter of an hour it is."""
    said = _where_words(row)
    if row.seated_at != acting.at:
        return said
    served = next((each for each in acting.night.servers if each.id == row.server_id), None)
    if served is None or served.pressure not in _BUSY:
        return said
    return f"{said} · " + gettext("%(name)s just got another party") % {"name": served.name}


def _where_words(row: Reservation) -> str:
    labels = Reservation.objects.filter(pk=row.pk, claims__released_at=None).values_list(
        "claims__table__label", flat=True
    )
    found = " + ".join(sorted(filter(None, labels)))
    if not found:
        return gettext("%(party)s seated") % {"party": called(row)}
    return gettext("%(party)s seated at %(table)s") % {"party": called(row), "table": found}


def walk_in(
    restaurant: str,
    service_date: dt.date,
    party_size: int,
    *,
    by: Actor,
    tables: Sequence[str] | None = None,
    name: str = "",
    phone: str = "",
    server: str | None = None,
    insist: bool = False,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """A party without a booking sits down now: at the best table, or the chosen ones.

    It is counted like any other and owns its tables. Undone, it is cancelled. Raises PlaceTaken,
    LimitReached, ServerBusy unless they ``insist``, NotBookable when no service runs on the date,
    Invalid for a party of nobody.
    """

    def deed(acting: Acting) -> tuple[str, str]:
        check_tonight(acting)
        if party_size < 1:
            raise Invalid(party_size=gettext("How many are they?"))
        contact = Contact(name.strip(), "", phone.strip())
        row = write_walk_in(
            acting, party_size, tables, contact, server=server, insist=insist, overbook=overbook
        )
        return row.public_id, seated_words(acting, row)

    return on_house(restaurant, service_date, "walk_in", deed, by=by, key=key)


def write_walk_in(
    acting: Acting,
    size: int,
    tables: Sequence[str] | None,
    contact: Contact,
    *,
    server: str | None,
    insist: bool,
    overbook: bool,
    step_free: bool = False,
) -> Reservation:
    """A party that sits, in the book: at these tables, or at the best place there is now.

    Served by whom the host named (``server``, public id), whose section it is, or who is next up.
    """
    service = acting.night.service_now
    if service is None:
        raise NotBookable(gettext("No service runs on this date."))
    plan, now = acting.house.plan, acting.floor.now
    turn = stand.turn_now(plan, service, size)
    guest = stand.Guest(0, Status.ARRIVED, size, now, now + turn, step_free=step_free)
    chosen = _chosen(acting, guest, turn, tables, suggested=False)
    over = places.check_seats(acting, guest, size, chosen, overbook=overbook) if chosen else []
    stay = (
        places.stay_now(acting, guest, chosen, turn, is_own=False)
        if chosen
        else places.Stay((), now, now + turn, now + turn + plan.buffer_minutes)
    )
    wanted = Wanted(service.id, e.Channel.WALK_IN, size, now, stay.ends)
    gauges, passed = gauges_for(acting, wanted, overbook=overbook, over=over)
    decision = _decision(acting, guest, service, stay, gauges, turn)
    serves = _server(acting, stay.table_ids, server, insist=insist)
    row = _write(acting, decision, size, contact, stay, turn, serves)
    if passed or (tables and chosen):
        places.note_overbooked(acting, row, passed)
        row.is_locked = bool(tables)
        row.save(update_fields=["overbooked", "is_locked"])
    return row


def _decision(
    acting: Acting,
    guest: stand.Guest,
    service: e.DiningService,
    stay: places.Stay,
    gauges: tuple[e.GaugeClaim, ...],
    turn: int,
) -> e.Decision:
    """What is written and kept: the party's place, with the others that were free."""
    found = stand.suggestions(
        acting.floor, guest.party_size, turn, preferred=acting.night.section_next_up
    )
    local = acting.night.instant(stay.start)
    wall = (
        local.hour * 60 + local.minute + e.DAY_MINUTES * (local.date() - acting.service_date).days
    )
    slot = e.Slot(service, wall, stay.start)
    query = e.Query(acting.service_date, guest.party_size, stay.start, e.Channel.WALK_IN)
    seating = e.Seating(stay.table_ids, stay.start, stay.ends, stay.until)
    candidates = tuple(e.Candidate(each.table_ids, each.score) for each in found)
    return e.Decision(query, slot, seating, gauges, (), candidates, places.STAND_RULES)


def _write(
    acting: Acting,
    decision: e.Decision,
    size: int,
    contact: Contact,
    stay: places.Stay,
    turn: int,
    server: int | None,
) -> Reservation:
    day = read_day(acting.house.public_id, acting.service_date, now=acting.at)
    slot = decision.slot
    request = HoldRequest(
        restaurant=acting.house.public_id,
        service_date=acting.service_date,
        time=slot.label if slot else "",
        party_size=size,
        channel=e.Channel.WALK_IN,
        source=WALK_IN,
        turn_minutes=None if stay.ends - stay.start == turn else stay.ends - stay.start,
    )
    named = contact if contact.name else replace(contact, name=gettext("Walk-in"))
    extras = Extras(
        details=Details(),
        status=Status.SEATED,
        notify=False,
        seated_at=acting.at,
        server_id=server,
    )
    row = write_booking(day, decision, request, named, extras, by=acting.by, now=acting.at)
    acting.created.append(row.pk)
    return row
