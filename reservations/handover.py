"""Links that take a hold from the website where it was placed to the page for its deposit."""

from __future__ import annotations

from django.core import signing
from django.urls import reverse

from reservations.errors import HoldNotFound
from reservations.guests import Guest

_SALT = "handover"
_GOOD_FOR = 3600
"""Seconds; a hold lapses long before."""


def link_for(slug: str, hold_id: str, visitor_token: str) -> str:
    """The path with which a browser takes over a hold of the visitor with this token."""
    token = signing.dumps([hold_id, visitor_token], salt=f"{_SALT}:{slug}")
    return reverse("continue", args=[slug, token])


def offered(slug: str, token: str) -> tuple[str, Guest]:
    """The hold in a link, and who has it so far.

    Raises HoldNotFound for a link not ours, and for one to another restaurant.
    """
    try:
        hold_id, visitor_token = signing.loads(token, salt=f"{_SALT}:{slug}", max_age=_GOOD_FOR)
    except signing.BadSignature as error:
        raise HoldNotFound from error
    return hold_id, Guest.visitor(visitor_token)
