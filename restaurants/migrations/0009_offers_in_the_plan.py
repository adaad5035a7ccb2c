"""Offers can be booked, so a change of one raises ``plan_version`` like any other rule."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("restaurants", "0008_hospitality")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER plan_version AFTER INSERT OR UPDATE OR DELETE ON restaurants_offer"
            " FOR EACH ROW EXECUTE FUNCTION couvert_plan_part_changed();",
            "DROP TRIGGER plan_version ON restaurants_offer;",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER plan_version AFTER INSERT OR UPDATE OR DELETE"
            " ON restaurants_offer_services FOR EACH ROW EXECUTE FUNCTION"
            " couvert_plan_link_changed('offer_id', 'restaurants_offer');",
            "DROP TRIGGER plan_version ON restaurants_offer_services;",
        ),
    ]
