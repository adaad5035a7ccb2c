"""The bookings as Couvert's rows: reservations and their claims on tables."""

from __future__ import annotations

from accounts.models import Organization, User
from benchmarks.bulk import insert_select, reset_sequence, without_indexes
from benchmarks.dataset import (
    _SITTINGS,
    BURST_TABLES,
    GUESTS,
    LARGE_TABLES,
    SERVICE_BEGINS,
    ZONE,
    Scale,
)
from customers.models import Customer
from payments.models import Payment, Policy
from reservations.models import Hold, Reservation, TableClaim
from restaurants.models import DiningRoom, DiningService, DiningTable, Restaurant, TurnTime

_TURN_MINUTES = 120
_HISTORY = 100_000
_KINDS = (
    "'Italian', 'French', 'Japanese', 'Indian', 'Mexican', 'Thai', 'Steakhouse', 'Vegan', 'Bar'"
)


def load(scale: Scale) -> None:
    """Restaurants with their rules, guests, and the bookings."""
    _load_houses(scale)
    _load_guests()
    with without_indexes("reservations_reservation"), without_indexes("reservations_tableclaim"):
        _load_bookings(scale)
    _load_history(scale)


def _load_houses(scale: Scale) -> None:
    """Each restaurant a group of its own, open 11:00 to 22:00 every half hour, $25 a head."""
    numbers = f"generate_series(1, {scale.large}) r"
    insert_select(Organization, numbers, id="r", public_id="'org_bench' || r", name="'Group ' || r")
    insert_select(
        Restaurant,
        numbers,
        id="r",
        public_id="'rest_bench' || r",
        organization_id="r",
        slug="'bench-' || r",
        name="'House ' || r",
        zone=f"'{ZONE}'",
        min_party="2",
        window_days="365",
        email="'book@house.example'",
        address="r || ' Greenwich Ave'",
        city="(array['New York', 'Hoboken', 'Jersey City', 'Yonkers'])[1 + r % 4]",
        description="'The house at number ' || r || ', with a garden.'",
        # Unlike each other, so that a search has something to tell apart and to rank.
        cuisine=f"(array[{_KINDS}])[1 + r % 8 : 1 + r % 8 + r % 2]",
        features="(array['Garden', 'Wine bar', 'Quiet', 'Lively'])[1 + r % 3 : 1 + r % 4]",
        price_level="1 + r % 4",
        rating="3 + (r % 20) / 10.0",
        review_count="r * 37 % 900",
        latitude="40.5 + (r * 7919 % 1000) / 2000.0",
        longitude="-74.2 + (r * 104729 % 1000) / 2000.0",
    )
    insert_select(
        DiningRoom, numbers, id="r", public_id="'room_' || r", restaurant_id="r", name="'Main'"
    )
    insert_select(
        DiningService,
        numbers,
        id="r",
        public_id="'serv_' || r",
        restaurant_id="r",
        name="'All day'",
        weekdays="'{0,1,2,3,4,5,6}'",
        first_seating=f"'{SERVICE_BEGINS}:00'",
        last_seating="'22:00'",
    )
    insert_select(TurnTime, numbers, restaurant_id="r", up_to="99", minutes=str(_TURN_MINUTES))
    insert_select(Policy, numbers, restaurant_id="r", name="'Deposit'", amount="25")
    _load_tables(scale)
    for model in (Organization, Restaurant, DiningRoom, DiningService, DiningTable):
        reset_sequence(model._meta.db_table)


def _load_tables(scale: Scale) -> None:
    """Ordinary houses have tables ``(r - 1) * tables + t``; for two, four and six."""
    floors = (
        (f"generate_series(1, {scale.restaurants}) r", scale.tables),
        (f"(VALUES ({scale.burst})) v(r)", BURST_TABLES),
        (f"(VALUES ({scale.large})) v(r)", LARGE_TABLES),
    )
    for houses, tables in floors:
        insert_select(
            DiningTable,
            f"{houses}, generate_series(1, {tables}) t",
            id=f"(r - 1) * {scale.tables} + t",
            public_id="'tbl_' || r || '_' || t",
            restaurant_id="r",
            room_id="r",
            label="t",
            max_seats="(array[4, 2, 4, 2, 6])[1 + t % 5]",
        )


