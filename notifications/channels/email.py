"""E-mail, through whatever backend Django is configured with."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from contextlib import closing
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.template import TemplateDoesNotExist
from django.utils import translation

from notifications.channels.base import Channel, DeliveryFailed, Refused, Unavailable
from notifications.ics import calendar_for
from notifications.links import address_of
from notifications.models import Message
from notifications.rendering import CALENDAR_METHODS, Rendered, render
from notifications.wording import one_line


class EmailChannel(Channel):
    """Plain text with an HTML version, and the reservation as a calendar attachment."""

    name = "email"

    def send(self, message: Message) -> None:
        """See :meth:`Channel.send`. The Message-ID is made from the row's public id."""
        _require_address(message.recipient)
        payload = message.payload | {"manage_url": address_of(message)}
        try:
            rendered = render(message.kind, payload, message.language)
        except TemplateDoesNotExist as error:
            raise Refused(f"There is no message of the kind {message.kind}.") from error
        mail = _compose(message, payload, rendered)
        try:
            # Closed in any case: Django keeps a connection that could not be set up.
            with closing(get_connection()) as mail.connection:
                sent = mail.send()
        except Exception as error:
            raise _meaning_of(error) from error
        if not sent:
            raise Unavailable("The mail backend did not take the message.")


def _compose(
    message: Message, payload: Mapping[str, Any], rendered: Rendered
) -> EmailMultiAlternatives:
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    # Quoted, so that a name can never be read as an address; a quote in it would end that.
    name = one_line(payload["restaurant"]).replace("\\", " ").replace('"', "'")
    reply_to = one_line(payload.get("reply_to", ""))
    mail = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        from_email=f'"{name}" <{sender}>',
        to=[message.recipient],
        reply_to=[reply_to] if _is_address(reply_to) else [],
        headers={
            "Message-ID": f"<{message.public_id}@{sender.rpartition('@')[2]}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(rendered.html, "text/html")
    method = CALENDAR_METHODS.get(message.kind, "")
    if method:
        with translation.override(message.language):
            calendar = calendar_for(payload, method, attendee=message.recipient)
        mail.attach("reservation.ics", calendar.decode(), f"text/calendar; method={method}")
    return mail


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _require_address(text: str) -> None:
    if not _is_address(text):
        raise Refused("This is not an e-mail address.")


def _meaning_of(error: Exception) -> DeliveryFailed:
    """Whether an SMTP failure is final. Final is only what the server says about this message."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()), (0, b""))
        return _by_code(code, text)
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPAuthenticationError):
        # Our own account or address, not the guest's: the operator can put it right.
        return Unavailable(_sentence(error.smtp_code, error.smtp_error))
    if isinstance(error, smtplib.SMTPDataError):
        return _by_code(error.smtp_code, error.smtp_error)
    if isinstance(error, OSError):
        # Every other SMTPException (no TLS, say), time-outs and refused connections.
        return Unavailable(f"No mail server: {type(error).__name__}")
    raise error


def _by_code(code: int, text: bytes | str) -> DeliveryFailed:
    """RFC 5321: a 5yz answer is final; 4yz asks to try again (greylisting, full mailbox)."""
    sentence = _sentence(code, text)
    return Refused(sentence) if 500 <= code < 600 else Unavailable(sentence)


def _sentence(code: int, text: bytes | str) -> str:
    readable = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"The mail server said: {code} {one_line(readable)}"[:200]
