"""The SQL that follows a tag of visits which the group calls something else, or gave up."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection

from core import wakeups
from core.actors import Actor
from customers.tag_names import RENAMED, tag_key
from reservations.ledger.guard import AUDIT, actor_parameters

_WORDS = """
SELECT DISTINCT word FROM reservations_reservation b
JOIN restaurants_restaurant r ON r.id = b.restaurant_id, unnest(b.tags) AS word
WHERE r.organization_id = %s AND b.tags <> '{}'
"""

_RENAME = f"""
WITH carried AS (
  SELECT b.id, b.tags AS before FROM reservations_reservation b
  JOIN restaurants_restaurant r ON r.id = b.restaurant_id
  WHERE r.organization_id = %(group)s AND b.tags && %(carried)s::varchar[]
  ORDER BY b.id FOR UPDATE OF b
), changed AS (
  UPDATE reservations_reservation b
  SET updated_at = %(now)s, tags = {RENAMED}
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
    """Every booking of the group that carries a tag, however it is written there, carries its new
    name, once, or none when that is empty; how many did. Runs in the caller's transaction;
    repeatable.

    Raises the version of these bookings, so that a screen with the old name is told by whom: what
    is not over has a line in the trail.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, [organization_id])
        known = {word: tag_key(word) for (word,) in cursor.fetchall()}
        carried = [w for w, key in known.items() if key == tag_key(before) and w != after]
        if not carried:
            return 0
        parameters: dict[str, Any] = {
            **actor_parameters(by),
            "group": organization_id,
            "carried": carried,
            "same": [w for w, key in known.items() if key in (tag_key(before), tag_key(after))],
            "after": after,
            "now": now,
        }
        cursor.execute(_RENAME, parameters)
        found = cursor.fetchall()
    for restaurant_id, _number in found:
        wakeups.announce(restaurant_id)
    return sum(number for _restaurant, number in found)
