"""Comparing our books with the providers', day by day, and keeping what differs in view.

A provider's books are read and never written. A difference is a row, once however often it is
seen; it is resolved when it is gone, or when a person says why it may stay.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Min, Q, QuerySet

from core import audit, clock, money
from core.actors import Actor
from core.errors import Invalid
from payments.gateways.base import AnswerLost, ChargeOutcome, Gateway
from payments.gateways.registry import SANDBOX, gateway_of, is_usable
from payments.gateways.reports import Movement
from payments.models import (
    Payment,
    ProviderAccount,
    Reconciliation,
    ReconciliationDifference,
    Refund,
)
from payments.services.charges import order_of

logger = logging.getLogger(__name__)

READY_AFTER = dt.timedelta(hours=2)
"""A day is compared once it has been over for so long: the last answers are in by then."""
LOOK_BACK = dt.timedelta(days=7)
"""Days with open differences are compared again for so long."""
_MARGIN = dt.timedelta(days=1)
"""Their clock and ours may put a line on different days."""

_Kind = ReconciliationDifference.Kind


@dataclass(frozen=True, slots=True)
class Found:
    """One difference."""

    kind: str
    what: str
    reference: str
    ours: str
    theirs: str
    purpose: str = ""
    payment: Payment | None = None
    refund: Refund | None = None


def reconcile_due() -> list[Reconciliation]:
    """Compare what is due now: yesterday, and days with open differences. May be repeated.

    An account whose provider does not answer is tried again at the next run; the others go on.
    """
    yesterday = (clock.now() - READY_AFTER).date() - dt.timedelta(days=1)
    return [
        reconcile(account, day) for account in _accounts() for day in _days_due(account, yesterday)
    ]


def reconcile_day(day: dt.date) -> list[Reconciliation]:
    """Compare a day of every account, whether or not that was done before."""
    return [reconcile(account, day) for account in _accounts()]


def reconcile(account: ProviderAccount | None, day: dt.date) -> Reconciliation:
    """Compare a day (UTC) of one account (None: the sandbox) and write down what differs.

    Outside of any transaction; may be repeated. A provider that does not answer leaves
    everything as it is, and the reason on the returned row.
    """
    provider = account.provider if account else SANDBOX
    run, _ = Reconciliation.objects.get_or_create(account=account, provider=provider, day=day)
    since = dt.datetime.combine(day, dt.time(), dt.UTC)
    until = since + dt.timedelta(days=1)
    try:
        gateway = gateway_of(account.pk if account else None, provider)
        theirs = list(gateway.movements(since - _MARGIN, until + _MARGIN))
        found = list(_compare(account, provider, gateway, theirs, since, until))
    except Exception as error:
        # One provider that cannot be asked must not keep the others from being compared.
        if not isinstance(error, AnswerLost):
            logger.exception("books could not be compared", extra={"provider": provider})
        run.last_error = f"The provider's books could not be read ({type(error).__name__})."
        run.save(update_fields=["last_error"])
        return run
    now = clock.now()
    with transaction.atomic():
        _write(account, provider, day, found, now)
        run.movements = sum(since <= line.at < until for line in theirs)
        run.differences, run.finished_at, run.last_error = len(found), now, ""
        run.save()
    return run


def resolve(difference_id: int, note: str, *, by: Actor) -> ReconciliationDifference:
    """Say why a difference may stay; it is not raised again. Raises Invalid without a reason."""
    note = note.strip()
    if not note:
        raise Invalid(note="Say why this difference may stay.")
    with transaction.atomic():
        row = ReconciliationDifference.objects.select_for_update().get(pk=difference_id)
        row.note, row.resolved_by = note[:300], by.label[:120] or by.kind
        row.resolved_at = row.resolved_at or clock.now()
        row.save(update_fields=["note", "resolved_by", "resolved_at"])
        audit.record(
            "payment.difference_resolved",
            row.payment.public_id if row.payment else row.reference,
            by=by,
            restaurant_id=row.restaurant_id,
            kind=row.kind,
        )
    return row


def report(runs: Iterable[Reconciliation]) -> str:
    """The comparisons in words, for a terminal or a mail: one line each, then what is open."""
    lines = []
    for run in runs:
        of = f"{run.provider}{f' {run.account.public_id}' if run.account else ''}, {run.day}"
        if run.finished_at is None or run.last_error:
            lines.append(f"{of}: not compared. {run.last_error}")
            continue
        lines.append(f"{of}: {run.movements} movements, {run.differences} differences")
        still = ReconciliationDifference.objects.filter(
            account=run.account, provider=run.provider, day=run.day, resolved_at=None
        )
        lines += [
            f"  {row.get_kind_display()}: {row.what} {row.reference} {row.purpose}".rstrip()
            + f" (here {row.ours}; there {row.theirs})"
            for row in still.order_by("id")
        ]
    return "\n".join(lines) if lines else "There is nothing to compare."


def _accounts() -> Iterator[ProviderAccount | None]:
    if is_usable(None) and Payment.objects.filter(account=None, gateway=SANDBOX).exists():
        yield None
    recent = Q(payments__settled_at__gte=clock.now() - LOOK_BACK)
    yield from ProviderAccount.objects.filter(Q(is_active=True) | recent).distinct().order_by("pk")


def _days_due(account: ProviderAccount | None, yesterday: dt.date) -> list[dt.date]:
    provider = account.provider if account else SANDBOX
    mine = {"account": account, "provider": provider}
    recent = {"day__gte": yesterday - LOOK_BACK, "day__lt": yesterday}
    runs = Reconciliation.objects.filter(**mine)
    if runs.filter(day=yesterday).exclude(finished_at=None).exists():
        return []
    # Once a day, with the new one, the days that still differ and those that were missed.
    still = ReconciliationDifference.objects.filter(**mine, **recent, resolved_at=None)
    days = {*still.values_list("day", flat=True), *_missed(runs, yesterday), yesterday}
    return sorted(days)


def _missed(runs: QuerySet[Reconciliation], yesterday: dt.date) -> Iterator[dt.date]:
    """Days of the last week that were never compared: nothing ran, or the provider was silent."""
    done = set(runs.exclude(finished_at=None).values_list("day", flat=True))
    first = runs.aggregate(first=Min("day"))["first"]
    for back in range(1, LOOK_BACK.days + 1):
        day = yesterday - dt.timedelta(days=back)
        if first is not None and day >= first and day not in done:
            yield day


# --- Comparing ------------------------------------------------------------------------------------


def _compare(
    account: ProviderAccount | None,
    provider: str,
    gateway: Gateway,
    theirs: list[Movement],
    since: dt.datetime,
    until: dt.datetime,
) -> Iterator[Found]:
    mine = {"account": account, "gateway": provider}
    for line in theirs:
        if since <= line.at < until:
            difference = _charge(line, mine) if line.kind == "charge" else _refund(line, mine)
            if difference is not None:
                yield difference
    there = {(line.kind, line.reference) for line in theirs}
    settled = {"settled_at__gte": since, "settled_at__lt": until}
    for payment in Payment.objects.filter(**mine, **settled, captured__gt=0):
        if ("charge", payment.provider_reference) not in there:
            yield from _only_here(gateway, payment)
    of_payments = {f"payment__{name}": value for name, value in mine.items()}
    back = Refund.objects.filter(**of_payments, **settled, status=Refund.Status.SUCCEEDED)
    for refund in back.select_related("payment"):
        if ("refund", refund.provider_reference) not in there:
            yield Found(
                _Kind.MISSING_THERE,
                "refund",
                refund.provider_reference or refund.public_id,
                _text(money.to_minor(refund.amount, refund.payment.currency), refund.payment),
                "nothing",
                refund.payment.purpose,
                refund.payment,
                refund,
            )


def _charge(line: Movement, mine: dict[str, Any]) -> Found | None:
    """A charge in the provider's books against ours."""
    rows = Payment.objects.filter(**mine)
    payment = rows.filter(provider_reference=line.reference).first()
    if payment is None and line.purpose:
        payment = rows.filter(purpose=line.purpose, provider_reference="").order_by("-id").first()
    theirs = _money(line.minor, line.currency)
    if payment is None:
        kind, ours = _Kind.MISSING_HERE, "nothing"
    elif payment.captured <= 0:
        kind, ours = _Kind.STATE, payment.get_status_display()
    elif (line.minor, line.currency) != _minor(payment):
        kind, ours = _Kind.AMOUNT, _text(_minor(payment)[0], payment)
    else:
        return None
    return Found(kind, "charge", line.reference, ours, theirs, line.purpose, payment)


