"""Tags of visits in the book: the names that bookings carry follow what the group calls them."""

from __future__ import annotations

from django.db import connection

_RENAME = """
UPDATE reservations_reservation b
SET tags = CASE WHEN %(after)s = '' THEN array_remove(b.tags, %(before)s::varchar)
  ELSE array_replace(b.tags, %(before)s::varchar, %(after)s::varchar) END
FROM restaurants_restaurant r
WHERE r.id = b.restaurant_id AND r.organization_id = %(group)s
  AND b.tags @> ARRAY[%(before)s::varchar]
"""


def rename(organization_id: int, before: str, after: str) -> int:
    """Every booking of the group that carries a tag carries its new name, or none when that is
    empty; how many did. Runs in the caller's transaction; repeatable. Raises the version of these
    bookings, so that a screen with the old name is told.
    """
    names: dict[str, int | str] = {"group": organization_id, "before": before, "after": after}
    with connection.cursor() as cursor:
        cursor.execute(_RENAME, names)
        return int(cursor.rowcount)
