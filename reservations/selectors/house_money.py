"""The payments of a house as its staff look for them: by date, state, source, guest, card."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from core import clock
from payments.models import Payment, PaymentKind
from payments.selectors import open_disputes, stuck_errands, stuck_payments, stuck_refunds
from reservations.models import PaymentRequest, Reservation
from reservations.models.payment_requests import FEES

FEE_LOOK_BACK = dt.timedelta(days=30)
"""A refused fee that nobody followed up on for so long is given up."""


@dataclass(frozen=True, slots=True)
class PaymentQuery:
    """What to look for; nothing said is everything."""

    since: dt.date | None = None
    until: dt.date | None = None
    """The last day, on the clocks of the house."""
    status: str = ""
    kind: str = ""
    provider: str = ""
    source: str = ""
    words: str = ""
    """Code or name of a booking, last four digits, an id of ours or of the provider."""
    attention: bool = False
    """Only what needs a person."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of one currency, of real or of test money."""

    currency: str
    is_test: bool
    number: int
    captured: Decimal
    refunded: Decimal
    redeemed: Decimal

    @property
    def left(self) -> Decimal:
        """What the house still has in its hands of it, bills not counted."""
        return self.captured - self.refunded - self.redeemed


def payments_at(restaurant_id: int, zone: ZoneInfo, query: PaymentQuery) -> QuerySet[Payment]:
    """The payments of a house that match, newest first. Lazy; nothing is asked of a provider."""
    rows = Payment.objects.filter(restaurant_id=restaurant_id)
    if query.since:
        rows = rows.filter(created_at__gte=midnight(query.since, zone))
    if query.until:
        rows = rows.filter(created_at__lt=midnight(query.until + dt.timedelta(days=1), zone))
    for name, value in (
        ("status", query.status),
        ("kind", query.kind),
        ("gateway", query.provider),
    ):
        if value:
            rows = rows.filter(**{name: value})
    bookings = Reservation.objects.filter(restaurant_id=restaurant_id).order_by()
    if query.source:
        rows = rows.filter(_paid_for(bookings.filter(source=query.source)))
    if query.words:
        rows = rows.filter(_matching(bookings, query.words))
    if query.attention:
        rows = rows.filter(needing_attention())
    return rows.select_related("account").order_by("-id")


def midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """When a day begins on the clocks of a house, as an instant."""
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)


def needing_attention() -> Q:
    """Payments of which something needs a person, see :func:`attention_at`."""
    found: Q = (
        Q(pk__in=stuck_payments().order_by().values("pk"))
        | Q(pk__in=stuck_errands().order_by().values("pk"))
        | Q(refunds__in=stuck_refunds().order_by().values("pk"))
        | Q(disputes__in=open_disputes().order_by().values("pk"))
        | Q(pk__in=refused_fees().order_by().values("pk"))
    )
    # Joins would repeat a payment with two refunds.
    return Q(pk__in=Payment.objects.filter(found).order_by().values("pk"))


def refused_fees() -> QuerySet[Payment]:
    """Fees of the last thirty days that a card refused, and whose guest was sent no link.

    What was set aside and not there any more when it was to be taken is one of them.
    """
    asked = PaymentRequest.objects.filter(kind__in=FEES, status__in=["open", "paid"]).order_by()
    gone = Reservation.objects.filter(
        payment__kind=PaymentKind.HOLD, payment__status=Payment.Status.FAILED
    ).order_by()
    rows = Payment.objects.filter(
        Q(kind__in=FEES, parent__isnull=False)
        | Q(pk__in=gone.exclude(pk__in=asked.values("reservation")).values("payment")),
        status=Payment.Status.FAILED,
        created_at__gte=clock.now() - FEE_LOOK_BACK,
    )
    return rows.exclude(purpose__in=asked.values("reservation__public_id"))


def totals_of(rows: QuerySet[Payment]) -> list[Totals]:
    """Sums by currency, real money first. One query."""
    is_test = Case(When(account__isnull=True, then=Value(True)), default=F("account__is_test"))
    zero = Value(Decimal(0))
    found = (
        rows.order_by()
        .annotate(mode=is_test)
        .values("currency", "mode")
        .annotate(
            number=Count("pk"),
            all_captured=Coalesce(Sum("captured"), zero),
            all_refunded=Coalesce(Sum("refunded"), zero),
            all_redeemed=Coalesce(Sum("redeemed"), zero),
        )
        .order_by("mode", "currency")
    )
    return [
        Totals(
            each["currency"],
            each["mode"],
            each["number"],
            each["all_captured"],
            each["all_refunded"],
            each["all_redeemed"],
        )
        for each in found
    ]


def bookings_of(payments: Iterable[Payment]) -> dict[str, Reservation]:
    """The booking each payment is for, by the payment's purpose. Three queries for all."""
    purposes = {payment.purpose for payment in payments}
    if not purposes:
        return {}
    found = {row.public_id: row for row in Reservation.objects.filter(public_id__in=purposes)}
    for row in Reservation.objects.filter(hold__public_id__in=purposes).select_related("hold"):
        if row.hold is not None:
            found[row.hold.public_id] = row
    asked = PaymentRequest.objects.filter(public_id__in=purposes).select_related("reservation")
    found.update({request.public_id: request.reservation for request in asked})
    return found


def sources_at(restaurant_id: int) -> list[str]:
    """Where bookings with money came from. One query."""
    rows = Reservation.objects.filter(restaurant_id=restaurant_id, deposit_amount__gt=0)
    return sorted(rows.order_by().values_list("source", flat=True).distinct())


def providers_at(restaurant_id: int) -> list[str]:
    """Through whom the house was ever paid. One query."""
    rows = Payment.objects.filter(restaurant_id=restaurant_id)
    return sorted(rows.order_by().values_list("gateway", flat=True).distinct())


def _paid_for(bookings: QuerySet[Reservation]) -> Q:
    """Payments for one of these bookings, however they came to be."""
    requests = PaymentRequest.objects.filter(reservation__in=bookings.values("pk")).order_by()
    held = bookings.filter(hold__isnull=False)
    return (
        Q(purpose__in=bookings.values("public_id"))
        | Q(purpose__in=held.values("hold__public_id"))
        | Q(purpose__in=requests.values("public_id"))
    )


def _matching(bookings: QuerySet[Reservation], words: str) -> Q:
    named = Q(code__iexact=words) | Q(public_id=words) | Q(guest_name__icontains=words)
    found = _paid_for(bookings.filter(named))
    found |= Q(public_id=words) | Q(provider_reference=words) | Q(purpose=words)
    if len(words) == 4 and words.isdecimal():
        found |= Q(card_last4=words)
    return found
