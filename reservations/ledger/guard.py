"""Constraint violations as the domain errors they mean, and the parameters all writes share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from django.db import IntegrityError, connection
from django.db.backends.utils import CursorWrapper

from core import correlation, metrics, origin
from core.actors import Actor
from reservations.errors import ActiveHoldExists, AlreadyBooked, ContactHolds, SlotUnavailable

GUARD_HITS = metrics.counter(
    "couvert_ledger_guard_hits",
    "Writes that a constraint refused although the lock should have prevented them",
    labels=("constraint",),
)

AUDIT = """
  INSERT INTO core_auditentry
    (at, verb, target, restaurant_id, actor_kind, actor_id, actor_label, data, correlation_id,
     origin)
"""


class CodeTaken(Exception):
    """The random booking code exists already; draw another."""


@contextmanager
def guarded() -> Iterator[CursorWrapper]:
    """A cursor whose constraint violations become the domain error they mean.

    Raises SlotUnavailable for an overlapping claim or a passed limit, ActiveHoldExists for a
    guest's second live hold, ContactHolds for a contact's, AlreadyBooked for a guest's second
    booking of one slot.
    """
    try:
        with connection.cursor() as cursor:
            yield cursor
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        name = getattr(diagnosis, "constraint_name", None) or ""
        GUARD_HITS.labels(name).inc()
        if name == "claim_table_once" or name.startswith("load_"):
            raise SlotUnavailable from error
        if name == "hold_one_live_per_guest":
            raise ActiveHoldExists from error
        if name in ("hold_one_live_per_email", "hold_one_live_per_phone"):
            raise ContactHolds from error
        if name == "reservation_guest_slot_once":
            raise AlreadyBooked from error
        if name == "reservation_code_once":
            raise CodeTaken from error
        raise


def array(values: Iterable[object]) -> str:
    """Numbers, or words of ours without blanks, as a parameter to cast to an array.

    Written here because the driver's own way, made for any value, takes longer than the rest of
    the statement's parameters together.
    """
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def dump(value: Any) -> str:
    """JSON text for a ``jsonb`` parameter."""
    return orjson.dumps(value).decode()


def actor_parameters(by: Actor) -> dict[str, str]:
    """Who did it, from where and in which request, for the audit entry."""
    return {
        "actor_kind": by.kind.value,
        "actor_id": by.id,
        "actor_label": by.label,
        "correlation_id": correlation.current(),
        "origin": origin.current(),
    }
