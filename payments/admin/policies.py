"""What a house asks for in advance, set up by its managers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from unfold.decorators import display

from core.money import written
from payments.gateways.base import Taking
from payments.gateways.registry import SANDBOX, gateway_class
from payments.gateways.units import is_whole, takes, unit_of
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
    """Only kinds that the house's provider can do, and amounts that it can move."""

    def clean(self) -> dict[str, Any]:
        """Say what would do where this cannot be had."""
        cleaned = super().clean()
        house = cleaned.get("restaurant") or (self.instance.pk and self.instance.restaurant)
        if not house:
            return cleaned
        account = ProviderAccount.objects.filter(restaurant=house, is_active=True).first()
        gateway = account.provider if account else SANDBOX
        amount = cleaned.get("amount")
        if amount is not None and (why := _why_not(amount, gateway, house.currency)):
            self.add_error("amount", ValidationError(why))
        needed = _NEEDS.get(cleaned.get("kind", ""))
        if needed and not needed <= gateway_class(gateway).takes:
            self.add_error(
                "kind",
                ValidationError(
                    f"{account} keeps no cards for later. Choose a deposit or a prepayment."
                ),
            )
        return cleaned


def _why_not(amount: Decimal, gateway: str, currency: str) -> str:
    """Why no guest could be charged just this amount; empty when they can."""
    provider = gateway if gateway == SANDBOX else ProviderAccount.Provider(gateway).label
    if not takes(gateway, currency):
        return f"{provider} does not take {currency}, which is the currency of this restaurant."
    if is_whole(amount, gateway, currency):
        return ""
    unit = unit_of(gateway, currency)
    below = amount // unit * unit
    near = [written(each, currency) for each in (below, below + unit) if each]
    return (
        f"{provider} cannot move {amount.normalize():f} {currency} exactly."
        f" Choose {' or '.join(near)}."
    )


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
