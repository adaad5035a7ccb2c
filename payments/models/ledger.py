"""Money as rows: what is asked for, what was taken, what goes back, what a guest contests."""

from __future__ import annotations

from django.db import models

from core.ids import PublicIdField
from payments.models.policy import AskedByPolicy, policy_index
from payments.models.provider import ProviderAccount
from restaurants.models import Restaurant


class PaymentKind(models.TextChoices):
    """What a payment is for: a policy's kind, or a fee."""

    DEPOSIT = "deposit", "Deposit"
    PREPAYMENT = "prepayment", "Prepayment"
    HOLD = "hold", "Hold on a card"
    CARD = "card", "Card on file"
    NO_SHOW_FEE = "no_show_fee", "No-show fee"
    LATE_CANCEL_FEE = "late_cancel", "Late cancellation fee"


class Errand(models.TextChoices):
    """What is to be done with a hold or a saved card; a worker does it, as often as it takes."""

    CAPTURE = "capture", "Take it"
    RELEASE = "release", "Let it go"


class Payment(AskedByPolicy):
    """One attempt to take, set aside or secure money; the row is there before the gateway asks.

    ``idempotency_key`` is what the gateway is told, on every retry; ``unknown`` is a state:
    the answer was lost, the money may have moved, the sweep will find out. Only forward.

    ``amount`` is what was asked for and ``captured`` what was taken; what goes back can never be
    more than that, by constraint.
    """

    class Status(models.TextChoices):
        """Where the money is."""

        REQUESTED = "requested", "Requested"
        ACTION_REQUIRED = "action", "Waits for the guest's bank"
        UNKNOWN = "unknown", "Unknown, being settled"
        AUTHORIZED = "authorized", "Set aside on the card"
        SAVED = "saved", "Card on file"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        VOIDED = "voided", "Let go"

    public_id = PublicIdField("pay")
    restaurant = models.ForeignKey(Restaurant, on_delete=models.PROTECT, related_name="payments")
    purpose = models.CharField(max_length=40, help_text="Public id of what is paid for")
    kind = models.CharField(
        max_length=12,
        choices=PaymentKind,
        default=PaymentKind.DEPOSIT,
        db_default=PaymentKind.DEPOSIT,
    )
    gateway = models.CharField(max_length=20)
    account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        help_text="Whose account with the provider; empty for the sandbox.",
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="later",
        help_text="The payment that saved the card this one was charged to.",
    )
    idempotency_key = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=12, decimal_places=3)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    method = models.JSONField(
        default=dict, help_text="What the gateway needs to charge: a token, or brand and last four"
    )
    action = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="What the card's owner has to do first",
    )
    saved = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="What the provider calls the saved card",
    )
    agreed_text = models.TextField(
        blank=True, db_default="", help_text="The terms as the guest read and accepted them"
    )
    capture_before = models.DateTimeField(null=True, blank=True)
    errand = models.CharField(
        max_length=8,
        choices=Errand,
        blank=True,
        db_default="",
        help_text="What a worker is to do with what is set aside",
    )
    errand_amount = models.DecimalField(
        max_digits=12, decimal_places=3, default=0, db_default=0, help_text="How much to take of it"
    )
    card_brand = models.CharField(max_length=20, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    provider_reference = models.CharField(max_length=80, blank=True)
    failure_code = models.CharField(max_length=40, blank=True)
    failure_message = models.CharField(max_length=200, blank=True)
    captured = models.DecimalField(
        max_digits=12, decimal_places=3, default=0, db_default=0, help_text="What was taken"
    )
    refunded = models.DecimalField(
        max_digits=12, decimal_places=3, default=0, help_text="Sum of refunds that did not fail"
    )
    redeemed = models.DecimalField(
        max_digits=12, decimal_places=3, default=0, db_default=0, help_text="Set off against bills"
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Times the gateway was asked")
    next_check_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="payment_key_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_amount"),
            models.CheckConstraint(
                condition=models.Q(captured__gte=0, captured__lte=models.F("amount")),
                name="payment_captured_within_amount",
            ),
            models.CheckConstraint(
                condition=models.Q(status="succeeded", captured__gt=0)
                | (~models.Q(status="succeeded") & models.Q(captured=0)),
                name="payment_captured_when_succeeded",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    refunded__gte=0,
                    redeemed__gte=0,
                    captured__gte=models.F("refunded") + models.F("redeemed"),
                ),
                name="payment_refunds_within_captured",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=PaymentKind.values), name="payment_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(errand="", errand_amount=0)
                | models.Q(errand="release", errand_amount=0, status__in=["authorized", "saved"])
                | models.Q(
                    errand="capture",
                    errand_amount__gt=0,
                    errand_amount__lte=models.F("amount"),
                    status="authorized",
                ),
                name="payment_errand",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"],
                condition=models.Q(status__in=["requested", "action", "unknown"]),
                name="payment_open",
            ),
            models.Index(fields=["purpose"], name="payment_purpose"),
            models.Index(
                fields=["provider_reference"],
                condition=~models.Q(provider_reference=""),
                name="payment_provider_reference",
            ),
            models.Index(
                fields=["next_check_at"],
                condition=~models.Q(errand=""),
                name="payment_errands",
            ),
            models.Index(
                fields=["capture_before"],
                condition=models.Q(status="authorized"),
                name="payment_set_aside",
            ),
            policy_index("payment_policy"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.amount} {self.currency} {self.status}"


class Refund(models.Model):
    """Money on its way back. A row first; the gateway call, its retries and its answer follow."""

    class Status(models.TextChoices):
        """Where the money is."""

        REQUESTED = "requested", "Requested"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed, needs a person"

    public_id = PublicIdField("ref")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    idempotency_key = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=12, decimal_places=3)
    reason = models.CharField(max_length=60)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    provider_reference = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="refund_key_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_amount"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(status="requested"),
                name="refund_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.amount} {self.status}"


class Redemption(models.Model):
    """Part of a payment set off against a bill at the table."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="redemptions")
    idempotency_key = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=12, decimal_places=3)
    bill = models.CharField(max_length=60, blank=True, help_text="Number of the bill, if any")
    by_label = models.CharField(max_length=120, help_text="Who set it off")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="redemption_key_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="redemption_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.amount} {self.bill}"


class PaymentDispute(models.Model):
    """A charge whose owner contests it at the bank, as the provider tells of it."""

    class Status(models.TextChoices):
        """Where the dispute stands."""

        NEEDS_RESPONSE = "needs_response", "Needs an answer"
        UNDER_REVIEW = "under_review", "Under review"
        WON = "won", "Won"
        LOST = "lost", "Lost"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    reference = models.CharField(max_length=80)
    status = models.CharField(max_length=14, choices=Status)
    amount = models.DecimalField(max_digits=12, decimal_places=3)
    reason = models.CharField(max_length=60, blank=True)
    due_by = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "reference"], name="dispute_once"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="dispute_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.amount} {self.status}"


class ProviderAnswer(models.Model):
    """What a provider said about a payment or a refund, word for word but for what is secret."""

    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="answers")
    refund = models.ForeignKey(
        Refund, on_delete=models.CASCADE, null=True, blank=True, related_name="answers"
    )
    call = models.CharField(max_length=20, help_text="charge, find, capture, void, refund, …")
    outcome = models.CharField(max_length=20)
    reference = models.CharField(max_length=80, blank=True)
    body = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.call} {self.outcome} {self.reference}"
