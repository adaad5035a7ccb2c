"""The money of one booking or one payment at a glance: what happened, what is left, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core import clock
from core.errors import DomainError, NotFound
from payments.models import Errand, Payment, PaymentDispute, Refund
from payments.selectors import stuck_refunds
from reservations.engine.lifecycle import PRESENT, Status
from reservations.models import PaymentRequest, Reservation
from reservations.selectors.booking_money import money_of
from reservations.selectors.bookings import booking
from reservations.selectors.house_money import bookings_of
from reservations.services.fees import LATE, NO_SHOW, FeeQuote, quote_fee
from reservations.views.wording import guests
from restaurants.access import Capability
from restaurants.models import Restaurant
from staff import money_words, wording
from staff.access import HouseView, StaffRequest, house_url
from staff.navigation import Link
from staff.timeline import timeline

REDEEMABLE = ("deposit", "prepayment")
FEE_OF = {Status.NO_SHOW: NO_SHOW, Status.CANCELLED: LATE}
_MAY_BE_ASKED = (Status.PENDING, Status.PENDING_PAYMENT, Status.CONFIRMED, Status.RECONFIRMED)


@dataclass(frozen=True, slots=True)
class RefundLine:
    """One refund of a payment."""

    row: Refund
    state: str
    state_text: str
    amount: str
    when: str
    retry_url: str
    """Empty when there is nothing to try again, or not for this person."""


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """One dispute over a payment."""

    row: PaymentDispute
    state: str
    state_text: str
    amount: str
    due: str


@dataclass(frozen=True, slots=True)
class PaymentCard:
    """A payment with all that hangs on it."""

    row: Payment
    url: str
    kind: str
    state: str
    state_text: str
    asked: str
    amount: str
    taken: str
    refunded: str
    redeemed: str
    left: str
    card: str
    provider: str
    is_test: bool
    until: str
    """Until when what is set aside can be taken."""
    errand: str
    refunds: list[RefundLine]
    disputes: list[DisputeLine]
    actions: list[Link]


@dataclass(frozen=True, slots=True)
class RequestLine:
    """Something the guest was asked for by a link."""

    row: PaymentRequest
    kind: str
    state: str
    state_text: str
    amount: str
    until: str
    withdraw_url: str


def payment_at(venue: Restaurant, public_id: str) -> Payment:
    """One payment of the house. Raises NotFound, also for another house's."""
    rows = Payment.objects.filter(restaurant=venue, public_id=public_id)
    found = rows.select_related("account", "parent").prefetch_related("refunds__payment").first()
    if found is None:
        raise NotFound
    return found


def booking_at(venue: Restaurant, public_id: str) -> Reservation:
    """One booking of the house. Raises NotFound, also for another house's."""
    rows = Reservation.objects.filter(restaurant=venue, public_id=public_id)
    found = rows.select_related("payment", "service").first()
    if found is None:
        raise NotFound
    return found


class PaymentView(HouseView):
    """One payment."""

    needs = Capability.OPERATE

    def get(self, request: StaffRequest, payment_id: str) -> HttpResponse:
        """The page."""
        row = payment_at(request.venue, payment_id)
        found = bookings_of([row]).get(row.purpose)
        context = {
            "card": card_of(request, row, found),
            "booking": found,
            "booking_text": booking_text(found) if found else "",
            "events": timeline([row], zone=request.venue.tz),
            "agreed": row.agreed_text or (row.parent.agreed_text if row.parent else ""),
        }
        return render(request, "staff/payment.html", context)


class BookingMoneyView(HouseView):
    """All the money of one booking."""

    needs = Capability.OPERATE

    def get(self, request: StaffRequest, public_id: str) -> HttpResponse:
        """The page."""
        row = booking_at(request.venue, public_id)
        payments = money_of(row.pk)
        requests = list(PaymentRequest.objects.filter(reservation=row).order_by("id"))
        context = {
            "booking": row,
            "booking_text": booking_text(row),
            "state_text": wording.STATES.get(row.status, row.status),
            "sums": _sums(payments, row.currency),
            "cards": [card_of(request, each, row) for each in reversed(payments)],
            "requests": [_request_line(request, each) for each in reversed(requests)],
            "events": timeline(payments, requests, zone=request.venue.tz, booking=row.public_id),
            "agreed": _agreed(payments),
            "actions": _booking_actions(request, row),
        }
        return render(request, "staff/booking_money.html", context)


def card_of(request: StaffRequest, row: Payment, found: Reservation | None) -> PaymentCard:
    """A payment, and what this person may do with it."""
    state, text = money_words.STATES[row.status]

    def said(value: Decimal) -> str:
        return money_words.money_text(value, row.currency)

    zone = request.venue.tz
    return PaymentCard(
        row=row,
        url=house_url(request.venue, "payment", row.public_id),
        kind=str(money_words.KINDS[row.kind]),
        state=state,
        state_text=str(text),
        asked=wording.moment(row.created_at, zone),
        amount=said(row.captured or row.amount),
        taken=said(row.captured) if row.captured else "",
        refunded=said(row.refunded) if row.refunded else "",
        redeemed=said(row.redeemed) if row.redeemed else "",
        left=said(money_words.left_of(row)) if row.captured else "",
        card=money_words.card(row),
        provider=money_words.provider(row),
        is_test=money_words.is_test(row),
        until=(
            wording.moment(row.capture_before, zone)
            if row.status == Payment.Status.AUTHORIZED
            else ""
        ),
        errand=_errand_text(row),
        refunds=_refund_lines(request, row),
        disputes=[_dispute_line(each, row, request) for each in row.disputes.order_by("id")],
        actions=list(_payment_actions(request, row, found)),
    )


