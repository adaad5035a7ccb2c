"""Who works where: owners decide about their own house."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from restaurants import services
from restaurants.access import Capability
from restaurants.admin.scope import ScopedAdmin, ScopedInline
from restaurants.models import Membership


class MembershipForm(forms.ModelForm):
    """A person by e-mail address: nobody may leaf through all accounts to find one."""

    email = forms.EmailField(
        widget=UnfoldAdminTextInputWidget,
        help_text="An account is made for a new address; an operator sets its password.",
    )

    class Meta:
        model = Membership
        fields: ClassVar[list[str]] = ["restaurant", "role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["email"].initial = self.instance.user.email
            self.fields["email"].disabled = True

    def clean(self) -> dict[str, Any]:
        """A person has one role at a house."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        restaurant, email = cleaned.get("restaurant"), cleaned.get("email")
        is_new = email and not self.instance.pk
        if (
            is_new
            and restaurant
            and restaurant.pk
            and restaurant.staff.filter(user__email__iexact=email).exists()
        ):
            self.add_error("email", "This person works here already: change the role instead.")
        return cleaned

    def save(self, commit: bool = True) -> Membership:
        """Find or make the account first."""
        if not self.instance.user_id:
            self.instance.user = services.staff_account(self.cleaned_data["email"])
        saved: Membership = super().save(commit)
        return saved


class MembershipInline(ScopedInline):
    """Who works here; owners decide."""

    model = Membership
    form = MembershipForm
    fields = ["email", "role"]
    verbose_name = "person"
    verbose_name_plural = "staff"
    may_change = may_add = may_delete = Capability.OWN

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """With the accounts, whose addresses are shown."""
        rows: QuerySet[Membership] = super().get_queryset(request)
        return rows.select_related("user", "restaurant")


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    """Who works where; owners decide about their own house."""

    form = MembershipForm
    may_change = may_add = may_delete = Capability.OWN
    list_display = ["user", "restaurant", "role_label"]
    list_select_related = ["user", "restaurant"]
    search_fields = ["user__email", "user__full_name", "restaurant__name", "restaurant__public_id"]
    fields = ["restaurant", "email", "role"]

    @display(
        description="role",
        ordering="role",
        label={"owner": "primary", "manager": "info", "host": "success", "viewer": "default"},
    )
    def role_label(self, row: Membership) -> tuple[str, str]:
        """In colour."""
        return (row.role, row.get_role_display())
