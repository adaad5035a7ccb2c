"""Reading reservations: one, by anyone entitled to it, or a guest's own list."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import orjson
from django.db import connection

from accounts.selectors import check_open
from payments.gateways.units import unit_of
from reservations.details import (
    DETAIL_COLUMNS,
    NO_OFFER,
    OFFER_COLUMNS,
    ChosenOffer,
    Details,
    details_from,
)
from reservations.errors import ReservationNotFound
from reservations.guests import Guest
from reservations.models.reservation import IS_LIVE
from reservations.selectors.houses import House, house


@dataclass(frozen=True, slots=True)
class Booking:
    """A reservation as its guest sees it."""

    id: int
    public_id: str
    code: str
    status: str
    house: House
    user_public_id: str | None
    service_date: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime
    party_size: int
    deposit: Decimal
    currency: str
    guest_name: str
    guest_email: str
    sequence: int
    created_at: dt.datetime
    payment_id: int | None
    payment_status: str | None
    refunded: Decimal | None
    captured: Decimal | None
    """What was taken; of a hold or a card on file, a fee."""
    errand: str | None
    """What is about to be done with what is set aside: capture or release."""
    gateway: str | None
    """The provider of the payment; None: nothing was asked for."""
    refund_cap: int
    payment_kind: str
    """How the amount is secured: deposit, prepayment, hold or card."""
    refund_ladder: list[list[int]]
    guest_phone: str
    channel: str
    source: str
    room_id: int | None
    step_free: bool
    turn_minutes: int | None
    """Agreed with the party; None is the house's rule."""
    details: Details
    late_minutes: int | None = None
    """How late the party said it will be; None when it said nothing."""
    late_at: dt.datetime | None = None
    offer: ChosenOffer = NO_OFFER
    redeemed: Decimal | None = None
    """Of the payment, set off against bills."""
    extras: tuple[tuple[Decimal, Decimal, Decimal], ...] = ()
    """What was paid by links besides: taken, how much of it is left, and in what units it moves."""

    @property
    def money_unit(self) -> Decimal:
        """The smallest amount that can be moved of what was paid, or would be now."""
        return unit_of(self.gateway or self.house.gateway, self.currency)

    @property
    def special_requests(self) -> str:
        """What the guest wished for, in words."""
        return self.details.special_requests

    @property
    def language(self) -> str:
        """The language of messages to the guest."""
        return self.details.language or self.house.language

    @property
    def wall_time(self) -> str:
        """The time on the restaurant's clock, ``HH:MM``."""
        return self.starts_at.astimezone(self.house.zone).strftime("%H:%M")


_EXTRAS = """(
         SELECT jsonb_agg(jsonb_build_array(
             x.captured::text, (x.captured - x.refunded - x.redeemed)::text, x.gateway,
             x.currency) ORDER BY x.id)
         FROM reservations_paymentrequest q JOIN payments_payment x ON x.id = q.payment_id
         WHERE q.reservation_id = b.id AND q.status = 'paid' AND x.status = 'succeeded'
           AND q.kind IN ('deposit', 'prepayment', 'hold')
           AND q.payment_id IS DISTINCT FROM b.payment_id)"""

_COLUMNS = f"""
       b.restaurant_id, r.plan_version, b.id, b.public_id, b.code, b.status,
       u.public_id, b.service_date, b.starts_at, b.ends_at, b.party_size, b.deposit_amount,
       b.currency,
       b.guest_name, b.guest_email, b.sequence, b.created_at,
       b.payment_id, p.status, p.refunded, p.captured, p.errand, p.gateway,
       b.refund_cap, b.payment_kind,
       b.refund_ladder, b.guest_phone, b.channel, b.source, b.room_id, b.step_free,
       b.turn_minutes,
       b.late_minutes, b.late_at, p.redeemed, {_EXTRAS},
       {", ".join(f"b.{name}" for name in (*OFFER_COLUMNS, *DETAIL_COLUMNS))}
"""
_FROM = """
FROM reservations_reservation b
JOIN restaurants_restaurant r ON r.id = b.restaurant_id
LEFT JOIN accounts_user u ON u.id = b.user_id
LEFT JOIN payments_payment p ON p.id = b.payment_id
"""


_SELECT = f"SELECT {_COLUMNS}"
_WIDTH = _COLUMNS.replace(_EXTRAS, "").count(",") + 1

_LADDER, _LATE, _EXTRA = -11, -4, -1
"""Where ladder, lateness and extras stand among the columns before those of offer and details."""
_SAID_FROM = -len(DETAIL_COLUMNS)
_CHOSE_FROM = _SAID_FROM - len(OFFER_COLUMNS)


