"""Which restaurant of the book a name in a file means, and when its visits are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from reservations.engine.calendar import find_slots
from reservations.engine.walltime import datetime_to_minute
from reservations.imports.houses import public_id_of
from reservations.selectors.houses import House, house
from restaurants.models import Restaurant


@dataclass(frozen=True, slots=True)
class Asked:
    """A visit in the book's own terms."""

    restaurant: str
    service_date: dt.date
    time: str
    visit: dt.datetime
    """As an instant."""
    reserved: dt.datetime
    """When it was booked, as an instant."""


class Venue:
    """One restaurant as an import sees it. Its plan is read once; booking looks at the present."""

    def __init__(self, restaurant_id: int, version: int) -> None:
        self.house: House = house(restaurant_id, version)

    def asked(self, reserve_at: dt.datetime, visit_at: dt.datetime) -> Asked:
        """Readings of the restaurant's clock as a service date, a slot's label and instants.

        A visit after midnight is the evening's before when that has such a slot. A reading that
        occurs twice is its first occurrence.
        """
        zone = self.house.zone
        visit = visit_at.replace(tzinfo=zone).astimezone(dt.UTC)
        label = f"{visit_at:%H:%M}"
        return Asked(
            restaurant=self.house.public_id,
            service_date=self._service_date(visit_at.date(), label, visit),
            time=label,
            visit=visit,
            reserved=reserve_at.replace(tzinfo=zone).astimezone(dt.UTC),
        )

    def _service_date(self, date: dt.date, label: str, visit: dt.datetime) -> dt.date:
        starts = datetime_to_minute(visit)
        for candidate in (date, date - dt.timedelta(days=1)):
            slots = find_slots(self.house.plan, candidate, label)
            if any(slot.starts == starts for slot in slots):
                return candidate
        return date


def known_venues(names: Iterable[str]) -> dict[str, Venue]:
    """The restaurants that exist: by public id, by slug, or made by an earlier import."""
    wanted = set(names)
    made = {public_id_of(name): name for name in wanted}
    rows = Restaurant.objects.filter(
        Q(public_id__in=wanted) | Q(slug__in=wanted) | Q(public_id__in=made)
    ).values_list("id", "plan_version", "public_id", "slug")
    found: dict[str, Venue] = {}
    for pk, version, public_id, slug in rows:
        for name in {public_id, slug, made.get(public_id)} & wanted:
            # A house of the restaurant's own goes before one that an import made.
            if name not in found or public_id not in made:
                found[str(name)] = Venue(pk, version)
    return found
