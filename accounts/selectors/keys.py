"""Reading keys of programs: once for every request, hence in plain SQL."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as one of its secrets leads to it."""

    pk: int
    public_id: str
    name: str
    scopes: list[str]
    source: str
    is_test: bool
    rate_per_hour: int
    allowed_networks: list[str]
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    last_used_at: dt.datetime | None
    restaurant_id: int | None
    restaurant: str | None
    """Its public id."""
    restaurant_slug: str | None
    digest: str
    """Of the secret."""
    secret_expires_at: dt.datetime | None

    def is_open(self, now: dt.datetime) -> bool:
        """Whether key and secret work at this moment."""
        ends = (self.expires_at, self.secret_expires_at)
        return self.revoked_at is None and all(end is None or end > now for end in ends)


# The restaurant's names come along by its table's name: accounts lie below restaurants.
_KEY = """
SELECT k.id, k.public_id, k.name, k.scopes, k.source, k.is_test, k.rate_per_hour,
       k.allowed_networks, k.expires_at, k.revoked_at, k.last_used_at, k.restaurant_id,
       r.public_id, r.slug, s.digest, s.expires_at
FROM accounts_apikeysecret s
JOIN accounts_apikey k ON k.id = s.key_id
LEFT JOIN restaurants_restaurant r ON r.id = k.restaurant_id
WHERE s.lookup = %(lookup)s
"""


def key_by_lookup(lookup: str) -> KnownKey | None:
    """The key one of whose secrets has this public part, open or not."""
    with connection.cursor() as cursor:
        cursor.execute(_KEY, {"lookup": lookup})
        row = cursor.fetchone()
    return None if row is None else KnownKey(*row)
