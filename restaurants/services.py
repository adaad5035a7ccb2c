"""Writes about restaurants: likes and passes, preferences, closures, keys of websites."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.selectors import open_account
from core import audit, clock
from core.actors import Actor
from core.errors import Invalid, NotFound
from restaurants.errors import NotPaused, RestaurantNotFound
from restaurants.models import (
    Closure,
    DiningRoom,
    DiningService,
    DiningTable,
    GuestPreferences,
    PublishableKey,
    Restaurant,
    SpecialDay,
    Swipe,
)
from restaurants.selectors import restaurant_by_public_id

NIGHT_ENDS_AT = dt.time(5)
"""'Until tomorrow' means until this time of the next morning: the night before is over by then."""

MOST_WORDS = 30
FARTHEST_MILES = 12_500
"""Half way around the earth."""


# --- Discovery -----------------------------------------------------------------------------------


def swipe(restaurant: str, *, user: str, action: Swipe.Action) -> Swipe:
    """Remember a like or a pass; both by public id. The last word counts, so it is repeatable.

    Raises :class:`~restaurants.errors.RestaurantNotFound`, and SessionEnded for an account that
    is gone or locked.
    """
    account = open_account(user)
    found = restaurant_by_public_id(restaurant)
    if found is None:
        raise RestaurantNotFound
    row, _ = Swipe.objects.update_or_create(
        user=account, restaurant=found, defaults={"action": action, "at": clock.now()}
    )
    return row


def forget_swipe(restaurant: str, *, user: str) -> None:
    """Undo a like or a pass; both by public id. Repeatable.

    Raises SessionEnded for an account that is gone or locked.
    """
    account = open_account(user)
    Swipe.objects.filter(user=account, restaurant__public_id=restaurant).delete()


@dataclass(frozen=True, slots=True)
class StatedPreferences:
    """What a guest says they look for; everything may be empty."""

    cuisines: tuple[str, ...] = ()
    price_levels: tuple[int, ...] = ()
    features: tuple[str, ...] = ()
    max_distance: float | None = None
    latitude: float | None = None
    longitude: float | None = None


def set_preferences(user: str, stated: StatedPreferences) -> GuestPreferences:
    """Replace what the guest (by public id) said before. Repeatable.

    Raises Invalid for what cannot be meant, SessionEnded for an account that is gone or locked.
    """
    problems = _problems(stated)
    if problems:
        raise Invalid(**problems)
    row, _ = GuestPreferences.objects.update_or_create(
        user=open_account(user),
        defaults={
            "cuisines": _words(stated.cuisines),
            "price_levels": sorted(set(stated.price_levels)),
            "features": _words(stated.features),
            "max_distance": stated.max_distance,
            "latitude": stated.latitude,
            "longitude": stated.longitude,
        },
    )
    return row


def _problems(stated: StatedPreferences) -> dict[str, str]:
    problems = {}
    for field, words, longest in (
        ("cuisines", stated.cuisines, 40),
        ("features", stated.features, 60),
    ):
        if len(words) > MOST_WORDS or any(not 1 <= len(word.strip()) <= longest for word in words):
            problems[field] = f"At most {MOST_WORDS} entries of 1 to {longest} characters."
    if not all(1 <= level <= 4 for level in stated.price_levels):
        problems["price_levels"] = "Price ranges are $, $$, $$$ and $$$$."
    if stated.max_distance is not None and not 0 < stated.max_distance <= FARTHEST_MILES:
        problems["max_distance"] = "The distance must be a positive number of miles."
    if (stated.latitude is None) != (stated.longitude is None):
        problems["location"] = "A location needs latitude and longitude."
    elif not (-90 <= (stated.latitude or 0) <= 90 and -180 <= (stated.longitude or 0) <= 180):
        problems["location"] = "Latitude is -90 to 90, longitude -180 to 180."
    return problems


def _words(words: Sequence[str]) -> list[str]:
    """Trimmed, each once (whatever its case), in the guest's order."""
    return list({word.strip().casefold(): word.strip() for word in reversed(words)}.values())[::-1]


# --- Closing -------------------------------------------------------------------------------------


def add_closure(
    restaurant: Restaurant,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    by: Actor,
    service: DiningService | None = None,
    room: DiningRoom | None = None,
    table: DiningTable | None = None,
    online_only: bool = False,
    note: str = "",
) -> Closure:
    """Let no slot start in ``[starts_at, ends_at)``; existing bookings stay. Audited.

    With a table, nobody new sits at it in that time, and nothing else is closed. Raises Invalid
    when the end is not after the start, or service, room or table are another house's.
    """
    if ends_at <= starts_at:
        raise Invalid(ends_at="A closure ends after it starts.")
    for part in (service, room, table):
        if part is not None and part.restaurant_id != restaurant.pk:
            raise Invalid(restaurant="Service, room and table must belong to the restaurant.")
    with transaction.atomic():
        closure = Closure.objects.create(
            restaurant=restaurant,
            starts_at=starts_at,
            ends_at=ends_at,
            service=service,
            room=room,
            table=table,
            online_only=online_only,
            note=note,
        )
        audit.record(
            "restaurant.closure_added",
            restaurant.public_id,
            by=by,
            restaurant_id=restaurant.pk,
            starts_at=starts_at,
            ends_at=ends_at,
            service=service.public_id if service else None,
            room=room.public_id if room else None,
            table=table.public_id if table else None,
            online_only=online_only,
            note=note,
            names={
                part.public_id: part.label if isinstance(part, DiningTable) else part.name
                for part in (service, room, table)
                if part is not None
            },
        )
    return closure


