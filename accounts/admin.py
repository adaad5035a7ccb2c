"""Accounts and groups. Operators only: staff see the people of their own house with it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import Organization, User
from core.admin import HouseAdmin, list_link


class NewUserForm(UserCreationForm):
    """A new account by e-mail address."""

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["email"]


@admin.register(User)
class UserAdmin(DjangoUserAdmin, HouseAdmin):  # type: ignore[misc]  # unfold widens the overrides
    """Guests and staff: locked out with one switch, found by address, name, number or id."""

    form = UserChangeForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "full_name", "phone", "kind", "is_active", "date_joined"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["email", "full_name", "phone", "public_id"]
    search_help_text = "E-mail, name, telephone or public id"
    ordering = ["email"]
    readonly_fields = ["public_id", "last_login", "date_joined", "places"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": [("email", "public_id"), "password"]}),
        ("Person", {"fields": [("full_name", "phone")]}),
        (
            "May",
            {
                "fields": [("is_active", "is_staff", "is_superuser"), "places"],
                "description": "What staff may do follows from their roles at restaurants.",
            },
        ),
        ("Dates", {"fields": [("date_joined", "last_login")]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "usable_password", "password1", "password2"]}),
    ]

    @display(
        description="kind",
        label={"operator": "danger", "staff": "primary", "guest": "info"},
        ordering="is_staff",
    )
    def kind(self, row: User) -> tuple[str, str]:
        """Operator, staff or guest."""
        if row.is_superuser:
            return ("operator", "Operator")
        return ("staff", "Staff") if row.is_staff else ("guest", "Guest")

    @display(description="works at")
    def places(self, row: User) -> str:
        """Roles at restaurants, one click away."""
        return list_link("restaurants_membership", "Roles at restaurants", q=row.email)


@admin.register(Organization)
class OrganizationAdmin(HouseAdmin):
    """Restaurant groups."""

    list_display = ["name", "public_id", "created_at"]
    search_fields = ["name", "public_id"]
    readonly_fields = ["public_id", "created_at"]


# What people may do follows from their roles at restaurants, so Django's own groups stay away.
admin.site.unregister(Group)