def _refund(line: Movement, mine: dict[str, Any]) -> Found | None:
    """A refund in the provider's books against ours."""
    of_payments = {f"payment__{name}": value for name, value in mine.items()}
    refund = (
        Refund.objects.filter(**of_payments, provider_reference=line.reference)
        .select_related("payment")
        .first()
    )
    theirs = _money(line.minor, line.currency)
    payment = refund.payment if refund else None
    if refund is None or payment is None:
        kind, ours = _Kind.MISSING_HERE, "nothing"
    elif refund.status == Refund.Status.FAILED:
        kind, ours = _Kind.STATE, refund.get_status_display()
    elif (line.minor, line.currency) != (
        money.to_minor(refund.amount, payment.currency),
        payment.currency,
    ):
        kind = _Kind.AMOUNT
        ours = _text(money.to_minor(refund.amount, payment.currency), payment)
    else:
        return None
    return Found(kind, "refund", line.reference, ours, theirs, line.purpose, payment, refund)


def _only_here(gateway: Gateway, payment: Payment) -> Iterator[Found]:
    """A charge of ours that is not in the list: the provider is asked about it by name.

    Lists go by the day on which a card was authorised, ours by the day the money was taken.
    """
    known = gateway.find_charge(order_of(payment))
    if known is not None and known.outcome is ChargeOutcome.UNKNOWN:
        raise AnswerLost
    if known is not None and known.outcome is ChargeOutcome.SUCCEEDED:
        return
    yield Found(
        _Kind.MISSING_THERE,
        "charge",
        payment.provider_reference or payment.public_id,
        _text(_minor(payment)[0], payment),
        known.outcome.value if known else "nothing",
        payment.purpose,
        payment,
    )


