"""What somebody chose and what was not done yet: kept while they are asked, or show a password.

In the cache, for some minutes, under a key that the session has; and shown once: a deed of the
stand as one button, a new booking as its form with everything filled in.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from staff.access import StaffRequest, house_url, password_door
from staff.views.stand import words
from staff.views.stand.asked import OF_THE_SCREEN, Asked
from staff.views.stand.base import StandView

CHOSEN = "stand_chosen"
"""Session key."""
_PREFIX = "stand:chosen:"
AGAIN = "again"
"""What an address says that shows the form of a new booking as it was kept."""
LIFE = dt.timedelta(minutes=10)
_OF_THE_FORM = OF_THE_SCREEN | {"once"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice, as the fields of the form that makes it."""

    date: str
    fields: list[tuple[str, str]]
    what: str
    said: str
    """Why it was not done at once."""


def keep(view: StandView, fields: QueryDict, what: str = "", said: str = "", **more: str) -> None:
    """Keep what was chosen, with ``more`` fields: what the person has to say yes to."""
    sent = [
        (name, value)
        for name, values in fields.lists()
        for value in values
        if name not in _OF_THE_FORM | more.keys()
    ]
    found = {
        "of": _whose(view.request),
        "date": view.date.isoformat(),
        "fields": [*sent, *more.items()],
        "what": what,
        "said": said,
        "until": (view.at + LIFE).timestamp(),
    }
    # Not in the session: that lives for weeks, and these may be a guest's details.
    key = secrets.token_urlsafe(16)
    cache.set(_PREFIX + key, found, LIFE.total_seconds())
    view.request.session[CHOSEN] = key


def take(request: StaffRequest, at: dt.datetime) -> Chosen | None:
    """What was kept, once; None for nothing, for what was left alone too long, for what somebody
    else chose at this tablet, and in another house.
    """
    key = request.session.pop(CHOSEN, None)
    kept: dict[str, Any] | None = cache.get(_PREFIX + str(key)) if key else None
    if kept is None:
        return None
    cache.delete(_PREFIX + str(key))
    if kept.pop("until") < at.timestamp() or kept.pop("of", None) != _whose(request):
        return None
    fields = [(name, value) for name, value in kept.pop("fields")]
    return Chosen(fields=fields, **kept)


def _whose(request: StaffRequest) -> list[str]:
    return [request.venue.public_id, request.actor.id]


def to_password(stand: StandView, place: Mapping[str, str], name: str = "stand") -> str:
    """Where somebody at a tablet shows the password, and from there back to this place."""
    fields = {"date": stand.date.isoformat(), **place}
    back = f"{house_url(stand.request.venue, name)}?{urlencode(fields)}"
    return password_door(back)


def words_of(view: StandView, tap: Asked) -> str:
    """The choice in a few words: whose, how many, when, where."""
    night, said = view.night, tap.text("party")
    party = night.party(said)
    parts = [party.name if party else "", _("Walk-in") if tap.verb == "walk_in" else ""]
    if said.startswith("queue_"):
        queued = view.queue.row(said)
        parts.append(queued.name if queued else "")
    if size := tap.text("size", 3):
        number = int(size) if size.isdecimal() else 0
        parts.append(ngettext("%(n)d guest", "%(n)d guests", number) % {"n": number})
    parts.append(tap.text("time", 5))
    chosen = set(tap.some_tables)
    labels = [table.label for table in night.tables if table.public_id in chosen]
    if labels:
        parts.append(_("table %(tables)s") % {"tables": words.tables(labels)})
    return " · ".join(part for part in parts if part)
