"""The statements of one pair, as Couvert sends them, turned into a pgbench script.

Run inside Couvert's settings (``python -m benchmarks.capture SCALE``). Three pairs are made by
different guests at different restaurants through the real views, and every statement is logged
with its parameters, BEGIN and COMMIT included. A parameter that was the same three times stays a
constant; one that equals something known of each pair (a restaurant's id, the hold's key …)
becomes an expression of pgbench variables, so that no two transactions of the benchmark collide.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.dataset import GUESTS, PAIR_TIMES, WEB_GUESTS, ZONE, Scale, tidy

_SAMPLES = 3
_EPOCH = dt.date(1970, 1, 1).toordinal()
_DAYS_APART = 2
"""pgbench has every other day (``Scale.pgbench_days``)."""

# Whose keys later statements need: they are taken from the answer of the statement that makes them.
_KEYS = {
    "reservations_hold": "hold",
    "payments_payment": "payment",
    "customers_customer": "customer",
}


@dataclass
class Sample:
    """One pair: what was sent, and what is known about it by name."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Script:
    """A pgbench script and what its reader should know."""

    text: str
    statements: int
    transactions: int
    spots: int
    """How many pairs the script can make before it begins anew."""
    kept: list[str]
    """Parameters that differed between the samples and stand as captured: JSON texts, mostly."""


def main() -> None:
    """Print the script and its facts as JSON."""
    import django

    django.setup()
    scale = Scale(**json.loads(sys.argv[1]))
    clients = int(sys.argv[2])
    _spread_keys()
    samples = [_sample(scale, number) for number in range(-1, _SAMPLES)]
    script = _script(scale, clients, samples[1:])
    tidy()
    print(json.dumps(vars(script)))


def _spread_keys() -> None:
    """Let keys of different tables differ, or a value could not be told by its number."""
    from django.db import connection

    with connection.cursor() as cursor:
        for step, table in enumerate(_KEYS, start=1):
            sequence = f"pg_get_serial_sequence('{table}', 'id')"
            cursor.execute(f"SELECT setval({sequence}, nextval({sequence}) + {step * 1_000_003})")


# --- Logging --------------------------------------------------------------------------------------


def _sample(scale: Scale, number: int) -> Sample:
    """Make one pair; the first (-1) only warms up what a process learns once."""
    from api.tokens import access_token
    from benchmarks import inside
    from benchmarks.dataset import restaurant_id, user_id

    restaurant = max(scale.restaurants - 7 * (number + 1), 1)
    guest = 9001 + 101 * number
    days = scale.bookable_days()
    day = days[(3 + 5 * number) % len(days)]
    body = {
        "userId": user_id(guest),
        "restaurantId": restaurant_id(restaurant),
        "date": scale.date(day).isoformat(),
        "time": PAIR_TIMES[0],
        "partySize": 2,
    }
    # The restaurant's rules are at hand in a process that has seen it before.
    inside.availability(inside.Wish(body, ""))
    sample = Sample()
    with _logged(sample):
        answer = inside.pair(inside.Wish(body, access_token(user_id(guest))))
    sample.facts = _facts(scale, restaurant, guest, day, answer["reservation"])
    return sample


