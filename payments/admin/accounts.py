"""With whom a house takes money: owners connect it; its secrets go in and never come out."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from core import clock
from core.secrets import encrypt
from payments.gateways.registry import GATEWAYS
from payments.models import ProviderAccount, ProviderEvent
from restaurants.access import Capability
from restaurants.admin.scope import HouseFilter, SameHouseForm, ScopedAdmin, ScopedReadOnlyAdmin


class AccountForm(SameHouseForm):
    """The public settings are shown; the secrets are only ever replaced."""

    secrets = forms.JSONField(
        required=False,
        label="Secrets",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "autocomplete": "off"}),
        help_text='Such as {"secret_key": "…", "webhook_secrets": ["…"]}. Kept encrypted and never'
        " shown again; leave it empty to keep what is there.",
    )

    class Meta:
        model = ProviderAccount
        fields = ("restaurant", "provider", "is_test", "is_active", "settings")

    @sensitive_variables("secret", "cleaned")
    def clean(self) -> dict[str, Any]:
        """Make the adapter with these values: what it does not know is a mistake in the form."""
        cleaned = super().clean()
        public, secret = cleaned.get("settings") or {}, cleaned.get("secrets")
        for name, value in (("settings", public), ("secrets", secret or {})):
            if not isinstance(value, dict):
                self.add_error(name, ValidationError("Write an object in braces."))
                return cleaned
        if not secret and not self.instance.credentials:
            self.add_error("secrets", ValidationError("A new account needs its secrets."))
        elif secret and "provider" in cleaned:
            self._try(cleaned["provider"], {**public, **secret}, is_test=cleaned.get("is_test"))
        return cleaned

    def _try(self, provider: str, values: dict[str, Any], *, is_test: bool | None) -> None:
        try:
            import_string(GATEWAYS[provider])(**values, is_test=bool(is_test))
        except (TypeError, ValueError, ImproperlyConfigured):
            # Its words may quote a secret.
            self.add_error(
                "secrets",
                ValidationError("This provider does not take these names, or one is missing."),
            )


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ScopedAdmin):
    """One account takes new payments; the others stay, for refunds."""

    form = AccountForm
    may_see = may_change = may_add = Capability.OWN
    may_delete = None
    list_display = ["public_id", "restaurant", "provider", "mode", "in_use", "created_at"]
    list_filter = [HouseFilter, "provider", "is_test", "is_active"]
    list_select_related = ["restaurant"]
    search_fields = ["=public_id", "restaurant__name"]
    autocomplete_fields = ["restaurant"]
    fields = [
        ("restaurant", "provider"),
        ("is_test", "is_active"),
        "settings",
        "secrets",
        ("public_id", "has_secrets"),
        ("created_at", "updated_at"),
    ]
    readonly_fields = ["public_id", "has_secrets", "created_at", "updated_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """With whom it is, is decided once: payments were made through it."""
        fields = [*super().get_readonly_fields(request, obj)]
        return fields if obj is None else [*fields, "provider"]

    @sensitive_variables("form")
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Encrypt what is new, keep what is not."""
        now = clock.now()
        obj.created_at = obj.created_at or now
        obj.updated_at = now
        if secret := form.cleaned_data.get("secrets"):
            obj.credentials = encrypt(json.dumps(secret))
        super().save_model(request, obj, form, change)

    @display(description="mode", label={"test": "warning", "live": "success"})
    def mode(self, row: ProviderAccount) -> tuple[str, str]:
        """Whether real money moves."""
        return ("test", "Test: no real money") if row.is_test else ("live", "Live")

    @display(description="takes new payments", boolean=True)
    def in_use(self, row: ProviderAccount) -> bool:
        """Or only stays for refunds."""
        return row.is_active

    @display(description="secrets are there", boolean=True)
    def has_secrets(self, row: ProviderAccount) -> bool:
        """Not which."""
        return bool(row.credentials)


@admin.register(ProviderEvent)
class ProviderEventAdmin(ScopedReadOnlyAdmin):
    """What providers told us unasked, and whether it was looked into."""

    house_path = "account__restaurant_id"
    may_see = Capability.OWN
    list_display = ["event_id", "provider", "type", "received_at", "processed_at", "last_error"]
    list_filter = [HouseFilter, "provider", ("received_at", RangeDateTimeFilter)]
    list_select_related = ["account__restaurant"]
    search_fields = ["=event_id", "type"]
    fields = [
        ("provider", "account"),
        ("event_id", "type"),
        "references",
        ("occurred_at", "received_at"),
        ("processed_at", "attempts"),
        ("next_attempt_at", "last_error"),
    ]

    def house_of(self, row: Any) -> int | None:
        """That of the account; events of the sandbox are nobody's."""
        if not isinstance(row, ProviderEvent):
            return super().house_of(row)
        return row.account.restaurant_id if row.account else -1
