"""Lines of the drawer: the log of a party, and the messages it was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from core.models import AuditEntry
from notifications.models import Message
from restaurants.models import Restaurant
from staff import wording
from staff.message_words import kind_text, state_text
from staff.views.stand import words

_LINES = 12

_VERBS: Mapping[str, Any] = {
    "reservation.confirmed": gettext_lazy("Booked"),
    "reservation.changed": gettext_lazy("Changed"),
    "reservation.cancelled": gettext_lazy("Cancelled"),
    "reservation.arrived": gettext_lazy("Arrived"),
    "reservation.partially_arrived": gettext_lazy("Partly arrived"),
    "reservation.seated": gettext_lazy("Seated"),
    "reservation.partially_seated": gettext_lazy("Partly seated"),
    "reservation.moved": gettext_lazy("Moved"),
    "reservation.swapped": gettext_lazy("Changed tables"),
    "reservation.merged": gettext_lazy("Tables joined"),
    "reservation.split": gettext_lazy("Table given back"),
    "reservation.extended": gettext_lazy("Stays longer"),
    "reservation.resized": gettext_lazy("Party changed"),
    "reservation.retimed": gettext_lazy("Time changed"),
    "reservation.check_dropped": gettext_lazy("Bill on the table"),
    "reservation.paid": gettext_lazy("Bill paid"),
    "reservation.completed": pgettext_lazy("of a party", "Left"),
    "reservation.no_show": gettext_lazy("Did not come"),
    "reservation.undone": gettext_lazy("Undone"),
    "reservation.served_by": gettext_lazy("Server assigned"),
    "reservation.walked_in": gettext_lazy("Walked in"),
    "queue.joined": gettext_lazy("In the queue"),
    "queue.changed": gettext_lazy("Changed"),
    "queue.called": gettext_lazy("Called"),
    "queue.coming": gettext_lazy("Is coming"),
    "stand.undone": gettext_lazy("Undone"),
}


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
            str(_VERBS.get(row.verb) or row.verb.rpartition(".")[2].replace("_", " ").capitalize()),
            row.actor_label,
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