@contextmanager
def _logged(sample: Sample) -> Iterator[None]:
    """Log statements, and the transaction commands that the driver sends around them."""
    from django.db import connection

    log = sample.statements
    is_open = False
    original = connection._commit

    def execute(run: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        nonlocal is_open
        if connection.in_atomic_block and not is_open:
            log.append(("BEGIN", None))
            is_open = True
        log.append((sql, parameters))
        return run(sql, parameters, many, context)

    def commit() -> None:
        nonlocal is_open
        if is_open:
            log.append(("COMMIT", None))
        is_open = False
        original()

    connection._commit = commit
    try:
        with connection.execute_wrapper(execute):
            yield
    finally:
        del connection._commit


def _facts(
    scale: Scale, restaurant: int, guest: int, day: int, answer: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything a statement of this pair may mention, by name."""
    from core.locks import Space, key
    from reservations.models import Reservation

    row = Reservation.objects.select_related("payment", "hold").get(
        public_id=answer["reservationId"]
    )
    assert row.hold is not None
    assert row.payment is not None
    assert row.user is not None
    claim = row.claims.get()
    date = scale.date(day)
    first_cell = (date.toordinal() - _EPOCH) * 96
    arrival_cell = int(row.starts_at.timestamp()) // 900
    house = row.restaurant.public_id
    return {
        "hold": row.hold.public_id,
        "reservation": row.public_id,
        "payment": row.payment.public_id,
        "code": row.code,
        "restaurant": house,
        "user": row.user.public_id,
        "email": row.guest_email,
        "name": row.guest_name,
        "hold_id": row.hold.pk,
        "payment_id": row.payment.pk,
        "customer_id": row.customer_id,
        "r": restaurant,
        "u": guest,
        "tables": [claim.table_id],
        "date": date,
        "starts": row.starts_at,
        "ends": row.ends_at,
        "day_lock": key(Space.SERVICE_DAY, house, date),
        "from_cell": first_cell - 96,
        "to_cell": first_cell + 3 * 96,
        "arrival_cell": arrival_cell,
        "date_cell": first_cell,
    }


# --- Writing the script ---------------------------------------------------------------------------


def _variables(scale: Scale, clients: int) -> list[str]:
    """A place of its own for every transaction: nth of client c is spot n * clients + c.

    ``permute`` scatters the spots over restaurants, days and tables. A guest belongs to one
    client and visits a restaurant once.
    """
    days = _days(scale, clients)
    spots = scale.restaurants * len(days) * scale.tables
    own = len(days) * scale.tables
    return [
        "\\set n :n + 1",
        f"\\set g :n * {clients} + :client_id",
        f"\\set spot permute(:g, {spots}, 7)",
        f"\\set r 1 + :spot % {scale.restaurants}",
        f"\\set d :spot / {scale.restaurants} % {len(days)}",
        f"\\set t 1 + :spot / {scale.restaurants * len(days)}",
        f"\\set u {WEB_GUESTS} + :client_id * {own} + :d * {scale.tables} + :t",
    ]


def _days(scale: Scale, clients: int) -> range:
    return scale.pgbench_days()[: (GUESTS - WEB_GUESTS) // (clients * scale.tables)]


def _expressions(scale: Scale, clients: int) -> dict[str, str]:
    """Each fact as SQL over the script's variables."""
    first = scale.date(_days(scale, clients)[0])
    wall = f"timestamp '{first} {PAIR_TIMES[0]}' + make_interval(days => {_DAYS_APART} * :d::int)"
    cell = (first.toordinal() - _EPOCH) * 96
    return {
        "hold": "'hold_bench' || :g",
        "reservation": "'res_new' || :g",
        "payment": "'pay_bench' || :g",
        "code": "'PB-' || :g",
        "restaurant": "'rest_bench' || :r",
        "user": "'user_bench' || :u",
        "email": "'guest' || :u || '@example.com'",
        "name": "'Guest ' || :u",
        "hold_id": ":hold_id::bigint",
        "payment_id": ":payment_id::bigint",
        "customer_id": ":customer_id::bigint",
        "r": ":r::bigint",
        "u": ":u::bigint",
        "tables": f"array[(:r::bigint - 1) * {scale.tables} + :t::bigint]",
        "date": f"(date '{first}' + {_DAYS_APART} * :d::int)",
        "starts": f"(({wall}) AT TIME ZONE '{ZONE}')",
        "ends": f"(({wall} + interval '2 hours') AT TIME ZONE '{ZONE}')",
        "day_lock": "(:r::bigint * 1000 + :d::bigint)",
        "arrival_cell": _cell_at(wall),
        "date_cell": f"({cell} + {_DAYS_APART * 96} * :d::int)",
        "from_cell": f"({cell - 96} + {_DAYS_APART * 96} * :d::int)",
        "to_cell": f"({cell + 3 * 96} + {_DAYS_APART * 96} * :d::int)",
    }


def _cell_at(wall: str) -> str:
    """The quarter of an hour, counted from 1970, of a time on the restaurant's clock."""
    return f"(extract(epoch FROM ({wall}) AT TIME ZONE '{ZONE}') / 900)::int"


def _script(scale: Scale, clients: int, samples: Sequence[Sample]) -> Script:
    shapes = {tuple(_shape(sql) for sql, _ in sample.statements) for sample in samples}
    if len(shapes) != 1:
        raise RuntimeError("the samples did not send the same statements")
    expressions = _expressions(scale, clients)
    kept: list[str] = []
    lines = _variables(scale, clients)
    made: set[str] = set()
    statements = list(zip(*(sample.statements for sample in samples), strict=True))
    for versions in statements:
        values = [_values(sql, parameters) for sql, parameters in versions]
        rendered = [
            _render(places, samples, expressions, versions[0][0], kept)
            for places in zip(*values, strict=True)
        ]
        text = _substitute(versions[0][0], rendered)
        lines.append(f"{text}{_ending(text, made)}")
    transactions = sum(sql == "COMMIT" for (sql, _), *_ in statements)
    spots = scale.restaurants * len(_days(scale, clients)) * scale.tables
    text = "\n".join(lines) + "\n"
    return Script(text, len(statements), transactions, spots, sorted(set(kept)))


def _ending(text: str, made: set[str]) -> str:
    """A semicolon, or a request to remember the key that the statement answers with."""
    for table, name in _KEYS.items():
        is_maker = re.search(rf'INSERT INTO "?{table}"?\s', text)
        if is_maker and name not in made:
            made.add(name)
            return f"\n\\gset {name}_"
    return ";"


_ARRAY = re.compile(r"::\w+\[\]")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%s|%%")


def _shape(sql: str) -> str:
    return re.sub(r'SAVEPOINT "[^"]+"', "SAVEPOINT x", sql)


def _values(sql: str, parameters: Any) -> list[Any]:
    """The parameters in the order of the statement's placeholders."""
    if parameters is None:
        return []
    found = [match for match in _PLACEHOLDER.finditer(sql) if match[0] != "%%"]
    if isinstance(parameters, Mapping):
        values = [parameters[match[1]] for match in found]
    else:
        values = list(parameters)
    is_array = [bool(_ARRAY.match(sql, match.end())) for match in found]
    return [_elements(v) if a else v for v, a in zip(values, is_array, strict=True)]


def _elements(value: Any) -> Any:
    """An array that was sent as text, as a list; anything else as it is."""
    if not (isinstance(value, str) and value.startswith("{") and value.endswith("}")):
        return value
    words = value[1:-1].split(",") if len(value) > 2 else []
    return [None if w == "NULL" else int(w) if w.lstrip("-").isdigit() else w for w in words]


def _substitute(sql: str, rendered: Sequence[str]) -> str:
    texts = iter(rendered)
    sql = re.sub(r"--[^\n]*", "", sql)
    if rendered:
        sql = _PLACEHOLDER.sub(lambda match: "%" if match[0] == "%%" else next(texts), sql)
    return re.sub(r"\s*\n\s*", " ", sql).strip()


def _render(
    values: tuple[Any, ...],
    samples: Sequence[Sample],
    expressions: Mapping[str, str],
    sql: str,
    kept: list[str],
) -> str:
    """One parameter, as seen in each sample, as SQL text."""
    for name, expression in expressions.items():
        if all(
            _same(value, sample.facts[name]) for value, sample in zip(values, samples, strict=True)
        ):
            return f"({expression})" if "||" in expression else expression
    if isinstance(values[0], dt.datetime):
        return _relative(values[0])
    if len(set(map(repr, values))) == 1:
        return _literal(values[0])
    if isinstance(values[0], list):
        elements = zip(*values, strict=True)
        texts = [_render(element, samples, expressions, sql, kept) for element in elements]
        return f"array[{', '.join(texts)}]"
    if isinstance(values[0], int) and "advisory_xact_lock" in sql:
        return f"(-(:u::bigint * 16 + {len(kept) % 16}))"
    if isinstance(values[0], str):
        composed = _compose(values, samples, expressions)
        if composed:
            return composed
    kept.append(str(values[0])[:60])
    return _literal(values[0])


def _same(value: Any, fact: Any) -> bool:
    return type(value) is type(fact) and bool(value == fact)


def _relative(value: dt.datetime) -> str:
    """An instant near the present, relative to it."""
    away = value - dt.datetime.now(dt.UTC)
    minutes = round(away.total_seconds() / 30) / 2
    return f"(now() + interval '{minutes} minutes')" if minutes else "now()"


def _compose(
    values: tuple[str, ...], samples: Sequence[Sample], expressions: Mapping[str, str]
) -> str | None:
    """A text that contains a known one: ``deposit:hold_…:0``."""
    for name, expression in expressions.items():
        parts = {
            tuple(value.split(sample.facts[name]))
            for value, sample in zip(values, samples, strict=True)
            if isinstance(sample.facts[name], str)
        }
        if (
            len(parts) == 1
            and len(pieces := next(iter(parts))) == 2
            and not values[0].startswith("{")
        ):
            before, after = map(_literal, pieces)
            return f"({before} || {expression} || {after})"
    random_id = re.fullmatch(r"([a-z]+)_[0-9a-z]{16}", values[0])
    return f"('{random_id[1]}_bench' || :g)" if random_id else None


def _literal(value: Any) -> str:
    """A constant; pgbench would take a colon and a letter in it for one of its variables."""
    from django.db import connection
    from psycopg import sql

    if hasattr(value, "adapted") or hasattr(value, "obj"):
        value = getattr(value, "obj", value)
    with connection.cursor() as cursor:
        text = sql.Literal(value).as_string(cursor.connection)
    broken = re.sub(r"(?<!:):(?=[A-Za-z_])", ":' || '", text) if text.startswith("'") else text
    return text if broken == text else f"({broken})"


if __name__ == "__main__":
    main()
