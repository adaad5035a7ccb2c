"""From hold to reservation: the payment's row before the gateway is asked, and the swap after.

Both are single statements guarded by the hold's own row. They need no day lock: the hold
already owns its tables, and only their owner changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection, transaction

from core.actors import SYSTEM, Actor
from core.ids import booking_code, public_id
from notifications.reach import Way
from payments.gateways.base import NEVER_ARRIVED, ChargeResult
from reservations.details import DETAIL_COLUMNS, OFFER_COLUMNS, ORIGIN_COLUMNS, Details
from reservations.ledger.guard import AUDIT, CodeTaken, actor_parameters, array, dump, guarded
from reservations.ledger.states import HELD, OF_HOLD
from reservations.models.reservation import IS_LIVE

_CODE_DRAWS = 8


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom a reservation is for."""

    name: str
    email: str
    phone: str = ""
    customer_id: int | None = None
    is_new: bool = False
    """The group did not know them before."""


@dataclass(frozen=True, slots=True)
class BegunPayment:
    """A payment row that is ready to be sent to the gateway."""

    id: int
    idempotency_key: str
    amount: Decimal
    currency: str
    method: dict[str, Any]
    is_new: bool
    """False when an earlier request made the row: the provider may have heard of it."""
    reference: str
    """The provider's id of it, if an earlier request learned it."""
    begun_at: dt.datetime
    kind: str
    """What is done with the card: a hold that is far ahead only saves it."""
    gateway: str
    account_id: int | None
    """Whom it was begun with, whoever takes the house's payments by now."""


_SAID = ", ".join(DETAIL_COLUMNS)
_SAID_VALUES = ", ".join(f"%({name})s" for name in DETAIL_COLUMNS).replace(
    "%(allergens)s", "%(allergens)s::text[]"
)
_FROM_HOLD = ", ".join(("step_free", *ORIGIN_COLUMNS, *OFFER_COLUMNS))

_BEGIN = f"""
WITH hold AS (
  SELECT h.*, 'deposit:' || h.public_id || ':' || (
           SELECT count(*) FROM payments_payment p
           WHERE p.purpose = h.public_id AND p.status IN ('failed', 'voided')) AS key
  FROM reservations_hold h
  WHERE h.id = %(hold_id)s AND h.status = 'live' AND h.expires_at > %(now)s
    AND NOT EXISTS (
      SELECT FROM reservations_reservation b
      WHERE b.user_id = h.user_id AND b.restaurant_id = h.restaurant_id
        AND b.starts_at = h.starts_at AND b.{IS_LIVE})
  FOR UPDATE OF h
), payment AS (
  INSERT INTO payments_payment
    (public_id, restaurant_id, purpose, kind, gateway, account_id, agreed_text, idempotency_key,
     amount, currency, status, method, card_brand, card_last4, provider_reference, failure_code,
     failure_message, refunded, attempts, next_check_at, last_error, created_at, policy_id,
     policy_name)
  SELECT %(payment_public_id)s, restaurant_id, public_id, %(kind)s, %(gateway)s,
         %(account_id)s, %(agreed_text)s, key, deposit_amount,
         currency, 'requested', %(method)s::jsonb, '', '', '', '', '', 0, 1, %(check_at)s, '',
         %(now)s, (SELECT id FROM payments_policy WHERE id = hold.policy_id FOR KEY SHARE),
         policy_name
  FROM hold
  ON CONFLICT (idempotency_key) DO NOTHING
  RETURNING id, idempotency_key, amount, currency, method, provider_reference, created_at, kind,
            gateway, account_id
), attached AS (
  UPDATE reservations_hold h
  SET payment_id = payment.id, customer_id = %(customer_id)s, guest_name = %(guest_name)s,
      guest_email = %(guest_email)s, guest_phone = %(guest_phone)s,
      ({_SAID}) = ({_SAID_VALUES}),
      expires_at = greatest(h.expires_at, %(keep_until)s)
  FROM payment WHERE h.id = %(hold_id)s
), kept AS (
  UPDATE reservations_tableclaim c SET expires_at = %(keep_until)s
  FROM payment
  WHERE c.hold_id = %(hold_id)s AND c.released_at IS NULL AND c.expires_at < %(keep_until)s
), audit AS ({AUDIT}
  SELECT %(now)s, 'hold.kept', h.public_id, h.restaurant_id, %(actor_kind)s, %(actor_id)s,
         %(actor_label)s, jsonb_build_object('state', jsonb_build_object(h.public_id, {HELD})),
         %(correlation_id)s, %(origin)s
  FROM payment CROSS JOIN (
    SELECT id, public_id, restaurant_id, service_date, party_size,
           %(keep_until)s::timestamptz AS expires_at
    FROM hold WHERE expires_at < %(keep_until)s) h
)
SELECT id, idempotency_key, amount, currency, method, provider_reference, created_at, kind, gateway,
       account_id
FROM payment
"""

