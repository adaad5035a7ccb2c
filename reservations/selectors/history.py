"""What past weeks say: how many guests sat there, hour by hour."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from reservations.engine.patterns import HourOfWeek

# Hours of the restaurant's clock, not of the world's: seven in the evening is seven in any season.
_READ = """
SELECT extract(isodow FROM b.service_date)::int - 1, extract(hour FROM hour)::int,
       sum(b.party_size)::int
FROM reservations_reservation b
JOIN restaurants_restaurant r ON r.id = b.restaurant_id
CROSS JOIN LATERAL generate_series(
  date_trunc('hour', b.starts_at AT TIME ZONE r.zone),
  (b.ends_at AT TIME ZONE r.zone) - interval '1 second', interval '1 hour') hour
WHERE b.restaurant_id = %(restaurant)s
  AND b.service_date >= %(first)s AND b.service_date < %(until)s
  AND b.status NOT IN ('cancelled', 'no_show', 'declined', 'expired') AND NOT b.is_test
GROUP BY 1, 2
"""


def guests_by_hour(restaurant_id: int, first: dt.date, until: dt.date) -> dict[HourOfWeek, int]:
    """Guests present per weekday of the service and hour of the clock, summed over these dates.

    ``until`` is not included. Whoever cancelled or did not come is not counted, nor are tests.
    One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"restaurant": restaurant_id, "first": first, "until": until})
        return {(weekday, hour): guests for weekday, hour, guests in cursor.fetchall()}
