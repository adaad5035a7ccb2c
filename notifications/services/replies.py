"""What guests answer to our texts: words about consent are obeyed, all others go to the house."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from django.db import transaction

from core import clock
from notifications.models import SmsAccount, SmsReply
from notifications.reach import is_number
from notifications.services.consents import remember
from notifications.signals import text_received

What = SmsReply.What

_STOP = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE", "ARRET"}
)
_START = frozenset({"START", "UNSTOP", "YES"})
_HELP = frozenset({"HELP", "INFO", "AIDE"})
_LONGEST = 1600


@dataclass(frozen=True, slots=True)
class Reply:
    """A text that came in."""

    reference: str
    phone: str
    text: str
    opt_out_type: str = ""
    """What Twilio has made of it, where Advanced Opt-Out is on: it has answered then."""


def what_is(reply: Reply) -> SmsReply.What:
    """What a text means. Twilio's own word counts; without one, the word that stands alone."""
    said = reply.opt_out_type.strip().upper() or _plain(reply.text)
    for words, what in ((_STOP, What.OUT), (_START, What.IN), (_HELP, What.HELP)):
        if said in words:
            return what
    return What.WORDS


def receive(account: SmsAccount, reply: Reply) -> SmsReply.What | None:
    """Take a text to a house's number; None when it came before, or from no number.

    Consent holds for every house that writes through the same account and sender. It is never
    answered: to words about consent Twilio answers itself. Repeatable by ``reply.reference``.
    """
    if not is_number(reply.phone) or not reply.reference:
        return None
    what, now = what_is(reply), clock.now()
    how = (reply.opt_out_type or _plain(reply.text)) if what != What.WORDS else ""
    with transaction.atomic():
        is_new = False
        for house in _houses(account) if what != What.WORDS else [account.restaurant_id]:
            is_new |= remember(house, reply.phone, what, how=how, reference=reply.reference, at=now)
        if is_new and what == What.WORDS:
            text_received.send(
                sender=SmsReply,
                restaurant_id=account.restaurant_id,
                phone=reply.phone,
                text=reply.text[:_LONGEST],
                at=now,
            )
    return what if is_new else None


def _houses(account: SmsAccount) -> list[int]:
    """The houses that write from the same sender."""
    same = SmsAccount.objects.filter(
        account_sid=account.account_sid,
        messaging_service_sid=account.messaging_service_sid,
        sender=account.sender,
    )
    found = same.values_list("restaurant_id", flat=True)
    return sorted(set(found))


def _plain(text: str) -> str:
    """``stop.`` and ``Arrêt`` as the lists have them."""
    bare = unicodedata.normalize("NFKD", text)
    letters = "".join(char for char in bare if char.isalnum() or char.isspace())
    return " ".join(letters.upper().split())[:20]
