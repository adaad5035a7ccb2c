"""Where the books of providers and ours differ, in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from core.admin import ReadOnlyAdmin, back_to, public_link, row_link, staff_actor, tell
from core.errors import DomainError
from payments.admin.ledger import AttentionFilter
from payments.models import Reconciliation, ReconciliationDifference
from payments.services import reconciliation
from restaurants.access import Capability
from restaurants.admin.scope import HouseFilter, ScopedReadOnlyAdmin


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
