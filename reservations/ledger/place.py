"""A party's place in the ledger: claims on tables and counts against limits.

A party is counted whether a limit is set or not; each party brings the limits in force now, so
a row's ``CHECK`` refuses the next one after a limit was lowered. Giving back touches no limit.

Every writer touches counts in one order (cell, gauge, service), so that two of them can
wait for each other but never in a circle.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reservations.engine import types as e
from reservations.ledger.guard import array, guarded


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a party sits, as it is written into the ledger."""

    restaurant_id: int
    service_id: int
    service_date: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime
    claimed_until: dt.datetime
    table_ids: tuple[int, ...]
    gauges: tuple[e.GaugeClaim, ...]
    party_size: int


COUNT = """
  INSERT INTO reservations_serviceload
    (restaurant_id, gauge, service_id, cell, covers, covers_allowed, parties, parties_allowed)
  SELECT %(restaurant_id)s, gauge, nullif(service, 0), cell, %(party_size)s, covers_allowed, 1,
         parties_allowed
  FROM unnest(%(gauges)s::text[], %(gauge_services)s::bigint[], %(cells)s::int[],
              %(covers_allowed)s::int[], %(parties_allowed)s::int[])
    AS g(gauge, service, cell, covers_allowed, parties_allowed)
  ORDER BY cell, gauge, service
  ON CONFLICT (restaurant_id, cell, gauge, service_id) DO UPDATE
    SET covers = reservations_serviceload.covers + excluded.covers,
        parties = reservations_serviceload.parties + 1,
        covers_allowed = excluded.covers_allowed,
        parties_allowed = excluded.parties_allowed
  RETURNING id
"""


_RELEASE_PARTY = """
WITH claims AS (
  UPDATE reservations_tableclaim SET released_at = %(now)s
  WHERE reservation_id = %(reservation_id)s AND released_at IS NULL
), counted AS (
  SELECT id FROM reservations_serviceload WHERE id = ANY(%(load_ids)s::bigint[])
  ORDER BY cell, gauge, service_id FOR UPDATE
)
UPDATE reservations_serviceload s
SET covers = s.covers - %(party_size)s, parties = s.parties - 1
FROM counted WHERE s.id = counted.id
"""


def release_reservation(
    reservation_id: int, *, party_size: int, load_ids: Sequence[int], now: dt.datetime
) -> None:
    """Give back the tables and counts of a reservation; the caller has locked its row."""
    with guarded() as cursor:
        cursor.execute(
            _RELEASE_PARTY,
            {
                "reservation_id": reservation_id,
                "party_size": party_size,
                "load_ids": array(load_ids),
                "now": now,
            },
        )


_CLAIM_FOR_RESERVATION = f"""
WITH loads AS ({COUNT}), claims AS (
  INSERT INTO reservations_tableclaim
    (table_id, restaurant_id, service_date, during, reservation_id)
  SELECT t, %(restaurant_id)s, %(service_date)s, tstzrange(%(starts_at)s, %(claimed_until)s),
         %(reservation_id)s
  FROM unnest(%(table_ids)s::bigint[]) AS t
)
UPDATE reservations_reservation
SET load_ids = coalesce((SELECT array_agg(id) FROM loads), '{{}}')
WHERE id = %(reservation_id)s
RETURNING load_ids
"""


def claim_for_reservation(place: Place, reservation_id: int) -> list[int]:
    """Give a reservation its tables and counts; returns the gauges that count it.

    The caller holds the day's lock. Raises what :func:`guarded` says.
    """
    with guarded() as cursor:
        cursor.execute(
            _CLAIM_FOR_RESERVATION, {**place_parameters(place), "reservation_id": reservation_id}
        )
        return list(cursor.fetchone()[0])


def place_parameters(place: Place) -> dict[str, Any]:
    """The place as parameters of the statements above."""
    gauges = place.gauges
    return {
        "restaurant_id": place.restaurant_id,
        "service_id": place.service_id,
        "service_date": place.service_date,
        "starts_at": place.starts_at,
        "ends_at": place.ends_at,
        "claimed_until": place.claimed_until,
        "table_ids": array(place.table_ids),
        "party_size": place.party_size,
        "gauges": array(g.gauge.value for g in gauges),
        "gauge_services": array(g.service_id for g in gauges),
        "cells": array(g.cell for g in gauges),
        "covers_allowed": array(g.covers_allowed for g in gauges),
        "parties_allowed": array(g.parties_allowed for g in gauges),
    }
