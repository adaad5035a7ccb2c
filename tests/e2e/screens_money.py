"""``python -m tests.e2e.screens_money``: what pictures of money need in the book, one step a call.

Prints JSON for :mod:`tests.e2e.screens`, which cannot talk to the book itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django

HOUSE = "bella-notte"
STAFFED = "maison"
"""Where the one who takes the pictures works."""


def kind(wanted: str) -> None:
    """The house asks for money in another way."""
    from payments.models import Policy

    for policy in Policy.objects.filter(restaurant__slug=HOUSE):
        policy.kind = wanted
        policy.save()


def link(state: str, house: str = HOUSE) -> dict[str, str]:
    """A payment link that is open, paid, expired or withdrawn: its token, and its booking."""
    from core import clock
    from core.actors import SYSTEM
    from reservations.models import PaymentRequest, Reservation
    from reservations.services.payment_links import pay
    from reservations.services.payment_requests import ask_for_payment, pay_token, withdraw

    rows = Reservation.objects.filter(
        restaurant__slug=house, status="confirmed", starts_at__gt=clock.now(), is_test=False
    ).exclude(pk__in=PaymentRequest.objects.values("reservation"))
    row = rows.order_by("starts_at", "id")[3]
    asked = ask_for_payment(row.public_id, by=SYSTEM, amount=Decimal(60), kind="deposit")
    if state == "paid":
        pay(asked.pk, {"token": "tok_visa_4242"}, by=SYSTEM)
    elif state == "withdrawn":
        withdraw(asked.public_id, by=SYSTEM)
    elif state == "expired":
        PaymentRequest.objects.filter(pk=asked.pk).update(expires_at=clock.now())
    return {"token": pay_token(asked), "booking": row.public_id}


def texts() -> dict[str, str]:
    """The house sends texts, and a booking has some of every kind."""
    from datetime import time

    from core import clock
    from core.secrets import encrypt
    from notifications.models import Message, SmsAccount
    from restaurants.models import Restaurant

    house, now = Restaurant.objects.get(slug=STAFFED), clock.now()
    account, _ = SmsAccount.objects.get_or_create(
        restaurant=house,
        account_sid="AC" + "0" * 32,
        defaults={
            "messaging_service_sid": "MG" + "1" * 32,
            "is_test": False,
            "credentials": encrypt(json.dumps({"auth_tokens": ["not-a-token"]})),
            "quiet_from": time(21),
            "quiet_until": time(9),
            "created_at": now,
            "updated_at": now,
        },
    )
    found = link("open", STAFFED)
    sent = {"restaurant": house, "recipient": "+12125550188", "not_before": now, "created_at": now}
    for state in (
        {"kind": "reservation_confirmed", "status": "sent", "delivery": "delivered"},
        {"kind": "reservation_changed", "status": "failed", "error_code": 30003},
        {"kind": "reservation_reminder", "status": "unknown"},
    ):
        Message.objects.create(
            about=found["booking"], channel="sms", sent_at=now, segments=1, **sent, **state
        )
    return {**found, "account": account.public_id}


def main(arguments: list[str]) -> None:
    """``kind KIND``, ``link STATE`` or ``texts``."""
    django.setup()
    steps: dict[str, Callable[..., Any]] = {"kind": kind, "link": link, "texts": texts}
    print(json.dumps(steps[arguments[0]](*arguments[1:])))


if __name__ == "__main__":
    main(sys.argv[1:])
