"""What a guest is asked to pay by a link: for a table that waits for it, as an extra, as a fee."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from core.ids import PublicIdField
from payments.models import AskedByPolicy, Payment, PaymentKind, policy_index
from reservations.models.links import TokenFields
from reservations.models.reservation import Reservation
from restaurants.models import Restaurant

FEES = (PaymentKind.NO_SHOW_FEE.value, PaymentKind.LATE_CANCEL_FEE.value)
"""Kinds of payment for a party that did not come or cancelled too late."""
SECURING = tuple(kind for kind in PaymentKind.values if kind not in FEES)
"""Kinds that secure the table."""


class PaymentRequest(TokenFields, AskedByPolicy):
    """One sum asked of one guest, payable by a link until it expires.

    ``becomes`` says what the booking turns into when it is paid; such a booking waits for the money
    and gives its table back when the request expires. An empty ``becomes`` changes nothing about
    the booking, whether it is paid or not. The nonce makes the link, the link is kept nowhere.
    """

    class Status(models.TextChoices):
        """What became of it; only forward, but that money may still arrive after the end."""

        OPEN = "open", "Waits for the guest"
        PAID = "paid", "Paid"
        EXPIRED = "expired", "Expired"
        WITHDRAWN = "withdrawn", "Withdrawn"

    public_id = PublicIdField("payreq")
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reservation = models.ForeignKey(
        Reservation, on_delete=models.PROTECT, related_name="payment_requests"
    )
    kind = models.CharField(max_length=12, choices=PaymentKind)
    amount = models.DecimalField(max_digits=12, decimal_places=3)
    currency = models.CharField(max_length=3)
    refund_ladder = models.JSONField(default=list, help_text="What comes back, as agreed")
    agreed_text = models.TextField(blank=True, help_text="The terms as the guest reads them")
    becomes = models.CharField(
        max_length=10,
        blank=True,
        help_text="What the booking becomes when this is paid; empty: it stands either way.",
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="The latest attempt",
    )
    request_key = models.CharField(
        max_length=40,
        blank=True,
        default="",
        help_text="The request that made it: the same one, repeated, finds it again.",
    )
    paying_keys = ArrayField(
        models.CharField(max_length=40),
        default=list,
        db_default=[],
        blank=True,
        help_text="The requests of programs that pay it: repeated, each finds it again.",
    )
    asked_by = models.CharField(max_length=120, blank=True, help_text="Who asked for it")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["reservation"],
                condition=Q(status="open") & ~Q(becomes=""),
                name="payment_request_one_decides",
            ),
            models.UniqueConstraint(
                fields=["reservation"],
                condition=Q(status__in=["open", "paid"], kind__in=FEES),
                name="payment_request_one_fee",
            ),
            models.UniqueConstraint(
                fields=["request_key"],
                condition=~Q(request_key=""),
                name="payment_request_key_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_request_amount"),
            models.CheckConstraint(
                condition=Q(kind__in=PaymentKind.values), name="payment_request_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(becomes__in=["", "pending", "confirmed"]),
                name="payment_request_becomes",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")), name="payment_request_life"
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None)
                | (~Q(status="open") & Q(closed_at__isnull=False)),
                name="payment_request_closed_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(payment__isnull=False),
                name="payment_request_paid_by",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(status="open"), name="payment_request_due"
            ),
            models.Index(fields=["restaurant", "-id"], name="payment_request_of_house"),
            policy_index("payment_request_policy"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.amount} {self.currency} {self.status}"