def _errand_text(row: Payment) -> str:
    if row.errand == Errand.CAPTURE:
        money = {"money": money_words.money_text(row.errand_amount, row.currency)}
        return _("%(money)s is being taken of it.") % money
    return _("It is being let go.") if row.errand == Errand.RELEASE else ""


def _payment_actions(
    request: StaffRequest, row: Payment, found: Reservation | None
) -> Iterable[Link]:
    venue, access = request.venue, request.access
    left = money_words.left_of(row)
    may_manage = access.allows(Capability.MANAGE, venue.pk)

    def link(title: str, page: str) -> Link:
        return Link(title, house_url(venue, page, row.public_id))

    if left > 0 and row.kind in REDEEMABLE and found is not None and _has_come(found):
        yield link(_("Set off on the bill"), "payment_redeem")
    if left > 0 and may_manage:
        yield link(_("Refund"), "payment_refund")
    is_secured = row.status in (Payment.Status.AUTHORIZED, Payment.Status.SAVED)
    if is_secured and not row.errand and may_manage:
        yield link(_("Let the card go"), "payment_release")


def _has_come(row: Reservation) -> bool:
    return Status(row.status) in PRESENT | {Status.COMPLETED}


def _refund_lines(request: StaffRequest, row: Payment) -> list[RefundLine]:
    venue = request.venue
    may_manage = request.access.allows(Capability.MANAGE, venue.pk)
    stuck = set(stuck_refunds().filter(payment=row).order_by().values_list("pk", flat=True))
    lines = []
    for each in sorted(row.refunds.all(), key=lambda refund: refund.pk):
        state, text = money_words.REFUND_STATES[each.status]
        is_stuck = each.pk in stuck
        url = house_url(venue, "refund_retry", each.public_id) if is_stuck and may_manage else ""
        if is_stuck and each.status == Refund.Status.REQUESTED:
            state, text = "danger", _("Given up")
        lines.append(
            RefundLine(
                row=each,
                state=state,
                state_text=str(text),
                amount=money_words.money_text(each.amount, row.currency),
                when=wording.moment(each.settled_at or each.created_at, venue.tz),
                retry_url=url,
            )
        )
    return lines


def _dispute_line(each: PaymentDispute, row: Payment, request: StaffRequest) -> DisputeLine:
    state, text = money_words.DISPUTE_STATES[each.status]
    return DisputeLine(
        row=each,
        state=state,
        state_text=str(text),
        amount=money_words.money_text(each.amount, row.currency),
        due=wording.moment(each.due_by, request.venue.tz),
    )


def _request_line(request: StaffRequest, row: PaymentRequest) -> RequestLine:
    state, text = money_words.REQUEST_STATES[row.status]
    is_open = row.status == PaymentRequest.Status.OPEN
    return RequestLine(
        row=row,
        kind=str(money_words.KINDS[row.kind]),
        state=state,
        state_text=str(text),
        amount=money_words.money_text(row.amount, row.currency),
        until=wording.moment(row.expires_at, request.venue.tz) if is_open else "",
        withdraw_url=(house_url(request.venue, "link_withdraw", row.public_id) if is_open else ""),
    )


def _sums(payments: list[Payment], currency: str) -> list[tuple[str, str]]:
    taken = sum((each.captured for each in payments), Decimal(0))
    back = sum((each.refunded for each in payments), Decimal(0))
    off = sum((each.redeemed for each in payments), Decimal(0))
    aside = sum(
        (each.amount for each in payments if each.status == Payment.Status.AUTHORIZED), Decimal(0)
    )
    named = [
        (pgettext("payment", "Taken"), taken),
        (_("Given back"), back),
        (_("Off the bill"), off),
        (_("Left"), taken - back - off),
    ]
    if aside:
        named[3:3] = [(_("Set aside"), aside)]
        named = [each for each in named if each[1] or each[0] != _("Off the bill")][-4:]
    return [(name, money_words.money_text(value, currency)) for name, value in named]


def _agreed(payments: list[Payment]) -> list[str]:
    return list(dict.fromkeys(each.agreed_text for each in payments if each.agreed_text))


def fee_of(row: Reservation) -> FeeQuote | DomainError | None:
    """What fee could be charged now, why none can, or None where a fee is no question."""
    kind = FEE_OF.get(Status(row.status))
    if kind is None or row.payment_id is None:
        return None
    try:
        return quote_fee(row, booking(row.public_id), kind)
    except DomainError as error:
        return error


def _booking_actions(request: StaffRequest, row: Reservation) -> list[Link]:
    venue = request.venue
    found = []
    quoted = fee_of(row)
    if isinstance(quoted, FeeQuote) and request.access.allows(Capability.CHARGE, venue.pk):
        money = {"money": money_words.money_text(quoted.amount, quoted.currency)}
        title = (
            _("Ask for the fee of %(money)s by a link")
            if quoted.way == "link"
            else _("Charge the fee of %(money)s")
        )
        found.append(Link(title % money, house_url(venue, "booking_fee", row.public_id)))
    asked = PaymentRequest.objects.filter(reservation=row, status=PaymentRequest.Status.OPEN)
    is_waiting = asked.exclude(becomes="").exists()
    if Status(row.status) in _MAY_BE_ASKED and not is_waiting and row.ends_at > clock.now():
        found.append(Link(_("Send a payment link"), house_url(venue, "booking_ask", row.public_id)))
    return found


def booking_text(row: Reservation) -> str:
    """``Ada Guest, 2 guests, Sat 15 Nov 2025, 19:00``."""
    when = wording.moment(row.starts_at, row.restaurant.tz)
    return ", ".join(filter(None, [row.guest_name, guests(row.party_size), when]))
