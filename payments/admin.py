"""Money in the admin: deposit policies to set up; payments and refunds to look at and retry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from core import clock
from core.admin import ReadOnlyAdmin, back_to, public_link, row_link, staff_actor, tell
from core.errors import DomainError
from payments.models import (
    Payment,
    Policy,
    Reconciliation,
    ReconciliationDifference,
    Refund,
    SandboxCharge,
)
from payments.selectors import ladder_text, open_differences, stuck_payments, stuck_refunds
from payments.services import reconciliation, refunds
from restaurants.access import Capability
from restaurants.admin.scope import (
    HouseFilter,
    ScopedAdmin,
    ScopedInline,
    ScopedReadOnlyAdmin,
    access,
)
from restaurants.admin.service import WeekdaysTextMixin

PAYMENT_COLOURS = {
    "requested": "info",
    "unknown": "danger",
    "succeeded": "success",
    "failed": "warning",
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


@admin.register(Policy)
class PolicyAdmin(WeekdaysTextMixin, ScopedAdmin):
    """What parties pay in advance. The highest priority that applies wins."""

    list_display = ["name", "restaurant", "amount_text", "who", "ladder", "priority", "is_active"]
    list_filter = [HouseFilter, "is_active", "per_person"]
    list_select_related = ["restaurant", "service"]
    search_fields = ["name", "restaurant__name", "restaurant__public_id"]
    autocomplete_fields = ["restaurant", "service"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("restaurant", "name"),
                    ("amount", "per_person"),
                    ("priority", "is_active"),
                    "refund_ladder",
                ]
            },
        ),
        (
            "Applies to",
            {
                "description": "Everything left empty: every party on every day.",
                "fields": [
                    "service",
                    ("min_party", "max_party"),
                    "weekdays",
                    ("valid_from", "valid_until"),
                ],
            },
        ),
    ]

    @display(description="amount", ordering="amount")
    def amount_text(self, row: Policy) -> str:
        """With currency."""
        return f"{row.amount:.2f} {row.restaurant.currency}{' p.p.' if row.per_person else ''}"

    @display(description="applies to")
    def who(self, row: Policy) -> str:
        """Service and party size."""
        most = f" to {row.max_party}" if row.max_party else " or more"
        service = row.service.name if row.service else "Every service"
        return f"{service}, {row.min_party}{most}"

    @display(description="refund")
    def ladder(self, row: Policy) -> str:
        """In words."""
        return ladder_text([(hours, percent) for hours, percent in row.refund_ladder])


class RefundInline(ScopedInline):
    """What goes back of a payment."""

    model = Refund
    fields = ["public_id", "amount", "reason", "status", "attempts", "last_error", "settled_at"]
    readonly_fields = fields
    may_change = may_add = may_delete = None
    show_change_link = True


@admin.register(Payment)
class PaymentAdmin(ScopedReadOnlyAdmin):
    """Found by id, booking, card digits or the provider's reference."""

    list_display = ["public_id", "restaurant", "paid_for", "money", "state", "card", "created_at"]
    list_filter = [
        AttentionFilter,
        HouseFilter,
        "status",
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
    inlines = [RefundInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("public_id", "restaurant"),
                    ("paid_for", "status"),
                    ("money", "returned"),
                    ("card", "gateway"),
                    ("created_at", "settled_at"),
                ]
            },
        ),
        (
            "With the provider",
            {
                "fields": [
                    ("provider_reference", "idempotency_key"),
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
        return f"{row.amount:.2f} {row.currency}"

    @display(description="returned", ordering="refunded")
    def returned(self, row: Payment) -> str:
        """With currency."""
        return f"{row.refunded:.2f} {row.currency}"

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
        return f"{row.amount:.2f} {row.payment.currency}"

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


class NoteDialog(BaseDialogForm):
    """Why a difference may stay."""

    note = forms.CharField(max_length=300, widget=UnfoldAdminTextInputWidget, label="Reason")


@admin.register(ReconciliationDifference)
class ReconciliationDifferenceAdmin(ScopedReadOnlyAdmin):
    """Where a provider's books and ours differ. Goes by itself once both say the same."""

    list_display = ["kind_text", "what", "money", "day", "restaurant", "of_payment", "is_open"]
    list_filter = [AttentionFilter, HouseFilter, "kind", "what", "provider"]
    list_select_related = ["restaurant", "payment"]
    search_fields = ["=reference", "=purpose", "=payment__public_id"]
    search_help_text = "The provider's reference, booking or payment id"
    actions_detail = ["resolve"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("kind_text", "what"),
                    ("ours", "theirs"),
                    ("reference", "provider"),
                    ("of_payment", "booking"),
                    ("restaurant", "day"),
                    ("found_at", "seen_at"),
                    ("resolved_at", "resolved_by"),
                    "note",
                ]
            },
        )
    ]

    def has_resolve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Managers decide about money."""
        row = self.get_object(request, object_id) if object_id else None
        if object_id and (row is None or row.resolved_at is not None):
            return False
        return self.allowed(request, Capability.MANAGE, row)

    @display(description="difference", ordering="kind")
    def kind_text(self, row: ReconciliationDifference) -> str:
        """In words."""
        return row.get_kind_display()

    @display(description="here / there")
    def money(self, row: ReconciliationDifference) -> str:
        """Both books."""
        return f"{row.ours} / {row.theirs}"

    @display(description="payment")
    def of_payment(self, row: ReconciliationDifference) -> str:
        """A link, if it is one of ours."""
        return row_link(row.payment, row.payment.public_id) if row.payment else "–"

    @display(description="for")
    def booking(self, row: ReconciliationDifference) -> str:
        """A link to the hold or booking."""
        return public_link(row.purpose) if row.purpose else "–"

    @display(description="open", boolean=True)
    def is_open(self, row: ReconciliationDifference) -> bool:
        """Nobody has looked into it."""
        return row.resolved_at is None

    @action(
        description="Resolve",
        icon="check",
        permissions=["resolve"],
        dialog={
            "title": "Let this difference stay",
            "description": "It is not raised again. Say why; the reason is kept.",
            "form_class": NoteDialog,
            "form_submit_text": "Resolve",
        },
    )
    def resolve(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """With a reason."""
        row = self.get_object(request, object_id)
        if row is not None and self.allowed(request, Capability.MANAGE, row):
            try:
                note = form.cleaned_data["note"]
                reconciliation.resolve(row.pk, note, by=staff_actor(request))
                tell(request, "The difference is resolved.")
            except DomainError as error:
                tell(request, error)
        page = reverse("admin:payments_reconciliationdifference_change", args=[object_id])
        return back_to(request, page)


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    """Each comparison of the books. Operators only."""

    list_display = ["day", "provider", "account", "movements", "differences", "finished_at"]
    list_filter = ["provider"]
    date_hierarchy = "day"


@admin.register(SandboxCharge)
class SandboxChargeAdmin(ReadOnlyAdmin):
    """The pretend provider's own books. Operators only."""

    list_display = ["reference", "kind", "minor_amount", "currency", "outcome", "last4", "at"]
    list_filter = ["kind", "outcome"]
    search_fields = ["=reference", "=key", "=charge_reference"]
