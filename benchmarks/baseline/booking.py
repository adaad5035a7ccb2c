"""Contract 2's pseudo-code, function by function, in its own words and its own order."""

from __future__ import annotations

import datetime as dt
import random
import string
import uuid
from functools import cache
from typing import Any

import redis
from celery import Celery
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from benchmarks.baseline.models import Hold, Reservation, Restaurant, User


class Refused(Exception):
    """What the document writes as ``raise Exception("…")``."""


@cache
def redis_client() -> redis.Redis:
    """The document's module-level client."""
    return redis.Redis.from_url(settings.REDIS_URL)


@cache
def celery() -> Celery:
    """The document's Celery, for "Option A: Background Job (Recommended)"."""
    broker = settings.REDIS_URL.replace("unix://", "redis+socket://", 1)
    app = Celery("tasks", broker=broker)
    app.conf.task_ignore_result = True
    app.conf.task_default_queue = "contract2"
    return app


def now() -> dt.datetime:
    """Naive, as the document's columns are."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def generate_time_slots(first: int, last: int, minutes: int) -> list[dt.time]:
    """11:00 to 22:00 every 30 minutes: 23 slots."""
    return [dt.time(*divmod(minute, 60)) for minute in range(first * 60, last * 60 + 1, minutes)]


def count_reservations(restaurant_id: uuid.UUID, date: dt.date, time: dt.time) -> int:
    """The first of the two counting queries of a slot."""
    return Reservation.objects.filter(
        restaurant_id=restaurant_id, date=date, time=time, status="confirmed"
    ).count()


def count_active_holds(restaurant_id: uuid.UUID, date: dt.date, time: dt.time) -> int:
    """The second."""
    return Hold.objects.filter(
        restaurant_id=restaurant_id, date=date, time=time, expires_at__gt=now()
    ).count()


def get_restaurant_deposit(restaurant_id: uuid.UUID) -> int:
    """From the restaurant's settings."""
    return int(Restaurant.objects.get(id=restaurant_id).deposit_per_person)


def check_availability(restaurant_id: uuid.UUID, date: dt.date, party_size: int) -> dict[str, Any]:
    """Endpoint 1: 46 counting queries and the deposit."""
    slots = []
    for time in generate_time_slots(11, 22, 30):
        reserved = count_reservations(restaurant_id, date, time) + count_active_holds(
            restaurant_id, date, time
        )
        available_tables = 10 - reserved
        slots.append(
            {
                "time": time.strftime("%H:%M"),
                "available": available_tables > 0,
                "availableTables": available_tables,
                "totalTables": 10,
            }
        )
    deposit = get_restaurant_deposit(restaurant_id)
    return {
        "slots": slots,
        "depositPerPerson": deposit,
        "totalDeposit": deposit * party_size,
    }


def get_user_active_hold(user_id: uuid.UUID) -> Hold | None:
    """Endpoint 3's query, without the join that only its answer needs."""
    return Hold.objects.filter(user_id=user_id, expires_at__gt=now()).first()


def schedule_hold_cleanup(hold_id: uuid.UUID, expires_at: dt.datetime) -> None:
    """The document's Option A: a Celery task with an ETA."""
    celery().send_task("cleanup_expired_hold", args=[str(hold_id)], eta=expires_at)


def create_hold(
    user_id: uuid.UUID, restaurant_id: uuid.UUID, date: dt.date, time: dt.time, party_size: int
) -> Hold:
    """Endpoint 2: the Redis lock of one slot, the count inside it, the insert."""
    existing_hold = get_user_active_hold(user_id)
    if existing_hold:
        raise Refused("You already have an active reservation hold")
    lock_key = f"lock:reservation:{restaurant_id}:{date}:{time:%H:%M}"
    lock_acquired = redis_client().set(lock_key, str(user_id), nx=True, ex=5)
    if not lock_acquired:
        raise Refused("Another user is currently booking this slot. Please try again.")
    try:
        reserved = count_reservations(restaurant_id, date, time) + count_active_holds(
            restaurant_id, date, time
        )
        available = 10 - reserved
        if available <= 0:
            raise Refused("No tables available for this time slot")
        created_at = now()
        hold = Hold.objects.create(
            hold_id=uuid.uuid4(),
            user_id=user_id,
            restaurant_id=restaurant_id,
            date=date,
            time=time,
            party_size=party_size,
            deposit_amount=25 * party_size,
            created_at=created_at,
            expires_at=created_at + dt.timedelta(minutes=10),
        )
        schedule_hold_cleanup(hold.hold_id, hold.expires_at)
        return hold
    finally:
        redis_client().delete(lock_key)


def generate_confirmation_code() -> str:
    """FT-ABC123, longer, as the document draws once and hopes."""
    letters = string.ascii_uppercase + string.digits
    return f"FT-{''.join(random.choices(letters, k=12))}"


def charge(amount: int, currency: str, description: str) -> str:
    """``stripe.Charge.create`` of a provider that answers at once."""
    return f"ch_{amount}{currency}{len(description)}"


def confirm_reservation(
    hold_id: uuid.UUID,
    user_id: uuid.UUID,
    payment_method: dict[str, str],
    special_requests: str | None = None,
) -> Reservation:
    """Endpoint 4: the hold's row lock, the look for an earlier one, the charge, the swap."""
    # Without a transaction around it, as in the document: the lock ends with the statement.
    found = Hold.objects.raw(
        "SELECT * FROM holds WHERE hold_id = %s AND user_id = %s FOR UPDATE", [hold_id, user_id]
    )
    hold = next(iter(found), None)
    if not hold:
        raise Refused("Hold not found or expired")
    if hold.expires_at < now():
        raise Refused("Hold has expired. Please create a new reservation.")
    existing = Reservation.objects.filter(
        user_id=user_id,
        restaurant_id=hold.restaurant_id,
        date=hold.date,
        time=hold.time,
        status="confirmed",
    ).first()
    if existing:
        return existing
    charge(int(hold.deposit_amount * 100), "usd", f"Deposit for {hold.restaurant_id}")
    with transaction.atomic():
        reservation = Reservation.objects.create(
            reservation_id=uuid.uuid4(),
            user_id=user_id,
            restaurant_id=hold.restaurant_id,
            date=hold.date,
            time=hold.time,
            party_size=hold.party_size,
            status="confirmed",
            confirmation_code=generate_confirmation_code(),
            deposit_amount=hold.deposit_amount,
            deposit_paid=True,
            payment_last4=payment_method["last4"],
            payment_brand=payment_method["cardBrand"],
            special_requests=special_requests or "",
            created_at=now(),
        )
        Hold.objects.filter(hold_id=hold_id).delete()
    user = User.objects.get(user_id=user_id)
    restaurant = Restaurant.objects.get(id=hold.restaurant_id)
    send_mail(
        f"Reservation Confirmed - {restaurant.name}",
        f"Your code is {reservation.confirmation_code}.",
        "bookings@example.com",
        [user.email],
    )
    return reservation
