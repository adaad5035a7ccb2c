"""Where staff acted from, beside who they are."""

from __future__ import annotations

from django.db import migrations, models


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
    ]
