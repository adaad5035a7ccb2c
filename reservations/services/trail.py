"""Lines of the audit trail that change where or when somebody sits: with how it was afterwards."""

from __future__ import annotations

from typing import Any

from core import audit
from core.actors import Actor
from reservations.ledger.states import states_of
from reservations.models import Reservation


def record_party(verb: str, row: Reservation, *, by: Actor, **data: Any) -> None:
    """A line about a party, with its state as it is written now: call it after the last write.

    See :func:`core.audit.record`; takes one query more.
    """
    audit.record(
        verb,
        row.public_id,
        by=by,
        restaurant_id=row.restaurant_id,
        **data,
        state=states_of([row.pk]),
    )
