"""Guests of a restaurant group. Here because the page needs memberships and their bookings."""

from __future__ import annotations

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
from reservations.models import Reservation
from restaurants.access import Capability, HouseAccess
from restaurants.admin.scope import ScopedAdmin, access


class CustomerForm(forms.ModelForm):
    """Contact data in the one form the house looks guests up by."""

    class Meta:
        model = Customer
        fields: ClassVar[list[str]] = ["name", "family_name", "email", "phone"]

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

    @display(description="bookings", ordering="booking_count")
    def bookings(self, row: Any) -> str:
        """One click away."""
        count = getattr(row, "booking_count", 0)
        if not count:
            return EMPTY
        return list_link("reservations_reservation", str(count), customer__id__exact=row.pk)
