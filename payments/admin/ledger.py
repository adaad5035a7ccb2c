"""Money as rows in the admin: payments, refunds and disputes to look at; refunds to retry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from core import clock
from core.admin import ReadOnlyAdmin, back_to, public_link, row_link, staff_actor, tell
from core.errors import DomainError
from core.money import written
from payments.models import (
    Payment,
    PaymentDispute,
    ProviderAnswer,
    ReconciliationDifference,
    Redemption,
    Refund,
    SandboxCharge,
)
from payments.selectors import open_differences, stuck_payments, stuck_refunds
from payments.services import refunds
from restaurants.access import Capability
from restaurants.admin.scope import (
    HouseFilter,
    ScopedInline,
    ScopedReadOnlyAdmin,
    access,
)

PAYMENT_COLOURS = {
    "requested": "info",
    "action": "info",
    "unknown": "danger",
    "authorized": "primary",
    "saved": "primary",
    "succeeded": "success",
    "failed": "warning",
    "voided": "default",
}
DISPUTE_COLOURS = {
    "needs_response": "danger",
    "under_review": "info",
    "won": "success",
    "lost": "warning",
}
REFUND_COLOURS = {"requested": "info", "succeeded": "success", "failed": "danger"}


class AttentionFilter(DropdownFilter):
    """Only what needs a person."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Stuck or all."""
        return [("stuck", "Stuck, needs a person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """As the badge in the sidebar counts."""
        if self.value() != "stuck":
            return queryset
        stuck: QuerySet[Any] = _STUCK[queryset.model]()
        return queryset.filter(pk__in=stuck.order_by().values("pk"))


_STUCK: dict[type[Any], Callable[[], QuerySet[Any]]] = {
    Payment: stuck_payments,
    Refund: stuck_refunds,
    ReconciliationDifference: open_differences,
}


class RefundInline(ScopedInline):
    """What goes back of a payment."""

    model = Refund
    fields = ["public_id", "amount", "reason", "status", "attempts", "last_error", "settled_at"]
    readonly_fields = fields
    may_change = may_add = may_delete = None
    show_change_link = True


class RedemptionInline(ScopedInline):
    """What came off bills."""

    model = Redemption
    fields = ["amount", "bill", "by_label", "created_at"]
    readonly_fields = fields
    may_change = may_add = may_delete = None


class AnswerInline(ScopedInline):
    """What the provider said, without the body: that is for disputes."""

    model = ProviderAnswer
    verbose_name_plural = "provider's answers"
    fields = ["at", "call", "outcome", "reference"]
    readonly_fields = fields
    may_change = may_add = may_delete = None


@admin.register(Payment)
class PaymentAdmin(ScopedReadOnlyAdmin):
    """Found by id, booking, card digits or the provider's reference."""

    list_display = [
        "public_id",
        "restaurant",
        "paid_for",
        "kind",
        "money",
        "state",
        "card",
        "created_at",
    ]
    list_filter = [
        AttentionFilter,
        HouseFilter,
        "status",
        "kind",
        ("created_at", RangeDateTimeFilter),
    ]
    list_select_related = ["restaurant"]
    search_fields = [
        "=public_id",
        "=purpose",
        "=provider_reference",
        "=card_last4",
        "=idempotency_key",
    ]
    search_help_text = "Payment or booking id, provider reference, last four digits"
    inlines = [RefundInline, RedemptionInline, AnswerInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("public_id", "restaurant"),
                    ("paid_for", "status"),
                    ("kind", "parent"),
                    ("money", "captured"),
                    ("returned", "redeemed"),
                    ("card", "gateway"),
                    ("created_at", "settled_at"),
                    "policy_name",
                    "agreed_text",
                ]
            },
        ),
        (
            "With the provider",
            {
                "fields": [
                    ("account", "provider_reference"),
                    ("idempotency_key", "capture_before"),
                    ("errand", "errand_amount"),
                    ("attempts", "next_check_at"),
                    ("failure_code", "failure_message"),
                    "last_error",
                ]
            },
        ),
    ]

    @display(description="for")
    def paid_for(self, row: Payment) -> str:
        """A link to the hold or booking."""
        return public_link(row.purpose)

    @display(description="amount", ordering="amount")
    def money(self, row: Payment) -> str:
        """With currency."""
        return written(row.amount, row.currency)

    @display(description="returned", ordering="refunded")
    def returned(self, row: Payment) -> str:
        """With currency."""
        return written(row.refunded, row.currency)

    @display(description="status", ordering="status", label=PAYMENT_COLOURS)
    def state(self, row: Payment) -> tuple[str, str]:
        """In colour."""
        return (row.status, row.get_status_display())

    @display(description="card")
    def card(self, row: Payment) -> str:
        """Brand and last digits."""
        return f"{row.card_brand} …{row.card_last4}" if row.card_last4 else "–"