def _minor(payment: Payment) -> tuple[int, str]:
    return money.to_minor(payment.captured, payment.currency), payment.currency


def _text(minor: int, payment: Payment) -> str:
    return _money(minor, payment.currency)


def _money(minor: int, currency: str) -> str:
    return f"{money.from_minor(minor, currency)} {currency}"


# --- Writing it down ------------------------------------------------------------------------------


def _write(
    account: ProviderAccount | None,
    provider: str,
    day: dt.date,
    found: list[Found],
    now: dt.datetime,
) -> None:
    mine = {"account": account, "provider": provider}
    seen = [_keep(mine, day, each, now) for each in found]
    gone = ReconciliationDifference.objects.filter(**mine, day=day, resolved_at=None)
    gone.exclude(pk__in=seen).update(resolved_at=now)


def _keep(mine: dict[str, Any], day: dt.date, found: Found, now: dt.datetime) -> int:
    house = found.payment.restaurant_id if found.payment else None
    if house is None and mine["account"] is not None:
        house = mine["account"].restaurant_id
    row, _ = ReconciliationDifference.objects.get_or_create(
        **mine,
        what=found.what,
        reference=found.reference[:80],
        kind=found.kind,
        defaults={"day": day, "found_at": now, "seen_at": now, "restaurant_id": house},
    )
    row.ours, row.theirs, row.purpose = found.ours[:60], found.theirs[:60], found.purpose[:40]
    row.payment, row.refund, row.seen_at = found.payment, found.refund, now
    if not row.resolved_by:
        row.resolved_at = None
    row.save()
    return row.pk
