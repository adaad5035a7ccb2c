"""The states of a party and the steps between them: one table, asked by everyone.

A step that is not in the table does not happen, whoever asks. Undoing is no step: within
ten seconds the service restores what was before, if the tables are still there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    """Where a party is between asking for a table and leaving it."""

    REQUESTED = "requested"
    """Asked for something the book does not grant by itself; no table is promised."""
    PENDING = "pending"
    """Has a table, waits for the restaurant's word."""
    PENDING_PAYMENT = "pending_payment"
    """Has a table, waits for the money."""
    CONFIRMED = "confirmed"
    RECONFIRMED = "reconfirmed"
    """The guest said again that they are coming."""
    PARTIALLY_ARRIVED = "partially_arrived"
    ARRIVED = "arrived"
    PARTIALLY_SEATED = "partially_seated"
    SEATED = "seated"
    CHECK_DROPPED = "check_dropped"
    PAID = "paid"
    """Has paid its bill and still sits."""
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    DECLINED = "declined"
    """The restaurant said no."""
    EXPIRED = "expired"
    """Nobody answered or paid in time."""


class ActorKind(StrEnum):
    """Who takes a step."""

    GUEST = "guest"
    STAFF = "staff"
    SYSTEM = "system"
    PARTNER = "partner"
    """A booking platform or an integrator with a key."""


class IllegalStep(Exception):
    """A step that the lifecycle does not know for this actor."""

    def __init__(self, before: Status, after: Status, actor: ActorKind) -> None:
        super().__init__(f"{actor} may not take a party from {before} to {after}")
        self.before = before
        self.after = after
        self.actor = actor


HOLDS_TABLE = frozenset(
    {
        Status.PENDING,
        Status.PENDING_PAYMENT,
        Status.CONFIRMED,
        Status.RECONFIRMED,
        Status.PARTIALLY_ARRIVED,
        Status.ARRIVED,
        Status.PARTIALLY_SEATED,
        Status.SEATED,
        Status.CHECK_DROPPED,
        Status.PAID,
    }
)
"""Whose claims on tables are live."""

TERMINAL = frozenset(
    {Status.COMPLETED, Status.CANCELLED, Status.NO_SHOW, Status.DECLINED, Status.EXPIRED}
)
"""Over: nothing is claimed and nothing more happens by itself."""

UPCOMING = frozenset(
    {
        Status.REQUESTED,
        Status.PENDING,
        Status.PENDING_PAYMENT,
        Status.CONFIRMED,
        Status.RECONFIRMED,
    }
)
"""Not here yet."""

PRESENT = frozenset(
    {
        Status.PARTIALLY_ARRIVED,
        Status.ARRIVED,
        Status.PARTIALLY_SEATED,
        Status.SEATED,
        Status.CHECK_DROPPED,
        Status.PAID,
    }
)
"""In the house."""

UNDO_SECONDS = 10

_G, _S, _Y, _P = ActorKind.GUEST, ActorKind.STAFF, ActorKind.SYSTEM, ActorKind.PARTNER
_STAFF = frozenset({_S})
_HOUSE = frozenset({_S, _P})
"""Staff, or a platform that reports what staff did on its own screens."""
_DESK = frozenset({_S, _Y})
_CLOCK = frozenset({_Y})
_ANYONE = frozenset({_G, _S, _Y, _P})
_GRANT = frozenset({_S, _Y, _P})
"""Staff, a rule (auto-confirm, payment settled) or the platform that took the booking."""

_AT_THE_DOOR: Mapping[Status, frozenset[ActorKind]] = {
    Status.PARTIALLY_ARRIVED: _HOUSE,
    Status.ARRIVED: _HOUSE,
    Status.PARTIALLY_SEATED: _HOUSE,
    Status.SEATED: _HOUSE,
}

