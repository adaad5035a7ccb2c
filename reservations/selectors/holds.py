"""Reading holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection

from accounts.errors import SessionEnded
from accounts.selectors import check_open
from reservations.details import (
    DETAIL_COLUMNS,
    NO_DETAILS,
    NO_OFFER,
    NO_ORIGIN,
    OFFER_COLUMNS,
    ORIGIN_COLUMNS,
    ChosenOffer,
    Details,
    Origin,
    details_from,
)
from reservations.errors import HoldNotFound
from reservations.guests import Guest
from reservations.selectors.houses import House, house

PAYING = frozenset({"requested", "action", "unknown"})
"""Statuses of a payment that is not decided."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose hold it is: the account, and the restaurant group's guest behind it if known."""

    id: int
    public_id: str
    is_active: bool
    email: str
    name: str
    phone: str
    customer_id: int | None
    customer_phone: str


@dataclass(frozen=True, slots=True)
class HeldPlace:
    """A hold as its guest sees it, with what confirming it needs."""

    id: int
    public_id: str
    status: str
    house: House
    service_id: int
    service_date: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime
    party_size: int
    deposit: Decimal
    currency: str
    created_at: dt.datetime
    expires_at: dt.datetime
    extensions: int
    refund_ladder: list[list[int]]
    guest_key: str = ""
    room_id: int | None = None
    channel: str = "online"
    source: str = "website"
    customer_id: int | None = None
    guest_name: str = ""
    guest_email: str = ""
    guest_phone: str = ""
    payment_status: str | None = None
    """Of the latest attempt to pay, if there was one."""
    reservation: str | None = None
    """Public id of what it became."""
    account: Account | None = None
    """None for a visitor; not filled in for a hold that was just placed."""
    step_free: bool = False
    payment_kind: str = "deposit"
    """How the amount is secured: deposit, prepayment, hold or card."""
    origin: Origin = NO_ORIGIN
    offer: ChosenOffer = NO_OFFER
    details: Details = NO_DETAILS
    """What the guest said, once a payment has begun."""

    @property
    def wall_time(self) -> str:
        """The time guests were offered, ``HH:MM`` on the restaurant's clock."""
        return self.starts_at.astimezone(self.house.zone).strftime("%H:%M")

    def is_live(self, now: dt.datetime) -> bool:
        """Whether the table is still kept at ``now``."""
        return self.status == "live" and self.expires_at > now


def _of_hold(*names: str) -> str:
    return ", ".join(f"h.{name}" for name in names)


_SELECT = f"""
SELECT h.id, h.public_id, h.status, h.restaurant_id, r.plan_version, h.service_id, h.service_date,
       h.starts_at, h.ends_at, h.party_size, h.deposit_amount, h.currency, h.created_at,
       h.expires_at, h.extensions, h.refund_ladder, h.guest_key, h.room_id, h.channel, h.source,
       h.customer_id, h.guest_name, h.guest_email, h.guest_phone, p.status,
       b.public_id, h.step_free, h.payment_kind, {_of_hold(*OFFER_COLUMNS)},
       {_of_hold(*ORIGIN_COLUMNS)},
       {_of_hold(*DETAIL_COLUMNS)},
       u.id, u.public_id, u.is_active, u.email, u.full_name, u.phone, c.id,
       coalesce(c.phone, '')
FROM reservations_hold h
JOIN restaurants_restaurant r ON r.id = h.restaurant_id
LEFT JOIN accounts_user u ON u.id = h.user_id
LEFT JOIN customers_customer c ON c.user_id = u.id AND c.organization_id = r.organization_id
LEFT JOIN payments_payment p ON p.id = h.payment_id
LEFT JOIN reservations_reservation b ON b.hold_id = h.id
"""


_ACCOUNT_COLUMNS = 8
_SAID_FROM = -_ACCOUNT_COLUMNS - len(DETAIL_COLUMNS)
_CAME_FROM = _SAID_FROM - len(ORIGIN_COLUMNS)
_CHOSE_FROM = _CAME_FROM - len(OFFER_COLUMNS)
_LADDER = 10
"""Where the refund ladder stands among the columns after the plan's version."""


def _read(where: str, parameters: dict[str, Any]) -> HeldPlace | None:
    with connection.cursor() as cursor:
        cursor.execute(_SELECT + where, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    pk, public, status, restaurant_id, version, *rest, step_free, kind = row[:_CHOSE_FROM]
    rest[_LADDER] = orjson.loads(rest[_LADDER])
    account = Account(*row[-_ACCOUNT_COLUMNS:]) if row[-_ACCOUNT_COLUMNS] is not None else None
    held = HeldPlace(pk, public, status, house(restaurant_id, version), *rest)
    return replace(
        held,
        account=account,
        step_free=step_free,
        payment_kind=kind,
        offer=ChosenOffer(*row[_CHOSE_FROM:_CAME_FROM]),
        origin=Origin(*row[_CAME_FROM:_SAID_FROM]),
        details=details_from(row[_SAID_FROM:-_ACCOUNT_COLUMNS]),
    )


def active_hold_of(guest: Guest, now: dt.datetime) -> HeldPlace | None:
    """The one hold the guest has at ``now``, or None.

    Raises SessionEnded for an account that is gone or locked.
    """
    return _own(
        guest,
        "WHERE h.guest_key = %(key)s AND h.status = 'live' AND h.expires_at > %(now)s",
        {"key": guest.key, "now": now},
    )


def hold_of(guest: Guest, public_id: str) -> HeldPlace:
    """The guest's own hold, whatever became of it; someone else's raises HoldNotFound too.

    Raises SessionEnded for an account that is gone or locked.
    """
    found = _own(
        guest,
        "WHERE h.public_id = %(id)s AND h.guest_key = %(key)s",
        {"id": public_id, "key": guest.key},
    )
    if found is None:
        raise HoldNotFound
    return found


def _own(guest: Guest, where: str, parameters: dict[str, Any]) -> HeldPlace | None:
    """A hold of a guest who may still act. One query more only where there is no hold."""
    found = _read(where, parameters)
    if not guest.user_public_id:
        return found
    if found is None:
        check_open(guest.user_public_id)
    elif found.account is None or not found.account.is_active:
        raise SessionEnded
    return found


def hold_whoever_has_it(hold_id: int) -> HeldPlace | None:
    """A hold by its key; what opens it for the caller is something else than its guest's key."""
    return _read("WHERE h.id = %(id)s", {"id": hold_id})


def hold_paid_by(payment_id: int) -> HeldPlace | None:
    """The hold a payment was made for, whoever holds it."""
    return _read(
        "WHERE h.public_id = (SELECT purpose FROM payments_payment WHERE id = %(id)s)",
        {"id": payment_id},
    )
