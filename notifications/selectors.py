"""Reading what was written to guests, and who wants no texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from django.conf import settings

from core.secrets import decrypt
from core.tokens import fingerprint
from notifications.models import Message, SmsAccount, SmsReply

NOT_SENT = "not_sent"


def active_sms_account(restaurant_id: int) -> SmsAccount | None:
    """The account that sends a restaurant's texts."""
    return SmsAccount.objects.filter(restaurant_id=restaurant_id, is_active=True).first()


def may_text(account_id: int | None) -> bool:
    """Whether a house with this account (None: with none) can send texts."""
    return account_id is not None or bool(settings.SMS_CONSOLE)


def phone_key(phone: str) -> str:
    """What is kept of a number (E.164) to know it again: it does not lead back to it."""
    return fingerprint("sms", phone)


def has_opted_out(restaurant_id: int, phone: str) -> bool:
    """Whether the last word of this number to the house was that it wants no texts."""
    rows = SmsReply.objects.filter(
        restaurant_id=restaurant_id,
        phone_key=phone_key(phone),
        what__in=[SmsReply.What.OUT, SmsReply.What.IN],
    )
    last = rows.order_by("-id").values_list("what", flat=True).first()
    return last == SmsReply.What.OUT


def sms_state(*about: str) -> str:
    """How far the last text about a booking (its id, and those of its payment links) got:
    not_sent, queued, sent, delivered, failed, or unknown when it may have been sent. One query."""
    rows = Message.objects.filter(about__in=about, channel=Message.Channel.SMS)
    row = rows.order_by("-id").first()
    return NOT_SENT if row is None else state_of(row)


def state_of(row: Message) -> str:
    """A message's state in one word; of a text, what became of it at the provider counts."""
    if row.status == Message.Status.SENT:
        return "delivered" if row.delivery in ("delivered", "read") else "sent"
    if row.status == Message.Status.SENDING:
        return "queued"
    return str(row.status)


def messages_about(identifiers: Iterable[str]) -> list[Message]:
    """What was written about these bookings, links and waits, newest first. One query."""
    return list(Message.objects.filter(about__in=list(identifiers)).order_by("-id"))


def sms_credentials(account: SmsAccount) -> Mapping[str, str | list[str]]:
    """The secrets of an account in clear: for signing, sending and verifying only."""
    found: dict[str, str | list[str]] = (
        json.loads(decrypt(account.credentials)) if account.credentials else {}
    )
    return found
