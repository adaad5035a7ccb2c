"""Services, turn times, pacing, hours, special days, closures and the rules of booking."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid, NotFound
from reservations.services.setup.rows import record_row, remove_row, save_row
from restaurants.models import (
    Closure,
    DiningRoom,
    DiningService,
    OpeningHours,
    PacingStep,
    Restaurant,
    SpecialDay,
    TurnTime,
)
from restaurants.selectors import offers_of_these_services_alone

LIMITS = ("slot_covers", "slot_parties", "online_slot_covers", "online_slot_parties")
"""The limits of a quarter of an hour."""


# --- Services ------------------------------------------------------------------------------------


def save_service(
    restaurant: Restaurant,
    row: DiningService | None,
    values: Mapping[str, Any],
    rooms: Iterable[DiningRoom],
    *,
    by: Actor,
) -> DiningService:
    """Add or change a service. Bookings that were made stay as they are. Audited.

    Raises Invalid, also for rooms of another house.
    """
    chosen = list(rooms)
    if any(room.restaurant_id != restaurant.pk for room in chosen):
        raise Invalid(rooms=_("Choose rooms of this restaurant."))
    service = row or DiningService(restaurant=restaurant)
    return save_row(service, values, restaurant=restaurant, by=by, links={"rooms": chosen})


def remove_service(restaurant: Restaurant, row: DiningService, *, by: Actor) -> None:
    """Remove a service nobody ever booked. Audited.

    Raises InUse, and Invalid where it is the last one of an offer, which would hold for all then.
    """
    alone = DiningService.objects.filter(pk=row.pk)
    if offers := offers_of_these_services_alone(alone):
        names = ", ".join(_("“%(name)s”") % {"name": offer.name} for offer in offers)
        text = _(
            "Without this service %(offers)s would have none left, and so hold in every service."
            " Choose other services there first, or remove it."
        )
        raise Invalid(text % {"offers": names})
    remove_row(row, restaurant=restaurant, by=by)


def save_turn_times(
    restaurant: Restaurant,
    service: DiningService | None,
    steps: Sequence[tuple[int, int]],
    *,
    by: Actor,
) -> None:
    """Replace how long parties stay: pairs of *up to so many guests* and minutes. Audited.

    Without a service they are those of every service that has none of its own; none at all is
    the usual ones. Raises Invalid.
    """
    sizes = [up_to for up_to, _minutes in steps]
    if len(set(sizes)) != len(sizes):
        raise Invalid(steps=_("A party size stands here twice."))
    if any(not 15 <= minutes <= 720 for _size, minutes in steps):
        raise Invalid(steps=_("A turn is 15 to 720 minutes long."))
    with transaction.atomic():
        rows = TurnTime.objects.filter(restaurant=restaurant, service=service)
        before = sorted(rows.values_list("up_to", "minutes"))
        after = sorted(steps)
        if before == after:
            return
        rows.delete()
        TurnTime.objects.bulk_create(
            TurnTime(restaurant=restaurant, service=service, up_to=up_to, minutes=minutes)
            for up_to, minutes in after
        )
        audit.record(
            "turntimes.changed",
            service.public_id if service else restaurant.public_id,
            by=by,
            restaurant_id=restaurant.pk,
            before=before,
            after=after,
            **({"service": service.name} if service else {}),
        )


@dataclass(frozen=True, slots=True)
class Quarter:
    """The limits of one quarter of an hour, in the order of ``LIMITS``; None is the usual one."""

    at: dt.time
    limits: tuple[int | None, ...]


def save_pacing(
    service: DiningService,
    usual: Sequence[int | None],
    quarters: Iterable[Quarter],
    *,
    by: Actor,
) -> None:
    """Replace the pacing of a service: its usual limits and those of single quarters. Audited.

    Bookings that were made stay, also above a new limit. Raises Invalid.
    """
    with transaction.atomic():
        before = _pacing_of(service)
        save_row(
            service,
            dict(zip(LIMITS, usual, strict=True)),
            restaurant=service.restaurant,
            by=by,
        )
        service.pacing.all().delete()
        PacingStep.objects.bulk_create(
            PacingStep(service=service, at=each.at, **dict(zip(LIMITS, each.limits, strict=True)))
            for each in quarters
            if any(limit is not None for limit in each.limits)
        )
        after = _pacing_of(service)
        if before != after:
            audit.record(
                "pacing.changed",
                service.public_id,
                by=by,
                restaurant_id=service.restaurant_id,
                before=before,
                after=after,
                service=service.name,
            )


def _pacing_of(service: DiningService) -> dict[str, list[int | None]]:
    rows = PacingStep.objects.filter(service=service).order_by("at")
    return {f"{row.at:%H:%M}": [getattr(row, name) for name in LIMITS] for row in rows}


# --- Hours ---------------------------------------------------------------------------------------

Stretches = Mapping[int, Sequence[tuple[dt.time, dt.time]]]
"""Opening and closing by weekday."""


def save_week(restaurant: Restaurant, venue: Stretches, kitchen: Stretches, *, by: Actor) -> None:
    """Replace the regular hours of venue and kitchen. Audited; bookings stay.

    A stretch that closes at or before it opens ends the next morning. Raises Invalid.
    """
    with transaction.atomic():
        rows = OpeningHours.objects.filter(restaurant=restaurant)
        before = _week_of(rows)
        wanted = [
            OpeningHours(restaurant=restaurant, part=part, weekday=day, opens=opens, closes=closes)
            for part, week in (
                (OpeningHours.Part.VENUE, venue),
                (OpeningHours.Part.KITCHEN, kitchen),
            )
            for day, stretches in week.items()
            for opens, closes in stretches
        ]
        after = _week_of(wanted)
        if before == after:
            return
        rows.delete()
        OpeningHours.objects.bulk_create(wanted)
        record_row(
            "openinghours",
            "changed",
            restaurant.public_id,
            by=by,
            restaurant_id=restaurant.pk,
            before=before,
            after=after,
        )


def _week_of(rows: Iterable[OpeningHours]) -> list[str]:
    return sorted(f"{r.part} {r.weekday} {r.opens:%H:%M}-{r.closes:%H:%M}" for r in rows)


def save_special_day(
    restaurant: Restaurant, row: SpecialDay | None, values: Mapping[str, Any], *, by: Actor
) -> SpecialDay:
    """Add or change a date with hours of its own. Audited; bookings stay. Raises Invalid."""
    day = row or SpecialDay(restaurant=restaurant)
    return save_row(day, values, restaurant=restaurant, by=by)


def remove_special_day(restaurant: Restaurant, row: SpecialDay, *, by: Actor) -> None:
    """Let a date have the regular hours again. Audited."""
    remove_row(row, restaurant=restaurant, by=by)


def end_closure(restaurant: Restaurant, row: Closure, *, by: Actor) -> None:
    """Open again what a closure shuts: it ends now, or is gone if it had not begun. Audited.

    Raises NotFound for one that is over.
    """
    now = clock.now()
    if row.ends_at <= now:
        raise NotFound
    if row.starts_at >= now:
        remove_row(row, restaurant=restaurant, by=by)
    else:
        save_row(row, {"ends_at": now}, restaurant=restaurant, by=by)


def save_rules(restaurant: Restaurant, values: Mapping[str, Any], *, by: Actor) -> Restaurant:
    """Change the rules of booking: window, notice, party limits, buffer. Audited.

    Raises Invalid.
    """
    return save_row(restaurant, values, restaurant=restaurant, by=by)
