"""API keys, for owners and managers. A secret is shown once, where it was made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.models import ApiKey, ApiKeySecret
from accounts.scopes import SCOPES
from accounts.services import keys
from core import clock
from core.admin import back_to, staff_actor, tell
from core.errors import Invalid
from restaurants.access import Capability
from restaurants.admin.fields import LinesField
from restaurants.admin.revocable import RevocableMixin
from restaurants.admin.scope import HouseFilter, ScopedAdmin, ScopedInline, access

T = TypeVar("T")


class ApiKeyForm(forms.ModelForm):
    """A key's name, rights and limits, checked as the services check them."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {meaning}") for scope, meaning in SCOPES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=False,
        help_text="Tick no more than the program needs.",
    )
    allowed_networks = LinesField(
        longest=49,
        required=False,
        label="Allowed networks",
        help_text="One per line, such as 192.0.2.0/24. Empty: from anywhere.",
    )

    class Meta:
        model = ApiKey
        fields = (
            "name",
            "restaurant",
            "scopes",
            "source",
            "is_test",
            "allowed_networks",
            "rate_per_hour",
            "expires_at",
        )

    def clean_scopes(self) -> list[str]:
        """Known ones, in order."""
        return _checked(keys.check_scopes, self.cleaned_data["scopes"])

    def clean_source(self) -> str:
        """In small letters."""
        return _checked(keys.check_source, self.cleaned_data["source"])

    def clean_allowed_networks(self) -> list[str]:
        """In one form."""
        return _checked(keys.check_networks, self.cleaned_data["allowed_networks"] or [])


def _checked(check: Callable[[Any], T], value: Any) -> T:
    try:
        return check(value)
    except Invalid as error:
        raise ValidationError(" ".join(map(str, error.details.values()))) from None


class SecretInline(ScopedInline):
    """The key's secrets, by their public parts."""

    model = ApiKeySecret
    fields = readonly_fields = ["lookup", "created_at", "expires_at"]
    may_see = Capability.CONNECT
    may_add = may_change = may_delete = None
    verbose_name_plural = "secrets"


@admin.register(ApiKey)
class ApiKeyAdmin(RevocableMixin, ScopedAdmin):
    """Who calls the API, with which rights. Keys for every restaurant are the operator's alone."""

    form = ApiKeyForm
    may_see = may_add = may_change = may_revoke = Capability.CONNECT
    may_delete = None
    list_display = ["name", "restaurant", "source", "shown_scopes", "state", "last_used_at"]
    list_filter = [HouseFilter, "is_test"]
    list_select_related = ["restaurant"]
    search_fields = ["name", "public_id", "source", "secrets__lookup"]
    readonly_fields = ["public_id", "created_by", "created_at", "last_used_at", "revoked_at"]
    inlines = [SecretInline]
    actions_detail = ["rotate", "revoke"]

    @display(description="scopes")
    def shown_scopes(self, row: ApiKey) -> str:
        """All of them, short."""
        return ", ".join(row.scopes) or "public only"

    @display(
        description="state",
        label={"open": "success", "test": "info", "expired": "warning", "revoked": "danger"},
    )
    def state(self, row: ApiKey) -> tuple[str, str]:
        """Whether it works now."""
        if row.revoked_at:
            return "revoked", "Revoked"
        if not row.is_open(clock.now()):
            return "expired", "Expired"
        return ("test", "Test key") if row.is_test else ("open", "In use")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """For whom it works, and whether in earnest, is decided once."""
        fields = [*super().get_readonly_fields(request, obj)]
        return fields if obj is None else [*fields, "is_test"]

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new key has no secrets to show yet."""
        return [] if obj is None else super().get_inlines(request, obj)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kw: Any
    ) -> Any:
        """Only the operator may leave the restaurant empty."""
        form = super().get_form(request, obj, change, **kw)
        if obj is None and not access(request).sees_all:
            form.base_fields["restaurant"].required = True
        return form

    @sensitive_variables("made")
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Changes are saved as they are; a new key and its secret are made by the service."""
        if change:
            super().save_model(request, obj, form, change)
            return
        said = {name: form.cleaned_data[name] for name in ApiKeyForm.Meta.fields}
        restaurant = said.pop("restaurant")
        made = keys.create_key(
            said.pop("name"),
            by=staff_actor(request),
            restaurant_id=restaurant.pk if restaurant else None,
            **said,
        )
        obj.__dict__.update(made.key.__dict__)
        request.new_key = made  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The page that shows the key, this once."""
        return self._show(request, request.new_key)  # type: ignore[attr-defined]

    @action(
        description="Rotate",
        icon="autorenew",
        permissions=["revoke"],
        dialog={
            "title": "Make a new secret",
            "description": "The secret in use works for another 24 hours.",
            "form_class": None,
            "form_submit_text": "Make a new secret",
        },
    )
    def rotate(self, request: HttpRequest, form: object, object_id: str) -> HttpResponse:
        """A new secret beside the old one."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_revoke_permission(request, object_id):
            return back_to(request, reverse("admin:accounts_apikey_changelist"))
        return self._show(request, keys.rotate_key(row, by=staff_actor(request)))

    @action(
        description="Revoke",
        icon="block",
        variant=ActionVariant.DANGER,
        permissions=["revoke"],
        dialog={
            "title": "Revoke this key",
            "description": "Programs that use it are refused from now on. This cannot be undone.",
            "form_class": None,
            "form_submit_text": "Revoke",
        },
    )
    def revoke(self, request: HttpRequest, form: object, object_id: str) -> HttpResponse:
        """For good, at once."""
        row = self.get_object(request, object_id)
        if row is not None and self.has_revoke_permission(request, object_id):
            keys.revoke_key(row, by=staff_actor(request))
            tell(request, f"The key “{row.name}” is revoked.")
        return back_to(request, reverse("admin:accounts_apikey_changelist"))

    def _show(self, request: HttpRequest, made: keys.NewKey) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": made.key.name,
            "key": made.key,
            "text": made.text,
            "opts": self.opts,
            "back": reverse("admin:accounts_apikey_change", args=[made.key.pk]),
        }
        return render(request, "admin/api_key_secret.html", context)
