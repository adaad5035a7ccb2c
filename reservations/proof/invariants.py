"""What must be true of the book at every committed instant: named checks in SQL.

A check selects the rows that break a promise; none is the only good answer. The checks look at
what is stored and recompute it from what parties asked for; they trust no service, no constraint
and no counter. ``manage.py prove``, the report of an import and the tests all use these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import dedent, fill
from typing import Any

from django.db import connection

from core import money
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
         party_size, channel, load_ids
  FROM reservations_hold WHERE status = 'live'
  UNION ALL
  SELECT 'reservation', id, restaurant_id, service_id, service_date, starts_at, ends_at,
         party_size, channel, load_ids
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


_WORDS = {"PARTY": _PARTY, "EXPECTED": _IS_EXPECTED, "DIGITS": _DIGITS, "STATES": _STATES}
"""What the statements below write in capitals."""


def broken(checks: Iterable[Check]) -> dict[str, list[Row]]:
    """The checks that find something, by name, with what they found; empty is good."""
    found = {check.name: check.violations() for check in checks}
    return {name: rows for name, rows in found.items() if rows}


def _check(name: str, promise: str, sql: str) -> Check:
    text = dedent(sql).strip()
    for word, meaning in _WORDS.items():
        text = text.replace(word, meaning)
    return Check(name, promise, text)


OVERLAPPING_CLAIMS = _check(
    "overlapping_claims",
    "No table is claimed twice for one moment",
    """
    SELECT a.table_id, a.id, b.id, a.during * b.during
    FROM reservations_tableclaim a
    JOIN reservations_tableclaim b
      ON b.table_id = a.table_id AND b.id > a.id AND b.during && a.during
    WHERE a.released_at IS NULL AND b.released_at IS NULL
    """,
)

POOL_OVERSOLD = _check(
    "pool_oversold",
    "No moment has more guests than a pool of seats has seats",
    """
    WITH PARTY
    SELECT r.public_id, to_timestamp(cell * 900), sum(p.party_size), r.seats
    FROM party p
    JOIN restaurants_restaurant r ON r.id = p.restaurant_id AND r.capacity_mode = 'seats'
    CROSS JOIN LATERAL generate_series(
      floor(extract(epoch FROM p.starts_at) / 900)::bigint,
      ceil(extract(epoch FROM p.ends_at) / 900)::bigint - 1) AS cell
    GROUP BY r.id, cell
    HAVING sum(p.party_size) > r.seats
    """,
)

SERVICE_OVERFULL = _check(
    "service_overfull",
    "No service and no quarter of an hour takes more guests or parties than it may",
    """
    WITH PARTY
    SELECT s.name, p.service_date::text, sum(p.party_size), NULL::bigint
    FROM party p JOIN restaurants_diningservice s ON s.id = p.service_id
    GROUP BY s.id, p.service_date
    HAVING sum(p.party_size) > s.max_covers
    UNION ALL
    SELECT s.name, to_timestamp(min(extract(epoch FROM p.starts_at)))::text,
           sum(p.party_size), count(*)
    FROM party p JOIN restaurants_diningservice s ON s.id = p.service_id
    GROUP BY s.id, floor(extract(epoch FROM p.starts_at) / 900)
    HAVING sum(p.party_size) > s.slot_covers OR count(*) > s.slot_parties
      OR sum(p.party_size) FILTER (WHERE p.channel = 'online') > s.online_slot_covers
      OR count(*) FILTER (WHERE p.channel = 'online') > s.online_slot_parties
    """,
)

GAUGE_ABOVE_LIMIT = _check(
    "gauge_above_limit",
    "No counter is above its limit or below nothing",
    """
    SELECT id, gauge, cell, covers, covers_allowed, parties, parties_allowed
    FROM reservations_serviceload
    WHERE covers > covers_allowed OR parties > parties_allowed OR covers < 0 OR parties < 0
    """,
)

GAUGE_DRIFT = _check(
    "gauge_drift",
    "Every counter is what the live parties add up to",
    """
    WITH PARTY, counted AS (
      SELECT u.load_id, sum(p.party_size) AS covers, count(*) AS parties
      FROM party p CROSS JOIN LATERAL unnest(p.load_ids) AS u(load_id) GROUP BY u.load_id
    )
    SELECT s.id, s.gauge, s.cell, s.covers, c.covers, s.parties, c.parties
    FROM reservations_serviceload s FULL JOIN counted c ON c.load_id = s.id
    WHERE s.covers IS DISTINCT FROM coalesce(c.covers, 0)
       OR s.parties IS DISTINCT FROM coalesce(c.parties, 0)
    """,
)

PARTY_UNCOUNTED = _check(
    "party_uncounted",
    "Every live party is counted by its service, its slot and, for the whole stay, by its pool",
    """
    WITH PARTY, due AS (
      SELECT kind, id, load_ids, restaurant_id, 'service' AS gauge, service_id,
             (service_date - '1970-01-01'::date) * 96 AS cell
      FROM party
      UNION ALL
      SELECT kind, id, load_ids, restaurant_id, gauge, service_id,
             floor(extract(epoch FROM starts_at) / 900)
      FROM party JOIN (VALUES ('slot', false), ('slot_online', true)) AS g(gauge, is_online)
        ON NOT is_online OR channel = 'online'
      UNION ALL
      SELECT p.kind, p.id, p.load_ids, p.restaurant_id, 'seats', NULL, cell
      FROM party p
      JOIN restaurants_restaurant r ON r.id = p.restaurant_id AND r.capacity_mode = 'seats'
      CROSS JOIN LATERAL generate_series(
        floor(extract(epoch FROM p.starts_at) / 900)::bigint,
        ceil(extract(epoch FROM p.ends_at) / 900)::bigint - 1) AS cell
    )
    SELECT kind, id, gauge, cell FROM due
    WHERE NOT EXISTS (
      SELECT FROM reservations_serviceload s
      WHERE s.id = ANY(due.load_ids) AND s.restaurant_id = due.restaurant_id
        AND s.gauge = due.gauge AND s.cell = due.cell
        AND s.service_id IS NOT DISTINCT FROM due.service_id)
    """,
)

PARTY_WITHOUT_PLACE = _check(
    "party_without_place",
    "Every live party of a house with tables has tables that seat it, for the whole of its turn",
    """
    WITH PARTY, claim AS (
      SELECT CASE WHEN hold_id IS NULL THEN 'reservation' ELSE 'hold' END AS kind,
             coalesce(hold_id, reservation_id) AS id, table_id, during
      FROM reservations_tableclaim WHERE released_at IS NULL
    ), floor AS (
      SELECT ARRAY[id] AS tables, max_seats FROM restaurants_diningtable
      UNION ALL
      SELECT array_agg(x.diningtable_id ORDER BY x.diningtable_id), c.max_seats
      FROM restaurants_tablecombination c
      JOIN restaurants_tablecombination_tables x ON x.tablecombination_id = c.id
      GROUP BY c.id
    ), seated AS (
      SELECT p.kind, p.id, p.party_size, array_agg(c.table_id ORDER BY c.table_id) AS tables
      FROM party p
      JOIN restaurants_restaurant r ON r.id = p.restaurant_id AND r.capacity_mode = 'tables'
      LEFT JOIN claim c ON c.kind = p.kind AND c.id = p.id
        AND c.during @> tstzrange(p.starts_at, p.ends_at)
      GROUP BY p.kind, p.id, p.party_size
    )
    SELECT kind, id, party_size, tables FROM seated
    WHERE NOT EXISTS (
      SELECT FROM floor WHERE floor.tables = seated.tables AND max_seats >= party_size)
    """,
)

CLAIM_WITHOUT_OWNER = _check(
    "claim_without_owner",
    "Every live claim on a table belongs to a live hold or an expected party",
    """
    SELECT c.id, c.table_id, c.hold_id, c.reservation_id
    FROM reservations_tableclaim c
    WHERE c.released_at IS NULL
      AND NOT EXISTS (SELECT FROM reservations_hold WHERE id = c.hold_id AND status = 'live')
      AND NOT EXISTS (SELECT FROM reservations_reservation
                      WHERE id = c.reservation_id AND EXPECTED)
    """,
)

SEVERAL_LIVE_HOLDS = _check(
    "several_live_holds",
    "No guest has two live holds",
    """
    SELECT guest_key, count(*) FROM reservations_hold WHERE status = 'live'
    GROUP BY guest_key HAVING count(*) > 1
    """,
)

HOLD_WITHOUT_RESERVATION = _check(
    "hold_without_reservation",
    "Every confirmed hold is one reservation, and no live hold is one already",
    """
    SELECT h.public_id, h.status, b.public_id
    FROM reservations_hold h LEFT JOIN reservations_reservation b ON b.hold_id = h.id
    WHERE (h.status = 'confirmed') <> (b.id IS NOT NULL)
      AND NOT (h.status = 'expired' AND b.id IS NOT NULL)
    """,
)

PAID_FOR_NOTHING = _check(
    "paid_for_nothing",
    "Every payment taken has a reservation or goes back in full",
    """
    SELECT p.public_id, p.purpose, p.amount, p.refunded FROM payments_payment p
    WHERE p.status = 'succeeded' AND p.refunded < p.amount
      AND NOT EXISTS (SELECT FROM reservations_reservation WHERE payment_id = p.id)
    """,
)

UNPAID = _check(
    "unpaid",
    "Every reservation that grew out of a hold with a deposit is paid, by just that deposit",
    """
    SELECT b.public_id, b.deposit_amount, b.currency, p.amount, p.currency, p.status
    FROM reservations_reservation b LEFT JOIN payments_payment p ON p.id = b.payment_id
    WHERE b.hold_id IS NOT NULL AND b.deposit_amount > 0
      AND (p.status, p.amount, p.currency)
          IS DISTINCT FROM ('succeeded', b.deposit_amount, b.currency)
    """,
)

PAID_TWICE = _check(
    "paid_twice",
    "Nobody's second payment for one hold is kept",
    """
    SELECT purpose, count(*), sum(amount - refunded) FROM payments_payment
    WHERE status = 'succeeded' AND refunded < amount
    GROUP BY purpose HAVING count(*) > 1
    """,
)

OWED_REFUND = _check(
    "owed_refund",
    "Whoever cancels gets back what was agreed, to the cent; who is turned away, or cancelled by"
    " the house, everything; who is expected or had their evening, nothing",
    """
    WITH due AS (
      SELECT b.public_id, b.status, b.deposit_amount, p.refunded, DIGITS AS digits,
        CASE
          WHEN b.status IN ('declined', 'expired') OR b.status = 'cancelled' AND EXISTS (
            SELECT FROM core_auditentry a
            WHERE a.target = b.public_id AND a.verb = 'reservation.cancelled'
              AND a.actor_kind NOT IN ('guest', 'partner')
              AND a.data ->> 'by_ladder' IS DISTINCT FROM 'true')
          THEN 100
          WHEN b.status = 'cancelled'
          THEN least(b.refund_cap, coalesce((
            SELECT max((step ->> 1)::int) FROM jsonb_array_elements(b.refund_ladder) AS step
            WHERE date_trunc('second', b.cancelled_at)
                  <= b.starts_at - make_interval(hours => (step ->> 0)::int)), 0))
          ELSE 0
        END AS percent
      FROM reservations_reservation b JOIN payments_payment p ON p.id = b.payment_id
      WHERE p.status = 'succeeded'
    )
    SELECT public_id, status, deposit_amount, percent, refunded FROM due
    WHERE refunded <> round(deposit_amount * percent / 100, digits)
    """,
)

REFUND_SUM = _check(
    "refund_sum",
    "Every payment knows the sum of its refunds, and none returns more than was taken",
    """
    SELECT p.public_id, p.amount, p.refunded, sum(r.amount)
    FROM payments_payment p
    LEFT JOIN payments_refund r ON r.payment_id = p.id AND r.status <> 'failed'
    GROUP BY p.id
    HAVING p.refunded <> coalesce(sum(r.amount), 0) OR p.refunded > p.amount
    """,
)

MESSAGE_LOST = _check(
    "message_lost",
    "Every guest with an address is told: of a booking or request, of the answer to a request,"
    " of a cancellation, of money coming back",
    """
    WITH due AS (
      SELECT public_id AS about, ARRAY['reservation_confirmed', 'reservation_pending'] AS kinds
      FROM reservations_reservation WHERE guest_email <> '' AND source <> 'import'
      UNION ALL
      SELECT public_id, ARRAY['reservation_confirmed']
      FROM reservations_reservation
      WHERE guest_email <> '' AND source <> 'import' AND status NOT IN (
        'requested', 'pending', 'pending_payment', 'cancelled', 'declined', 'expired')
      UNION ALL
      SELECT public_id, ARRAY['reservation_' || status]
      FROM reservations_reservation
      WHERE guest_email <> '' AND status IN ('cancelled', 'declined', 'expired')
      UNION ALL
      SELECT h.public_id, ARRAY['deposit_refunded']
      FROM payments_payment p JOIN reservations_hold h ON h.public_id = p.purpose
      WHERE p.status = 'succeeded' AND h.guest_email <> ''
        AND NOT EXISTS (SELECT FROM reservations_reservation WHERE hold_id = h.id)
    )
    SELECT about, kinds FROM due
    WHERE NOT EXISTS (
      SELECT FROM notifications_message m WHERE m.about = due.about AND m.kind = ANY(due.kinds))
    """,
)

DEED_WITHOUT_RECORD = _check(
    "deed_without_record",
    "Every hold and reservation stands in the audit trail from its beginning to the state it is"
    " in, with the decision that seated it",
    """
    WITH deed AS (
      SELECT public_id, 'hold.placed' AS began,
             CASE WHEN status IN ('live', 'confirmed') THEN 'hold.placed'
                  ELSE 'hold.' || status END AS last,
             ARRAY['hold.placed', 'hold.released', 'hold.expired'] AS states, true AS is_decided
      FROM reservations_hold
      UNION ALL
      SELECT public_id, 'hold.extended', 'hold.extended', ARRAY['hold.extended'], false
      FROM reservations_hold WHERE extensions > 0
      UNION ALL
      SELECT public_id, NULL, 'reservation.' || status,
             ARRAY[STATES], hold_id IS NULL
      FROM reservations_reservation
    )
    SELECT deed.public_id, deed.last, trail.first, trail.last
    FROM deed CROSS JOIN LATERAL (
      SELECT (array_agg(a.verb ORDER BY a.id))[1] AS first,
             (array_agg(a.verb ORDER BY a.id DESC))[1] AS last
      FROM core_auditentry a WHERE a.target = deed.public_id AND a.verb = ANY(deed.states)
    ) trail
    WHERE trail.last IS DISTINCT FROM deed.last
      OR trail.first <> deed.began
      OR (deed.began IS NULL AND trail.first NOT IN (
        'reservation.confirmed', 'reservation.pending', 'reservation.completed'))
      OR (is_decided AND NOT EXISTS (
        SELECT FROM reservations_seatingdecision d
        WHERE d.subject = deed.public_id AND d.accepted))
    """,
)

CHARGE_UNACCOUNTED = _check(
    "charge_unaccounted",
    "What the provider charged is what our books say, charge for charge",
    """
    SELECT coalesce(s.key, p.idempotency_key), s.outcome, p.status
    FROM (SELECT * FROM payments_sandboxcharge WHERE kind = 'charge' AND outcome = 'succeeded') s
    FULL JOIN (SELECT * FROM payments_payment
               WHERE gateway = 'sandbox' AND status = 'succeeded') p
      ON p.idempotency_key = s.key
    WHERE s.key IS NULL OR p.id IS NULL
    """,
)

REFUND_UNACCOUNTED = _check(
    "refund_unaccounted",
    "What the provider gave back is what our books say, once each",
    """
    SELECT coalesce(s.key, r.idempotency_key), s.minor_amount, r.amount, r.status
    FROM (SELECT * FROM payments_sandboxcharge WHERE kind = 'refund') s
    FULL JOIN (SELECT r.*, p.amount AS paid, p.provider_reference AS charge
               FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
               WHERE p.gateway = 'sandbox' AND r.status <> 'failed') r
      ON r.idempotency_key = s.key AND r.charge = s.charge_reference
    LEFT JOIN payments_sandboxcharge c ON c.reference = s.charge_reference AND c.kind = 'charge'
    WHERE s.key IS NULL OR r.id IS NULL OR r.status <> 'succeeded'
       OR s.minor_amount * r.paid <> r.amount * c.minor_amount
    """,
)

MONEY_IN_THE_AIR = _check(
    "money_in_the_air",
    "No payment is without an answer",
    """
    SELECT public_id, status, last_error FROM payments_payment
    WHERE status IN ('requested', 'unknown')
    """,
)

MESSAGE_STUCK = _check(
    "message_stuck",
    "Every message is sent or queued",
    """
    SELECT public_id, kind, status, last_error FROM notifications_message
    WHERE status NOT IN ('sent', 'queued')
    """,
)

LAPSED_HOLD_LEFT = _check(
    "lapsed_hold_left",
    "No hold outlives its time",
    "SELECT public_id, expires_at FROM reservations_hold WHERE status = 'live'",
)

ALWAYS: tuple[Check, ...] = (
    OVERLAPPING_CLAIMS,
    POOL_OVERSOLD,
    SERVICE_OVERFULL,
    GAUGE_ABOVE_LIMIT,
    GAUGE_DRIFT,
    PARTY_UNCOUNTED,
    PARTY_WITHOUT_PLACE,
    CLAIM_WITHOUT_OWNER,
    SEVERAL_LIVE_HOLDS,
    HOLD_WITHOUT_RESERVATION,
    PAID_FOR_NOTHING,
    UNPAID,
    PAID_TWICE,
    OWED_REFUND,
    REFUND_SUM,
    MESSAGE_LOST,
    DEED_WITHOUT_RECORD,
)
"""True at every committed instant, whatever runs and whoever died."""

AT_REST: tuple[Check, ...] = (
    *ALWAYS,
    CHARGE_UNACCOUNTED,
    REFUND_UNACCOUNTED,
    MONEY_IN_THE_AIR,
    MESSAGE_STUCK,
    LAPSED_HOLD_LEFT,
)
"""True besides when every sweep has run late enough to find everything due."""
