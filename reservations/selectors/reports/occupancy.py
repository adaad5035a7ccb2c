"""How full the house is, by weekday and quarter of an hour of its clocks."""

from __future__ import annotations

from dataclasses import dataclass, field

from reservations.selectors.reports.span import Span
from reservations.selectors.visit_facts import (
    CAME,
    COUNTS,
    SAT_FROM,
    SAT_UNTIL,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One quarter of an hour of one weekday."""

    guests: float
    """Present, on average of the weekday's dates with guests."""
    most: int
    """On the fullest of them."""


@dataclass(slots=True)
class Occupancy:
    """A week as it was on average."""

    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    """By weekday (Monday is 0) and quarter of the service date: 96 is the midnight after it."""
    dates: dict[int, int] = field(default_factory=dict)
    """Dates with guests, by weekday."""
    seats: int = 0
    """Of all tables that are in use now, or of the pool."""

    @property
    def quarters(self) -> range:
        """From the first quarter with guests to the last."""
        found = [quarter for _, quarter in self.cells]
        return range(min(found), max(found) + 1) if found else range(0)


# Instants are walked through and then read on the clocks of the house: an hour that comes twice
# counts a party once in each of its quarters, one that is skipped has none.
_READ = f"""
WITH house AS (
  SELECT r.id, r.zone, CASE r.capacity_mode WHEN 'seats' THEN r.seats ELSE (
    SELECT coalesce(sum(max_seats), 0) FROM restaurants_diningtable
    WHERE restaurant_id = r.id AND is_active) END AS seats
  FROM restaurants_restaurant r WHERE r.id = %(house)s
), sat AS (
  SELECT b.id, b.service_date, b.party_size, {SAT_FROM} AS since, {SAT_UNTIL} AS until
  FROM reservations_reservation b
  WHERE b.restaurant_id = %(house)s AND b.service_date BETWEEN %(first)s AND %(last)s
    AND {COUNTS} AND {CAME}
), present AS (
  SELECT DISTINCT sat.id, sat.service_date, sat.party_size,
    floor(extract(epoch FROM (step AT TIME ZONE house.zone) - sat.service_date::timestamp)
      / 900)::int AS quarter
  FROM sat CROSS JOIN house CROSS JOIN LATERAL generate_series(
    date_bin('15 minutes', sat.since, '2000-01-01T00:00Z'), sat.until - interval '1 second',
    interval '15 minutes') step
), counted AS (
  SELECT service_date, quarter, sum(party_size)::int AS guests
  FROM present GROUP BY service_date, quarter
), days AS (
  SELECT extract(isodow FROM service_date)::int - 1 AS weekday,
    count(DISTINCT service_date)::int AS dates
  FROM sat GROUP BY 1
)
SELECT house.seats, d.weekday, d.dates, c.quarter, sum(c.guests)::float / d.dates, max(c.guests)
FROM house LEFT JOIN days d ON true LEFT JOIN counted c
  ON extract(isodow FROM c.service_date)::int - 1 = d.weekday
GROUP BY house.seats, d.weekday, d.dates, c.quarter
"""


def occupancy_of(span: Span) -> Occupancy:
    """The average week: guests at table, as they sat, or as they were booked. One query."""
    found = Occupancy()
    for seats, weekday, dates, quarter, guests, most in span.read(_READ):
        found.seats = int(seats)
        if quarter is not None:
            found.dates[weekday] = dates
            found.cells[weekday, quarter] = Cell(guests, most)
    return found
