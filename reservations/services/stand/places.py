"""Tables for a party: which ones, from when to when, and what is left behind at the old ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from core.errors import Invalid
from reservations.engine import stand
from reservations.engine import types as e
from reservations.engine.lifecycle import HOLDS_TABLE, PRESENT, UPCOMING, Status
from reservations.engine.walltime import datetime_to_minute
from reservations.errors import PlaceTaken
from reservations.ledger import rewind
from reservations.ledger.decisions import record_decision
from reservations.ledger.place import Place, claim_for_reservation, release_reservation
from reservations.ledger.seating import claim_block, reclaim
from reservations.models import Reservation, TableBlock, TableClaim
from reservations.services.stand.acting import Acting
from reservations.services.stand.limits import TABLE_SEATS, Wanted, check_limits, gauges_for

STAND_RULES = "stand/1"
"""Stamped on decisions made at the stand."""

WHY = {
    stand.Why.TOO_SMALL: gettext_noop("Table %(table)s has too few seats (%(against)s)."),
    stand.Why.TAKEN: gettext_noop("Table %(table)s is taken by %(against)s from %(from)s."),
    stand.Why.HELD: gettext_noop("A guest is booking table %(table)s for %(from)s right now."),
    stand.Why.BLOCKED: gettext_noop("Table %(table)s is blocked from %(from)s."),
    stand.Why.BUSSING: gettext_noop("Table %(table)s is being cleared."),
    stand.Why.PAST: gettext_noop("That time has passed."),
    stand.Why.NOT_STEP_FREE: gettext_noop("Table %(table)s cannot be reached without steps."),
}
BY_OWNER = {
    stand.Owner.PARTY: stand.Why.TAKEN,
    stand.Owner.HOLD: stand.Why.HELD,
    stand.Owner.BLOCK: stand.Why.BLOCKED,
    stand.Owner.BUSSING: stand.Why.BUSSING,
}


ON = (UPCOMING | PRESENT) - {Status.REQUESTED}
"""Statuses of a party that is expected with a table, or here."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Tables, and for how long a party has them."""

    table_ids: tuple[int, ...]
    start: e.Minute
    ends: e.Minute
    """When it is expected to leave."""
    until: e.Minute
    """End of the claim: with the time to clear the table, as far as that is free."""


def table_ids(acting: Acting, tables: Sequence[str]) -> tuple[int, ...]:
    """The keys of these tables (public ids); raises Invalid for one that is not there."""
    by_id = {table.public_id: table.id for table in acting.night.tables}
    unknown = [each for each in tables if each not in by_id]
    if unknown or not tables:
        raise Invalid(tables=gettext("This table is not on the floor any more."))
    return tuple(dict.fromkeys(by_id[each] for each in tables))


def taken(acting: Acting, why: stand.Why, use: stand.Use | None, table_id: int) -> PlaceTaken:
    """A table that is not free, as the error to raise."""
    label = "".join(acting.night.labels([table_id]))
    start = acting.night.instant(use.start) if use else None
    against = (use.label if use else "") or gettext("another party")
    words = {"table": label, "against": against, "from": start and start.strftime("%H:%M")}
    return PlaceTaken(
        gettext(WHY[why]) % words,
        table=label,
        why=str(why),
        against=use.label if use else "",
        **{"from": start.isoformat() if start else None},
    )


def check_seats(
    acting: Acting, guest: stand.Guest, size: int, tables: Sequence[int], *, overbook: bool
) -> list[str]:
    """Whether these tables seat so many; the limit that is passed when a manager allows it.

    Raises PlaceTaken for a table that cannot be reached without steps, LimitReached for chairs.
    """
    plan = acting.house.plan
    stepped = [t.id for t in plan.tables if t.id in tables and not t.step_free]
    if guest.step_free and stepped and set(tables) != set(guest.table_ids):
        raise taken(acting, stand.Why.NOT_STEP_FREE, None, stepped[0])
    seats = stand.seats_of(plan, tables)
    if seats >= size:
        return []
    check_limits(acting, (), overbook=overbook, over=[TABLE_SEATS], seats=seats)
    return [TABLE_SEATS]


def stay_now(
    acting: Acting, guest: stand.Guest, tables: Sequence[int], turn: int, *, is_own: bool
) -> Stay:
    """How long a party that sits down now can have these tables. Raises PlaceTaken.

    Its own tables are its own even when the next party will have to wait for them: the expected end
    is honest and an alert says so. Others have to be free for a short stay at least.
    """
    floor, now = acting.floor, acting.floor.now
    buffer = acting.house.plan.buffer_minutes
    uses = {table: floor.taken(table, now, 2**40, guest.id) for table in tables}
    for table, use in uses.items():
        needed = 1 if is_own else floor.least(turn)
        if use is not None and use.start < now + needed:
            raise taken(acting, BY_OWNER[use.owner], use, table)
    next_use = min((use.start for use in uses.values() if use is not None), default=None)
    ends = now + turn
    if next_use is not None and not is_own and next_use < ends + floor.reset:
        ends = max(next_use - floor.reset, now + 1)
    # Tables it had anyway it keeps for as long as they were promised.
    wanted = max(ends, guest.ends if is_own else ends) + buffer
    until = wanted if next_use is None else min(wanted, next_use)
    start = min(guest.starts, now) if is_own else now
    return Stay(tuple(tables), start, ends, max(until, now + 1))


