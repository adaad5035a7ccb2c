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
from reservations.selectors.houses import House, house, load_houses
from reservations.selectors.snapshot import (
    CLAIM_TIMES,
    COUNTED,
    LIVE_CLAIM,
    cells,
    gauges_of,
)
from restaurants.errors import RestaurantNotFound

_DAY_COLUMNS = 11

_READ = f"""
SELECT r.id, r.plan_version, c.tables, c.starts, c.ends,
       l.gauges, l.services, l.cells, l.covers, l.parties,
       EXISTS (SELECT 1 FROM reservations_hold
               WHERE restaurant_id = r.id AND status = 'live' AND expires_at <= %(now)s
                 AND service_date BETWEEN %(date)s::date - 1 AND %(date)s::date + 1)
FROM restaurants_restaurant r
CROSS JOIN LATERAL (
  SELECT array_agg(table_id) AS tables,
         {CLAIM_TIMES}
  FROM reservations_tableclaim
  WHERE {LIVE_CLAIM}
    AND service_date BETWEEN %(date)s::date - 1 AND %(date)s::date + 1
    -- Most of yesterday's parties had left when the date began.
    AND upper(during) > %(date)s::date::timestamp AT TIME ZONE r.zone
) c
{COUNTED}
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
    row = _read(restaurant, service_date, now, guest)
    state = GuestState.of(row[:-_DAY_COLUMNS]) if guest is not None else None
    pk, version = row[-_DAY_COLUMNS : 2 - _DAY_COLUMNS]
    return _day(house(pk, version), service_date, row, state)


def read_draft_day(restaurant: str, service_date: dt.date, *, now: dt.datetime) -> Day:
    """The same with rules that are read anew and not kept: for what may still be taken back.

    Two queries. Raises RestaurantNotFound.
    """
    row = _read(restaurant, service_date, now, None)
    return _day(load_houses([row[-_DAY_COLUMNS]])[0], service_date, row, None)


def _read(
    restaurant: str, service_date: dt.date, now: dt.datetime, guest: Guest | None
) -> tuple[Any, ...]:
    parameters: dict[str, Any] = {
        "restaurant": restaurant,
        "date": service_date,
        "now": now,
        **cells(service_date, service_date),
    }
    with connection.cursor() as cursor:
        if guest is None:
            cursor.execute(_READ_DAY, parameters)
        else:
            cursor.execute(_READ_DAY_FOR_GUEST, parameters | state_parameters(guest))
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        raise RestaurantNotFound
    return row


def _day(
    rules: House, service_date: dt.date, row: tuple[Any, ...], state: GuestState | None
) -> Day:
    _pk, _version, tables, starts, ends, *counted, has_lapsed = row[-_DAY_COLUMNS:]
    ledger = e.Ledger(
        uses=tuple(zip(tables, starts, ends, strict=True)) if tables else (),
        gauges=gauges_of(*counted),
    )
    return Day(rules.on(service_date), service_date, ledger, has_lapsed, state)
