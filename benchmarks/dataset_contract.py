"""The same bookings as the pseudo-code's rows."""

from __future__ import annotations

from pathlib import Path

from django.db import connection

from benchmarks.bulk import without_indexes
from benchmarks.dataset import GUESTS, Scale
from benchmarks.dataset_couvert import bookings

_SCHEMA = Path(__file__).parent / "baseline" / "schema.sql"
_RESTAURANT = "md5('restaurant' || r)::uuid"
_USER = "md5('user' || u)::uuid"


def load(scale: Scale) -> None:
    """Create the document's tables and fill them."""
    with connection.cursor() as cursor:
        cursor.execute(_SCHEMA.read_text())
        cursor.execute("SET search_path TO public")
        cursor.execute(
            f"INSERT INTO contract2.restaurants SELECT {_RESTAURANT}, 'House ' || r, 25"
            f" FROM generate_series(1, {scale.large}) r"
        )
        cursor.execute(
            f"INSERT INTO contract2.users SELECT {_USER}, 'guest' || u || '@example.com'"
            f" FROM generate_series(1, {GUESTS}) u"
        )
        with without_indexes("contract2.reservations", primary_key=True):
            cursor.execute(
                "INSERT INTO contract2.reservations (user_id, restaurant_id, date, time,"
                " party_size, confirmation_code, deposit_amount, deposit_paid, payment_last4,"
                f" payment_brand) SELECT {_USER}, {_RESTAURANT}, day, at, 2, 'BN-' || n, 50,"
                f" true, '4242', 'Visa' FROM {bookings(scale)}"
            )
