"""A house that has an owner keeps one: the last cannot be removed or given another role.

Checked at the end of the transaction, so that a house or a group may still be deleted as a whole,
and that two owners may change places.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION couvert_keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM restaurants_restaurant WHERE id = OLD.restaurant_id)
     AND NOT EXISTS (SELECT FROM restaurants_membership
                     WHERE restaurant_id = OLD.restaurant_id AND role = 'owner') THEN
    RAISE EXCEPTION 'the last owner of a restaurant stays' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER membership_last_owner_deleted
  AFTER DELETE ON restaurants_membership DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.role = 'owner') EXECUTE FUNCTION couvert_keep_an_owner();
CREATE CONSTRAINT TRIGGER membership_last_owner_changed
  AFTER UPDATE ON restaurants_membership DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.role = 'owner' AND (NEW.role, NEW.restaurant_id) IS DISTINCT FROM (OLD.role, OLD.restaurant_id))
  EXECUTE FUNCTION couvert_keep_an_owner();
"""
BACKWARD = """
DROP TRIGGER membership_last_owner_deleted ON restaurants_membership;
DROP TRIGGER membership_last_owner_changed ON restaurants_membership;
DROP FUNCTION couvert_keep_an_owner();
"""


class Migration(migrations.Migration):
    dependencies = [("restaurants", "0011_people_and_tablets")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
