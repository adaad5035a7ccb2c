"""What a policy comes to with the provider a house has, so many days before the visit."""

from __future__ import annotations

import datetime as dt

from payments.gateways.base import Taking
from payments.gateways.registry import gateway_class
from payments.models import PaymentKind, PolicyKind
from reservations.selectors.houses import House

CARD_NEEDED = (PolicyKind.HOLD.value, PolicyKind.CARD.value)
"""Kinds of policy that take no money when booking."""


def kind_for(kind: str, house: House, starts_at: dt.datetime, now: dt.datetime) -> str:
    """The policy's kind, or the one that stands in for it with this provider; to be agreed to.

    Where cards cannot be set aside or kept, the amount is taken as a deposit: the table is secured
    by as much, and the same ladder says what comes back.
    """
    if kind not in CARD_NEEDED:
        return kind
    gateway = gateway_class(house.gateway)
    if kind == PolicyKind.HOLD:
        is_near = starts_at - now <= gateway.hold_window
        needed = {Taking.HOLD} if is_near else {Taking.HOLD, Taking.CARD}
    else:
        needed = {Taking.CARD}
    return kind if needed <= gateway.takes else PolicyKind.DEPOSIT.value


def taken_kind(kind: str, house: House, starts_at: dt.datetime, now: dt.datetime) -> str:
    """What is done with the card now: a hold that would lapse before the visit only saves it."""
    if kind != PaymentKind.HOLD:
        return kind
    is_near = starts_at - now <= gateway_class(house.gateway).hold_window
    return PaymentKind.HOLD.value if is_near else PaymentKind.CARD.value
