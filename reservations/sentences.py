"""Refusals in words for people: what is the matter, and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from reservations.engine.types import Reason, Refusal

NO_TABLE = gettext_noop("No tables available for this time slot")
"""Contract 2's sentence for every refusal that means 'full'."""

_SENTENCES: Mapping[Reason, str] = {
    Reason.PAST: gettext_noop("This time has passed. Please choose a later one."),
    Reason.LEAD_TIME: gettext_noop(
        "This time is too soon to book online. Please choose a later one or call."
    ),
    Reason.CUT_OFF: gettext_noop(
        "Online booking for this day has closed. Please choose another day or call."
    ),
    Reason.BEYOND_WINDOW: gettext_noop(
        "This date is too far ahead. Bookings open {limit} days before."
    ),
    Reason.NOT_A_SLOT: gettext_noop(
        "Guests are not seated at this time. Please choose a listed one."
    ),
    Reason.NO_SERVICE: gettext_noop(
        "The restaurant does not serve on this date. Please choose another."
    ),
    Reason.CLOSED: gettext_noop("The restaurant is closed at this time. Please choose another."),
    Reason.SPECIAL_DAY: gettext_noop(
        "The restaurant has special hours on this date and is closed then."
    ),
    Reason.KITCHEN_CLOSED: gettext_noop(
        "The kitchen is closed at this time. Please choose another."
    ),
    Reason.CLOSURE: gettext_noop(
        "The restaurant is not taking bookings for this time. Please choose another."
    ),
    Reason.PRIVATE: gettext_noop(
        "This time is reserved for a private event. Please choose another."
    ),
    Reason.PREPAYMENT_NOT_SET_UP: gettext_noop(
        "This service has to be paid in advance, which is not set up yet. "
        "Please call the restaurant."
    ),
    Reason.OFFER_OVER: gettext_noop(
        "This offer has ended. Please choose another one, or book without it."
    ),
    Reason.OFFER_NOT_THEN: gettext_noop(
        "This offer is not served at this time. Please choose another time, or book without it."
    ),
    Reason.PARTY_TOO_SMALL: gettext_noop("The smallest party that can be booked here is {limit}."),
    Reason.PARTY_TOO_LARGE: gettext_noop("The largest party that can be booked here is {limit}."),
    Reason.SERVICE_FULL: NO_TABLE,
    Reason.PACING_COVERS: NO_TABLE,
    Reason.PACING_PARTIES: NO_TABLE,
    Reason.ONLINE_PACING_COVERS: NO_TABLE,
    Reason.ONLINE_PACING_PARTIES: NO_TABLE,
    Reason.SEATS_TAKEN: NO_TABLE,
    Reason.NO_TABLE_FITS: gettext_noop("The restaurant has no table for a party of this size."),
    Reason.OVERSIZE: NO_TABLE,
    Reason.TABLES_TAKEN: NO_TABLE,
}

FULL = frozenset(
    {
        Reason.SERVICE_FULL,
        Reason.PACING_COVERS,
        Reason.PACING_PARTIES,
        Reason.ONLINE_PACING_COVERS,
        Reason.ONLINE_PACING_PARTIES,
        Reason.SEATS_TAKEN,
        Reason.OVERSIZE,
        Reason.TABLES_TAKEN,
        Reason.CLOSURE,
        Reason.PRIVATE,
    }
)
"""Reasons that depend on the book; all others mean that the request itself cannot be met."""


def sentence(refusal: Refusal) -> str:
    """The refusal in one sentence for the person who asked."""
    return gettext(_SENTENCES[refusal.reason]).format_map(_Facts(refusal.facts))


class _Facts(dict[str, object]):
    """Facts for a sentence; one that is missing must not turn a refusal into a crash."""

    def __missing__(self, key: str) -> str:
        return "…"
