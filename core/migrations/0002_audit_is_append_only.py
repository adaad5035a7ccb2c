"""The audit trail can be added to and read, never changed: a trigger says so."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION couvert_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON core_auditentry
  FOR EACH ROW EXECUTE FUNCTION couvert_refuse_change();
"""
BACKWARD = """
DROP TRIGGER audit_append_only ON core_auditentry;
DROP FUNCTION couvert_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
