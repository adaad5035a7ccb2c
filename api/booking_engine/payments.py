"""``POST /api/payments/process``: a card token charged for a reservation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.auth import KeyCaller, key_of
from api.booking_engine import fields as wire
from api.booking_engine.errors import handle_error
from api.idempotency import idempotent_by, request_key
from api.keyed import KeyedView
from api.renderers import json_response
from api.schema import IDEMPOTENCY_KEY, RESTAURANT_HEADER
from api.scopes import Needed
from api.venues import restaurant_of
from core import money
from core.errors import Invalid
from payments.models import Payment
from reservations.errors import PaymentPending
from reservations.models import PaymentRequest, Reservation
from reservations.selectors.table_bookings import table_booking
from reservations.services.payment_links import pay
from reservations.services.payment_requests import request_to_pay

RETRY_AFTER = 2
"""Seconds after which the same request may know more."""


class ProcessView(KeyedView):
    """``POST /api/payments/process``."""

    handle_error = staticmethod(handle_error)
    error_shape = wire.BookingEngineError
    scopes: ClassVar[Needed] = {"POST": ("write:payments",)}

    @extend_schema(
        summary="Charge a card for a reservation",
        operation_id="payments_process",
        parameters=[IDEMPOTENCY_KEY, RESTAURANT_HEADER],
        request=wire.ProcessRequest,
        responses={200: wire.ProcessedResponse, 202: wire.ProcessedResponse},
    )
    @idempotent_by("idempotency_key")
    def post(self, request: Request) -> HttpResponse:
        """Pays what the reservation waits for; else it is an extra deposit.

        `amount` counts the currency's smallest unit (cents; yen as they are). The same
        `idempotency_key` (or header) with the same body has the same answer and charges once. 202
        means that the provider's answer is missing: send the same again. 402: the card was
        declined, or its owner has to approve the payment (`redirect_url`).
        """
        said = self.body(request, wire.ProcessRequest)
        caller = key_of(request)
        row = table_booking(restaurant_of(request), said["reservation_id"], is_test=caller.is_test)
        if said["currency"].upper() != row.currency:
            raise Invalid(currency=f"This reservation is paid in {row.currency}.")
        amount = money.from_minor(said["amount"], row.currency)
        asked = _request(row, amount, caller, request_key(request))
        try:
            asked = pay(asked.pk, {"token": said["source_id"]}, by=caller.as_actor())
        except PaymentPending:
            asked = PaymentRequest.objects.get(pk=asked.pk)
            headers = {"Retry-After": str(RETRY_AFTER)}
            return json_response({"success": True, "data": _payment(asked)}, 202, headers)
        return json_response({"success": True, "data": _payment(asked)})


def _request(row: Reservation, amount: Decimal, caller: KeyCaller, key: str) -> PaymentRequest:
    asked = request_to_pay(row.public_id, amount, by=caller.as_actor(), request_key=key)
    if asked.amount != amount:
        due = money.to_minor(asked.amount, asked.currency)
        raise Invalid(amount=f"This reservation waits for {due}; send exactly that.")
    return asked


def _payment(asked: PaymentRequest) -> dict[str, Any]:
    payment = asked.payment
    if payment is None:
        raise ValueError("a request that was paid has its payment")
    is_open = payment.status in (Payment.Status.REQUESTED, Payment.Status.UNKNOWN)
    card = {"brand": payment.card_brand, "last4": payment.card_last4}
    row = Reservation.objects.get(pk=asked.reservation_id)
    return {
        "payment_id": payment.public_id,
        "status": "pending" if is_open else payment.status,
        "amount": money.to_minor(payment.amount, payment.currency),
        "currency": payment.currency,
        "reservation_id": row.public_id,
        "reservation_status": row.status,
        "card": card if payment.card_last4 else None,
    }
