"""Holds in the ledger: placed, extended and given back, one statement each."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import connection

from core import wakeups
from core.actors import Actor
from reservations.details import OFFER_COLUMNS, ChosenOffer, Origin
from reservations.engine import types as e
from reservations.engine.money import RefundStep
from reservations.ledger.decisions import asked, candidates
from reservations.ledger.guard import AUDIT, actor_parameters, dump, guarded
from reservations.ledger.place import COUNT, Place, place_parameters
from reservations.ledger.states import HELD, held_state

_OFFER = ", ".join(OFFER_COLUMNS)
_OFFER_VALUES = ", ".join(f"%({name})s" for name in OFFER_COLUMNS)

_PLACE_HOLD = f"""
WITH loads AS ({COUNT}), hold AS (
  INSERT INTO reservations_hold
    (public_id, guest_key, user_id, restaurant_id, service_id, room_id, service_date, starts_at,
     ends_at, party_size, channel, source, status, deposit_amount, payment_kind, currency,
     refund_ladder, policy_id, policy_name,
     load_ids, guest_name, guest_email, guest_phone, special_requests, extensions, created_at,
     expires_at, step_free, utm_source, utm_medium, utm_campaign, referrer, address_key,
     {_OFFER})
  VALUES (%(public_id)s, %(guest_key)s, %(user_id)s, %(restaurant_id)s, %(service_id)s,
     %(room_id)s, %(service_date)s, %(starts_at)s, %(ends_at)s, %(party_size)s, %(channel)s,
     %(source)s, 'live', %(deposit)s, %(payment_kind)s, %(currency)s, %(refund_ladder)s::jsonb,
     (SELECT id FROM payments_policy WHERE id = %(policy_id)s FOR KEY SHARE), %(policy_name)s,
     coalesce((SELECT array_agg(id) FROM loads), '{{}}'), '', '', '', '', 0, %(now)s,
     %(expires_at)s, %(step_free)s, %(utm_source)s, %(utm_medium)s, %(utm_campaign)s,
     %(referrer)s, %(address_key)s, {_OFFER_VALUES})
  RETURNING id
), claims AS (
  INSERT INTO reservations_tableclaim
    (table_id, restaurant_id, service_date, during, hold_id, expires_at)
  SELECT t, %(restaurant_id)s, %(service_date)s,
         tstzrange(%(starts_at)s, %(claimed_until)s), hold.id, %(expires_at)s
  FROM hold, unnest(%(table_ids)s::bigint[]) AS t
), decision AS (
  INSERT INTO reservations_seatingdecision
    (restaurant_id, service_date, subject, at, accepted, asked, candidates, tables, refusals,
     rule_version, plan_version, actor_kind, actor_label)
  VALUES (%(restaurant_id)s, %(service_date)s, %(public_id)s, %(now)s, true, %(asked)s::jsonb,
     %(candidates)s::jsonb, to_jsonb(%(table_ids)s::bigint[]), '[]', %(rule_version)s,
     %(plan_version)s, %(actor_kind)s, %(actor_label)s)
), audit AS ({AUDIT}
  VALUES (%(now)s, 'hold.placed', %(public_id)s, %(restaurant_id)s, %(actor_kind)s, %(actor_id)s,
     %(actor_label)s, %(told)s::jsonb, %(correlation_id)s, %(origin)s)
)
SELECT id FROM hold
"""


def insert_hold(
    place: Place,
    *,
    public_id: str,
    guest_key: str,
    address_key: str,
    user_id: int | None,
    room_id: int | None,
    source: str,
    origin: Origin,
    offer: ChosenOffer,
    deposit: Decimal,
    payment_kind: str,
    policy_id: int | None,
    policy_name: str,
    currency: str,
    ladder: tuple[RefundStep, ...],
    decision: e.Decision,
    plan_version: int,
    by: Actor,
    now: dt.datetime,
    expires_at: dt.datetime,
) -> int:
    """Write a live hold with its claims, counts, decision and audit entry; return its key.

    The caller holds the day's lock. Raises what :func:`guarded` says.
    """
    question = asked(decision)
    parameters = {
        **place_parameters(place),
        **actor_parameters(by),
        "public_id": public_id,
        "guest_key": guest_key,
        "address_key": address_key,
        "user_id": user_id,
        "room_id": room_id,
        "source": source,
        **origin.columns(),
        **offer.columns(),
        "step_free": decision.query.step_free,
        "channel": decision.query.channel.value,
        "deposit": deposit,
        "payment_kind": payment_kind,
        "currency": currency,
        "policy_id": policy_id,
        "policy_name": policy_name,
        "refund_ladder": dump([[step.hours, step.percent] for step in ladder]),
        "asked": dump(question),
        "told": dump(question | {"state": {public_id: held_state(place, expires_at)}}),
        "candidates": dump(candidates(decision)),
        "rule_version": decision.rule_version,
        "plan_version": plan_version,
        "now": now,
        "expires_at": expires_at,
    }
    with guarded() as cursor:
        cursor.execute(_PLACE_HOLD, parameters)
        key = int(cursor.fetchone()[0])
    wakeups.announce(parameters["restaurant_id"])
    return key


_RELEASE = f"""
WITH closed AS (
  UPDATE reservations_hold SET status = %(status)s, closed_at = %(now)s
  WHERE id IN (SELECT id FROM reservations_hold WHERE {{which}} AND status = 'live'
               ORDER BY id FOR UPDATE SKIP LOCKED LIMIT %(limit)s)
  RETURNING id, public_id, restaurant_id, party_size, load_ids
), claims AS (
  UPDATE reservations_tableclaim SET released_at = %(now)s
  FROM closed WHERE hold_id = closed.id AND released_at IS NULL
), given_back AS (
  SELECT u.load_id, sum(party_size)::int AS covers, count(*)::int AS parties
  FROM closed CROSS JOIN LATERAL unnest(load_ids) u(load_id) GROUP BY u.load_id
), counted AS (
  SELECT s.id FROM reservations_serviceload s JOIN given_back x ON x.load_id = s.id
  ORDER BY s.restaurant_id, s.cell, s.gauge, s.service_id FOR UPDATE OF s
), loads AS (
  UPDATE reservations_serviceload s
  SET covers = s.covers - x.covers, parties = s.parties - x.parties
  FROM counted JOIN given_back x ON x.load_id = counted.id
  WHERE s.id = counted.id
), audit AS ({AUDIT}
  SELECT %(now)s, 'hold.' || %(status)s::text, public_id, restaurant_id, %(actor_kind)s,
         %(actor_id)s, %(actor_label)s,
         jsonb_build_object('state', jsonb_build_object(public_id, NULL)), %(correlation_id)s,
         %(origin)s FROM closed
)
SELECT restaurant_id FROM closed
"""
_RELEASE_ONE = _RELEASE.format(which="id = %(hold_id)s")
_RELEASE_LAPSED = _RELEASE.format(which="expires_at <= %(now)s")
_RELEASE_LAPSED_OF_DAY = _RELEASE.format(
    which="expires_at <= %(now)s AND restaurant_id = %(restaurant_id)s"
    " AND service_date BETWEEN %(date)s::date - 1 AND %(date)s::date + 1"
)


def release_hold(hold_id: int, *, status: str, by: Actor, now: dt.datetime) -> bool:
    """End one live hold (``released`` or ``expired``) and give back all it took.

    False when it was not live any more; may be repeated. Needs no day lock: the hold's row
    serialises it against confirmation, and giving back cannot make anything overlap.
    """
    return _release(_RELEASE_ONE, {"hold_id": hold_id, "limit": 1}, status, by, now) == 1


def release_lapsed(*, limit: int, by: Actor, now: dt.datetime) -> int:
    """End up to ``limit`` holds whose time is over, skipping any that someone is working on."""
    return _release(_RELEASE_LAPSED, {"limit": limit}, "expired", by, now)


def release_lapsed_of_day(
    restaurant_id: int, service_date: dt.date, *, by: Actor, now: dt.datetime
) -> int:
    """End the lapsed holds around one service date, for whoever needs their tables now."""
    where = {"restaurant_id": restaurant_id, "date": service_date, "limit": 10_000}
    return _release(_RELEASE_LAPSED_OF_DAY, where, "expired", by, now)


def _release(
    statement: str, where: dict[str, Any], status: str, by: Actor, now: dt.datetime
) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**where, **actor_parameters(by), "status": status, "now": now})
        return _told(cursor.fetchall())


def _told(houses: list[tuple[int]]) -> int:
    """How many holds have changed, after saying so to who watches their houses."""
    for (restaurant_id,) in houses:
        wakeups.announce(restaurant_id)
    return len(houses)


_EXTEND = f"""
WITH hold AS (
  UPDATE reservations_hold h SET expires_at = %(expires_at)s, extensions = h.extensions + 1
  WHERE h.public_id = %(public_id)s AND h.guest_key = %(guest_key)s AND h.status = 'live'
    AND h.expires_at > %(now)s AND h.extensions < %(limit)s
  RETURNING h.*
), claims AS (
  UPDATE reservations_tableclaim c SET expires_at = %(expires_at)s
  FROM hold WHERE c.hold_id = hold.id AND c.released_at IS NULL
), audit AS ({AUDIT}
  SELECT %(now)s, 'hold.extended', public_id, restaurant_id, %(actor_kind)s, %(actor_id)s,
         %(actor_label)s, jsonb_build_object('state', jsonb_build_object(public_id, {HELD})),
         %(correlation_id)s, %(origin)s FROM hold h
)
SELECT restaurant_id FROM hold
"""


def extend_hold(
    public_id: str,
    guest_key: str,
    *,
    expires_at: dt.datetime,
    limit: int,
    by: Actor,
    now: dt.datetime,
) -> bool:
    """Keep a live hold until ``expires_at``; False if it lapsed or was extended ``limit`` times."""
    with connection.cursor() as cursor:
        cursor.execute(
            _EXTEND,
            {
                **actor_parameters(by),
                "public_id": public_id,
                "guest_key": guest_key,
                "expires_at": expires_at,
                "limit": limit,
                "now": now,
            },
        )
        return _told(cursor.fetchall()) == 1
