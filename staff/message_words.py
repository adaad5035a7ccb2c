"""Messages to guests in words for staff."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from notifications.channels.sms.words import reason_text
from notifications.models import Message
from notifications.selectors import state_of

KINDS = {
    "reservation_confirmed": gettext_lazy("Confirmation"),
    "reservation_pending": gettext_lazy("Request received"),
    "reservation_declined": gettext_lazy("Request declined"),
    "reservation_expired": gettext_lazy("Request lapsed"),
    "reservation_changed": gettext_lazy("Change"),
    "reservation_cancelled": gettext_lazy("Cancellation"),
    "reservation_reminder": gettext_lazy("Reminder"),
    "deposit_refunded": gettext_lazy("Payment goes back"),
    "guest_running_late": gettext_lazy("Guest runs late"),
    "guest_wrote": gettext_lazy("Note from the guest"),
    "waitlist_joined": gettext_lazy("On the waitlist"),
    "waitlist_offered": gettext_lazy("A table came free"),
    "queue_joined": gettext_lazy("In the queue"),
    "table_ready": gettext_lazy("Table is ready"),
    "answer_refused": gettext_lazy("Answer came too early or too late"),
    "payment_requested": gettext_lazy("Payment link"),
    "payment_received": gettext_lazy("Payment received"),
    "fee_charged": gettext_lazy("Fee charged"),
    "hold_refused": gettext_lazy("Card refused"),
}
"""By kind of message; others are none of a booking's."""

STATES = {
    "queued": ("off", gettext_lazy("Waits")),
    "sending": ("off", gettext_lazy("On its way")),
    "sent": ("ok", gettext_lazy("Sent")),
    "delivered": ("ok", gettext_lazy("Delivered")),
    "failed": ("danger", gettext_lazy("Not delivered")),
    "unknown": ("warning", gettext_lazy("Perhaps sent")),
}
"""By ``notifications.selectors.state_of``: its colour and its word."""

CHANNELS = {
    Message.Channel.EMAIL.value: gettext_lazy("E-mail"),
    Message.Channel.SMS.value: gettext_lazy("Text"),
}


def kind_text(row: Message) -> str:
    """What it is about."""
    return str(KINDS.get(row.kind, row.kind))


def state_text(row: Message) -> tuple[str, str]:
    """Colour and word of how far it got."""
    colour, word = STATES[state_of(row)]
    return colour, str(word)


def why(row: Message) -> str:
    """Why it did not arrive, or waits."""
    return reason_text(row.error_code, row.last_error)
