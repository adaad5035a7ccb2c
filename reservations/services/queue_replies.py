"""What a party of the queue answers: by text (1 comes, 9 leaves), or on its own page."""

from __future__ import annotations

import logging

from django.db import transaction

from core import clock
from core.actors import Actor, ActorKind
from core.tokens import derive, fingerprint
from reservations.errors import LinkUnknown, NotChangeable
from reservations.models import QueueEntry
from reservations.models.queue import LIVE_QUEUE
from reservations.services import refused_texts
from reservations.services.links import page_address
from reservations.services.stand import coming, leave_queue
from reservations.services.stand.queueing import PURPOSE, is_kept

logger = logging.getLogger(__name__)

COMES, LEAVES = "1", "9"
_BY_TEXT = Actor(ActorKind.GUEST, label="Guest, by text")
_BY_LINK = Actor(ActorKind.GUEST, label="Guest, by link")


def obey(restaurant_id: int, phone: str, text: str) -> bool:
    """Do what a text says; False for other words, and for a number nobody waits with.

    In the caller's transaction. A 1 that cannot be obeyed (too early, too late, the table is gone)
    is answered by a text that says so (``refused_texts``); call this once per text.
    """
    word = text.strip().rstrip(".!")
    if word not in (COMES, LEAVES):
        return False
    entry = (
        QueueEntry.objects.filter(restaurant_id=restaurant_id, phone=phone, status__in=LIVE_QUEUE)
        .order_by("-joined_at", "-id")
        .first()
    )
    if entry is None:
        return word == COMES and refused_texts.answer_late(restaurant_id, phone)
    try:
        with transaction.atomic():
            (coming if word == COMES else leave_queue)(entry.public_id, expected=None, by=_BY_TEXT)
    except NotChangeable:
        logger.info("a text of the queue came too early or too late")
        if word == LEAVES:
            return False
        refused_texts.answer_queue(entry)
    return True


def queue_token(entry: QueueEntry) -> str:
    """The token by which a party sees its place in the queue, and answers."""
    return derive(PURPOSE, entry.nonce)


def message_address(about: str) -> str:
    """The address of a party's own page, for the messages about it."""
    entry = QueueEntry.objects.filter(public_id=about).first()
    return page_address("queue", queue_token(entry)) if entry else ""


def open_queue(token: str) -> QueueEntry:
    """The party behind a token, whatever became of it, with its restaurant; LinkUnknown."""
    entry = (
        QueueEntry.objects.select_related("restaurant")
        .filter(digest=fingerprint(PURPOSE, token))
        .first()
    )
    if entry is None:
        raise LinkUnknown
    return entry


def answer_by_link(token: str, *, comes: bool) -> QueueEntry:
    """Say that one comes, or leave. Repeated it changes nothing. Raises LinkUnknown, NotChangeable.

    Leaving twice is leaving once. Coming to a table that is kept no more asks for it anew.
    """
    entry = open_queue(token)
    done = QueueEntry.Status.COMING if comes else QueueEntry.Status.LEFT
    if entry.status != done or (comes and not is_kept(entry, clock.now())):
        (coming if comes else leave_queue)(entry.public_id, expected=None, by=_BY_LINK)
        entry.refresh_from_db()
    return entry
