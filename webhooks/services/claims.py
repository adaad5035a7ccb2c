"""Taking deliveries out of the queue: fairly among endpoints, and each by one process only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import connection, transaction

from webhooks.models import Delivery

LEASE = dt.timedelta(minutes=2)
"""Longer than a call can take, the name server's patience included: only a worker that died loses
its delivery to another."""
PER_ENDPOINT = 4
"""Calls at a time to one endpoint, by one process."""
FAILURES_TO_PAUSE = 5
"""After so many failures in a row an endpoint gets one call at a time, and at intervals."""

_CLAIM = """
WITH open AS (
  SELECT e.id,
         CASE WHEN e.failures >= %(to_pause)s THEN 1 ELSE %(per_endpoint)s END
           - coalesce(flying.number, 0) AS room
  FROM webhooks_endpoint e
  LEFT JOIN unnest(%(busy)s::bigint[], %(numbers)s::int[]) AS flying(id, number) USING (id)
  WHERE e.status = 'active' AND e.removed_at IS NULL
    AND (e.not_before IS NULL OR e.not_before <= %(now)s)
    AND EXISTS (
      SELECT FROM webhooks_delivery d
      WHERE d.endpoint_id = e.id AND d.status IN ('queued', 'sending')
        AND d.not_before <= %(now)s)
), picked AS (
  SELECT due.id
  FROM open
  CROSS JOIN LATERAL (
    SELECT d.id FROM webhooks_delivery d
    WHERE d.endpoint_id = open.id AND d.status IN ('queued', 'sending')
      AND d.not_before <= %(now)s
    ORDER BY d.not_before, d.id
    LIMIT greatest(open.room, 0)
    FOR UPDATE SKIP LOCKED
  ) due
  ORDER BY open.room DESC, random()
  LIMIT %(limit)s
)
UPDATE webhooks_delivery d
SET status = 'sending', attempts = d.attempts + 1, not_before = %(until)s
FROM picked WHERE d.id = picked.id
RETURNING d.id
"""


def claim(limit: int, busy: Mapping[int, int], now: dt.datetime) -> list[Delivery]:
    """Up to ``limit`` due deliveries, ours until their lease ends, with endpoint, key and event.

    ``busy`` says how many calls this process has under way to which endpoint. Commits. Oldest
    first for each endpoint; those with least under way come first, so that a slow or dead one
    keeps nobody waiting.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "to_pause": FAILURES_TO_PAUSE,
                "per_endpoint": PER_ENDPOINT,
                "busy": list(busy),
                "numbers": list(busy.values()),
                "now": now,
                "until": now + LEASE,
                "limit": limit,
            },
        )
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    rows = Delivery.objects.select_related("endpoint__key", "event").filter(pk__in=ids)
    return list(rows.order_by("id"))