def best_now(acting: Acting, guest: stand.Guest, turn: int) -> stand.Suggestion:
    """The place the house would give the party now. Raises PlaceTaken when there is none."""
    found = stand.suggestions(
        acting.floor, guest.party_size, turn, guest=guest, preferred=acting.night.section_next_up
    )
    if not found:
        raise PlaceTaken(
            gettext("No table is free for %(size)s guests now.") % {"size": guest.party_size},
            why=str(stand.Why.TAKEN),
        )
    return found[0]


def take(acting: Acting, row: Reservation, stay: Stay) -> None:
    """Give the party these tables and no others; counters stay as they are."""
    acting.tidy()
    reclaim(
        row.pk,
        restaurant_id=row.restaurant_id,
        service_date=row.service_date,
        tables=stay.table_ids,
        start=acting.night.instant(stay.start),
        until=acting.night.instant(stay.until),
        now=acting.at,
    )


def take_and_count(
    acting: Acting,
    row: Reservation,
    stay: Stay,
    *,
    starts: dt.datetime,
    ends: dt.datetime,
    size: int,
    service_id: int,
    overbook: bool,
    over: Sequence[str] = (),
) -> None:
    """Count the party anew, for another time or size, and give it these tables.

    Gives back what it had first. Sets the columns of the place on the row; the caller saves it.
    """
    acting.tidy()
    if row.status in HOLDS_TABLE:
        release_reservation(row.pk, party_size=row.party_size, load_ids=row.load_ids, now=acting.at)
    wanted = Wanted(
        service_id,
        e.Channel(row.channel),
        size,
        datetime_to_minute(starts),
        datetime_to_minute(ends),
    )
    gauges, passed = gauges_for(acting, wanted, overbook=overbook, over=over)
    place = Place(
        restaurant_id=row.restaurant_id,
        service_id=service_id,
        service_date=row.service_date,
        starts_at=acting.night.instant(stay.start),
        ends_at=ends,
        claimed_until=acting.night.instant(stay.until),
        table_ids=stay.table_ids,
        gauges=gauges,
        party_size=size,
    )
    row.load_ids = claim_for_reservation(place, row.pk)
    row.service_id = service_id
    row.starts_at, row.ends_at, row.party_size = starts, ends, size
    note_overbooked(acting, row, passed)


def note_overbooked(acting: Acting, row: Reservation, passed: Sequence[str]) -> None:
    """Write down which limits a manager set aside; on the row, and in the trail."""
    if passed:
        row.overbooked = list(dict.fromkeys([*row.overbooked, *passed]))
        acting.record("reservation.overbooked", row.public_id, limits=list(passed))


def clear_after(acting: Acting, tables: Iterable[int], ends: dt.datetime | None = None) -> None:
    """Show tables as being cleared, and keep them for as long as that takes.

    Where the next party's time has come the table is shown so without a claim.
    """
    minutes = acting.house.reset_minutes
    if minutes <= 0:
        return
    for table_id in tables:
        row = TableBlock.objects.create(
            restaurant_id=acting.house.id,
            service_date=acting.service_date,
            table_id=table_id,
            kind=TableBlock.Kind.BUSSING,
            starts_at=acting.at,
            ends_at=ends or acting.at + dt.timedelta(minutes=minutes),
            made_by=acting.by.label[:120],
            created_at=acting.at,
        )
        acting.make(rewind.BLOCKS, row.pk)
        claim_until_next(acting, row)
        label = next((each.label for each in acting.house.plan.tables if each.id == table_id), "")
        acting.record_table("table.to_clear", row, tables=[label], until=row.ends_at.isoformat())


def claim_until_next(acting: Acting, row: TableBlock) -> None:
    """Claim a blocked table until it is over or somebody else's time begins."""
    following = (
        TableClaim.objects.filter(
            table_id=row.table_id, released_at=None, during__overlap=(row.starts_at, row.ends_at)
        )
        .order_by("during")
        .first()
    )
    until = row.ends_at if following is None else following.during.lower
    if until > row.starts_at:
        claim_block(
            row.pk,
            table_id=row.table_id,
            restaurant_id=row.restaurant_id,
            service_date=row.service_date,
            start=row.starts_at,
            until=until,
        )
        claim = TableClaim.objects.get(block_id=row.pk, released_at=None)
        acting.make(rewind.CLAIMS, claim.pk)


def explain(acting: Acting, row: Reservation, guest: stand.Guest, chosen: Sequence[int]) -> None:
    """Keep why the party sits where it does: the places that were free, with their scores."""
    found = stand.suggestions(
        acting.floor,
        row.party_size,
        max(guest.ends - guest.starts, stand.SHORTEST_STAY),
        guest=guest,
        preferred=acting.night.section_next_up,
    )
    start, ends = acting.floor.now, acting.floor.now + (guest.ends - guest.starts)
    query = e.Query(
        acting.service_date,
        row.party_size,
        start,
        e.Channel.WALK_IN,
        room_id=row.room_id,
        step_free=row.step_free,
    )
    decision = e.Decision(
        query,
        None,
        seating=e.Seating(tuple(chosen), start, ends, ends),
        candidates=tuple(e.Candidate(each.table_ids, each.score) for each in found),
        rule_version=STAND_RULES,
    )
    record_decision(
        decision,
        restaurant_id=acting.house.id,
        plan_version=acting.house.plan.version,
        subject=row.public_id,
        by=acting.by,
        now=acting.at,
    )
