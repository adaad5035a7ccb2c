"""What became of texts: told by the provider unasked, or asked for where nothing was heard.

A delivery only ever moves forward, so that news that come twice or out of order do no harm.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.db.models import Q

from core import clock
from notifications.channels.base import AnswerLost, DeliveryFailed, Receipt
from notifications.channels.sms.channel import ask_about, find_lost
from notifications.models import MOST_LOOKS, Message, SmsAccount
from notifications.services.outbox import ASK_AFTER, write_instead

logger = logging.getLogger(__name__)

RANK: Mapping[str, int] = {
    "": 0,
    "scheduled": 1,
    "accepted": 1,
    "queued": 2,
    "sending": 3,
    "sent": 4,
    "canceled": 5,
    "undelivered": 5,
    "failed": 5,
    "delivered": 6,
    "read": 7,
}
"""How far a text is. What was delivered was delivered, whoever says later that it was not."""
NOT_DELIVERED = frozenset({"canceled", "undelivered", "failed"})
ENDED = 5

_LOOKS_AFTER = (dt.timedelta(minutes=5), dt.timedelta(minutes=20), dt.timedelta(minutes=20))


def hear(account: SmsAccount, receipt: Receipt, message_id: str = "") -> bool:
    """Take what a provider says of a text; False when it is none of ours or nothing new.

    A text whose answer was lost is known by ``message_id``, which stood in the address that the
    provider was told. May be repeated and come in any order. Locks the message.
    """
    if receipt.state not in RANK:
        return False
    with transaction.atomic():
        rows = Message.objects.select_for_update().filter(
            restaurant=account.restaurant_id, channel=Message.Channel.SMS
        )
        row = rows.filter(reference=receipt.reference).first()
        if row is None and message_id:
            waiting = (Message.Status.UNKNOWN, Message.Status.SENDING)
            row = rows.filter(public_id=message_id, reference="", status__in=waiting).first()
            if row is not None:
                row.account = account
        return row is not None and _advance(row, receipt)


def _advance(row: Message, receipt: Receipt) -> bool:
    """One step forward of a locked row, with what follows."""
    if row.reference and RANK[receipt.state] <= RANK.get(row.delivery, 0):
        return False
    now = clock.now()
    was_lost = not row.reference
    row.reference, row.delivery = receipt.reference, receipt.state
    row.error_code = receipt.code
    if receipt.segments is not None:
        row.segments = receipt.segments
    if row.status in (Message.Status.UNKNOWN, Message.Status.SENDING) and was_lost:
        row.not_before = now + ASK_AFTER
        row.looks = 0
    if RANK[receipt.state] >= ENDED:
        row.looks = MOST_LOOKS
    failed = receipt.state in NOT_DELIVERED
    is_news = failed and row.status != Message.Status.FAILED
    row.status = Message.Status.FAILED if failed else Message.Status.SENT
    row.last_error = f"Twilio: {receipt.state}"[:200] if failed else ""
    row.save()
    if is_news:
        logger.warning("a text was not delivered", extra={"message_id": row.public_id})
        write_instead(row, now)
    return True


def trace_due(limit: int = 50) -> int:
    """Look up texts whose answer or end was not heard of; how many were found out.

    A text whose answer was lost is looked for at the provider three times in three quarters of an
    hour, by number, words and time. Found, it is known; not found, it stays ``unknown`` for good,
    goes out as a mail where there is an address, and is never sent again by itself. Safe to run
    twice and at once.
    """
    known = 0
    for _ in range(limit):
        message = _claim(clock.now())
        if message is None:
            break
        known += _look(message)
    return known


def due(now: dt.datetime) -> Q:
    """The texts that are to be looked up."""
    ended = [state for state, rank in RANK.items() if rank >= ENDED]
    return Q(channel=Message.Channel.SMS, looks__lt=MOST_LOOKS, not_before__lte=now) & (
        Q(status=Message.Status.UNKNOWN)
        | Q(status=Message.Status.SENT) & ~Q(reference="") & ~Q(delivery__in=ended)
    )


def _claim(now: dt.datetime) -> Message | None:
    with transaction.atomic(durable=True):
        rows = Message.objects.select_for_update(skip_locked=True, of=("self",))
        message = rows.filter(due(now)).order_by("not_before", "id").first()
        if message is None:
            return None
        message.not_before = now + _LOOKS_AFTER[message.looks]
        message.looks += 1
        message.save(update_fields=["not_before", "looks"])
        return message


def _look(message: Message) -> bool:
    was_lost = not message.reference
    try:
        found = _lost(message) if was_lost else ask_about(message)
    except (AnswerLost, DeliveryFailed):
        logger.info("the provider cannot say now", extra={"message_id": message.public_id})
        found = None
    with transaction.atomic():
        row = Message.objects.select_for_update().get(pk=message.pk)
        if found is not None and not (was_lost and row.reference):
            if row.account_id is None:
                row.account_id = found.account_id
            try:
                with transaction.atomic():
                    return _advance(row, found)
            except IntegrityError:
                # Another row, with the same words to the same number, was found to be this one.
                return False
        is_given_up = was_lost and row.looks >= MOST_LOOKS and not row.reference
        if is_given_up and row.status == Message.Status.UNKNOWN:
            write_instead(row, clock.now())
    return False


def _lost(message: Message) -> Receipt | None:
    """The first text at the provider that may be this one and belongs to no other row."""
    candidates = find_lost(message)
    known = set(
        Message.objects.filter(reference__in=[each.reference for each in candidates]).values_list(
            "reference", flat=True
        )
    )
    return next((each for each in candidates if each.reference not in known), None)
