"""Everything that happened to the money of a booking, in order, and who did it.

From the rows and the audit trail: amounts stand in the rows, names in the trail.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from core.models import AuditEntry
from payments.models import Payment, Refund
from payments.services.by_staff import BY_STAFF
from reservations.models import PaymentRequest
from staff import money_words, wording


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the story."""

    at: dt.datetime
    text: str
    detail: str = ""
    who: str = ""
    """Empty: Couvert itself."""
    is_bad: bool = False
    when: str = ""


def timeline(
    payments: Sequence[Payment],
    requests: Iterable[PaymentRequest] = (),
    *,
    zone: Any,
    booking: str = "",
) -> list[Event]:
    """The story of some payments and of what was asked for, oldest first. Two queries.

    ``payments`` come with their refunds. ``booking`` is the public id of the booking, for fees
    that were charged to it.
    """
    refunds = {row.public_id: row for payment in payments for row in payment.refunds.all()}
    by_id = {payment.public_id: payment for payment in payments}
    asked = {request.public_id: request for request in requests}
    targets = [*by_id, *refunds, *asked, *([booking] if booking else [])]
    entries = list(AuditEntry.objects.filter(target__in=targets).order_by("at", "id"))
    told_of = {entry.target for entry in entries if entry.verb in _OUTCOMES}
    begun, decided = _begun(payments), _decided(payments, told_of)
    events = [*begun, *decided, *_owed(payments)]
    for entry in entries:
        told = _told(entry, by_id, refunds, asked)
        if told is not None:
            events.append(told)
    events.sort(key=lambda event: event.at)
    return [
        Event(each.at, each.text, each.detail, each.who, each.is_bad, wording.moment(each.at, zone))
        for each in events
    ]


def _begun(payments: Iterable[Payment]) -> Iterator[Event]:
    """Attempts: they stand in no trail."""
    for payment in payments:
        text = {
            "card": _("The card is to be kept on file, for up to %(money)s"),
            "hold": _("%(money)s is to be set aside"),
        }.get(payment.kind, _("%(money)s is asked for"))
        said = {"money": money_words.money_text(payment.amount, payment.currency)}
        detail = f"{money_words.KINDS[payment.kind]}, {money_words.provider(payment)}"
        yield Event(payment.created_at, text % said, detail)


def _owed(payments: Iterable[Payment]) -> Iterator[Event]:
    """Refunds by the agreed ladder; those by staff stand in the trail with a name."""
    for payment in payments:
        for refund in payment.refunds.all():
            if refund.idempotency_key.startswith(BY_STAFF):
                continue
            money = {"money": money_words.money_text(refund.amount, payment.currency)}
            yield Event(refund.created_at, _("%(money)s is to go back") % money, refund.reason)


_OUTCOMES = {f"payment.{status}" for status in ("succeeded", "authorized", "saved", "failed")}


def _decided(payments: Iterable[Payment], told_of: set[str]) -> Iterator[Event]:
    """How attempts ended of which the trail tells with their booking only."""
    for payment in payments:
        words = _words().get(f"payment.{payment.status}")
        if words is None or payment.settled_at is None or payment.public_id in told_of:
            continue
        text, is_bad = words
        value = payment.captured or payment.amount
        money = {"money": money_words.money_text(value, payment.currency)}
        detail = payment.failure_message if is_bad else money_words.card(payment)
        yield Event(payment.settled_at, text % money, detail, is_bad=is_bad)


def _told(
    entry: AuditEntry,
    payments: dict[str, Payment],
    refunds: dict[str, Refund],
    asked: dict[str, PaymentRequest],
) -> Event | None:
    """An entry of the trail in words; None for what is no matter of money."""
    payment = payments.get(entry.target)
    refund = refunds.get(entry.target)
    words = _words().get(entry.verb)
    if words is None:
        return None
    text, is_bad = words
    money = _money_of(entry, payment, refund, asked.get(entry.target))
    detail = str(entry.data.get("reason") or "")
    if payment is not None and entry.verb == "payment.failed":
        detail = payment.failure_message
    elif payment is not None and entry.verb in ("payment.succeeded", "payment.authorized"):
        detail = money_words.card(payment)
    elif entry.verb == "payment.redeemed" and entry.data.get("bill"):
        detail = _("Bill %(number)s") % {"number": entry.data["bill"]}
    elif refund is not None and is_bad:
        detail = refund.last_error
    who = entry.actor_label if entry.actor_kind in ("staff", "guest", "partner") else ""
    return Event(entry.at, text % {"money": money}, detail, who, is_bad)


def _money_of(
    entry: AuditEntry,
    payment: Payment | None,
    refund: Refund | None,
    request: PaymentRequest | None,
) -> str:
    of = payment or request
    currency = str(entry.data.get("currency") or (of.currency if of else ""))
    if "amount" in entry.data:
        try:
            return money_words.money_text(Decimal(str(entry.data["amount"])), currency)
        except InvalidOperation:
            return ""
    if refund is not None:
        return money_words.money_text(refund.amount, refund.payment.currency)
    if payment is not None:
        value = payment.captured or payment.amount
        return money_words.money_text(value, payment.currency)
    return money_words.money_text(request.amount, request.currency) if request else ""


def _words() -> dict[str, tuple[str, bool]]:
    return {
        "payment.succeeded": (_("%(money)s was taken"), False),
        "payment.authorized": (_("%(money)s was set aside on the card"), False),
        "payment.saved": (_("The card is on file"), False),
        "payment.failed": (_("%(money)s was declined"), True),
        "payment.voided": (_("The card was let go"), False),
        "payment.capture_requested": (_("%(money)s is to be taken of what is set aside"), False),
        "payment.refund_requested": (_("%(money)s is to go back"), False),
        "payment.release_requested": (_("The card is to be let go"), False),
        "payment.redeemed": (_("%(money)s came off the bill"), False),
        "payment.dispute_needs_response": (_("%(money)s is contested at the bank"), True),
        "payment.dispute_under_review": (_("The bank looks at the dispute over %(money)s"), False),
        "payment.dispute_won": (_("The dispute over %(money)s is won"), False),
        "payment.dispute_lost": (_("The dispute over %(money)s is lost"), True),
        "payment.difference_resolved": (_("A difference to the provider’s books may stay"), False),
        "refund.succeeded": (_("%(money)s went back"), False),
        "refund.failed": (_("The refund of %(money)s was refused"), True),
        "refund.retried": (_("The refund of %(money)s is tried again"), False),
        "payment_request.asked": (_("The guest was asked for %(money)s by a link"), False),
        "payment_request.paid": (_("The link over %(money)s was paid"), False),
        "payment_request.expired": (_("The link over %(money)s has expired"), False),
        "payment_request.withdrawn": (_("The link over %(money)s was withdrawn"), False),
        "reservation.no_show_fee": (_("A no-show fee of %(money)s is charged"), False),
        "reservation.late_cancel": (_("A late cancellation fee of %(money)s is charged"), False),
        "reservation.cancelled": (_("The booking was cancelled"), False),
        "reservation.no_show": (_("The party did not come"), False),
    }
