"""What a guest writes to a house by text: a note about the booking it belongs to."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.db.models import QuerySet

from core import audit
from core.actors import Actor, ActorKind
from notifications.wording import lines
from reservations.engine.lifecycle import Status
from reservations.models import HouseMessage, Reservation
from reservations.models.house_messages import LONGEST_MESSAGE
from reservations.models.reservation import LIVE_STATUSES
from reservations.selectors.bookings import booking
from reservations.services.by_link import MOST_MESSAGES, tell_house

logger = logging.getLogger(__name__)

LOOKS_BACK = dt.timedelta(days=2)
"""After a visit somebody may still look for an umbrella."""


def note(restaurant_id: int, phone: str, text: str, *, at: dt.datetime) -> HouseMessage | None:
    """Leave what a guest wrote for the house, unread, and by e-mail if it has an address.

    It belongs to the visit of this number that is on, or next, or was last. None where there is
    none, for no words, and for a booking that has had its share of notes. Call it once per text.
    """
    words = lines(text)[:LONGEST_MESSAGE]
    row = _nearest(restaurant_id, phone, at)
    if row is None or not words:
        logger.info("a text belongs to no booking")
        return None
    with transaction.atomic():
        Reservation.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if HouseMessage.objects.filter(reservation=row).count() >= MOST_MESSAGES:
            return None
        message = HouseMessage.objects.create(
            restaurant_id=restaurant_id, reservation=row, text=words, created_at=at
        )
        audit.record(
            "reservation.house_messaged",
            row.public_id,
            by=Actor(ActorKind.GUEST, row.public_id, row.code),
            restaurant_id=restaurant_id,
            message=message.public_id,
            by_sms=True,
        )
        tell_house("guest_wrote", booking(row.public_id), at, note=words)
    return message


def _nearest(restaurant_id: int, phone: str, at: dt.datetime) -> Reservation | None:
    theirs: QuerySet[Reservation] = Reservation.objects.filter(
        restaurant_id=restaurant_id, guest_phone=phone, is_test=False
    )
    live = theirs.filter(status__in=LIVE_STATUSES, ends_at__gt=at).order_by("starts_at", "id")
    past = theirs.filter(starts_at__gt=at - LOOKS_BACK).exclude(status=Status.EXPIRED)
    return live.first() or past.order_by("-starts_at", "-id").first()