def pause_online(
    restaurant: Restaurant, *, by: Actor, until: dt.datetime | None = None, note: str = ""
) -> Closure:
    """Take no online bookings for tonight (or until ``until``), from now on. Staff still may."""
    now = clock.now()
    return add_closure(
        restaurant,
        starts_at=now,
        ends_at=until or end_of_tonight(restaurant, now),
        by=by,
        online_only=True,
        note=note,
    )


def resume_online(restaurant: Restaurant, *, by: Actor) -> int:
    """End every pause of the whole house that is in force; says how many.

    Raises :class:`~restaurants.errors.NotPaused` when there is none. Closures of one room or
    service stay.
    """
    now = clock.now()
    with transaction.atomic():
        pauses = Closure.objects.filter(
            restaurant=restaurant,
            online_only=True,
            service=None,
            room=None,
            starts_at__lte=now,
            ends_at__gt=now,
        )
        ended = pauses.filter(starts_at__lt=now).update(ends_at=now)
        ended += pauses.filter(starts_at=now).delete()[0]
        if not ended:
            raise NotPaused
        audit.record(
            "restaurant.online_resumed",
            restaurant.public_id,
            by=by,
            restaurant_id=restaurant.pk,
            pauses=ended,
        )
    return ended


def close_day(restaurant: Restaurant, date: dt.date, *, by: Actor, note: str = "") -> SpecialDay:
    """Close the house on a service date, including what of it lies after midnight.

    Hours the date had of its own are kept for :func:`reopen_day`. Repeatable.
    """
    (day,) = close_days(restaurant, [date], by=by, note=note)
    return day


def close_days(
    restaurant: Restaurant, dates: Collection[dt.date], *, by: Actor, note: str = ""
) -> list[SpecialDay]:
    """:func:`close_day` for many dates: all of them or none, an entry of the trail for each.

    As many statements as for one date. Says the rows as they are now, in order of date.
    """
    wanted = sorted(set(dates))
    with transaction.atomic():
        SpecialDay.objects.bulk_create(
            [
                SpecialDay(restaurant=restaurant, date=date, is_closed=True, note=note)
                for date in wanted
            ],
            update_conflicts=True,
            unique_fields=["restaurant", "date"],
            update_fields=["is_closed", *(["note"] if note else [])],
        )
        audit.record_each(
            "restaurant.day_closed",
            restaurant.public_id,
            [{"date": date, "note": note} for date in wanted],
            by=by,
            restaurant_id=restaurant.pk,
        )
    return list(SpecialDay.objects.filter(restaurant=restaurant, date__in=wanted).order_by("date"))


def reopen_day(restaurant: Restaurant, date: dt.date, *, by: Actor) -> None:
    """Undo :func:`close_day`: the date has its own hours again, or the regular ones."""
    with transaction.atomic():
        changed = SpecialDay.objects.filter(restaurant=restaurant, date=date, is_closed=True)
        if not changed.update(is_closed=False):
            raise NotFound("The restaurant is not closed on this date.")
        SpecialDay.objects.filter(
            restaurant=restaurant, date=date, opens=None, kitchen_closed=False
        ).delete()
        audit.record(
            "restaurant.day_reopened",
            restaurant.public_id,
            by=by,
            restaurant_id=restaurant.pk,
            date=date,
        )


def end_of_tonight(restaurant: Restaurant, now: dt.datetime) -> dt.datetime:
    """The next morning's five o'clock in the restaurant's zone, as an instant in UTC."""
    local = now.astimezone(restaurant.tz)
    date = local.date() if local.time() < NIGHT_ENDS_AT else local.date() + dt.timedelta(days=1)
    morning = dt.datetime.combine(date, NIGHT_ENDS_AT, tzinfo=restaurant.tz)
    return morning.astimezone(dt.UTC)


# --- Websites that book --------------------------------------------------------------------------


def revoke_key(key: PublishableKey, *, by: Actor) -> bool:
    """Withdraw a publishable key for good. May be repeated; False when it was withdrawn before."""
    with transaction.atomic():
        revoked = PublishableKey.objects.filter(pk=key.pk, revoked_at=None).update(
            revoked_at=clock.now()
        )
        if revoked:
            audit.record(
                "publishablekey.revoked",
                f"publishablekey:{key.pk}",
                by=by,
                restaurant_id=key.restaurant_id,
                name=key.name,
            )
    return bool(revoked)
