"""Text messages, through the account of the house they are from."""

from __future__ import annotations

import sys
from typing import Final

from django.conf import settings
from django.template import TemplateDoesNotExist

from notifications.channels.base import Channel, OptedOut, Receipt, Refused
from notifications.channels.sms.words import OPTED_OUT
from notifications.links import address_of
from notifications.models import Message, SmsAccount
from notifications.reach import AT_ONCE, is_number
from notifications.segments import measure
from notifications.selectors import active_sms_account, has_opted_out
from notifications.texting import LONGEST_SEGMENTS, render_text

VALID_SECONDS: Final = 4 * 3600
"""How long a text may wait for a telephone that is switched off."""
VALID_AT_ONCE: Final = 15 * 60
PRINTED: Final = "printed"
"""The state of a text that went to the worker's output."""


class SmsChannel(Channel):
    """Sent once: a text whose answer was lost is looked for, never sent again by itself."""

    name = "sms"

    def send(self, message: Message) -> Receipt:
        """See :meth:`Channel.send`. Numbers are in E.164, and on no log."""
        text = _written(message)
        account = active_sms_account(message.restaurant_id or 0)
        if account is None:
            return _printed(message, text)
        from notifications.channels.sms.client import callback_address, client_of

        return client_of(account).send(
            message.recipient,
            text,
            callback=callback_address(account, message.public_id),
            valid_for=VALID_AT_ONCE if message.kind in AT_ONCE else VALID_SECONDS,
        )


def find_lost(message: Message) -> list[Receipt]:
    """The texts at the provider that may be this one, whose answer was lost; oldest first.

    None with test credentials, which can list nothing. Raises as :meth:`SmsChannel.send`.
    """
    account = _account_of(message)
    if account is None or account.is_test:
        return []
    from notifications.channels.sms.client import client_of

    since = message.sent_at or message.created_at
    return client_of(account).find(message.recipient, _body(message), since=since)


def ask_about(message: Message) -> Receipt | None:
    """What became of a text that was taken; None where nobody can be asked. Raises as above."""
    account = _account_of(message)
    if account is None or account.is_test or not message.reference:
        return None
    from notifications.channels.sms.client import client_of

    return client_of(account).ask(message.reference)


def _account_of(message: Message) -> SmsAccount | None:
    return message.account or active_sms_account(message.restaurant_id or 0)


def _written(message: Message) -> str:
    """The words, once it is sure that they may be sent."""
    if not is_number(message.recipient):
        raise Refused("This is not a telephone number in E.164.", 21211)
    if has_opted_out(message.restaurant_id or 0, message.recipient):
        raise OptedOut("The guest answered STOP and gets no texts.", OPTED_OUT)
    try:
        text = _body(message)
    except TemplateDoesNotExist as error:
        raise Refused(f"There is no text of the kind {message.kind}.") from error
    if measure(text).segments > LONGEST_SEGMENTS:
        raise Refused("The text is too long.", 21617)
    return text


def _body(message: Message) -> str:
    payload = message.payload | {"manage_url": address_of(message)}
    return render_text(message.kind, payload, message.language)


def _printed(message: Message, text: str) -> Receipt:
    """For trying out: to the worker's output, as Django prints mails, and not into the log."""
    if not settings.SMS_CONSOLE:
        raise Refused("This house sends no texts.")
    sys.stdout.write(f"\n--- Text to {message.recipient} ---\n{text}\n---\n")
    sys.stdout.flush()
    return Receipt(reference="", state=PRINTED, segments=measure(text).segments)