_OPEN_PAYMENT = """
SELECT p.id, p.idempotency_key, p.amount, p.currency, p.method, p.provider_reference, p.created_at,
       p.kind, p.gateway, p.account_id
FROM payments_payment p
JOIN reservations_hold h ON h.payment_id = p.id
WHERE h.id = %(hold_id)s
  AND (p.status IN ('requested', 'action', 'unknown', 'succeeded', 'authorized', 'saved')
       OR p.settled_at >= %(now)s)
"""


def begin_payment(
    hold_id: int,
    *,
    gateway: str,
    account_id: int | None,
    agreed_text: str,
    kind: str,
    method: Mapping[str, Any],
    contact: Contact,
    details: Details,
    now: dt.datetime,
    keep_until: dt.datetime,
    check_at: dt.datetime,
) -> BegunPayment | None:
    """The payment row for a live hold, made once; None when the hold is not live any more, or
    its guest has that time at that restaurant already.

    The key counts failed attempts, so a second click or a retry after a lost answer finds
    the first row (and its method), also when its card was declined in this very moment, and
    only a new try after a decline gets a new one. The hold is kept
    at least until ``keep_until``, so that it does not lapse while the provider answers (the trail
    says so where that is longer); the sweep looks after the payment from ``check_at`` on.
    """
    parameters = {
        "hold_id": hold_id,
        "payment_public_id": public_id("pay"),
        "gateway": gateway,
        "account_id": account_id,
        "agreed_text": agreed_text,
        "kind": kind,
        "method": dump(method),
        **_contact(contact),
        **_said(details),
        **actor_parameters(SYSTEM),
        "now": now,
        "keep_until": keep_until,
        "check_at": check_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, parameters)
        # The insert sees another click's row only as a conflict: read it with a new snapshot.
        fresh = cursor.fetchone()
        row = fresh or _read_open_payment(cursor, hold_id, now)
    if row is None:
        return None
    pk, key, amount, currency, stored, *about = row
    # Django leaves jsonb undecoded on raw cursors, as its own JSONField decodes it.
    stored_method: dict[str, Any] = orjson.loads(stored)
    return BegunPayment(pk, key, amount, currency, stored_method, fresh is not None, *about)


def _read_open_payment(cursor: Any, hold_id: int, now: dt.datetime) -> Any:
    cursor.execute(_OPEN_PAYMENT, {"hold_id": hold_id, "now": now})
    return cursor.fetchone()


_KEEP = f"""
WITH kept AS (
  UPDATE reservations_tableclaim SET expires_at = %(until)s
  WHERE hold_id = %(hold_id)s AND released_at IS NULL AND expires_at < %(until)s
), hold AS (
  UPDATE reservations_hold SET expires_at = %(until)s
  WHERE id = %(hold_id)s AND status = 'live' AND expires_at < %(until)s
  RETURNING *
)
{AUDIT}
  SELECT %(now)s, 'hold.kept', public_id, restaurant_id, %(actor_kind)s, %(actor_id)s,
         %(actor_label)s, jsonb_build_object('state', jsonb_build_object(public_id, {HELD})),
         %(correlation_id)s, %(origin)s
  FROM hold h
"""


def keep_hold(hold_id: int, *, until: dt.datetime, now: dt.datetime) -> None:
    """Keep a live hold at least until then, in the caller's transaction. May be repeated."""
    parameters: dict[str, Any] = {
        **actor_parameters(SYSTEM),
        "hold_id": hold_id,
        "until": until,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, parameters)


