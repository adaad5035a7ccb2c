"""The version of a reservation can be raised without another change of its row.

A party that changes tables may have the same row as before: its tables are in its claims. Who moves
it asks for the next version, so that a second screen is told.
"""

from __future__ import annotations

from django.db import migrations

_BODY = """
CREATE OR REPLACE FUNCTION couvert_reservation_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was record;
  {asked}
BEGIN
  was := OLD;
  {noted}
  NEW.version := OLD.version;
  -- Nobody's work is in the way of these.
  was.marked_late_at := NEW.marked_late_at;
  was.updated_at := NEW.updated_at;
  IF {raises} THEN
    NEW.version := OLD.version + 1;
  END IF;
  RETURN NEW;
END $$;
"""
ON_REQUEST = _BODY.format(
    asked="is_asked boolean;",
    noted="is_asked := NEW.version > OLD.version;",
    raises="is_asked OR NEW IS DISTINCT FROM was",
)
BY_ITSELF_ONLY = _BODY.format(asked="", noted="", raises="NEW IS DISTINCT FROM was")


class Migration(migrations.Migration):
    dependencies = [("reservations", "0022_queue_and_offers")]

    operations = [migrations.RunSQL(ON_REQUEST, BY_ITSELF_ONLY)]
