"""What screens hear of a house as it happens: who may listen, to what, and in which words.

The event stream (``staff.stream``) and the page that is asked every two seconds without one
(``staff.views.live``) say the same, and both ask here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse

from core.changes import Change, Changes, now_mark
from restaurants.access import Capability, HouseAccess
from restaurants.models import Restaurant
from staff.presence import listening
from staff.selectors import venue_at

_NEEDS: dict[str, Capability] = {
    "staff": Capability.OWN,
    "membership": Capability.OWN,
    "account": Capability.OWN,
    "payment_account": Capability.OWN,
    "key": Capability.CONNECT,
    "publishablekey": Capability.CONNECT,
    "source": Capability.CONNECT,
    "source_secret": Capability.CONNECT,
    "webhook": Capability.CONNECT,
}
"""By the first word of a verb: what one must be allowed to hear of it. Of the rest everybody may
who sees the book: an event has neither names nor sums."""


class SignedOut(Exception):
    """Nobody is signed in with this session (any more), or nobody who works here."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody may listen to a house."""

    restaurant_id: int
    hidden: frozenset[str]
    """First words of verbs that are not for them."""


def grant_for(session_key: str, slug: str) -> Grant:
    """What the owner of a session may hear of a house, as the pages of this area decide it.

    Asked again and again while they listen. Reads the session from the database, never from the
    cache: a session that was ended must not go on there. Four queries. Raises SignedOut, NotFound
    (as for a house of others) and PermissionDenied.
    """
    request: Any = HttpRequest()
    request.session = SessionStore(session_key or None)
    request.user = get_user(request)
    access = listening(request) if session_key else None
    if access is None:
        raise SignedOut
    venue = venue_at(access, slug)
    if not access.allows(Capability.SEE, venue.pk):
        raise PermissionDenied
    return Grant(venue.pk, hidden_from(access, venue.pk))


def hidden_from(access: HouseAccess, restaurant_id: int) -> frozenset[str]:
    """First words of the verbs that a person does not hear of."""
    return frozenset(
        word for word, needs in _NEEDS.items() if not access.allows(needs, restaurant_id)
    )


def as_json(changes: Changes, hidden: frozenset[str]) -> bytes:
    """A message of the stream, and the answer of the page: events, and the place after them.

    ``{"place": …, "all": false, "events": [{"verb", "target", "date", "actor"}]}``; ``date`` is the
    service date or null, ``actor`` the label of a member of staff or null. With ``all`` what is
    shown must be looked up anew, whatever it is.
    """
    return orjson.dumps(
        {
            "place": str(changes.mark),
            "all": not changes.is_whole,
            "events": [_event(each) for each in heard(changes, hidden)],
        }
    )


def heard(changes: Changes, hidden: frozenset[str]) -> list[Change]:
    """Those of the changes that one hears of from whom these verbs are hidden."""
    return [each for each in changes.entries if each.verb.partition(".")[0] not in hidden]


def _event(change: Change) -> dict[str, str | None]:
    return {
        "verb": change.verb,
        "target": change.target,
        "date": change.service_date or None,
        "actor": change.actor or None,
    }


class Line:
    """What a page of a house needs to be live; hand it to the template as ``live``.

    Make it before anything is read that the page shows: what commits from then on is told.
    """

    def __init__(self, venue: Restaurant) -> None:
        self._slug = venue.slug
        self.place = str(now_mark())

    @cached_property
    def stream(self) -> str:
        """Where the page listens."""
        return reverse("staff:stand_stream", args=[self._slug])

    @cached_property
    def changes(self) -> str:
        """Where it asks when it cannot."""
        return reverse("staff:stand_changes", args=[self._slug])
