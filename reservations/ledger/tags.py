"""The SQL that follows a tag of visits which the group calls something else, or gave up."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection

from core import wakeups
from core.actors import Actor
from reservations.ledger.guard import AUDIT, actor_parameters

_RENAME = f"""
WITH carried AS (
  SELECT b.id, b.tags AS before FROM reservations_reservation b
  JOIN restaurants_restaurant r ON r.id = b.restaurant_id
  WHERE r.organization_id = %(group)s AND b.tags @> ARRAY[%(before)s::varchar]
  ORDER BY b.id FOR UPDATE OF b
), changed AS (
  UPDATE reservations_reservation b
  SET updated_at = %(now)s, tags = CASE WHEN %(after)s = ''
    THEN array_remove(b.tags, %(before)s::varchar)
    ELSE array_replace(b.tags, %(before)s::varchar, %(after)s::varchar) END
  FROM carried WHERE b.id = carried.id
  RETURNING b.public_id, b.restaurant_id, b.service_date, b.tags, carried.before
), audit AS ({AUDIT}
  SELECT %(now)s, 'reservation.tagged', public_id, restaurant_id, %(actor_kind)s, %(actor_id)s,
         %(actor_label)s, jsonb_build_object('service_date', service_date, 'before', before,
           'after', tags), %(correlation_id)s, %(origin)s
  FROM changed WHERE service_date >= %(now)s::date - 1
)
SELECT restaurant_id, count(*) FROM changed GROUP BY restaurant_id
"""


def rename_visit_tag(
    organization_id: int, before: str, after: str, *, by: Actor, now: dt.datetime
) -> int:
    """Every booking of the group that carries a tag carries its new name, or none when that is
    empty; how many did. Runs in the caller's transaction; repeatable.

    Raises the version of these bookings, so that a screen with the old name is told by whom: what
    is not over has a line in the trail.
    """
    parameters: dict[str, Any] = {
        **actor_parameters(by),
        "group": organization_id,
        "before": before,
        "after": after,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RENAME, parameters)
        found = cursor.fetchall()
    for restaurant_id, _number in found:
        wakeups.announce(restaurant_id)
    return sum(number for _restaurant, number in found)
