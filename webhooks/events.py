"""The types of event, which scopes they take, and which lines of the audit trail they come from."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext

from accounts.scopes import allows
from core.errors import Invalid
from core.feed import Entry
from reservations.engine.lifecycle import Status

TEST = "webhook.test"
"""Sent when somebody asks for it, to one endpoint, whatever it subscribed to."""

TYPES: dict[str, str] = {
    "reservation.created": "A reservation came into the book, from whichever source",
    "reservation.updated": "Its date, time, party or wishes changed",
    "reservation.status_changed": "Accepted, declined, arrived, seated, completed, no-show …",
    "reservation.cancelled": "It was cancelled, by the guest, the house or a partner",
    "payment.succeeded": "A deposit was paid",
    "payment.failed": "A deposit was declined",
    "payment.refunded": "Money went back to the guest",
    "payment.refund_failed": "Money could not be given back; the house has to act",
    "table.created": "A table was added to the floor",
    "table.updated": "A table was changed",
    "table.deleted": "A table was removed",
}
"""Every type an endpoint can subscribe to."""

FAMILIES = tuple(dict.fromkeys(name.partition(".")[0] for name in TYPES))

_BOOKINGS = ("read:reservations", "read:table_bookings")
SCOPES: dict[str, tuple[str, ...]] = {
    "reservation": _BOOKINGS,
    "payment": _BOOKINGS,
    "table": ("read:business", *_BOOKINGS),
}
"""Any one of these opens a family to a key; ``*`` opens all."""

PEOPLE = ("read:customers",)
"""Who may be told about persons: names, addresses, telephone numbers, wishes, allergies."""

_STATUSES = frozenset(Status)

_PLAIN = {
    "reservation.changed": "reservation.updated",
    "reservation.running_late": "reservation.updated",
    "reservation.contact_changed": "reservation.updated",
    "reservation.moved": "reservation.updated",
    "reservation.tables_joined": "reservation.updated",
    "reservation.tables_split": "reservation.updated",
    "reservation.extended": "reservation.updated",
    "reservation.undone": "reservation.updated",
    "reservation.source_linked": "reservation.updated",
    "reservation.source_promoted": "reservation.updated",
    # The same visit told twice: the booking that was given up, in favour of the other.
    "reservation.merged": "reservation.cancelled",
    "payment.succeeded": "payment.succeeded",
    "payment.failed": "payment.failed",
    "refund.succeeded": "payment.refunded",
    "refund.failed": "payment.refund_failed",
    "diningtable.added": "table.created",
    "diningtable.changed": "table.updated",
    "diningtable.removed": "table.deleted",
}
"""Audit verbs that always are one type. ``reservation.<status>`` is read by ``types_of``."""

VERBS = (*_PLAIN, *(f"reservation.{status}" for status in Status))
"""Every verb that may tell something; all others are passed over."""


def types_of(entry: Entry) -> list[str]:
    """What a line of the audit trail tells; mostly nothing.

    A reservation's status with a status before it is a step; without one, the reservation came
    into the book with it. One that was confirmed from a paid hold tells of the payment as well.
    """
    if plain := _PLAIN.get(entry.verb):
        return [plain]
    family, _, status = entry.verb.partition(".")
    if family != "reservation" or status not in _STATUSES:
        return []
    if "before" not in entry.data:
        paid = ["payment.succeeded"] if "hold" in entry.data else []
        return ["reservation.created", *paid]
    is_over = status == Status.CANCELLED
    return ["reservation.cancelled" if is_over else "reservation.status_changed"]


def family_of(event_type: str) -> str:
    """``reservation`` of ``reservation.created``."""
    return event_type.partition(".")[0]


def wants(patterns: Iterable[str], event_type: str) -> bool:
    """Whether a subscription covers a type."""
    return any(pattern in ("*", event_type, f"{family_of(event_type)}.*") for pattern in patterns)


def may_hear(scopes: Iterable[str], event_type: str) -> bool:
    """Whether a key with these scopes is told of a type at all."""
    return allows(tuple(scopes), SCOPES[family_of(event_type)])


def may_see_people(scopes: Iterable[str]) -> bool:
    """Whether a key with these scopes is told who the guests are."""
    return allows(tuple(scopes), PEOPLE)


def check_subscription(patterns: Iterable[str], scopes: Iterable[str]) -> list[str]:
    """The subscription without repetitions.

    Raises Invalid for a type that does not exist or that the key would never be told of.
    """
    wanted, granted = list(dict.fromkeys(patterns)), tuple(scopes)
    if not wanted:
        raise Invalid(events="Name at least one type of event, or * for all.")
    known = {"*", *TYPES, *(f"{family}.*" for family in FAMILIES)}
    for pattern in wanted:
        if pattern not in known:
            raise Invalid(events=f"There is no event {pattern[:40]}. Types: {', '.join(TYPES)}.")
        families = FAMILIES if pattern == "*" else (family_of(pattern),)
        if not any(allows(granted, SCOPES[family]) for family in families):
            needed = f" {gettext('or')} ".join(SCOPES[families[0]])
            said = gettext("To hear of %(pattern)s, the key needs %(needed)s.")
            raise Invalid(events=said % {"pattern": pattern, "needed": needed})
    return wanted
