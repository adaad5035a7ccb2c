"""What each source brought: counted and added up by the database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from core.money import quantize
from reservations.selectors.visit_facts import COUNTS
from restaurants.errors import RestaurantNotFound


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """One source's bookings of a period; money in the restaurant's currency."""

    source: str
    reservations: int
    covers: int
    """Guests booked, of every status."""
    average_party: Decimal | None
    estimated_revenue: Decimal | None
    """What guests usually spend, times those who came or are still expected; None where the
    restaurant does not say what they spend."""
    commission: Decimal
    """Of the bookings that were not cancelled, with the partner's own fee."""
    cancellations: int
    no_shows: int
    completed: int
    linked: int
    """Visits it told of where another source's word counts; not among the reservations."""
    lead_hours: Decimal | None
    """From making the booking to its time, on average."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All sources of a restaurant in a period, the one with most guests first, and their sum."""

    restaurant: str
    currency: str
    first: dt.date
    last: dt.date
    sources: tuple[SourceFigures, ...]
    total: SourceFigures


# Declined and lapsed bookings were never the house's to serve; they count as bookings made, and
# as cancellations of none.
_FIGURES = f"""
WITH house AS (
  SELECT id, currency, average_spend FROM restaurants_restaurant WHERE public_id = %(restaurant)s
), booked AS (
  SELECT b.source, b.party_size, b.status, b.starts_at, b.created_at,
         b.status NOT IN ('cancelled', 'no_show', 'declined', 'expired') AS counts,
         coalesce(s.commission, 0) + coalesce(s.partner_fee, 0) AS commission
  FROM house
  JOIN reservations_reservation b ON b.restaurant_id = house.id
  LEFT JOIN reservations_sourcerecord s ON s.reservation_id = b.id AND s.is_primary
  WHERE b.service_date BETWEEN %(first)s AND %(last)s AND {COUNTS}
    AND (%(source)s = '' OR b.source = %(source)s)
), figures AS (
  SELECT source, grouping(source) AS is_total,
         count(*) AS reservations,
         coalesce(sum(party_size), 0) AS covers,
         round(avg(party_size), 2) AS average_party,
         coalesce(sum(party_size) FILTER (WHERE counts), 0) AS served,
         coalesce(sum(commission) FILTER (WHERE status <> 'cancelled'), 0) AS commission,
         count(*) FILTER (WHERE status = 'cancelled') AS cancellations,
         count(*) FILTER (WHERE status = 'no_show') AS no_shows,
         count(*) FILTER (WHERE status = 'completed') AS completed,
         round((avg(extract(epoch FROM starts_at - created_at)) / 3600)::numeric, 1) AS lead_hours
  FROM booked GROUP BY GROUPING SETS ((source), ())
), linked AS (
  SELECT s.source, grouping(s.source) AS is_total, count(*) AS linked
  FROM house
  JOIN reservations_reservation b ON b.restaurant_id = house.id
  JOIN reservations_sourcerecord s ON s.reservation_id = b.id AND NOT s.is_primary
  WHERE b.service_date BETWEEN %(first)s AND %(last)s AND {COUNTS}
    AND (%(source)s = '' OR s.source = %(source)s)
  GROUP BY GROUPING SETS ((s.source), ())
)
SELECT house.currency, coalesce(f.is_total, l.is_total), coalesce(f.source, l.source, ''),
       coalesce(f.reservations, 0), coalesce(f.covers, 0), f.average_party,
       coalesce(f.served, 0) * house.average_spend, coalesce(f.commission, 0),
       coalesce(f.cancellations, 0), coalesce(f.no_shows, 0), coalesce(f.completed, 0),
       coalesce(l.linked, 0), f.lead_hours
FROM figures f
FULL JOIN linked l ON coalesce(l.source, '') = coalesce(f.source, '') AND l.is_total = f.is_total
CROSS JOIN house
ORDER BY 2, coalesce(f.covers, 0) DESC, 3
"""


def figures_of_sources(
    restaurant: str, first: dt.date, last: dt.date, *, source: str = ""
) -> Figures:
    """What each source brought to the dates from ``first`` to ``last``; raises RestaurantNotFound.

    One statement. A booking counts for the source whose data stand in it; tests and what was undone
    are left out. With ``source`` only that one's, and the sum is its own.
    """
    parameters: dict[str, Any] = {
        "restaurant": restaurant,
        "first": first,
        "last": last,
        "source": source,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, parameters)
        rows = cursor.fetchall()
    if not rows:
        raise RestaurantNotFound
    currency = rows[0][0]
    found = [(bool(is_total), _figures(currency, *rest)) for _, is_total, *rest in rows]
    sources = tuple(each for is_total, each in found if not is_total)
    total = next(each for is_total, each in found if is_total)
    return Figures(restaurant, currency, first, last, sources, total)


def _figures(
    currency: str,
    source: str,
    reservations: int,
    covers: int,
    average_party: Decimal | None,
    revenue: Decimal | None,
    commission: Decimal,
    *counts_and_lead: int | Decimal | None,
) -> SourceFigures:
    cancellations, no_shows, completed, linked, lead_hours = counts_and_lead
    return SourceFigures(
        source=source,
        reservations=reservations,
        covers=int(covers),
        average_party=average_party,
        estimated_revenue=None if revenue is None else quantize(revenue, currency),
        commission=quantize(commission, currency),
        cancellations=int(cancellations or 0),
        no_shows=int(no_shows or 0),
        completed=int(completed or 0),
        linked=int(linked or 0),
        lead_hours=None if lead_hours is None else Decimal(lead_hours),
    )
