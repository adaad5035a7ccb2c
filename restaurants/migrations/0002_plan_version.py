"""Triggers that raise ``plan_version`` whenever something that decides about bookings changes.

In the database, so that no write can forget it: admin, shell, bulk update or raw SQL.
"""

from __future__ import annotations

from django.db import migrations

OWNED = [
    "restaurants_diningroom",
    "restaurants_diningtable",
    "restaurants_tablecombination",
    "restaurants_diningservice",
    "restaurants_turntime",
    "restaurants_openinghours",
    "restaurants_specialday",
    "restaurants_closure",
]
LINKED = [
    ("restaurants_tablecombination_tables", "tablecombination_id", "restaurants_tablecombination"),
    ("restaurants_diningservice_rooms", "diningservice_id", "restaurants_diningservice"),
]

FUNCTIONS = """
CREATE FUNCTION couvert_restaurant_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW IS DISTINCT FROM OLD AND NEW.plan_version = OLD.plan_version THEN
    NEW.plan_version := OLD.plan_version + 1;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER plan_version BEFORE UPDATE ON restaurants_restaurant
  FOR EACH ROW EXECUTE FUNCTION couvert_restaurant_changed();

CREATE FUNCTION couvert_plan_part_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    UPDATE restaurants_restaurant SET plan_version = plan_version + 1 WHERE id = OLD.restaurant_id;
  END IF;
  IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.restaurant_id <> OLD.restaurant_id) THEN
    UPDATE restaurants_restaurant SET plan_version = plan_version + 1 WHERE id = NEW.restaurant_id;
  END IF;
  RETURN NULL;
END $$;

-- Arguments: the column that names the parent row, and the parent's table.
CREATE FUNCTION couvert_plan_link_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format(
    'UPDATE restaurants_restaurant SET plan_version = plan_version + 1'
    ' WHERE id = (SELECT restaurant_id FROM %I WHERE id = ($1->>%L)::bigint)',
    TG_ARGV[1], TG_ARGV[0])
    USING to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END);
  RETURN NULL;
END $$;
"""
NO_FUNCTIONS = """
DROP TRIGGER plan_version ON restaurants_restaurant;
DROP FUNCTION couvert_restaurant_changed();
DROP FUNCTION couvert_plan_part_changed();
DROP FUNCTION couvert_plan_link_changed();
"""


def part_trigger(table: str) -> migrations.RunSQL:
    """Raise the version on every change of a table that names its restaurant."""
    return migrations.RunSQL(
        f"CREATE TRIGGER plan_version AFTER INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION couvert_plan_part_changed();",
        f"DROP TRIGGER plan_version ON {table};",
    )


def link_trigger(table: str, column: str, parent: str) -> migrations.RunSQL:
    """Raise the version on every change of a many-to-many table."""
    return migrations.RunSQL(
        f"CREATE TRIGGER plan_version AFTER INSERT OR UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION couvert_plan_link_changed('{column}', '{parent}');",
        f"DROP TRIGGER plan_version ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("restaurants", "0001_initial")]
    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        *(part_trigger(table) for table in OWNED),
        *(link_trigger(*link) for link in LINKED),
    ]
