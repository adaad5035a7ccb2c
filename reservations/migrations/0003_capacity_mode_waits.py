"""The capacity mode waits for bookings that are being written, and they for it.

The guard of ``0002`` looked at committed bookings only, so that one which committed a moment later
was not seen. The foreign key's row lock is no help: it is checked when a booking commits, long
after the booking has read the mode. So every booking shares a lock on its restaurant from before it
reads (``core.locks``), and a switch takes that lock for itself before it looks: it sees whoever was
earlier, and whoever is later reads the new mode.

A hold that lapsed but is not swept yet counts as well: its guest may be confirming it right now.
"""

from __future__ import annotations

from django.db import migrations

_FUNCTION = """
CREATE OR REPLACE FUNCTION couvert_capacity_mode_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {first}IF EXISTS (SELECT FROM reservations_hold
             WHERE restaurant_id = OLD.id AND status = 'live'{condition})
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
"""
WAITING = _FUNCTION.format(
    first="PERFORM pg_advisory_xact_lock(4, hashtext(OLD.public_id));\n  ", condition=""
)
AS_BEFORE = _FUNCTION.format(first="", condition=" AND expires_at > now()")


class Migration(migrations.Migration):
    dependencies = [("reservations", "0002_capacity_mode_guard")]
    operations = [migrations.RunSQL(WAITING, AS_BEFORE)]
