"""A restaurant with upcoming parties keeps its capacity mode.

Tables are claimed in one mode and seats of a pool in the other: a party booked before the
switch would have no place after it. The rule stands here and not with the restaurant, because
only this layer knows the book.
"""

from __future__ import annotations

from django.db import migrations

GUARD = """
CREATE FUNCTION couvert_capacity_mode_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM reservations_hold
             WHERE restaurant_id = OLD.id AND status = 'live' AND expires_at > now())
    OR EXISTS (SELECT FROM reservations_reservation
               WHERE restaurant_id = OLD.id AND ends_at > now()
                 AND status IN ('requested', 'pending', 'pending_payment', 'confirmed',
                                'reconfirmed', 'partially_arrived', 'arrived',
                                'partially_seated', 'seated', 'check_dropped', 'paid'))
  THEN
    RAISE EXCEPTION 'The capacity mode cannot change while there are upcoming bookings.'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'restaurant_mode_unused',
            TABLE = 'restaurants_restaurant';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER capacity_mode_guard BEFORE UPDATE OF capacity_mode ON restaurants_restaurant
  FOR EACH ROW WHEN (OLD.capacity_mode <> NEW.capacity_mode)
  EXECUTE FUNCTION couvert_capacity_mode_guard();
"""
NO_GUARD = """
DROP TRIGGER capacity_mode_guard ON restaurants_restaurant;
DROP FUNCTION couvert_capacity_mode_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("reservations", "0001_initial"), ("restaurants", "0002_plan_version")]
    operations = [migrations.RunSQL(GUARD, NO_GUARD)]
