"""Lines of the drawer: the log of a party, and the messages it was sent."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from core.models import AuditEntry
from customers.models import GuestNote
from notifications.models import Message
from reservations.selectors.night import PartyRow
from reservations.views.wording import short_day
from restaurants.models import Restaurant
from staff import log_words, wording
from staff.message_words import kind_text, state_text
from staff.views.stand import words

_LINES = 12

_NOTES = 5


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


def notes_of(party: PartyRow) -> list[Line]:
    """What the team wrote about the guest of a party: pinned first, then the newest. One query."""
    if party.customer_id is None or party.is_for_other:
        return []
    rows = GuestNote.objects.filter(customer__public_id=party.customer_id, withdrawn_at=None)
    rows = rows.order_by(F("pinned_at").desc(nulls_last=True), "-at", "-pk")
    zone = party.starts_at.tzinfo
    return [
        Line(short_day(row.at.astimezone(zone).date()), row.text, row.actor_label)
        for row in rows[:_NOTES]
    ]
