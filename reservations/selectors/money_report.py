"""What a house took and gave back, by day, source, kind and policy: what its payouts come to.

Computed by the database in one statement. Every movement counts on the day it happened, on the
clocks of the house: money on the day it was taken, a refund on the day the provider gave it back.
What is asked for, set aside or on its way has not moved and is not in it. Real and test money
are never added up, nor are currencies.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from reservations.selectors.house_money import midnight


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums of one group; every amount is positive, in the currency of its report."""

    taken: Decimal
    """Deposits and prepayments."""
    fees: Decimal
    """For parties that did not come or cancelled too late, holds that were taken among them."""
    refunded: Decimal
    lost: Decimal
    """Disputes that were lost."""
    redeemed: Decimal
    """Set off against bills; moves no money, so it is in no sum."""
    number: int
    """How many payments were taken."""

    @property
    def net(self) -> Decimal:
        """What should reach the bank, before what the provider keeps for itself."""
        return self.taken + self.fees - self.refunded - self.lost


@dataclass(frozen=True, slots=True)
class Line:
    """The finest group: one day, one source, one kind, one policy."""

    day: dt.date
    source: str
    """Empty: no booking came of it."""
    kind: str
    policy: str
    """Name of the policy that asked for it, as it is called now; empty: a person said how much."""
    figures: Figures


@dataclass(slots=True)
class Report:
    """One currency. Days, sources, kinds and policies without movements are left out."""

    currency: str
    total: Figures
    by_day: dict[dt.date, Figures] = field(default_factory=dict)
    by_source: dict[str, Figures] = field(default_factory=dict)
    by_kind: dict[str, Figures] = field(default_factory=dict)
    by_policy: dict[str, Figures] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


def report(
    restaurant_id: int,
    zone: ZoneInfo,
    first: dt.date,
    last: dt.date,
    *,
    is_test: bool,
    provider: str = "",
) -> list[Report]:
    """The movements of ``first`` to ``last`` on the clocks of the house, by currency. One query."""
    asked: dict[str, Any] = {
        "house": restaurant_id,
        "zone": zone.key,
        "since": midnight(first, zone),
        "until": midnight(last + dt.timedelta(days=1), zone),
        "is_test": is_test,
        "provider": provider,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REPORT, asked)
        return list(_reports(cursor.fetchall()))


def has_live_money(restaurant_id: int) -> bool:
    """Whether real money ever moved, or would now. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM payments_provideraccount"
            " WHERE restaurant_id = %s AND NOT is_test)",
            [restaurant_id],
        )
        return bool(cursor.fetchone()[0])


def _reports(rows: list[tuple[Any, ...]]) -> Iterator[Report]:
    # A total comes first in its currency: what is summed up over sorts last, so it is told by
    # the number of the grouping.
    reports: dict[str, Report] = {}
    for grouping, currency, _, _, _, _, *sums in rows:
        if grouping == _TOTAL:
            reports[currency] = Report(currency, Figures(*sums))
    for grouping, currency, day, source, kind, policy, *sums in rows:
        of, figures = reports[currency], Figures(*sums)
        if grouping == _BY_DAY:
            of.by_day[day] = figures
        elif grouping == _BY_SOURCE:
            of.by_source[source] = figures
        elif grouping == _BY_KIND:
            of.by_kind[kind] = figures
        elif grouping == _BY_POLICY:
            of.by_policy[policy] = figures
        elif grouping == _FINEST:
            of.lines.append(Line(day, source, kind, policy, figures))
    yield from reports.values()


_FINEST, _TOTAL = 0, 0b1111
_BY_DAY, _BY_SOURCE, _BY_KIND, _BY_POLICY = 0b0111, 0b1011, 0b1101, 0b1110
"""What GROUPING(day, source, kind, policy) says: a bit for each that is summed up over."""

_REPORT = """
WITH moved AS (
  SELECT p.id AS payment_id, p.settled_at AS at, p.captured AS taken,
    0 AS refunded, 0 AS lost, 0 AS redeemed, 1 AS number
  FROM payments_payment p
  WHERE p.restaurant_id = %(house)s AND p.status = 'succeeded'
    AND p.settled_at >= %(since)s AND p.settled_at < %(until)s
  UNION ALL
  SELECT p.id, r.settled_at, 0, r.amount, 0, 0, 0
  FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
  WHERE p.restaurant_id = %(house)s AND r.status = 'succeeded'
    AND r.settled_at >= %(since)s AND r.settled_at < %(until)s
  UNION ALL
  SELECT p.id, d.updated_at, 0, 0, d.amount, 0, 0
  FROM payments_paymentdispute d JOIN payments_payment p ON p.id = d.payment_id
  WHERE p.restaurant_id = %(house)s AND d.status = 'lost'
    AND d.updated_at >= %(since)s AND d.updated_at < %(until)s
  UNION ALL
  SELECT p.id, e.created_at, 0, 0, 0, e.amount, 0
  FROM payments_redemption e JOIN payments_payment p ON p.id = e.payment_id
  WHERE p.restaurant_id = %(house)s
    AND e.created_at >= %(since)s AND e.created_at < %(until)s
), placed AS (
  SELECT (m.at AT TIME ZONE %(zone)s)::date AS day, coalesce(b.source, '') AS source,
    p.kind, coalesce(o.name, p.policy_name) AS policy,
    p.currency, p.kind IN ('deposit', 'prepayment') AS is_advance, m.*
  FROM moved m
  JOIN payments_payment p ON p.id = m.payment_id
  LEFT JOIN payments_provideraccount a ON a.id = p.account_id
  LEFT JOIN payments_policy o ON o.id = p.policy_id
  LEFT JOIN LATERAL (
    SELECT r.source FROM reservations_reservation r WHERE r.public_id = p.purpose
    UNION ALL
    SELECT r.source FROM reservations_hold h
    JOIN reservations_reservation r ON r.hold_id = h.id WHERE h.public_id = p.purpose
    UNION ALL
    SELECT r.source FROM reservations_paymentrequest q
    JOIN reservations_reservation r ON r.id = q.reservation_id WHERE q.public_id = p.purpose
    LIMIT 1
  ) b ON true
  WHERE coalesce(a.is_test, true) = %(is_test)s
    AND (%(provider)s = '' OR p.gateway = %(provider)s)
)
SELECT GROUPING(day, source, kind, policy), currency, day, source, kind, policy,
  coalesce(sum(taken) FILTER (WHERE is_advance), 0),
  coalesce(sum(taken) FILTER (WHERE NOT is_advance), 0),
  sum(refunded), sum(lost), sum(redeemed), sum(number)
FROM placed
GROUP BY GROUPING SETS (
  (currency, day, source, kind, policy), (currency, day), (currency, source), (currency, kind),
  (currency, policy), (currency)
)
ORDER BY currency, day, source, kind, policy
"""
