"""Guests of a restaurant group. Here because the page needs memberships and their bookings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from core.admin import EMPTY, PhoneSearchMixin, counted, list_link
from core.errors import Invalid
from core.phone import to_e164
from customers.models import Customer
from customers.selectors import TagSight, sight_of
from customers.tag_names import tag_name
from reservations.models import Reservation
from restaurants.access import Capability, HouseAccess
from restaurants.admin.scope import ScopedAdmin, access, swapped


class CustomerForm(forms.ModelForm):
    """Contact data in the one form the house looks guests up by."""

    class Meta:
        model = Customer
        fields: ClassVar[list[str]] = ["name", "family_name", "email", "phone"]

    def clean_tags(self) -> list[str]:
        """As names of tags are kept, none twice."""
        return list(dict.fromkeys(filter(None, map(tag_name, self.cleaned_data["tags"]))))

    def clean_email(self) -> str:
        """Addresses are kept in lower case."""
        return str(self.cleaned_data["email"]).lower()

    def clean_phone(self) -> str:
        """Any international form; a national one is read as of the group's first restaurant."""
        number = str(self.cleaned_data["phone"])
        if not number:
            return ""
        group = self.instance.organization if self.instance.organization_id else None
        house = group.restaurants.first() if group else None
        try:
            return to_e164(number, house.country if house else "")
        except Invalid as error:
            raise forms.ValidationError(error.details["phone"]) from error


@admin.register(Customer)
class CustomerAdmin(PhoneSearchMixin, ScopedAdmin):
    """Found by name, e-mail or any form of their number; known to the houses of one group."""

    form = CustomerForm
    phone_fields = ("phone",)
    may_change = Capability.OPERATE
    may_add = None
    may_delete = None
    list_display = ["name", "phone", "email", "organization", "tags", "allergies", "bookings"]
    list_select_related = ["organization"]
    search_fields = ["name", "email", "phone", "=public_id"]
    search_help_text = "Name, telephone, e-mail or id"
    telling_fields = ("tags",)
    readonly_fields = ["public_id", "organization", "user", "bookings", "created_at", "updated_at"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "family_name", "public_id"),
                    ("phone", "email"),
                    "allergies",
                    "tags",
                    "notes",
                ]
            },
        ),
        (
            "With the group",
            {
                "fields": [
                    ("organization", "user"),
                    ("marketing_consent_at", "sms_consent_at"),
                    "bookings",
                    ("created_at", "updated_at"),
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        """With the number of their bookings; records that were merged stand behind the others."""
        rows: QuerySet[Customer] = super().get_queryset(request).filter(merged_into=None)
        return rows.annotate(booking_count=counted(Reservation.objects.all(), "customer"))

    def within(self, rows: QuerySet[Any], houses: HouseAccess) -> QuerySet[Any]:
        """Guests belong to the group."""
        return rows.filter(organization__in=houses.organizations())

    def allowed(self, request: HttpRequest, capability: Capability | None, row: Any) -> bool:
        """By any restaurant of the group."""
        if capability is None or row is None:
            return super().allowed(request, capability, row)
        return access(request).allows_in_group(capability, row.organization_id)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """With the tags that the person may read."""
        told = _tags_for(request)
        return [told if name == "tags" else name for name in super().get_list_display(request)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who does not see all tags only reads them here: what is not shown cannot get lost."""
        found = super().get_fieldsets(request, obj)
        if obj is None or _sight(request, obj.organization_id).sees_all:
            return found
        return swapped(found, {"tags": "tags_told"})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The same."""
        return [*super().get_readonly_fields(request, obj), "tags_told"]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Customer | None:
        """With the tags to be shown."""
        row: Any = super().get_object(request, object_id, from_field)
        if row is not None:
            row.tags_seen = _sight(request, row.organization_id).of_guest(row.tags)
        found: Customer | None = row
        return found

    @display(description="tags")
    def tags_told(self, row: Any) -> str:
        """Those that the person may read."""
        return ", ".join(getattr(row, "tags_seen", ())) or EMPTY

    @display(description="bookings", ordering="booking_count")
    def bookings(self, row: Any) -> str:
        """One click away."""
        count = getattr(row, "booking_count", 0)
        if not count:
            return EMPTY
        return list_link("reservations_reservation", str(count), customer__id__exact=row.pk)


def _sight(request: Any, organization_id: int) -> TagSight:
    """Which tags of the group the person may read: all, who manages one of its restaurants."""
    known: dict[int, TagSight] = request.__dict__.setdefault("tag_sights", {})
    if organization_id not in known:
        sees_all = access(request).allows_in_group(Capability.MANAGE, organization_id)
        known[organization_id] = sight_of(organization_id, sees_all=sees_all)
    return known[organization_id]


def _tags_for(request: HttpRequest) -> Callable[[Customer], str]:
    @display(description="tags")
    def tags(row: Customer) -> str:
        return ", ".join(_sight(request, row.organization_id).of_guest(row.tags)) or EMPTY

    column: Callable[[Customer], str] = tags
    return column
