"""The sandbox provider's own books, one statement each; they stand for a system that is not ours.

Written in transactions of their own; a database that goes away is, here, a provider whose answer
is lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Sum

from core import clock
from payments.gateways.base import AnswerLost, RefundOutcome, RefundResult
from payments.models import SandboxCharge

SUCCEEDED: Final = "succeeded"
AUTHORIZED: Final = "authorized"
SAVED: Final = "saved"
ACTION: Final = "action"
VOIDED: Final = "voided"
ABANDONED: Final = "abandoned"
PENDING: Final = "pending"

HOLD_LASTS = dt.timedelta(days=7)

# A reference is one of these and the key: keys are indexed, references need not be.
CHARGE: Final = "ch_sandbox_"
CLOSED_CARD: Final = "ch_closed_"
SLOW_REFUND: Final = "ch_slow_"
NO_CAPTURE: Final = "ch_gone_"
_REFUND = "re_sandbox_"

_COLUMNS = (
    "minor_amount",
    "currency",
    "outcome",
    "reference",
    "brand",
    "last4",
    "taking",
    "token",
    "captured_minor",
    "return_url",
    "at",
)
_ROW = ", ".join(_COLUMNS)

# The no-op update makes the row of an earlier request come back from the same statement, also
# when that request is still in flight; DO NOTHING would return no row, and a second read in the
# statement would not see it either.
_WRITE = f"""
INSERT INTO payments_sandboxcharge
  (key, reference, kind, charge_reference, minor_amount, currency, outcome, brand, last4, taking,
   token, captured_minor, purpose, return_url, at)
VALUES (%(key)s, %(reference)s, 'charge', '', %(minor)s, %(currency)s, %(outcome)s, %(brand)s,
   %(last4)s, %(taking)s, %(token)s, %(captured)s, %(purpose)s, %(return_url)s, %(now)s)
ON CONFLICT (key) DO UPDATE SET key = excluded.key
RETURNING {_ROW}
"""
_ABANDON = f"""
INSERT INTO payments_sandboxcharge
  (key, reference, kind, charge_reference, minor_amount, currency, outcome, brand, last4, at)
VALUES (%(key)s, '', 'charge', '', 0, '', 'abandoned', '', '', %(now)s)
ON CONFLICT (key) DO UPDATE SET outcome =
  CASE payments_sandboxcharge.outcome WHEN 'action' THEN 'voided'
  ELSE payments_sandboxcharge.outcome END
RETURNING {_ROW}
"""
_STEP = f"""
UPDATE payments_sandboxcharge
SET outcome = %(to)s, captured_minor = %(captured)s
WHERE key = %(key)s AND reference = %(reference)s AND outcome = ANY(%(before)s)
RETURNING {_ROW}
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One charge in the books: ``_COLUMNS``."""

    minor: int
    currency: str
    outcome: str
    reference: str
    brand: str
    last4: str
    taking: str
    token: str
    captured: int
    return_url: str
    at: dt.datetime


@contextmanager
def books() -> Iterator[None]:
    """Turns a database that went away into :class:`AnswerLost`."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise AnswerLost from error


def _one(sql: str, **parameters: Any) -> Entry | None:
    with books(), connection.cursor() as cursor:
        cursor.execute(sql, {"now": clock.now(), **parameters})
        row = cursor.fetchone()
    return Entry(*row) if row else None


def write(**parameters: Any) -> Entry:
    """Book a charge in one round trip; the first entry under a key is the one that counts."""
    entry = _one(_WRITE, **parameters)
    if entry is None:
        raise AnswerLost
    return entry


def abandon(key: str) -> Entry:
    """Take the key, so that a request still on its way finds it used; call off an approval."""
    entry = _one(_ABANDON, key=key)
    if entry is None:
        raise AnswerLost
    return entry


def step(reference: str, *, before: tuple[str, ...], to: str, captured: int = 0) -> Entry | None:
    """One step of a charge, if it is where ``before`` says; None if it is not."""
    return _one(
        _STEP,
        key=key_of(reference),
        reference=reference,
        before=list(before),
        to=to,
        captured=captured,
    )


def by_key(key: str) -> Entry | None:
    """The charge under a key, or None."""
    with books():
        row = SandboxCharge.objects.filter(key=key, kind="charge").values_list(*_COLUMNS).first()
    return Entry(*row) if row else None


def by_reference(reference: str) -> Entry | None:
    """The charge with a reference, or None."""
    entry = by_key(key_of(reference))
    return entry if entry is not None and entry.reference == reference else None


def key_of(reference: str) -> str:
    """The key a reference was made from."""
    return reference.split("_", 2)[-1]


def refund(key: str, charge_reference: str, minor: int, currency: str) -> RefundResult:
    """Under a lock on the charge: providers, too, never return more than they took."""
    with books(), transaction.atomic():
        charge = (
            SandboxCharge.objects.select_for_update()
            .filter(key=key_of(charge_reference), reference=charge_reference, outcome=SUCCEEDED)
            .first()
        )
        if charge is None:
            return RefundResult(RefundOutcome.FAILED, message="There is no such charge.")
        earlier = SandboxCharge.objects.filter(key=key, kind="refund").first()
        if earlier is None:
            if problem := _problem_with_refund(charge, minor, currency):
                return RefundResult(RefundOutcome.FAILED, message=problem)
            earlier = _book_refund(key, charge, minor)
            if earlier.outcome == PENDING:
                return RefundResult(RefundOutcome.PENDING, reference=earlier.reference)
        elif earlier.outcome == PENDING:
            SandboxCharge.objects.filter(pk=earlier.pk).update(outcome=SUCCEEDED)
    return RefundResult(RefundOutcome.SUCCEEDED, reference=earlier.reference)


def _problem_with_refund(charge: SandboxCharge, minor: int, currency: str) -> str:
    if charge.reference.startswith(CLOSED_CARD):
        return "The card was closed."
    if charge.currency != currency:
        return "The refund is in another currency than the charge."
    returned = SandboxCharge.objects.filter(
        kind="refund", charge_reference=charge.reference
    ).aggregate(total=Sum("minor_amount"))["total"]
    if (returned or 0) + minor > charge.captured_minor:
        return "The refund is larger than what is left of the charge."
    return ""


def _book_refund(key: str, charge: SandboxCharge, minor: int) -> SandboxCharge:
    return SandboxCharge.objects.create(
        key=key,
        reference=f"{_REFUND}{key}",
        kind="refund",
        charge_reference=charge.reference,
        minor_amount=minor,
        currency=charge.currency,
        outcome=PENDING if charge.reference.startswith(SLOW_REFUND) else SUCCEEDED,
        purpose=charge.purpose,
        at=clock.now(),
    )


def moved(since: dt.datetime, until: dt.datetime) -> list[tuple[str, str, int, str, str, Any]]:
    """What moved money between two instants: kind, reference, minor, currency, purpose, instant."""
    with books():
        rows = SandboxCharge.objects.filter(outcome=SUCCEEDED, at__gte=since, at__lt=until)
        return [
            (
                row.kind,
                row.reference,
                row.minor_amount if row.kind == "refund" else row.captured_minor,
                row.currency,
                row.purpose,
                row.at,
            )
            for row in rows.order_by("id")
        ]
