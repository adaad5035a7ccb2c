"""What Twilio's codes mean: for the row, and in a sentence for staff."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

OPTED_OUT = 21610
"""The recipient has answered STOP."""

REFUSALS: dict[int, Any] = {
    OPTED_OUT: gettext_lazy("The guest answered STOP and gets no texts."),
    21211: gettext_lazy("This is not a telephone number."),
    21214: gettext_lazy("This number cannot be reached."),
    21217: gettext_lazy("This is not a telephone number."),
    21612: gettext_lazy("Your sender cannot write to this number."),
    21614: gettext_lazy("This number takes no texts; it may be a landline."),
    21617: gettext_lazy("The text is too long."),
    21635: gettext_lazy("This number takes no texts; it may be a landline."),
    30003: gettext_lazy("The telephone is switched off or out of reach."),
    30004: gettext_lazy("The telephone blocks this text."),
    30005: gettext_lazy("This number does not exist (any more)."),
    30006: gettext_lazy("This number takes no texts; it may be a landline."),
    30007: gettext_lazy("The network took it for unwanted advertising."),
    30008: gettext_lazy("The network does not say why it was not delivered."),
    30032: gettext_lazy("Your toll-free number is not verified yet."),
    30034: gettext_lazy("Your number is not registered for texts to the United States."),
    30036: gettext_lazy("It was no longer of use when it could have been delivered."),
}
"""Final for this message to this recipient."""

OURS: dict[int, Any] = {
    20003: gettext_lazy("Twilio does not accept the account’s secrets."),
    20404: gettext_lazy("Twilio does not know the account or the messaging service."),
    21408: gettext_lazy("The account may not send to this country: allow it at Twilio."),
    21606: gettext_lazy("The sender is no number of this account that can send texts."),
    21608: gettext_lazy("This is a trial account: it writes to numbers verified at Twilio only."),
    21609: gettext_lazy("Twilio does not accept our address: check PUBLIC_URL."),
    21659: gettext_lazy("The sender is no number of this account that can send texts."),
    21660: gettext_lazy("The sender is no number of this account that can send texts."),
    21703: gettext_lazy("The messaging service has no number to send from."),
    63038: gettext_lazy("The account has reached Twilio’s limit for today."),
    30001: gettext_lazy("Twilio’s queue is full."),
    30002: gettext_lazy("Twilio has suspended the account."),
}
"""The account's own: whoever runs the house can put them right."""


def reason_text(code: int | None, otherwise: str) -> str:
    """Why a text was not delivered, in the reader's language."""
    if code is None:
        return otherwise
    found = REFUSALS.get(code) or OURS.get(code)
    return str(found) if found else (otherwise or f"Twilio: {code}")
