"""Taking an action back: everything exactly as it was, or nothing and the reason why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from core import audit, clock
from core.actors import SYSTEM, Actor
from core.errors import DomainError, NotFound
from core.locks import Space, again_if_undone, lock
from reservations.engine.lifecycle import HOLDS_TABLE, can_undo
from reservations.errors import SlotUnavailable, UndoImpossible
from reservations.ledger import rewind
from reservations.ledger.holds import release_lapsed_of_day
from reservations.ledger.place import release_reservation
from reservations.ledger.states import State, states_of
from reservations.models import (
    QueueEntry,
    Reservation,
    SectionTable,
    ShiftServer,
    StandAction,
    TableBlock,
    TableClaim,
)
from reservations.selectors.houses import House, house
from reservations.services.stand.acting import stale


@again_if_undone
def undo(token: str, *, by: Actor, restaurant: str = "") -> str:
    """Take an action back within ten seconds; returns what was taken back, in words.

    Under the day's lock. Status, times, tables, counters and everything else the action wrote are
    as before; the party's version goes on, so that no screen mistakes the one for the other. Undone
    twice it is undone once. ``restaurant`` (public id) is the house that asks. Raises NotFound, and
    UndoImpossible: too late, changed since by somebody, or the place is somebody else's now.
    """
    seen = StandAction.objects.select_related("restaurant").filter(public_id=token).first()
    if seen is None or (restaurant and seen.restaurant.public_id != restaurant):
        raise NotFound
    at_house = house(seen.restaurant_id, seen.restaurant.plan_version)
    with transaction.atomic():
        lock(Space.SERVICE_DAY, seen.restaurant.public_id, seen.service_date)
        action = StandAction.objects.select_for_update(of=("self",)).get(pk=seen.pk)
        if action.undone_at is not None:
            return action.said
        now = clock.now()
        if not can_undo(action.made_at, now):
            raise UndoImpossible(gettext("More than ten seconds have passed since."))
        _check_unchanged(action, at_house)
        _check_house(action, at_house)
        release_lapsed_of_day(action.restaurant_id, action.service_date, by=SYSTEM, now=now)
        _check_free(action)
        try:
            # A savepoint: what the database refuses leaves nothing behind.
            with transaction.atomic():
                gone = _made(action)
                _restore(action, now)
        except UndoImpossible:
            raise
        except SlotUnavailable as error:
            raise UndoImpossible(gettext("Somebody else has taken the place meanwhile.")) from error
        except (DomainError, IntegrityError) as error:
            raise UndoImpossible(
                gettext("What was there before cannot come back: something stands against it now.")
            ) from error
        action.undone_at = now
        action.save(update_fields=["undone_at"])
        _record(action, by, gone)
        return action.said


def _check_unchanged(action: StandAction, at_house: House) -> None:
    """Raise UndoImpossible for a party, in the book or in the queue, that has changed since."""
    versions = {int(pk): version for pk, version in action.after.get("versions", {}).items()}
    rows = (
        Reservation.objects.select_for_update(of=("self",)).filter(pk__in=versions).order_by("pk")
    )
    for row in rows:
        if row.version != versions[row.pk]:
            error = stale(row, at_house)
            raise UndoImpossible(error.text, **error.details)
    waits = {int(pk): version for pk, version in action.after.get("queue", {}).items()}
    entries = QueueEntry.objects.select_for_update(of=("self",)).filter(pk__in=waits)
    for entry in entries:
        if entry.version != waits[entry.pk]:
            raise UndoImpossible(gettext("%(party)s has changed since.") % {"party": entry.name})
    if len(rows) < len(versions) or len(entries) < len(waits):
        raise UndoImpossible


def _check_house(action: StandAction, at_house: House) -> None:
    """The same for what has no version: shift, sections, notes, pauses, caps and blocked tables."""
    before, then = action.before, action.after.get("rows", {})
    now = rewind.standing(before["rows"], before["made"])
    for table in rewind.HOUSE:
        was, is_now = then.get(table, []), now.get(table, [])
        if not rewind.is_as_left(table, was, is_now):
            keys = {row["id"] for row in [*was, *is_now]}
            raise _changed(action, table, keys, at_house)
    for row in ShiftServer.objects.filter(pk__in=before["made"].get(rewind.SERVERS, [])):
        theirs = SectionTable.objects.filter(server=row), Reservation.objects.filter(server=row)
        if any(each.exists() for each in theirs):
            raise UndoImpossible(
                gettext("%(name)s has tables or parties by now.") % {"name": row.name}
            )


def _changed(action: StandAction, table: str, keys: set[int], at_house: House) -> UndoImpossible:
    """Who changed these rows last and when, as the error to raise."""
    later = StandAction.objects.filter(
        restaurant_id=action.restaurant_id,
        service_date=action.service_date,
        pk__gt=action.pk,
        undone_at=None,
    )
    for each in later.order_by("-pk"):
        rows = each.before["rows"].get(table, []) + each.after.get("rows", {}).get(table, [])
        if keys.isdisjoint(row["id"] for row in rows):
            continue
        who = each.actor_label or gettext("somebody")
        words = {"who": who, "time": each.made_at.astimezone(at_house.zone).strftime("%H:%M")}
        return UndoImpossible(
            gettext("%(who)s has changed this since, at %(time)s.") % words,
            who=who,
            at=each.made_at.isoformat(),
            verb=each.verb,
        )
    return UndoImpossible(gettext("This has changed since."))


def _check_free(action: StandAction) -> None:
    """Raise UndoImpossible, with who has it, for a table that somebody else claimed since."""
    kept = action.before["rows"].get(rewind.CLAIMS, [])
    ours = {row["id"] for row in kept} | set(action.before["made"].get(rewind.CLAIMS, []))
    for row in kept:
        if row["released_at"] is not None:
            continue
        other = (
            TableClaim.objects.filter(table_id=row["table_id"], released_at=None)
            .extra(where=["during && %s::tstzrange"], params=[row["during"]])
            .exclude(pk__in=ours)
            .select_related("reservation", "table")
            .first()
        )
        if other is None:
            continue
        who = other.reservation.guest_name if other.reservation else gettext("somebody else")
        raise UndoImpossible(
            gettext("Table %(table)s has been given to %(who)s meanwhile.")
            % {"table": other.table.label, "who": who},
            table=other.table.label,
        )


def _restore(action: StandAction, now: dt.datetime) -> None:
    before = action.before
    rewind.defer_claims()
    _recount(before["counted"])
    rewind.remove(before["made"])
    rewind.put_back(before["rows"], action.after.get("rows", {}))
    for pk in before["created"]:
        _take_out(pk, now)
    rewind.check_now()


def _recount(counted: Mapping[str, tuple[int, list[int]]]) -> None:
    """Counters as before: what each party counts now goes, what it counted comes back."""
    deltas: dict[int, tuple[int, int]] = {}

    def add(load: int, covers: int, parties: int) -> None:
        known = deltas.get(load, (0, 0))
        deltas[load] = (known[0] + covers, known[1] + parties)

    rows = {row.pk: row for row in Reservation.objects.filter(pk__in=[int(pk) for pk in counted])}
    for pk, (size, loads) in counted.items():
        row = rows[int(pk)]
        for load in row.load_ids if row.status in HOLDS_TABLE else ():
            add(load, -row.party_size, -1)
        for load in loads:
            add(load, size, 1)
    rewind.count_again(deltas)


def _take_out(pk: int, now: dt.datetime) -> None:
    """A party that came into the book by the action: cancelled, for others were told of it."""
    row = Reservation.objects.get(pk=pk)
    release_reservation(row.pk, party_size=row.party_size, load_ids=row.load_ids, now=now)
    row.status = Reservation.Status.CANCELLED
    row.cancelled_at = row.status_changed_at = row.updated_at = now
    row.save()


def _made(action: StandAction) -> State:
    """What the action made and undoing removes: tables out of use, somebody on shift."""
    found: State = {}
    for model, table in ((TableBlock, rewind.BLOCKS), (ShiftServer, rewind.SERVERS)):
        rows = model.objects.filter(pk__in=action.before["made"].get(table, []))
        found |= dict.fromkeys(rows.values_list("public_id", flat=True))
    return found


def _servers_of(action: StandAction) -> set[int]:
    """Who was on shift before and whose tables, or whether they take more, the action changed."""
    rows, left = action.before["rows"], action.after["rows"]
    sections = [*rows.get(rewind.SECTIONS, []), *left.get(rewind.SECTIONS, [])]
    found = {row["server_id"] for row in sections}
    found |= {row["id"] for row in rows.get(rewind.SERVERS, [])}
    if action.before["made"].get(rewind.SECTIONS):
        target = ShiftServer.objects.filter(public_id=action.target)
        found |= set(target.values_list("pk", flat=True))
    return found


def _record(action: StandAction, by: Actor, gone: State) -> None:
    rows = action.before["rows"]
    parties = [row["id"] for row in rows.get(rewind.RESERVATIONS, [])]
    blocks = [row["id"] for row in rows.get(rewind.BLOCKS, [])]
    changed = [*parties, *action.before["created"]]
    state = states_of(changed, blocks, servers=_servers_of(action)) | gone
    for row in Reservation.objects.filter(pk__in=changed):
        is_new = row.pk in action.before["created"]
        audit.record(
            "reservation.cancelled" if is_new else "reservation.undone",
            row.public_id,
            by=by,
            restaurant_id=action.restaurant_id,
            service_date=action.service_date.isoformat(),
            undone=action.verb,
            **({"before": "seated", "reason": "undone"} if is_new else {"status": row.status}),
            state=state,
        )
    if not changed:
        audit.record(
            "stand.undone",
            action.target,
            by=by,
            restaurant_id=action.restaurant_id,
            service_date=action.service_date.isoformat(),
            undone=action.verb,
            state=state,
        )
