"""How many came, by day and service; how many did not, and how late they said so."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from reservations.selectors.reports.span import Span
from reservations.selectors.visit_facts import CAME, COUNTS, IS_LATE_CANCEL


@dataclass(frozen=True, slots=True)
class Attendance:
    """One group of bookings. Covers are guests."""

    booked: int = 0
    """Parties, but those the house turned away."""
    booked_covers: int = 0
    parties: int = 0
    """Those that came."""
    covers: int = 0
    walk_ins: int = 0
    """Covers of parties without a booking, among those that came."""
    no_shows: int = 0
    no_show_covers: int = 0
    cancelled: int = 0
    cancelled_covers: int = 0
    late: int = 0
    """Of the cancelled, those less than 24 hours before their time."""
    late_covers: int = 0

    @property
    def lost(self) -> float:
        """Covers that neither came nor cancelled in good time, of all that were booked."""
        lost = self.no_show_covers + self.late_covers
        return lost / self.booked_covers if self.booked_covers else 0.0

    @property
    def no_show_rate(self) -> float:
        """Parties that did not come, of those expected at the end."""
        expected = self.parties + self.no_shows
        return self.no_shows / expected if expected else 0.0

    @property
    def average_party(self) -> float:
        """Guests per party that came."""
        return self.covers / self.parties if self.parties else 0.0


@dataclass(slots=True)
class Covers:
    """The bookings of a span, grouped three ways."""

    total: Attendance = field(default_factory=Attendance)
    by_day: dict[dt.date, Attendance] = field(default_factory=dict)
    by_service: dict[str, Attendance] = field(default_factory=dict)
    by_weekday: dict[int, Attendance] = field(default_factory=dict)
    """Monday is 0."""
    cells: dict[tuple[dt.date, str], Attendance] = field(default_factory=dict)


_READ = f"""
SELECT GROUPING(b.service_date, s.name, extract(isodow FROM b.service_date)), b.service_date,
  s.name, extract(isodow FROM b.service_date)::int - 1,
  count(*) FILTER (WHERE b.status NOT IN ('declined', 'expired')),
  coalesce(sum(b.party_size) FILTER (WHERE b.status NOT IN ('declined', 'expired')), 0)::int,
  count(*) FILTER (WHERE {CAME}),
  coalesce(sum(b.party_size) FILTER (WHERE {CAME}), 0)::int,
  coalesce(sum(b.party_size) FILTER (WHERE {CAME} AND b.channel = 'walk_in'), 0)::int,
  count(*) FILTER (WHERE b.status = 'no_show'),
  coalesce(sum(b.party_size) FILTER (WHERE b.status = 'no_show'), 0)::int,
  count(*) FILTER (WHERE b.status = 'cancelled'),
  coalesce(sum(b.party_size) FILTER (WHERE b.status = 'cancelled'), 0)::int,
  count(*) FILTER (WHERE {IS_LATE_CANCEL}),
  coalesce(sum(b.party_size) FILTER (WHERE {IS_LATE_CANCEL}), 0)::int
FROM reservations_reservation b JOIN restaurants_diningservice s ON s.id = b.service_id
WHERE b.restaurant_id = %(house)s AND b.service_date BETWEEN %(first)s AND %(last)s AND {COUNTS}
GROUP BY GROUPING SETS ((b.service_date, s.name), (b.service_date), (s.name),
  (extract(isodow FROM b.service_date)), ())
ORDER BY min(s.first_seating), s.name, b.service_date
"""
_CELL, _DAY, _SERVICE, _WEEKDAY, _TOTAL = 0b001, 0b011, 0b101, 0b110, 0b111


def covers_of(span: Span) -> Covers:
    """Who came and who did not. One query; dates and services without bookings are left out."""
    found = Covers()
    for grouping, day, service, weekday, *counts in span.read(_READ):
        figures = Attendance(*counts)
        if grouping == _CELL:
            found.cells[day, service] = figures
        elif grouping == _DAY:
            found.by_day[day] = figures
        elif grouping == _SERVICE:
            found.by_service[service] = figures
        elif grouping == _WEEKDAY:
            found.by_weekday[weekday] = figures
        elif grouping == _TOTAL:
            found.total = figures
    return found
