"""Each audit entry knows its transaction, so that a reader in (xid, id) order can skip none.

The column is not part of the model: nobody writes it, and only ``core.feed`` reads it. The default
is stable, not volatile, so that PostgreSQL adds the column without rewriting the table.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
ALTER TABLE core_auditentry ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX audit_feed ON core_auditentry (xid, id);
"""
BACKWARD = """
DROP INDEX audit_feed;
ALTER TABLE core_auditentry DROP COLUMN xid;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0002_audit_is_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