_CONFIRM = f"""
WITH hold AS (
  UPDATE reservations_hold SET status = 'confirmed', closed_at = %(now)s
  WHERE id = %(hold_id)s AND status = 'live'
    AND (%(payment_id)s::bigint IS NOT NULL OR expires_at > %(now)s)
  RETURNING *
), payment AS (
  UPDATE payments_payment
  SET status = %(payment_status)s::text, provider_reference = %(reference)s, card_brand = %(brand)s,
      captured = CASE %(payment_status)s::text WHEN 'succeeded' THEN amount ELSE 0 END,
      saved = %(saved)s::jsonb, action = '{{}}', capture_before = %(capture_before)s::timestamptz,
      card_last4 = %(last4)s, settled_at = %(now)s, next_check_at = NULL, last_error = '',
      failure_code = '', failure_message = ''
  WHERE id = %(payment_id)s AND EXISTS (SELECT 1 FROM hold)
    AND (status IN ('requested', 'action', 'unknown')
         OR status IN ('failed', 'voided') AND (
              %(payment_status)s::text = 'succeeded' OR failure_code = %(never_arrived)s))
  RETURNING id
), reservation AS (
  INSERT INTO reservations_reservation
    (public_id, code, restaurant_id, service_id, room_id, service_date, starts_at, ends_at,
     party_size, status, channel, source, external_id, user_id, customer_id, guest_name,
     guest_email, guest_phone, {_SAID}, {_FROM_HOLD}, hold_id,
     payment_id, deposit_amount, payment_kind, currency, refund_ladder, refund_cap,
     load_ids, is_locked,
     sequence, created_at, updated_at, status_changed_at)
  SELECT %(public_id)s, %(code)s, restaurant_id, service_id, room_id, service_date, starts_at,
     ends_at, party_size, %(status)s, channel, source, '', user_id, %(customer_id)s,
     %(guest_name)s, %(guest_email)s, %(guest_phone)s,
     {_SAID_VALUES}, {_FROM_HOLD}, id,
     %(payment_id)s::bigint, deposit_amount, payment_kind, currency, refund_ladder, 100,
     load_ids, false, 0,
     %(now)s, %(now)s, %(now)s
  FROM hold
  RETURNING id, public_id, restaurant_id, service_date, status, party_size, starts_at, ends_at
), claims AS (
  UPDATE reservations_tableclaim c
  SET reservation_id = reservation.id, hold_id = NULL, expires_at = NULL
  FROM reservation WHERE c.hold_id = %(hold_id)s AND c.released_at IS NULL
), audit AS ({AUDIT}
  SELECT %(now)s, 'reservation.' || %(status)s::text, public_id, restaurant_id, %(actor_kind)s,
         %(actor_id)s, %(actor_label)s,
         jsonb_build_object('hold', %(hold_public_id)s::text, 'code', %(code)s::text,
           'state', jsonb_build_object(public_id, {OF_HOLD}, %(hold_public_id)s::text, NULL)),
         %(correlation_id)s, %(origin)s
  FROM reservation r
), message AS (
  INSERT INTO notifications_message
    (public_id, restaurant_id, about, channel, kind, language, recipient, payload, status,
     attempts, not_before, last_error, created_at)
  SELECT %(message_public_id)s, restaurant_id, public_id, %(message_channel)s, %(kind)s,
         %(language)s, %(recipient)s::text, %(payload)s::jsonb
           || jsonb_build_object('reservation_id', public_id, 'code', %(code)s::text),
         'queued', 0, %(now)s, '', %(now)s
  FROM reservation WHERE %(recipient)s::text <> ''
)
SELECT id FROM reservation
"""


def confirm_hold(
    hold_id: int,
    *,
    hold_public_id: str,
    code_prefix: str,
    contact: Contact,
    details: Details,
    status: str,
    message_kind: str,
    way: Way | None,
    payload: Mapping[str, Any],
    payment_id: int | None,
    charge: ChargeResult | None,
    by: Actor,
    now: dt.datetime,
) -> tuple[str, str, int] | None:
    """Turn a live hold into a reservation with tables, audit and message: its id, code and key.

    None when the hold was not live any more: then nothing at all was written, the payment's
    row included. ``charge`` is the gateway's answer that secures it, with ``payment_id``. May be
    repeated; the second call finds no live hold. Raises what ``guarded`` says.
    """
    parameters: dict[str, Any] = {
        **actor_parameters(by),
        "hold_id": hold_id,
        "hold_public_id": hold_public_id,
        "public_id": public_id("res"),
        "message_public_id": public_id("msg"),
        **_contact(contact),
        **_said(details),
        "status": status,
        "kind": message_kind,
        "message_channel": way.channel if way else "",
        "recipient": way.recipient if way else "",
        "payload": dump({**payload, **way.kept()} if way else payload),
        "payment_id": payment_id,
        "payment_status": charge.outcome.value if charge else "",
        "reference": charge.reference[:80] if charge else "",
        "brand": charge.brand[:20] if charge else "",
        "last4": charge.last4[:4] if charge else "",
        "saved": dump(charge.saved if charge else {}),
        "capture_before": charge.capture_before if charge else None,
        # Money that was taken after all: what we were told before gives way to what is a fact.
        "never_arrived": NEVER_ARRIVED,
        "now": now,
    }
    for _ in range(_CODE_DRAWS):
        parameters["code"] = booking_code(code_prefix)
        savepoint = transaction.atomic() if connection.in_atomic_block else nullcontext()
        try:
            with savepoint, guarded() as cursor:
                cursor.execute(_CONFIRM, parameters)
                row = cursor.fetchone()
        except CodeTaken:
            continue
        return (parameters["public_id"], parameters["code"], row[0]) if row else None
    raise RuntimeError("no free booking code; lengthen them")


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "customer_id": contact.customer_id,
        "guest_name": contact.name,
        "guest_email": contact.email,
        "guest_phone": contact.phone,
    }


def _said(details: Details) -> dict[str, Any]:
    return details.columns() | {"allergens": array(details.allergens)}
