"""When parties came, sat down and left, for visits from before there were columns for it.

The audit trail has it: an undone step is followed by the right one, so the last of each counts.
"""

from __future__ import annotations

from django.db import migrations

FROM_THE_TRAIL = """
UPDATE reservations_reservation b
SET arrived_at = coalesce(b.arrived_at, t.arrived_at),
    seated_at = coalesce(b.seated_at, t.seated_at), left_at = coalesce(b.left_at, t.left_at)
FROM (
  SELECT e.target,
    min(e.at) FILTER (WHERE e.verb = 'reservation.arrived') AS arrived_at,
    max(e.at) FILTER (WHERE e.verb = 'reservation.seated') AS seated_at,
    max(e.at) FILTER (WHERE e.verb = 'reservation.completed') AS left_at
  FROM core_auditentry e
  WHERE e.verb IN ('reservation.arrived', 'reservation.seated', 'reservation.completed')
  GROUP BY e.target
) t
WHERE t.target = b.public_id AND b.status = 'completed' AND b.left_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("reservations", "0020_visit_bills"), ("core", "0003_audit_feed")]
    operations = [migrations.RunSQL(FROM_THE_TRAIL, migrations.RunSQL.noop)]
