"""What the book does when money arrives later, a guest writes, or a tag is changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.dispatch import receiver

from core import audit, clock
from core.actors import Actor
from customers.signals import tag_readers_changed, visit_tag_renamed
from notifications.signals import text_received
from payments.gateways.base import ChargeResult
from payments.signals import hold_taken, payment_settled
from reservations.ledger.tags import rename_visit_tag
from reservations.services import (
    by_text,
    charges_later,
    fees,
    payment_settlement,
    queue_replies,
    settlement,
)
from restaurants.models import Restaurant


@receiver(payment_settled)
def on_payment_settled(payment_id: int, result: ChargeResult, **_: Any) -> None:
    """Hand it to what was paid for: a hold, a request for money, a fee, a hold near the date."""
    if payment_settlement.settle(payment_id, result) is not None:
        return
    if charges_later.settle(payment_id, result):
        return
    settlement.settle(payment_id, result)


@receiver(hold_taken)
def on_hold_taken(payment_id: int, **_: Any) -> None:
    """The guest is told of the fee once it was really taken."""
    fees.tell_of_capture(payment_id)


@receiver(text_received)
def on_text_received(restaurant_id: int, phone: str, text: str, at: dt.datetime, **_: Any) -> None:
    """An answer of a party at the door is obeyed; all else goes on the desk of the house."""
    if not queue_replies.obey(restaurant_id, phone, text):
        by_text.note(restaurant_id, phone, text, at=at)


@receiver(visit_tag_renamed)
def on_visit_tag_renamed(organization_id: int, before: str, after: str, by: Actor, **_: Any) -> int:
    """Bookings carry the new name; how many did."""
    return rename_visit_tag(organization_id, before, after, by=by, now=clock.now())


@receiver(tag_readers_changed)
def on_tag_readers_changed(
    organization_id: int,
    restaurant_id: int | None,
    tag: str,
    said: dict[str, Any],
    by: Actor,
    **_: Any,
) -> None:
    """The group's other houses have it in their trail too: that is what their screens follow."""
    houses = Restaurant.objects.filter(organization=organization_id).order_by("pk")
    for house in houses.values_list("pk", flat=True):
        if house != restaurant_id:
            audit.record("guest_tag.saved", tag, by=by, restaurant_id=house, **said)
