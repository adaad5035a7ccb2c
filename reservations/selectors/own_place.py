"""A day of the book as it would be without one reservation: for asking where that could go."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.db import connection

from reservations.engine import types as e
from reservations.selectors.bookings import Booking
from reservations.selectors.days import Day, read_day

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


def day_without(found: Booking, service_date: dt.date, *, now: dt.datetime) -> Day:
    """:func:`~reservations.selectors.days.read_day` less the tables and counts of ``found``.

    For showing only: the three statements see three snapshots. Raises RestaurantNotFound.
    """
    day = read_day(found.house.public_id, service_date, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_OWN, {"id": found.id})
        tables, starts, ends = cursor.fetchone()
        cursor.execute(_COUNTED, {"id": found.id})
        counted = {(e.Gauge(gauge), service, cell) for gauge, service, cell in cursor.fetchall()}
    own = set(map(e.TableUse, tables, starts, ends)) if tables else set()
    ledger = e.Ledger(
        uses=tuple(use for use in day.ledger.uses if use not in own),
        gauges={
            key: e.Used(used.covers - found.party_size, used.parties - 1)
            if key in counted
            else used
            for key, used in day.ledger.gauges.items()
        },
    )
    return replace(day, ledger=ledger)
