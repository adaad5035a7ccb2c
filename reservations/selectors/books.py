"""The books of some restaurants over a stretch of dates, read in one statement.

For pages that look ahead: a month of one house, one evening of many. What it returns for a date is
what :func:`~reservations.selectors.days.read_day` would return at the same instant, so whatever is
worked out from it agrees with what a hold is decided by.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from django.db import connection

from reservations.engine import types as e
from reservations.selectors.days import Day
from reservations.selectors.houses import House, houses

_EPOCH = dt.date(1970, 1, 1).toordinal()
_CELLS_PER_DAY = e.DAY_MINUTES // e.CELL_MINUTES
_ONE_DAY = dt.timedelta(days=1)

_READ = """
SELECT r.id, r.public_id, r.plan_version, c.dates, c.tables, c.starts, c.ends,
       l.gauges, l.services, l.cells, l.covers, l.parties
FROM restaurants_restaurant r
CROSS JOIN LATERAL (
  SELECT array_agg(service_date) AS dates, array_agg(table_id) AS tables,
         array_agg(floor(date_part('epoch', lower(during)) / 60)::int) AS starts,
         array_agg(ceil(date_part('epoch', upper(during)) / 60)::int) AS ends
  FROM reservations_tableclaim
  WHERE restaurant_id = r.id AND released_at IS NULL
    AND (expires_at IS NULL OR expires_at > %(now)s)
    AND service_date BETWEEN %(first)s::date - 1 AND %(last)s::date + 1
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
WHERE r.public_id = ANY(%(restaurants)s)
"""


@dataclass(frozen=True, slots=True)
class Book:
    """One restaurant's live claims and counted limits over the dates that were read."""

    house: House
    uses: Mapping[dt.date, Sequence[tuple[int, e.Minute, e.Minute]]]
    """By service date, each in the order of :class:`~reservations.engine.types.TableUse`."""
    gauges: Mapping[e.GaugeKey, e.Used]

    def day(self, date: dt.date) -> Day:
        """One service date, as the engine needs it: with its neighbours' claims."""
        around = (date - _ONE_DAY, date, date + _ONE_DAY)
        uses = tuple(chain.from_iterable(self.uses.get(each, ()) for each in around))
        return Day(self.house, date, e.Ledger(uses, self.gauges), has_lapsed=False)


def read_books(
    restaurants: Sequence[str], first: dt.date, last: dt.date, *, now: dt.datetime
) -> dict[str, Book]:
    """The books of these restaurants (public ids) from ``first`` to ``last``, both included.

    One query (two when rules changed since this process last saw them), whatever their number.
    Takes no lock. Restaurants that do not exist are left out.
    """
    first_cell = (first.toordinal() - _EPOCH) * _CELLS_PER_DAY
    last_cell = (last.toordinal() - _EPOCH) * _CELLS_PER_DAY
    with connection.cursor() as cursor:
        cursor.execute(
            _READ,
            {
                "restaurants": list(restaurants),
                "first": first,
                "last": last,
                "now": now,
                "from_cell": first_cell - _CELLS_PER_DAY,
                "to_cell": last_cell + 3 * _CELLS_PER_DAY,
            },
        )
        rows = cursor.fetchall()
    rules = houses({pk: version for pk, _, version, *_ in rows})
    return {
        public_id: Book(rules[pk], _by_date(*claims[:4]), _gauges(*claims[4:]))
        for pk, public_id, _, *claims in rows
        if pk in rules
    }


def _by_date(
    dates: Iterable[dt.date] | None,
    tables: Iterable[int] | None,
    starts: Iterable[int] | None,
    ends: Iterable[int] | None,
) -> dict[dt.date, list[tuple[int, e.Minute, e.Minute]]]:
    found: dict[dt.date, list[tuple[int, e.Minute, e.Minute]]] = {}
    for date, table, start, end in zip(
        dates or (), tables or (), starts or (), ends or (), strict=True
    ):
        found.setdefault(date, []).append((table, start, end))
    return found


def _gauges(
    gauges: Iterable[str] | None,
    services: Iterable[int] | None,
    cells: Iterable[int] | None,
    covers: Iterable[int] | None,
    parties: Iterable[int] | None,
) -> dict[e.GaugeKey, e.Used]:
    return {
        (e.Gauge(gauge), service, cell): e.Used(used_covers, used_parties)
        for gauge, service, cell, used_covers, used_parties in zip(
            gauges or (), services or (), cells or (), covers or (), parties or (), strict=True
        )
    }
