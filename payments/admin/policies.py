"""What a house asks for in advance, set up by its managers."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from unfold.decorators import display

from core.money import written
from payments.gateways.base import Taking
from payments.gateways.registry import SANDBOX, gateway_class
from payments.models import Policy, PolicyKind, ProviderAccount
from payments.selectors import ladder_text
from restaurants.admin.scope import HouseFilter, SameHouseForm, ScopedAdmin
from restaurants.admin.service import WeekdaysTextMixin

_NEEDS = {
    PolicyKind.CARD: frozenset({Taking.CARD}),
    # Far ahead the card is only saved, and the money set aside shortly before the visit.
    PolicyKind.HOLD: frozenset({Taking.HOLD, Taking.CARD}),
}


class PolicyForm(SameHouseForm):
    """Only kinds that the house's provider can do."""

    def clean(self) -> dict[str, Any]:
        """Say which kinds would do where this one cannot be had."""
        cleaned = super().clean()
        house = cleaned.get("restaurant") or (self.instance.pk and self.instance.restaurant)
        needed = _NEEDS.get(cleaned.get("kind", ""))
        if not house or not needed:
            return cleaned
        account = ProviderAccount.objects.filter(restaurant=house, is_active=True).first()
        takes = gateway_class(account.provider if account else SANDBOX).takes
        if not needed <= takes:
            self.add_error(
                "kind",
                ValidationError(
                    f"{account} keeps no cards for later. Choose a deposit or a prepayment."
                ),
            )
        return cleaned


@admin.register(Policy)
class PolicyAdmin(WeekdaysTextMixin, ScopedAdmin):
    """What parties pay in advance. The highest priority that applies wins."""

    form = PolicyForm
    list_display = [
        "name",
        "restaurant",
        "kind",
        "amount_text",
        "who",
        "ladder",
        "priority",
        "is_active",
    ]
    list_filter = [HouseFilter, "kind", "is_active", "per_person"]
    list_select_related = ["restaurant", "service", "offer"]
    search_fields = ["name", "restaurant__name", "restaurant__public_id"]
    autocomplete_fields = ["restaurant", "service", "offer"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("restaurant", "name"),
                    "kind",
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
                    ("service", "offer"),
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
        return f"{written(row.amount, row.restaurant.currency)}{' p.p.' if row.per_person else ''}"

    @display(description="applies to")
    def who(self, row: Policy) -> str:
        """Service and party size."""
        most = f" to {row.max_party}" if row.max_party else " or more"
        service = row.service.name if row.service else "Every service"
        offer = f", {row.offer.name}" if row.offer else ""
        return f"{service}{offer}, {row.min_party}{most}"

    @display(description="refund")
    def ladder(self, row: Policy) -> str:
        """In words."""
        return ladder_text([(hours, percent) for hours, percent in row.refund_ladder])
