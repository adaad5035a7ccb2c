"""The same bookings for both systems: restaurants × days × reservations, loaded in bulk.

Run inside Couvert's settings (``python -m benchmarks.dataset``). A stamp row tells whether what
is there can be used again; benchmarks that add bookings remove them afterwards (``tidy``).
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

ZONE = "America/New_York"
GUESTS = 20_000
WEB_GUESTS = 4000
"""The first of them come by HTTP; pgbench has the others."""
LARGE_TABLES = 200
BURST_TABLES = 10
SERVICE_BEGINS = 11
"""The hour of the first slot; the last one is at 22:00."""
PAIR_TIMES = ("15:00", "15:30", "16:00")
"""When every table is free in the loaded days: between lunch and dinner."""

_SITTINGS = ("12:00", "18:00", "20:00")
_LAYOUT = 4
"""Raised when the bookings are laid out differently, so that older data is loaded anew."""


@dataclass(frozen=True)
class Scale:
    """How much there is. Restaurants are numbered from 1, and after them come two special ones."""

    restaurants: int = 1000
    days: int = 30
    per_day: int = 60
    first: str = ""
    """The first day, as YYYY-MM-DD."""
    layout: int = _LAYOUT

    @property
    def tables(self) -> int:
        """Tables of an ordinary restaurant: three parties sit at each in a day."""
        return max(20, -(-self.per_day // len(_SITTINGS)))

    @property
    def burst(self) -> int:
        """The number of the restaurant with ten tables and no bookings."""
        return self.restaurants + 1

    @property
    def large(self) -> int:
        """The number of the restaurant with two hundred tables."""
        return self.restaurants + 2

    def date(self, day: int) -> dt.date:
        """The day with this number."""
        return dt.date.fromisoformat(self.first) + dt.timedelta(days=day)

    def bookable_days(self) -> range:
        """The loaded days that have not come yet, wherever in the world it is."""
        passed = (dt.datetime.now(dt.UTC).date() - self.date(0)).days + 1
        return range(max(passed, 0), self.days)

    def web_days(self) -> range:
        """Every other of them, for guests who come by HTTP."""
        return self.bookable_days()[::2]

    def pgbench_days(self) -> range:
        """The others: pgbench takes tables without looking whether they are free."""
        return self.bookable_days()[1::2]


def restaurant_id(number: int) -> str:
    """Couvert's public id of a restaurant."""
    return f"rest_bench{number}"


def user_id(number: int) -> str:
    """Couvert's public id of a guest."""
    return f"user_bench{number}"


def contract_id(kind: str, number: int) -> str:
    """The pseudo-code's id of a restaurant or user: a UUID that SQL can make as well."""
    return str(uuid.UUID(hashlib.md5(f"{kind}{number}".encode()).hexdigest()))


def main() -> None:
    """Make the data what the arguments say, as good as new; print its scale and tokens as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--restaurants", type=int, default=Scale.restaurants)
    parser.add_argument("--days", type=int, default=Scale.days)
    parser.add_argument("--per-day", type=int, default=Scale.per_day)
    chosen = parser.parse_args()
    import django

    django.setup()
    from api.tokens import access_token

    wanted = Scale(chosen.restaurants, chosen.days, chosen.per_day)
    found = _stamp()
    if found is None or not _serves(found, wanted):
        found = _load(wanted)
    else:
        print(f"  data of an earlier run: {_describe(found)}", flush=True)
        tidy()
    tokens = [access_token(user_id(number)) for number in range(1, WEB_GUESTS + 1)]
    print(json.dumps({"scale": asdict(found), "tokens": tokens}))


def _describe(scale: Scale) -> str:
    total = scale.restaurants * scale.days * scale.per_day
    return (
        f"{scale.restaurants:,} restaurants × {scale.days} days × {scale.per_day} reservations"
        f" = {total:,} in each system"
    )


def _serves(found: Scale, wanted: Scale) -> bool:
    same = (found.restaurants, found.days, found.per_day, found.layout) == (
        wanted.restaurants,
        wanted.days,
        wanted.per_day,
        wanted.layout,
    )
    return same and 2 * len(found.bookable_days()) >= found.days


def _stamp() -> Scale | None:
    """What is loaded, if it was loaded whole."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('bench_stamp')")
        if cursor.fetchone()[0] is None:
            return None
        cursor.execute("SELECT scale FROM bench_stamp")
        row = cursor.fetchone()
    return Scale(**json.loads(row[0])) if row else None


def _load(wanted: Scale) -> Scale:
    from django.core.management import call_command
    from django.db import connection

    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    scale = Scale(wanted.restaurants, wanted.days, wanted.per_day, first=tomorrow.isoformat())
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        cursor.execute("DROP SCHEMA IF EXISTS contract2 CASCADE")
    call_command("migrate", interactive=False, verbosity=0)
    print(f"  loading {_describe(scale)}", flush=True)
    from benchmarks import dataset_contract, dataset_couvert

    with _quickly():
        dataset_couvert.load(scale)
        _say("Couvert", began)
        dataset_contract.load(scale)
    _say("pseudo-code", began)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_stamp (scale text, marks text)")
        cursor.execute("INSERT INTO bench_stamp VALUES (%s, %s)", [_json(scale), _marks(cursor)])
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    _say("analysed", began)
    return scale


def _say(what: str, began: float) -> None:
    print(f"  {what}: after {time.monotonic() - began:.0f} s", flush=True)


def _json(scale: Scale) -> str:
    return json.dumps(asdict(scale))


@contextmanager
def _quickly() -> Iterator[None]:
    """Without triggers and foreign keys' checks, which the bulk of invented rows does not need."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute("SET work_mem = '256MB'")
        yield
        cursor.execute("RESET ALL")


# --- Removing what benchmarks added ---------------------------------------------------------------

_GROWING = (
    "notifications_message",
    "payments_refund",
    "reservations_tableclaim",
    "reservations_reservation",
    "reservations_hold",
    "payments_payment",
    "payments_sandboxcharge",
    "reservations_seatingdecision",
    "reservations_serviceload",
    "customers_customer",
    "core_auditentry",
)


def _marks(cursor: Any) -> str:
    marks = {}
    for table in _GROWING:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        marks[table] = cursor.fetchone()[0]
    return json.dumps(marks)


def tidy() -> None:
    """Remove every booking made since the load, and let the statistics know."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT marks FROM bench_stamp")
        marks: dict[str, int] = json.loads(cursor.fetchone()[0])
        # The audit trail refuses to be shortened; a benchmark's own may be.
        cursor.execute("SET session_replication_role = replica")
        for table, mark in marks.items():
            cursor.execute(f"DELETE FROM {table} WHERE id > %s", [mark])
        cursor.execute("RESET session_replication_role")
        cursor.execute("DELETE FROM contract2.reservations WHERE confirmation_code LIKE 'FT-%'")
        cursor.execute("TRUNCATE contract2.holds")
        for table in (*marks, "contract2.reservations"):
            cursor.execute(f"VACUUM ANALYZE {table}")


if __name__ == "__main__":
    main()
