"""A named check in SQL, and the words its statements share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import dedent, fill
from typing import Any

from django.db import connection

from core import money
from payments.gateways.units import PAYPAL_WHOLE, STRIPE_WHOLE, unit_of
from reservations.engine.lifecycle import HOLDS_TABLE, Status

Row = tuple[Any, ...]

_STATUSES = fill(
    ", ".join(f"'{status}'" for status in sorted(HOLDS_TABLE)), 80, subsequent_indent=" " * 20
)

_IS_EXPECTED = f"""(status IN ({_STATUSES})
         OR (status = 'completed' AND source = 'import'))"""
"""A past visit from a file is written as completed at once, and keeps its place as history."""

_PARTY = f"""party AS (
  SELECT 'hold' AS kind, id, restaurant_id, service_id, service_date, starts_at, ends_at,
         party_size, channel, load_ids, false AS is_overbooked
  FROM reservations_hold WHERE status = 'live'
  UNION ALL
  SELECT 'reservation', id, restaurant_id, service_id, service_date, starts_at, ends_at,
         party_size, channel, load_ids, cardinality(overbooked) > 0
  FROM reservations_reservation
  WHERE {_IS_EXPECTED}
)"""  # noqa: S608 - put together from constants of the engine


def _quoted(words: Iterable[str], indent: int) -> str:
    text = ", ".join(f"'{word}'" for word in sorted(words))
    return fill(text, 80, subsequent_indent=" " * indent)


_DIGITS = f"""CASE WHEN p.currency IN ({_quoted(money.WHOLE, 33)}) THEN 0
              WHEN p.currency IN ({_quoted(money.THOUSANDTHS, 33)}) THEN 3
              ELSE 2 END"""
"""Digits after the point, as :func:`core.money.exponent` has them."""

_UNIT = " ".join(
    [
        "CASE",
        *(
            f"WHEN p.gateway = '{gateway}' AND p.currency = '{currency}' THEN {own}"
            for gateway in ("stripe", "square", "paypal")
            for currency in sorted(money.THOUSANDTHS | PAYPAL_WHOLE | STRIPE_WHOLE)
            if (own := unit_of(gateway, currency)) != money.unit(currency)
        ),
        f"WHEN p.currency IN ({_quoted(money.WHOLE, 33)}) THEN 1",
        f"WHEN p.currency IN ({_quoted(money.THOUSANDTHS, 33)}) THEN 0.001",
        "ELSE 0.01 END",
    ]
)
"""The smallest amount that can be moved, as :func:`payments.gateways.units.unit_of` has it."""

_STATES = _quoted((f"reservation.{status}" for status in Status), 24)
"""The verbs that name a status of a reservation; the others name what else was done to it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, and the statement that finds what breaks it."""

    name: str
    promise: str
    sql: str

    def violations(self) -> list[Row]:
        """The rows that break the promise, as of now."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql)
            return list(cursor.fetchall())


_WORDS = {
    "PARTY": _PARTY,
    "EXPECTED": _IS_EXPECTED,
    "DIGITS": _DIGITS,
    "UNIT": _UNIT,
    "STATES": _STATES,
}
"""What the statements below write in capitals."""


def make_check(name: str, promise: str, sql: str) -> Check:
    """A check from its statement, with the words in capitals written out."""
    text = dedent(sql).strip()
    for word, meaning in _WORDS.items():
        text = text.replace(word, meaning)
    return Check(name, promise, text)
