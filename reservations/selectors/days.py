"""One service date of one restaurant, read in one statement.

The statement brings the plan's version along with the live claims and the counted limits,
so that the engine always sees rules and book as of the same snapshot. Holds that lapsed are
left out by query; nobody has to tidy up first for a table to be free. Every party is counted,
but counters are read only where a limit is set now: what nobody limits cannot refuse anyone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection

from reservations.engine import types as e
from reservations.guests import Guest
from reservations.selectors.guests import STATE, GuestState, state_parameters
from reservations.selectors.houses import House, house
from restaurants.errors import RestaurantNotFound

_EPOCH = dt.date(1970, 1, 1).toordinal()
_CELLS_PER_DAY = e.DAY_MINUTES // e.CELL_MINUTES
_DAY_COLUMNS = 11

_READ = """
SELECT r.id, r.plan_version, c.tables, c.starts, c.ends,
       l.gauges, l.services, l.cells, l.covers, l.parties,
       EXISTS (SELECT 1 FROM reservations_hold
               WHERE restaurant_id = r.id AND status = 'live' AND expires_at <= %(now)s
                 AND service_date BETWEEN %(date)s::date - 1 AND %(date)s::date + 1)
FROM restaurants_restaurant r
CROSS JOIN LATERAL (
  SELECT array_agg(table_id) AS tables,
         array_agg(floor(date_part('epoch', lower(during)) / 60)::int) AS starts,
         array_agg(ceil(date_part('epoch', upper(during)) / 60)::int) AS ends
  FROM reservations_tableclaim
  WHERE restaurant_id = r.id AND released_at IS NULL
    AND (expires_at IS NULL OR expires_at > %(now)s)
    AND service_date BETWEEN %(date)s::date - 1 AND %(date)s::date + 1
    -- Most of yesterday's parties had left when the date began.
    AND upper(during) > %(date)s::date::timestamp AT TIME ZONE r.zone
) c
CROSS JOIN LATERAL (
  SELECT array_agg(s.gauge) AS gauges, array_agg(coalesce(s.service_id, 0)) AS services,
         array_agg(s.cell) AS cells,
         array_agg(s.covers - coalesce(x.covers, 0)::int) AS covers,
         array_agg(s.parties - coalesce(x.parties, 0)::int) AS parties
  FROM (
    SELECT s.* FROM restaurants_diningservice d
    JOIN reservations_serviceload s
      ON s.restaurant_id = d.restaurant_id AND s.service_id = d.id
    WHERE d.restaurant_id = r.id
      AND (d.max_covers IS NOT NULL OR d.slot_covers IS NOT NULL OR d.slot_parties IS NOT NULL
        OR d.online_slot_covers IS NOT NULL OR d.online_slot_parties IS NOT NULL)
      AND s.cell >= %(from_cell)s AND s.cell < %(to_cell)s
    UNION ALL
    SELECT s.* FROM reservations_serviceload s
    WHERE r.capacity_mode = 'seats' AND s.restaurant_id = r.id AND s.service_id IS NULL
      AND s.cell >= %(from_cell)s AND s.cell < %(to_cell)s
  ) s
  LEFT JOIN (
    SELECT u.load_id, sum(h.party_size) AS covers, count(*) AS parties
    FROM reservations_hold h CROSS JOIN LATERAL unnest(h.load_ids) u(load_id)
    WHERE h.restaurant_id = r.id AND h.status = 'live' AND h.expires_at <= %(now)s
    GROUP BY u.load_id) x ON x.load_id = s.id
) l
"""
_OF_RESTAURANT = "WHERE r.public_id = %(restaurant)s"
_READ_DAY = f"{_READ} {_OF_RESTAURANT}"
_READ_DAY_FOR_GUEST = (
    f"{_READ.replace('SELECT', 'SELECT g.*,', 1)} CROSS JOIN LATERAL ({STATE}) g {_OF_RESTAURANT}"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A restaurant, the state of its book around one service date, and whether to tidy it."""

    house: House
    service_date: dt.date
    ledger: e.Ledger
    has_lapsed: bool
    """Some hold of these dates lapsed but still owns rows; release it before writing claims."""
    guest: GuestState | None = None
    """Who asks, as of the same snapshot, if that was said."""


def read_day(
    restaurant: str, service_date: dt.date, *, now: dt.datetime, guest: Guest | None = None
) -> Day:
    """The day of the restaurant with this public id; raises RestaurantNotFound.

    One query (two when the restaurant's rules changed since this process last saw them).
    Takes no lock: a writer calls it after taking the day's.
    """
    first_cell = (service_date.toordinal() - _EPOCH) * _CELLS_PER_DAY
    parameters: dict[str, Any] = {
        "restaurant": restaurant,
        "date": service_date,
        "now": now,
        # A service date spans at most two clock days, seen from any zone.
        "from_cell": first_cell - _CELLS_PER_DAY,
        "to_cell": first_cell + 3 * _CELLS_PER_DAY,
    }
    with connection.cursor() as cursor:
        if guest is None:
            cursor.execute(_READ_DAY, parameters)
        else:
            cursor.execute(_READ_DAY_FOR_GUEST, parameters | state_parameters(guest))
        row = cursor.fetchone()
    if row is None:
        raise RestaurantNotFound
    state = GuestState.of(row[:-_DAY_COLUMNS]) if guest is not None else None
    pk, version, tables, starts, ends, gauges, services, cells, covers, parties, lapsed = row[
        -_DAY_COLUMNS:
    ]
    ledger = e.Ledger(
        uses=tuple(zip(tables, starts, ends, strict=True)) if tables else (),
        gauges={
            (e.Gauge(gauge), service, cell): e.Used(used_covers, used_parties)
            for gauge, service, cell, used_covers, used_parties in zip(
                gauges, services, cells, covers, parties, strict=True
            )
        }
        if gauges
        else {},
    )
    return Day(house(pk, version), service_date, ledger, lapsed, state)
