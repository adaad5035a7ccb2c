"""A party's evening at the table: bill, paid, ordered again, left; and one step on."""

from __future__ import annotations

from django.utils.translation import gettext

from core.actors import Actor
from reservations.engine.lifecycle import Status
from reservations.errors import NotChangeable
from reservations.models import Reservation
from reservations.services.progress import take_step
from reservations.services.stand import places
from reservations.services.stand.acting import Acting, on_party
from reservations.services.stand.door import called, check_step
from reservations.services.stand.seating import sit_down
from reservations.services.stand.tonight import check_tonight
from reservations.services.stand.undo_token import Undo

NEXT = {
    Status.CONFIRMED: Status.ARRIVED,
    Status.RECONFIRMED: Status.ARRIVED,
    Status.PARTIALLY_ARRIVED: Status.ARRIVED,
    Status.ARRIVED: Status.SEATED,
    Status.PARTIALLY_SEATED: Status.SEATED,
    Status.SEATED: Status.CHECK_DROPPED,
    Status.CHECK_DROPPED: Status.PAID,
    Status.PAID: Status.COMPLETED,
}
"""One tap on from each status."""

_BY_HAND = frozenset({Status.SEATED, Status.CHECK_DROPPED, Status.PAID})


def next_state(
    party: str,
    *,
    expected: int,
    by: Actor,
    insist: bool = False,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """One step on: arrived, seated (at its own or the suggested table), bill, paid, left.

    Raises NotChangeable for a party whose evening is over or that waits for the house's word, and
    what :func:`seat` raises.
    """

    def deed(acting: Acting, row: Reservation) -> str:
        to = NEXT.get(Status(row.status))
        if to is None:
            raise NotChangeable(gettext("There is no next step for this party."), status=row.status)
        return _to(acting, row, to, insist=insist, overbook=overbook)

    return on_party(party, "next_state", deed, expected=expected, by=by, key=key)


def set_state(
    party: str,
    to: str,
    *,
    expected: int,
    by: Actor,
    insist: bool = False,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """To the bill, to paid, or back to the table because they ordered again.

    Who has not sat yet sits down; raises what :func:`seat` raises then.
    """

    def deed(acting: Acting, row: Reservation) -> str:
        if to not in _BY_HAND:
            raise NotChangeable(gettext("There is no such step."), status=row.status)
        return _to(acting, row, Status(to), insist=insist, overbook=overbook)

    return on_party(party, "set_state", deed, expected=expected, by=by, key=key)


def leave(party: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """They left: the rest of their time is free, and their tables are being cleared."""

    def deed(acting: Acting, row: Reservation) -> str:
        return _to(acting, row, Status.COMPLETED)

    return on_party(party, "leave", deed, expected=expected, by=by, key=key)


def _to(
    acting: Acting,
    row: Reservation,
    to: Status,
    *,
    insist: bool = False,
    overbook: bool = False,
) -> str:
    check_tonight(acting)
    check_step(acting, row, to)
    if to is Status.SEATED and row.status not in (Status.CHECK_DROPPED, Status.PAID):
        sit_down(acting, row, to, insist=insist, overbook=overbook)
    elif to is Status.COMPLETED:
        tables = list(row.claims.filter(released_at=None).values_list("table_id", flat=True))
        acting.tidy()
        take_step(row, to, by=acting.by, at=acting.at, money_later=True)
        places.clear_after(acting, tables)
    else:
        take_step(row, to, by=acting.by, at=acting.at)
    words = {"party": called(row), "status": gettext(row.get_status_display())}
    return gettext("%(party)s: %(status)s") % words
