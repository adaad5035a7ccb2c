"""The book as it would be without one reservation: for asking where that could go.

For showing only: what is read here and the days it is left out of are different snapshots.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import connection

from reservations.engine import types as e
from reservations.selectors.bookings import Booking
from reservations.selectors.days import Day

_OWN = """
SELECT array_agg(table_id), array_agg(floor(date_part('epoch', lower(during)) / 60)::int),
       array_agg(ceil(date_part('epoch', upper(during)) / 60)::int)
FROM reservations_tableclaim WHERE reservation_id = %(id)s AND released_at IS NULL
"""

_COUNTED = """
SELECT s.gauge, coalesce(s.service_id, 0), s.cell
FROM reservations_reservation b JOIN reservations_serviceload s ON s.id = ANY(b.load_ids)
WHERE b.id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """What a reservation itself takes: its live claims, and where it is counted."""

    party_size: int
    uses: frozenset[e.TableUse]
    counted: frozenset[e.GaugeKey]

    def left_out_of(self, day: Day) -> Day:
        """The day as it would be without the reservation."""
        ledger = e.Ledger(
            uses=tuple(use for use in day.ledger.uses if use not in self.uses),
            gauges={
                key: e.Used(used.covers - self.party_size, used.parties - 1)
                if key in self.counted
                else used
                for key, used in day.ledger.gauges.items()
            },
        )
        return replace(day, ledger=ledger)


def own_place(found: Booking) -> OwnPlace:
    """The place of one reservation. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN, {"id": found.id})
        tables, starts, ends = cursor.fetchone()
        cursor.execute(_COUNTED, {"id": found.id})
        counted = {(e.Gauge(gauge), service, cell) for gauge, service, cell in cursor.fetchall()}
    own = set(map(e.TableUse, tables, starts, ends)) if tables else set()
    return OwnPlace(found.party_size, frozenset(own), frozenset(counted))