def bookings_with(
    more: str, where: str, parameters: dict[str, Any]
) -> list[tuple[Booking, tuple[Any, ...]]]:
    """Reservations (``b``) that a condition, order and limit in SQL name, with ``more`` columns.

    For selectors only.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{_SELECT}, {more} {_FROM}{where}", parameters)
        rows = cursor.fetchall()
    return [(_booking(*row[:_WIDTH]), row[_WIDTH:]) for row in rows]


def _read(where: str, parameters: dict[str, Any]) -> list[Booking]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_SELECT} {_FROM}{where}", parameters)
        rows = cursor.fetchall()
    return [_booking(*row) for row in rows]


def _booking(restaurant_id: int, version: int, *facts: Any) -> Booking:
    pk, public_id, code, status, *rest = facts[:_CHOSE_FROM]
    rest[_LADDER] = orjson.loads(rest[_LADDER])
    extras = orjson.loads(rest[_EXTRA]) if rest[_EXTRA] else ()
    rest[_EXTRA] = tuple(
        (Decimal(taken), Decimal(left), unit_of(gateway, currency))
        for taken, left, gateway, currency in extras
    )
    rest.insert(_LATE, details_from(facts[_SAID_FROM:]))
    rest.insert(-2, ChosenOffer(*facts[_CHOSE_FROM:_SAID_FROM]))
    return Booking(pk, public_id, code, status, house(restaurant_id, version), *rest)


def _one(where: str, parameters: dict[str, Any]) -> Booking:
    for found in _read(where, parameters):
        return found
    raise ReservationNotFound


def booking(public_id: str) -> Booking:
    """The reservation with this id; raises ReservationNotFound."""
    return _one("WHERE b.public_id = %(id)s", {"id": public_id})


def booking_of_user(user_public_id: str, public_id: str) -> Booking:
    """The guest's own reservation with this id; someone else's raises ReservationNotFound too.

    Raises SessionEnded for an account that is gone or locked.
    """
    where = "WHERE b.public_id = %(id)s AND u.public_id = %(user)s AND u.is_active"
    try:
        return _one(where, {"id": public_id, "user": user_public_id})
    except ReservationNotFound:
        check_open(user_public_id)
        raise


def booking_with_key(pk: int) -> Booking:
    """The reservation with this primary key; raises ReservationNotFound."""
    return _one("WHERE b.id = %(pk)s", {"pk": pk})


def booking_of_hold(hold_id: int) -> Booking | None:
    """The reservation a hold became, if it did."""
    return next(iter(_read("WHERE b.hold_id = %(id)s", {"id": hold_id})), None)


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list, and whether the list goes on after its last row."""

    bookings: list[Booking]
    has_more: bool


LONGEST_PAGE = 200


def bookings_of_user(
    user_public_id: str,
    which: Literal["upcoming", "past"],
    *,
    now: dt.datetime,
    limit: int = LONGEST_PAGE,
    after: str | None = None,
    restaurant: int | None = None,
) -> Page:
    """A guest's reservations: upcoming soonest first, past latest first; the first ``limit``.

    Upcoming are those still expected whose time has not ended; everything else is past, so
    that each reservation is in exactly one of the two. ``after`` is the public id of the last
    one the caller has, so that what comes or goes meanwhile neither hides nor repeats another.
    ``restaurant`` (primary key) leaves the others out. Raises SessionEnded for an account that is
    gone or locked, ReservationNotFound if ``after`` is not the guest's.
    """
    where, order = _part(which)
    parameters: dict[str, Any] = {"user": user_public_id, "now": now, "limit": limit + 1}
    if restaurant is not None:
        where += " AND b.restaurant_id = %(restaurant)s"
        parameters["restaurant"] = restaurant
    if after is not None:
        last = booking_of_user(user_public_id, after)
        where += f" AND (b.starts_at, b.id) {'>' if order == 'ASC' else '<'} (%(at)s, %(id)s)"
        parameters |= {"at": last.starts_at, "id": last.id}
    found = _read(
        f"WHERE u.public_id = %(user)s AND u.is_active AND {where}"
        f" ORDER BY b.starts_at {order}, b.id {order} LIMIT %(limit)s",
        parameters,
    )
    if not found and after is None:
        check_open(user_public_id)
    return Page(found[:limit], has_more=len(found) > limit)


def _part(which: str) -> tuple[str, str]:
    """Which of somebody's reservations, and their order."""
    upcoming = f"(b.{IS_LIVE} AND b.ends_at > %(now)s)"
    return (upcoming, "ASC") if which == "upcoming" else (f"NOT {upcoming}", "DESC")


# Spelt as the partial index on it, reservation_by_email.
_BY_EMAIL = "lower(b.guest_email) = lower(%(email)s) AND b.guest_email <> ''"


def bookings_of_email(
    email: str, which: Literal["upcoming", "past"], now: dt.datetime, *, limit: int = LONGEST_PAGE
) -> list[Booking]:
    """The reservations made with an e-mail address, in any restaurant here; in the same order.

    For addresses that were proved (``sign_in.redeem``): whoever asks gets them all.
    """
    where, order = _part(which)
    return _read(
        f"WHERE {_BY_EMAIL} AND {where} ORDER BY b.starts_at {order}, b.id {order} LIMIT %(limit)s",
        {"email": email.strip(), "now": now, "limit": limit},
    )


def booking_of_email(email: str, public_id: str) -> Booking:
    """One of the reservations of a proved address; another's raises ReservationNotFound too."""
    where = f"WHERE b.public_id = %(id)s AND {_BY_EMAIL}"
    return _one(where, {"id": public_id, "email": email.strip()})


def has_bookings(email: str) -> bool:
    """Whether any reservation here was made with this address."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM reservations_reservation b WHERE {_BY_EMAIL})",
            {"email": email.strip()},
        )
        return bool(cursor.fetchone()[0])


def unanswered(*, asked_before: dt.datetime, now: dt.datetime, limit: int) -> list[str]:
    """Public ids of bookings that wait for the house too long: since then, or past their time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT public_id FROM reservations_reservation"
            " WHERE status IN ('requested', 'pending')"
            " AND (status_changed_at <= %(asked_before)s OR starts_at <= %(now)s)"
            " ORDER BY id LIMIT %(limit)s",
            {"asked_before": asked_before, "now": now, "limit": limit},
        )
        return [row[0] for row in cursor.fetchall()]


def booking_of_visitor(guest: Guest, *, since: dt.datetime) -> Booking | None:
    """What a visitor's hold, placed after ``since``, became, if it is still on."""
    found = _read(
        "JOIN reservations_hold h ON h.id = b.hold_id"
        f" WHERE h.guest_key = %(key)s AND h.created_at > %(since)s AND b.{IS_LIVE}"
        " ORDER BY b.id DESC LIMIT 1",
        {"key": guest.key, "since": since},
    )
    return next(iter(found), None)