STEPS: Mapping[Status, Mapping[Status, frozenset[ActorKind]]] = {
    Status.REQUESTED: {
        Status.PENDING: _GRANT,
        Status.PENDING_PAYMENT: _GRANT,
        Status.CONFIRMED: _GRANT,
        Status.CANCELLED: _ANYONE,
        Status.DECLINED: _GRANT,
        Status.EXPIRED: _CLOCK,
    },
    Status.PENDING: {
        Status.PENDING_PAYMENT: _GRANT,
        Status.CONFIRMED: _GRANT,
        Status.CANCELLED: _ANYONE,
        Status.DECLINED: _GRANT,
        Status.EXPIRED: _CLOCK,
    },
    Status.PENDING_PAYMENT: {
        Status.PENDING: _GRANT,
        Status.CONFIRMED: _GRANT,
        Status.CANCELLED: _ANYONE,
        Status.EXPIRED: _CLOCK,
    },
    Status.CONFIRMED: {
        Status.RECONFIRMED: _ANYONE,
        **_AT_THE_DOOR,
        Status.CANCELLED: _ANYONE,
        Status.NO_SHOW: _GRANT,
    },
    Status.RECONFIRMED: {
        # By the system when the booking moves: the guest's word was for the other time.
        Status.CONFIRMED: _DESK,
        **_AT_THE_DOOR,
        Status.CANCELLED: _ANYONE,
        Status.NO_SHOW: _GRANT,
    },
    Status.PARTIALLY_ARRIVED: {
        Status.ARRIVED: _HOUSE,
        Status.PARTIALLY_SEATED: _HOUSE,
        Status.SEATED: _HOUSE,
        Status.CANCELLED: _HOUSE,
        Status.NO_SHOW: _HOUSE,
    },
    Status.ARRIVED: {
        Status.PARTIALLY_SEATED: _HOUSE,
        Status.SEATED: _HOUSE,
        # The party was here and left: it waited too long, or thought again.
        Status.CANCELLED: _HOUSE,
        Status.NO_SHOW: _HOUSE,
    },
    Status.PARTIALLY_SEATED: {
        Status.SEATED: _HOUSE,
        Status.CHECK_DROPPED: _HOUSE,
        Status.PAID: _HOUSE,
        Status.COMPLETED: _GRANT,
    },
    Status.SEATED: {
        Status.CHECK_DROPPED: _HOUSE,
        Status.PAID: _HOUSE,
        # The system clears the floor after closing time.
        Status.COMPLETED: _GRANT,
    },
    Status.CHECK_DROPPED: {
        # The party ordered again.
        Status.SEATED: _HOUSE,
        Status.PAID: _HOUSE,
        Status.COMPLETED: _GRANT,
    },
    Status.PAID: {Status.SEATED: _HOUSE, Status.COMPLETED: _GRANT},
    # A late party that was given up and came after all; it needs a table anew.
    Status.NO_SHOW: {Status.ARRIVED: _STAFF, Status.SEATED: _STAFF},
    Status.COMPLETED: {},
    Status.CANCELLED: {},
    Status.DECLINED: {},
    # The money arrived after all and the time was still free; it needs a table anew.
    Status.EXPIRED: {Status.PENDING: _CLOCK, Status.CONFIRMED: _CLOCK},
}
"""From a status to another: who may take the step."""


def allowed(before: Status, after: Status, actor: ActorKind) -> bool:
    """Whether this actor may take a party from one status to another."""
    return actor in STEPS[before].get(after, ())


def check(before: Status, after: Status, actor: ActorKind) -> None:
    """Raise IllegalStep unless this actor may take the step."""
    if not allowed(before, after, actor):
        raise IllegalStep(before, after, actor)


def steps_from(before: Status, actor: ActorKind) -> tuple[Status, ...]:
    """The statuses this actor may take a party to, in the order of its evening."""
    return tuple(after for after in Status if allowed(before, after, actor))


def can_undo(step_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a step can still be taken back: ten seconds, the last one included."""
    elapsed = now.astimezone(dt.UTC) - step_at.astimezone(dt.UTC)
    return dt.timedelta(0) <= elapsed <= dt.timedelta(seconds=UNDO_SECONDS)
