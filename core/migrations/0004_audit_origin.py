"""Where staff acted from, and no way to empty the trail: TRUNCATE passes triggers for rows."""

from __future__ import annotations

from django.db import migrations, models

FORWARD = """
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON core_auditentry
  FOR EACH STATEMENT EXECUTE FUNCTION couvert_refuse_change();
"""
BACKWARD = "DROP TRIGGER audit_not_emptied ON core_auditentry"


class Migration(migrations.Migration):
    dependencies = [("core", "0003_audit_feed")]
    operations = [
        migrations.AddField(
            model_name="auditentry",
            name="origin",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Of staff: the tablet, or the network without its last part",
                max_length=80,
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
