"""Lines of the drawer: the log of a party, and the messages it was sent."""

from __future__ import annotations

from dataclasses import dataclass

from core.models import AuditEntry
from notifications.models import Message
from restaurants.models import Restaurant
from staff import log_words, wording
from staff.message_words import kind_text, state_text
from staff.views.stand import words

_LINES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log, a history or a list of messages."""

    when: str
    text: str
    who: str = ""


def log_of(venue: Restaurant, target: str) -> list[Line]:
    """What was done with a party, last first. One query."""
    rows = AuditEntry.objects.filter(target=target).order_by("-id")[:_LINES]
    return [
        Line(
            words.clock(row.at.astimezone(venue.tz)),
            log_words.verb_text(row.verb),
            row.actor_label or str(log_words.ACTORS.get(row.actor_kind, "")),
        )
        for row in rows
    ]


def messages_of(venue: Restaurant, about: str) -> list[Line]:
    """What a party was sent, last first. One query."""
    rows = Message.objects.filter(restaurant=venue, about=about).order_by("-id")
    return [
        Line(
            wording.moment(row.created_at, venue.tz),
            kind_text(row),
            state_text(row)[1],
        )
        for row in rows[:_LINES]
    ]