def _load_guests() -> None:
    insert_select(
        User,
        f"generate_series(1, {GUESTS}) u",
        id="u",
        public_id="'user_bench' || u",
        email="'guest' || u || '@example.com'",
        full_name="'Guest ' || u",
        password="'!'",
    )
    reset_sequence("accounts_user")


def bookings(scale: Scale) -> str:
    """Every reservation as (n, r, day, at, t, u): both systems are loaded from this."""
    sittings = ", ".join(f"'{time}'" for time in _SITTINGS)
    return f"""(
      SELECT row_number() OVER () AS n, r, date '{scale.first}' + d AS day,
             (array[{sittings}])[1 + k / {scale.tables}]::time
               + make_interval(mins => 30 * (k % {scale.tables} % 3)) AS at,
             1 + k % {scale.tables} AS t,
             1 + (k * 83 + d * 7 + r) % {GUESTS} AS u
      FROM generate_series(1, {scale.restaurants}) r, generate_series(0, {scale.days - 1}) d,
           generate_series(0, {scale.per_day - 1}) k
    ) b"""


def _load_bookings(scale: Scale) -> None:
    source = f"""(
      SELECT *, (day + at) AT TIME ZONE '{ZONE}' AS starts, (r - 1) * {scale.tables} + t AS table_id
      FROM {bookings(scale)}) s"""
    turn = f"interval '{_TURN_MINUTES} minutes'"
    insert_select(
        Reservation,
        source,
        id="n",
        public_id="'res_bench' || n",
        code="'BN-' || n",
        restaurant_id="r",
        service_id="r",
        service_date="day",
        starts_at="starts",
        ends_at=f"starts + {turn}",
        party_size="2",
        user_id="u",
        guest_name="'Guest ' || u",
        guest_email="'guest' || u || '@example.com'",
        deposit_amount="50",
        currency="'USD'",
        refund_ladder="'[[24, 100], [4, 50]]'",
        created_at="now()",
        updated_at="now()",
        status_changed_at="now()",
    )
    insert_select(
        TableClaim,
        source,
        table_id="table_id",
        restaurant_id="r",
        service_date="day",
        during=f"tstzrange(starts, starts + {turn})",
        reservation_id="n",
    )
    reset_sequence("reservations_reservation")


def _load_history(scale: Scale) -> None:
    """What past bookings leave behind: PostgreSQL plans differently for tables that are empty."""
    rows = min(_HISTORY, scale.restaurants * scale.days * scale.per_day)
    source = f"generate_series(1, {rows}) n, LATERAL (SELECT 1 + n % {scale.restaurants} AS r) x"
    insert_select(
        Customer,
        source,
        public_id="'cust_past' || n",
        organization_id="r",
        name="'Past ' || n",
        email="'past' || n || '@example.com'",
    )
    insert_select(
        Payment,
        source,
        id="n",
        public_id="'pay_past' || n",
        restaurant_id="r",
        purpose="'hold_past' || n",
        gateway="'sandbox'",
        idempotency_key="'deposit:hold_past' || n || ':0'",
        amount="50",
        captured="50",
        currency="'USD'",
        status="'succeeded'",
        created_at="now()",
        settled_at="now()",
    )
    insert_select(
        Hold,
        source,
        public_id="'hold_past' || n",
        guest_key=f"'user:user_bench' || 1 + n % {GUESTS}",
        user_id=f"1 + n % {GUESTS}",
        restaurant_id="r",
        service_id="r",
        service_date="current_date - 30",
        starts_at="now() - interval '30 days'",
        ends_at="now() - interval '29 days'",
        party_size="2",
        status="'confirmed'",
        deposit_amount="50",
        currency="'USD'",
        payment_id="n",
        created_at="now() - interval '31 days'",
        expires_at="now() - interval '30 days'",
        closed_at="now() - interval '31 days'",
    )
    reset_sequence("payments_payment")
