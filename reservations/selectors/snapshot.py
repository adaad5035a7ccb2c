"""What the statements that read a book have in common: live claims, and what is counted.

One day of one house (``days``) and many days of many (``books``) must see the same, or a page would
show what a hold is not decided by. Each fragment stands beside a restaurant ``r``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from reservations.engine import types as e

_EPOCH = dt.date(1970, 1, 1).toordinal()
_CELLS_PER_DAY = e.DAY_MINUTES // e.CELL_MINUTES

CLAIM_TIMES = """
         array_agg(floor(date_part('epoch', lower(during)) / 60)::int) AS starts,
         array_agg(ceil(date_part('epoch', upper(during)) / 60)::int) AS ends
"""
"""Start and end of claims in minutes, rounded outward."""

LIVE_CLAIM = """
  restaurant_id = r.id AND released_at IS NULL AND (expires_at IS NULL OR expires_at > %(now)s)
"""
"""A claim that counts: what lapsed is left out by query, tidied up or not."""

COUNTED = """
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
        OR d.online_slot_covers IS NOT NULL OR d.online_slot_parties IS NOT NULL
        OR EXISTS (SELECT FROM restaurants_pacingcap p
                   WHERE p.restaurant_id = r.id AND p.ends_at > %(now)s)
        OR EXISTS (SELECT FROM restaurants_pacingstep p WHERE p.service_id = d.id))
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
"""Counters ``l`` where a limit is set now, less what lapsed holds still count in them."""


def cells(first: dt.date, last: dt.date) -> dict[str, int]:
    """The parameters of ``COUNTED`` for these service dates.

    A service date spans at most two clock days, seen from any zone.
    """
    return {
        "from_cell": (first.toordinal() - _EPOCH - 1) * _CELLS_PER_DAY,
        "to_cell": (last.toordinal() - _EPOCH + 3) * _CELLS_PER_DAY,
    }


def gauges_of(
    gauges: Iterable[str] | None,
    services: Iterable[int] | None,
    cells: Iterable[int] | None,
    covers: Iterable[int] | None,
    parties: Iterable[int] | None,
) -> dict[e.GaugeKey, e.Used]:
    """The columns of ``COUNTED`` as the engine takes them; a book without limits has none."""
    if gauges is None:
        return {}
    columns = (gauges, services or (), cells or (), covers or (), parties or ())
    return {
        (e.Gauge(gauge), service, cell): e.Used(used_covers, used_parties)
        for gauge, service, cell, used_covers, used_parties in zip(*columns, strict=True)
    }
