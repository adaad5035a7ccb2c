"""What must be true of the book at every committed instant: named checks in SQL.

A check selects the rows that break a promise; none is the only good answer. The checks look at
what is stored and recompute it from what parties asked for; they trust no service, no constraint
and no counter. ``manage.py prove``, the report of an import and the tests all use these. Those
about money are in ``money_invariants``.
"""

from __future__ import annotations

from collections.abc import Iterable

from reservations.proof import money_invariants
from reservations.proof.checks import Check, Row
from reservations.proof.checks import make_check as _check


def broken(checks: Iterable[Check]) -> dict[str, list[Row]]:
    """The checks that find something, by name, with what they found; empty is good."""
    found = {check.name: check.violations() for check in checks}
    return {name: rows for name, rows in found.items() if rows}


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
    "No service and no quarter of an hour takes more guests or parties than it may, unless a"
    " manager set the limit aside for one of them",
    """
    WITH PARTY
    SELECT s.name, p.service_date::text, sum(p.party_size), NULL::bigint
    FROM party p JOIN restaurants_diningservice s ON s.id = p.service_id
    GROUP BY s.id, p.service_date
    HAVING sum(p.party_size) > s.max_covers AND NOT bool_or(p.is_overbooked)
    UNION ALL
    SELECT s.name, to_timestamp(min(extract(epoch FROM p.starts_at)))::text,
           sum(p.party_size), count(*)
    FROM party p JOIN restaurants_diningservice s ON s.id = p.service_id
    GROUP BY s.id, floor(extract(epoch FROM p.starts_at) / 900)
    HAVING (sum(p.party_size) > s.slot_covers OR count(*) > s.slot_parties
      OR sum(p.party_size) FILTER (WHERE p.channel = 'online') > s.online_slot_covers
      OR count(*) FILTER (WHERE p.channel = 'online') > s.online_slot_parties)
      AND NOT bool_or(p.is_overbooked)
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
    "Every live party of a house with tables has tables that seat it, for the whole of its turn;"
    " one that sits has them as long as it sits, and staff may push tables together or squeeze",
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
      SELECT p.kind, p.id, p.party_size, array_agg(c.table_id ORDER BY c.table_id) AS tables,
             coalesce(sum(t.max_seats), 0) AS seats,
             coalesce(bool_or(b.is_locked), false) AS by_hand,
             coalesce(bool_or('table_seats' = ANY(b.overbooked)), false) AS squeezed
      FROM party p
      JOIN restaurants_restaurant r ON r.id = p.restaurant_id AND r.capacity_mode = 'tables'
      LEFT JOIN reservations_reservation b ON p.kind = 'reservation' AND b.id = p.id
      LEFT JOIN claim c ON c.kind = p.kind AND c.id = p.id
        AND (c.during @> tstzrange(p.starts_at, p.ends_at)
          OR b.status IN ('partially_seated', 'seated', 'check_dropped', 'paid'))
      LEFT JOIN restaurants_diningtable t ON t.id = c.table_id
      GROUP BY p.kind, p.id, p.party_size
    )
    SELECT kind, id, party_size, tables FROM seated
    WHERE NOT EXISTS (
      SELECT FROM floor WHERE floor.tables = seated.tables AND max_seats >= party_size)
      AND NOT (by_hand AND seats >= party_size)
      AND NOT (squeezed AND seats > 0)
    """,
)

CLAIM_WITHOUT_OWNER = _check(
    "claim_without_owner",
    "Every live claim on a table belongs to a live hold, an expected party or a block",
    """
    SELECT c.id, c.table_id, c.hold_id, c.reservation_id
    FROM reservations_tableclaim c
    WHERE c.released_at IS NULL
      AND NOT EXISTS (SELECT FROM reservations_hold WHERE id = c.hold_id AND status = 'live')
      AND NOT EXISTS (SELECT FROM reservations_reservation
                      WHERE id = c.reservation_id AND EXPECTED)
      AND NOT EXISTS (SELECT FROM reservations_tableblock
                      WHERE id = c.block_id AND ended_at IS NULL)
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

MESSAGE_LOST = _check(
    "message_lost",
    "Every guest with an address is told: of a booking or request, of the answer to a request,"
    " of a cancellation, of money coming back",
    """
    WITH due AS (
      SELECT public_id AS about, ARRAY['reservation_confirmed', 'reservation_pending'] AS kinds
      FROM reservations_reservation r WHERE guest_email <> '' AND source <> 'import'
        -- Such a booking begins with a link to pay by.
        AND NOT EXISTS (SELECT FROM reservations_paymentrequest
                        WHERE reservation_id = r.id AND becomes <> '')
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
        'reservation.confirmed', 'reservation.pending', 'reservation.pending_payment',
        'reservation.completed'))
      OR (is_decided AND NOT EXISTS (
        SELECT FROM reservations_seatingdecision d
        WHERE d.subject = deed.public_id AND d.accepted))
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
    *money_invariants.ALWAYS,
    MESSAGE_LOST,
    DEED_WITHOUT_RECORD,
)
"""True at every committed instant, whatever runs and whoever died."""

AT_REST: tuple[Check, ...] = (
    *ALWAYS,
    *money_invariants.AT_REST,
    MESSAGE_STUCK,
    LAPSED_HOLD_LEFT,
)
"""True besides when every sweep has run late enough to find everything due."""
