"""Who wants no texts: remembered with how and when, until the number says otherwise."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from core import audit
from core.actors import SYSTEM
from customers.models import Customer
from notifications.models import SmsReply
from notifications.selectors import phone_key


def remember(
    restaurant_id: int,
    phone: str,
    what: SmsReply.What,
    *,
    how: str,
    reference: str,
    at: dt.datetime,
) -> bool:
    """Write down what a number (E.164) said to a house; False when that was known already.

    In the caller's transaction or one of its own; ``reference`` makes repetitions one. Whoever
    wants no texts wants no offers by text either: that consent is withdrawn from the guest's
    record, with its entry in the trail. It is never given by this.
    """
    try:
        with transaction.atomic():
            SmsReply.objects.create(
                restaurant_id=restaurant_id,
                phone_key=phone_key(phone),
                what=what,
                how=how[:20],
                reference=reference[:40],
                at=at,
            )
            if what == SmsReply.What.OUT:
                _withdraw(restaurant_id, phone)
    except IntegrityError:
        return False
    return True


def _withdraw(restaurant_id: int, phone: str) -> None:
    guests = Customer.objects.select_for_update(of=("self",)).filter(
        organization__restaurants=restaurant_id, phone=phone, sms_consent_at__isnull=False
    )
    for guest in guests.order_by("id"):
        guest.sms_consent_at = None
        guest.save(update_fields=["sms_consent_at", "updated_at"])
        audit.record(
            "customer.consent_withdrawn",
            guest.public_id,
            by=SYSTEM,
            restaurant_id=restaurant_id,
            to="sms",
        )
