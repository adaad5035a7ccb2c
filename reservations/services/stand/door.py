"""Parties at the door: here, partly here, not come, come after all; told of a table."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.utils.translation import gettext

from core.actors import Actor
from reservations.engine import stand
from reservations.engine.lifecycle import ActorKind, Status, allowed
from reservations.errors import NotChangeable
from reservations.ledger.guard import guarded
from reservations.models import Reservation
from reservations.services.progress import take_step
from reservations.services.stand import places
from reservations.services.stand.acting import Acting, on_party
from reservations.services.stand.tonight import check_tonight
from reservations.services.stand.undo_token import Undo


def arrive(party: str, *, expected: int, by: Actor, overbook: bool = False, key: str = "") -> Undo:
    """Everybody is here. A party that was given up as a no-show gets a table anew, from now on.

    Raises PlaceTaken when none is free for it any more, LimitReached when the house is full by its
    own limits.
    """

    def deed(acting: Acting, row: Reservation) -> str:
        check_tonight(acting)
        check_step(acting, row, Status.ARRIVED)
        if row.status == Status.NO_SHOW:
            come_after_all(acting, row, overbook=overbook)
        take_step(row, Status.ARRIVED, by=by, at=acting.at)
        return gettext("%(party)s arrived") % {"party": called(row)}

    return on_party(party, "arrive", deed, expected=expected, by=by, key=key)


def partly_arrived(party: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """Some are here."""

    def deed(acting: Acting, row: Reservation) -> str:
        check_tonight(acting)
        check_step(acting, row, Status.PARTIALLY_ARRIVED)
        take_step(row, Status.PARTIALLY_ARRIVED, by=by, at=acting.at)
        return gettext("%(party)s partly arrived") % {"party": called(row)}

    return on_party(party, "partly_arrived", deed, expected=expected, by=by, key=key)


def no_show(party: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """They did not come: the tables are free at once. No fee is charged by this."""

    def deed(acting: Acting, row: Reservation) -> str:
        check_step(acting, row, Status.NO_SHOW)
        if row.starts_at > acting.at:
            raise NotChangeable(gettext("Their time has not come yet."), status=row.status)
        take_step(row, Status.NO_SHOW, by=by, at=acting.at, money_later=True)
        return gettext("%(party)s did not come") % {"party": called(row)}

    return on_party(party, "no_show", deed, expected=expected, by=by, key=key)


def table_ready(party: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """A party that waits in the house is told that its table is ready."""

    def deed(acting: Acting, row: Reservation) -> str:
        check_tonight(acting)
        if Status(row.status) not in stand.AT_THE_DOOR:
            raise NotChangeable(gettext("Only a party that waits can be told."), status=row.status)
        row.ready_at = row.updated_at = acting.at
        row.save(update_fields=["ready_at", "updated_at"])
        acting.record_party("reservation.table_ready", row)
        return gettext("%(party)s: table ready") % {"party": called(row)}

    return on_party(party, "table_ready", deed, expected=expected, by=by, key=key)


def called(row: Reservation) -> str:
    """What people call a party."""
    return row.diner_name or row.guest_name or row.code


def check_step(acting: Acting, row: Reservation, to: Status) -> None:
    """Raise NotChangeable unless the lifecycle knows the step for who takes it."""
    before = Status(row.status)
    if not allowed(before, to, ActorKind(acting.by.kind)):
        words = {"party": called(row), "status": gettext(row.get_status_display())}
        raise NotChangeable(
            gettext("%(party)s is “%(status)s”: that cannot be done now.") % words, status=before
        )


def check_on(row: Reservation) -> None:
    """Raise NotChangeable unless the party is expected or here."""
    status = Status(row.status)
    if status not in places.ON:
        words = {"party": called(row), "status": gettext(row.get_status_display())}
        raise NotChangeable(
            gettext("%(party)s is “%(status)s”: that cannot be done now.") % words, status=status
        )


def come_after_all(acting: Acting, row: Reservation, *, overbook: bool) -> None:
    """A table anew, from now on, for a party that was given up; counted again."""
    turn = int((row.ends_at - row.starts_at).total_seconds()) // 60
    now = acting.floor.now
    guest = replace(acting.guest(row), starts=now, ends=now + turn, table_ids=())
    starts = acting.night.instant(now)
    found = places.best_now(acting, guest, turn) if acting.house.plan.tables else None
    stay = (
        places.stay_now(acting, guest, found.table_ids, turn, is_own=False)
        if found
        else places.Stay((), now, now + turn, now + turn)
    )
    # Until its turn is over the table has to be its own: a shorter one is agreed as that.
    ends = min(starts + dt.timedelta(minutes=turn), acting.night.instant(stay.ends))
    places.take_and_count(
        acting,
        row,
        stay,
        starts=starts,
        ends=ends,
        size=row.party_size,
        service_id=row.service_id,
        overbook=overbook,
    )
    row.late_minutes = row.late_at = None
    with guarded():
        row.save()
