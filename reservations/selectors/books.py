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
from reservations.selectors.snapshot import (
    CLAIM_TIMES,
    COUNTED,
    LIVE_CLAIM,
    cells,
    gauges_of,
)

_ONE_DAY = dt.timedelta(days=1)

_READ = f"""
SELECT r.id, r.public_id, r.plan_version, c.dates, c.tables, c.starts, c.ends,
       l.gauges, l.services, l.cells, l.covers, l.parties
FROM restaurants_restaurant r
CROSS JOIN LATERAL (
  SELECT array_agg(service_date) AS dates, array_agg(table_id) AS tables,
         {CLAIM_TIMES}
  FROM reservations_tableclaim
  WHERE {LIVE_CLAIM}
    AND service_date BETWEEN %(first)s::date - 1 AND %(last)s::date + 1
) c
{COUNTED}
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
        return Day(self.house.on(date), date, e.Ledger(uses, self.gauges), has_lapsed=False)


def read_books(
    restaurants: Sequence[str], first: dt.date, last: dt.date, *, now: dt.datetime
) -> dict[str, Book]:
    """The books of these restaurants (public ids) from ``first`` to ``last``, both included.

    One query (two when rules changed since this process last saw them), whatever their number.
    Takes no lock. Restaurants that do not exist are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _READ,
            {
                "restaurants": list(restaurants),
                "first": first,
                "last": last,
                "now": now,
                **cells(first, last),
            },
        )
        rows = cursor.fetchall()
    rules = houses({pk: version for pk, _, version, *_ in rows})
    return {
        public_id: Book(rules[pk], _by_date(*claims[:4]), gauges_of(*claims[4:]))
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
