"""How long before their visit guests book, and how a day fills."""

from __future__ import annotations

from dataclasses import dataclass, field

from reservations.selectors.reports.span import Span
from reservations.selectors.visit_facts import CAME, COUNTS

FIRST_DAYS = (0, 1, 2, 4, 8, 15, 31)
"""Where each group begins: on the day, the day before, 2–3, 4–7, 8–14, 15–30, 31 and more."""
LONGEST_PICKUP = 30


@dataclass(frozen=True, slots=True)
class Lead:
    """Parties that booked about as long ahead."""

    parties: int
    covers: int
    lost: int
    """Parties of them that cancelled or did not come; they are not among the others."""

    @property
    def lost_rate(self) -> float:
        """The lost ones, of all that booked so."""
        made = self.parties + self.lost
        return self.lost / made if made else 0.0


@dataclass(slots=True)
class LeadTimes:
    """The bookings of a span, by how long ahead they were made; walk-ins are none."""

    groups: dict[int, Lead] = field(default_factory=dict)
    """By place in ``FIRST_DAYS``."""
    pickup: list[float] = field(default_factory=list)
    """The share of the covers that was on the books so many days before; index 0 is the day."""
    median: float | None = None
    """Days."""
    covers: int = 0


_READ = f"""
WITH made AS (
  SELECT b.party_size, {CAME} AS came,
    greatest(b.service_date - (b.created_at AT TIME ZONE r.zone)::date, 0) AS lead
  FROM reservations_reservation b JOIN restaurants_restaurant r ON r.id = b.restaurant_id
  WHERE b.restaurant_id = %(house)s AND b.service_date BETWEEN %(first)s AND %(last)s
    AND {COUNTS} AND b.channel <> 'walk_in' AND b.status NOT IN ('declined', 'expired')
)
SELECT 'group', width_bucket(lead, %(first_days)s::int[]) - 1, count(*) FILTER (WHERE came),
  coalesce(sum(party_size) FILTER (WHERE came), 0)::int, count(*) FILTER (WHERE NOT came),
  NULL::float
FROM made GROUP BY 2
UNION ALL
SELECT 'pickup', day, NULL, coalesce(sum(party_size) FILTER (WHERE lead >= day), 0)::int, NULL,
  sum(party_size) FILTER (WHERE lead >= day)::float / sum(party_size)
FROM made CROSS JOIN generate_series(0, %(longest)s) day WHERE came GROUP BY day
UNION ALL
SELECT 'median', NULL, NULL, coalesce(sum(party_size), 0)::int, NULL,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY lead)
FROM made WHERE came
ORDER BY 1, 2
"""


def lead_times_of(span: Span) -> LeadTimes:
    """Lead times and the pickup curve, in days of the house's calendar. One query."""
    found = LeadTimes()
    rows = span.read(_READ, first_days=list(FIRST_DAYS), longest=LONGEST_PICKUP)
    for what, place, parties, covers, lost, share in rows:
        if what == "group":
            found.groups[place] = Lead(parties, covers, lost)
        elif what == "pickup":
            found.pickup.append(share or 0.0)
        else:
            found.median, found.covers = share, covers
    return found
