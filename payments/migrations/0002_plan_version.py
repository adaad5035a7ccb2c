"""Deposit policies are part of a restaurant's plan: changing one raises its version."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("restaurants", "0002_plan_version")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER plan_version AFTER INSERT OR UPDATE OR DELETE ON payments_policy"
            " FOR EACH ROW EXECUTE FUNCTION couvert_plan_part_changed();",
            "DROP TRIGGER plan_version ON payments_policy;",
        )
    ]
