"""What concerns an account stands in the log of every house its owner works at."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from core import audit
from core.actors import Actor


def record(user: User, verb: str, *, by: Actor, **data: Any) -> None:
    """Append one entry for each of the person's houses, or one of no house, in the transaction.

    The houses are found by the name of the relation: accounts know nothing of what lies above.
    """
    memberships: Any = user.memberships
    houses = list(memberships.values_list("restaurant_id", flat=True))
    for house in houses or [None]:
        audit.record(verb, user.public_id, by=by, restaurant_id=house, **data)