@admin.register(Refund)
class RefundAdmin(ScopedReadOnlyAdmin):
    """Money on its way back; what is stuck can be tried again."""

    house_path = "payment__restaurant_id"
    list_display = [
        "public_id",
        "house",
        "of_payment",
        "money",
        "state",
        "attempts",
        "last_error",
        "created_at",
    ]
    list_filter = [AttentionFilter, HouseFilter, "status", ("created_at", RangeDateTimeFilter)]
    list_select_related = ["payment__restaurant"]
    search_fields = ["=public_id", "=payment__public_id", "=payment__purpose", "reason"]
    search_help_text = "Refund, payment or booking id"
    actions = ["retry_selected"]
    actions_detail = ["retry"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("public_id", "house"),
                    ("of_payment", "booking"),
                    ("money", "status"),
                    "reason",
                    ("created_at", "settled_at"),
                    ("attempts", "next_attempt_at"),
                    ("provider_reference", "idempotency_key"),
                    "last_error",
                ]
            },
        )
    ]

    def house_of(self, row: Any) -> int | None:
        """That of the payment."""
        return row.payment.restaurant_id if isinstance(row, Refund) else super().house_of(row)

    def has_refund_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Managers decide about money."""
        row = self.get_object(request, object_id) if object_id else None
        if object_id and row is None:
            return False
        return self.allowed(request, Capability.MANAGE, row)

    @display(description="restaurant", ordering="payment__restaurant__name")
    def house(self, row: Refund) -> str:
        """Whose."""
        return row.payment.restaurant.name

    @display(description="payment")
    def of_payment(self, row: Refund) -> str:
        """A link."""
        return row_link(row.payment, row.payment.public_id)

    @display(description="for")
    def booking(self, row: Refund) -> str:
        """A link to the booking."""
        return public_link(row.payment.purpose)

    @display(description="amount", ordering="amount")
    def money(self, row: Refund) -> str:
        """With currency."""
        return written(row.amount, row.payment.currency)

    @display(description="status", ordering="status", label=REFUND_COLOURS)
    def state(self, row: Refund) -> tuple[str, str]:
        """In colour."""
        return (row.status, row.get_status_display())

    @action(description="Try again", permissions=["refund"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        """Each by the service; what cannot be retried says why."""
        houses = access(request)
        for refund in queryset.select_related("payment"):
            if houses.allows(Capability.MANAGE, refund.payment.restaurant_id):
                self._retry(request, refund)

    @action(
        description="Try again",
        icon="refresh",
        variant=ActionVariant.PRIMARY,
        permissions=["refund"],
        dialog={
            "title": "Try this refund again",
            "description": "The provider is asked again; nothing is ever paid back twice.",
            "form_class": None,
            "form_submit_text": "Try again",
        },
    )
    def retry(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """From the refund's own page."""
        refund = self.get_object(request, object_id)
        if refund is not None and self.allowed(request, Capability.MANAGE, refund):
            self._retry(request, refund)
        return back_to(request, reverse("admin:payments_refund_change", args=[object_id]))

    def _retry(self, request: HttpRequest, refund: Refund) -> None:
        try:
            asked = refunds.retry_refund(refund.pk, by=staff_actor(request), at=clock.now())
            tell(request, f"Refund {asked.public_id} is on its way again.")
        except DomainError as error:
            tell(request, error)


@admin.register(PaymentDispute)
class PaymentDisputeAdmin(ScopedReadOnlyAdmin):
    """Charges that guests contest at their bank; answered at the provider."""

    house_path = "payment__restaurant_id"
    list_display = ["reference", "of_payment", "money", "state", "reason", "due_by"]
    list_filter = [HouseFilter, "status", ("opened_at", RangeDateTimeFilter)]
    list_select_related = ["payment__restaurant"]
    search_fields = ["=reference", "=payment__public_id", "=payment__purpose"]
    search_help_text = "Dispute at the provider, payment or booking id"
    fields = [
        ("reference", "of_payment"),
        ("money", "status"),
        "reason",
        ("opened_at", "due_by"),
        "updated_at",
    ]

    def house_of(self, row: Any) -> int | None:
        """That of the payment."""
        if isinstance(row, PaymentDispute):
            return row.payment.restaurant_id
        return super().house_of(row)

    @display(description="payment")
    def of_payment(self, row: PaymentDispute) -> str:
        """A link."""
        return row_link(row.payment, row.payment.public_id)

    @display(description="amount", ordering="amount")
    def money(self, row: PaymentDispute) -> str:
        """With currency."""
        return written(row.amount, row.payment.currency)

    @display(description="status", ordering="status", label=DISPUTE_COLOURS)
    def state(self, row: PaymentDispute) -> tuple[str, str]:
        """In colour."""
        return (row.status, row.get_status_display())


@admin.register(SandboxCharge)
class SandboxChargeAdmin(ReadOnlyAdmin):
    """The pretend provider's own books. Operators only."""

    list_display = ["reference", "kind", "minor_amount", "currency", "outcome", "last4", "at"]
    list_filter = ["kind", "outcome"]
    search_fields = ["=reference", "=key", "=charge_reference"]
