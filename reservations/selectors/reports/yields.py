"""What tables, rooms and servers bring in, and the house per seat and hour.

A visit is worth its bill, where the house knows it; else the average spend of the house for each
guest, which makes the figure an estimate, and it says for how many guests.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from reservations.engine import types as e
from reservations.engine.calendar import services_on, slots_of, turn_for
from reservations.selectors.houses import house
from reservations.selectors.reports.span import Span
from reservations.selectors.visit_facts import (
    BILL,
    CAME,
    COUNTS,
    SAT_FROM,
    SAT_UNTIL,
    SERVER,
    TABLES,
)
from restaurants.models import Restaurant

_PARTY_OF_TWO = 2


@dataclass(frozen=True, slots=True)
class Yield:
    """What one group of visits brought; money in the house's currency."""

    parties: int = 0
    covers: int = 0
    billed_covers: int = 0
    """Covers whose bill is known; the others are estimated."""
    revenue: Decimal = Decimal(0)
    hours: float = 0.0
    """Sat, added up over the parties."""
    seats: int = 0
    """Of the table; 0 for other groups."""

    @property
    def per_cover(self) -> Decimal:
        """Revenue for each guest."""
        return self.revenue / self.covers if self.covers else Decimal(0)


@dataclass(slots=True)
class Yields:
    """The visits of a span, by where they sat and who served them."""

    total: Yield = field(default_factory=Yield)
    tables: dict[str, Yield] = field(default_factory=dict)
    """By label. Of tables pushed together each counts its share of the seats."""
    rooms: dict[str, Yield] = field(default_factory=dict)
    servers: dict[str, Yield] = field(default_factory=dict)
    days: dict[tuple[dt.date, int], Yield] = field(default_factory=dict)
    """By date and id of the service."""


_VISITS = f"""
WITH visits AS (
  SELECT b.service_date, b.service_id, b.party_size, bill.total IS NOT NULL AS is_billed,
    coalesce(bill.total, b.party_size * r.average_spend, 0) AS revenue,
    greatest(extract(epoch FROM {SAT_UNTIL} - {SAT_FROM}), 0) / 3600 AS hours,
    seated.ids, seated.seats, coalesce(seated.room_id, b.room_id) AS room_id, {SERVER} AS server
  FROM reservations_reservation b
  JOIN restaurants_restaurant r ON r.id = b.restaurant_id
  {BILL} {TABLES}
  WHERE b.restaurant_id = %(house)s AND b.service_date BETWEEN %(first)s AND %(last)s
    AND {COUNTS} AND {CAME}
)
"""
_READ = f"""
{_VISITS}
SELECT 'total', '', NULL::date, NULL::bigint, count(*), coalesce(sum(party_size), 0)::int,
  coalesce(sum(party_size) FILTER (WHERE is_billed), 0)::int, coalesce(sum(revenue), 0),
  coalesce(sum(hours), 0)::float, 0 FROM visits
UNION ALL
SELECT 'day', '', service_date, service_id, count(*), sum(party_size)::int,
  coalesce(sum(party_size) FILTER (WHERE is_billed), 0)::int, sum(revenue), sum(hours)::float, 0
FROM visits GROUP BY service_date, service_id
UNION ALL
SELECT 'room', room.name, NULL, NULL, count(*), sum(party_size)::int,
  coalesce(sum(party_size) FILTER (WHERE is_billed), 0)::int, sum(revenue), sum(hours)::float, 0
FROM visits JOIN restaurants_diningroom room ON room.id = room_id GROUP BY room.id
UNION ALL
SELECT 'server', server, NULL, NULL, count(*), sum(party_size)::int,
  coalesce(sum(party_size) FILTER (WHERE is_billed), 0)::int, sum(revenue), sum(hours)::float, 0
FROM visits WHERE server IS NOT NULL GROUP BY server
UNION ALL
SELECT 'table', d.label, NULL, NULL, count(*), sum(party_size)::int,
  coalesce(sum(party_size) FILTER (WHERE is_billed), 0)::int,
  sum(revenue * d.max_seats / visits.seats), sum(hours)::float, d.max_seats
FROM visits CROSS JOIN LATERAL unnest(visits.ids) table_id
JOIN restaurants_diningtable d ON d.id = table_id GROUP BY d.id
ORDER BY 1, 8 DESC, 2
"""


def yields_of(span: Span) -> Yields:
    """Revenue by table, room, server and service. One query."""
    found = Yields()
    groups = {"table": found.tables, "room": found.rooms, "server": found.servers}
    for what, name, day, service, *values in span.read(_READ):
        figures = Yield(*values)
        if what == "total":
            found.total = figures
        elif what == "day":
            found.days[day, service] = figures
        else:
            groups[what][name] = figures
    return found


@dataclass(frozen=True, slots=True)
class SeatHours:
    """What a service of a date had to sell."""

    service: str
    hours: float
    """Seats times hours."""


def seat_hours_of(span: Span) -> dict[tuple[dt.date, int], SeatHours]:
    """Seat hours by date and id of the service, by the rules as they stand. Two queries at most.

    A service is open from its first slot that hours and closures leave open to its last one, and
    the turn of a party of two beyond; its seats are those of its rooms, or of the pool.
    """
    version = Restaurant.objects.values_list("plan_version", flat=True).get(pk=span.house)
    plan = house(span.house, version).plan
    found = {}
    for date in span.dates:
        open_slots: dict[int, list[int]] = {}
        for slot in slots_of(plan, date):
            if slot.closed_by is None:
                open_slots.setdefault(slot.service.id, []).append(slot.starts)
        for service in services_on(plan, date):
            if starts := open_slots.get(service.id):
                minutes = max(starts) - min(starts) + turn_for(plan, service, _PARTY_OF_TWO)
                hours = _seats(plan, service) * minutes / 60
                found[date, service.id] = SeatHours(service.name, hours)
    return found


def _seats(plan: e.Plan, service: e.DiningService) -> int:
    if plan.capacity_mode is e.CapacityMode.SEATS:
        return plan.seats
    rooms = service.room_ids
    return sum(t.max_seats for t in plan.tables if not rooms or t.room_id in rooms)


def revpash(revenue: Decimal, hours: float) -> Decimal | None:
    """Revenue per available seat hour; None where nothing was to sell."""
    return revenue / Decimal(str(hours)) if hours else None


def by_service(
    days: Mapping[tuple[dt.date, int], Yield], hours: Mapping[tuple[dt.date, int], SeatHours]
) -> dict[str, tuple[Decimal, float]]:
    """Revenue and seat hours by the name of the service."""
    found: dict[str, tuple[Decimal, float]] = {}
    for key, each in hours.items():
        money, sold = found.get(each.service, (Decimal(0), 0.0))
        own = days.get(key, Yield()).revenue
        found[each.service] = (money + own, sold + each.hours)
    return found
