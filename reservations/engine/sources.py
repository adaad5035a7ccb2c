"""Who told of a booking, whose word counts more, and when two tell of the same visit."""

from __future__ import annotations

import re

SAME_VISIT_MINUTES = 60
"""One guest's bookings of one date that begin no further apart are one visit told twice."""

_DIRECT = frozenset(
    {"direct", "website", "api", "phone", "staff", "walk_in", "mobile_app", "import"}
)
"""The house's own channels: nobody stands between it and the guest."""

_RANKS = {"opentable": 2, "resy": 3, "partner": 4}
_OTHERS = 5

LONGEST_SOURCE = 30
_NAME = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{LONGEST_SOURCE - 1}}}")


def source_name(text: str) -> str | None:
    """The name of a source in its one spelling (``OpenTable`` is ``opentable``), or None."""
    name = text.strip().lower()
    return name if _NAME.fullmatch(name) else None


def rank(source: str) -> int:
    """1 for the house's own channels, then OpenTable, Resy, partner sites, and all others."""
    if is_own(source):
        return 1
    if source.startswith(("partner_", "partner-")):
        return _RANKS["partner"]
    return _RANKS.get(source, _OTHERS)


def is_own(source: str) -> bool:
    """Whether it is one of the house's own channels."""
    return source in _DIRECT


def outranks(newcomer: str, holder: str) -> bool:
    """Whether the newcomer's word replaces the holder's; among equals the first keeps it."""
    return rank(newcomer) < rank(holder)
