"""How long parties sat, beside what was planned for them."""

from __future__ import annotations

from dataclasses import dataclass, field

from reservations.selectors.reports.span import Span
from reservations.selectors.visit_facts import CAME, COUNTS, IS_TIMED

SIZES = ("1–2", "3–4", "5–6", "7+")
"""Groups of party sizes, by number."""


@dataclass(frozen=True, slots=True)
class Turns:
    """One group of parties of which both ends are known; minutes."""

    parties: int = 0
    planned: float = 0.0
    """On average."""
    actual: float = 0.0
    """On average."""
    median: float = 0.0
    slow: float = 0.0
    """Nine of ten were gone by then."""
    over: float = 0.0
    """Share that sat more than 15 minutes longer than planned."""
    wait: float | None = None
    """From arriving to sitting down, on average; None where nobody marked arrivals."""


@dataclass(slots=True)
class TurnTimes:
    """The parties of a span that were timed."""

    total: Turns = field(default_factory=Turns)
    known: int = 0
    """Parties that came, timed or not."""
    by_size: dict[int, Turns] = field(default_factory=dict)
    by_service: dict[str, Turns] = field(default_factory=dict)
    cells: dict[tuple[str, int], Turns] = field(default_factory=dict)


_READ = f"""
WITH sat AS (
  SELECT s.name AS service, s.first_seating, width_bucket(b.party_size, ARRAY[1, 3, 5, 7]) AS size,
    extract(epoch FROM b.ends_at - b.starts_at) / 60 AS planned,
    CASE WHEN {IS_TIMED} THEN extract(epoch FROM b.left_at - b.seated_at) / 60 END AS actual,
    CASE WHEN b.arrived_at <= b.seated_at
      THEN extract(epoch FROM b.seated_at - b.arrived_at) / 60 END AS wait
  FROM reservations_reservation b
  JOIN restaurants_diningservice s ON s.id = b.service_id
  WHERE b.restaurant_id = %(house)s AND b.service_date BETWEEN %(first)s AND %(last)s
    AND {COUNTS} AND {CAME}
)
SELECT GROUPING(service, size), service, size - 1, count(*), count(actual),
  coalesce(avg(planned) FILTER (WHERE actual IS NOT NULL), 0)::float,
  coalesce(avg(actual), 0)::float,
  coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY actual), 0)::float,
  coalesce(percentile_cont(0.9) WITHIN GROUP (ORDER BY actual), 0)::float,
  coalesce(avg((actual > planned + 15)::int) FILTER (WHERE actual IS NOT NULL), 0)::float,
  avg(wait)::float
FROM sat GROUP BY GROUPING SETS ((service, size), (service), (size), ())
ORDER BY min(first_seating), service, size
"""
_CELL, _SERVICE, _SIZE, _TOTAL = 0b00, 0b01, 0b10, 0b11


def turns_of(span: Span) -> TurnTimes:
    """Actual and planned stays. One query; groups in which nobody was timed are left out."""
    found = TurnTimes()
    for grouping, service, size, known, *values in span.read(_READ):
        turns = Turns(*values)
        if grouping == _TOTAL:
            found.total, found.known = turns, known
        elif not turns.parties:
            continue
        elif grouping == _SERVICE:
            found.by_service[service] = turns
        elif grouping == _SIZE:
            found.by_size[size] = turns
        elif grouping == _CELL:
            found.cells[service, size] = turns
    return found
