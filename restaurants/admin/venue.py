"""The restaurant's page: everything about one house, and the buttons that close it."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from core import clock
from core.admin import back_to, counted, list_link, staff_actor, tell
from core.errors import Busy, DomainError
from core.locks import Space, lock
from restaurants import services
from restaurants.access import Capability
from restaurants.admin.embedding import KeyInline, SiteInline
from restaurants.admin.floor import CombinationInline, RoomInline, TableInline
from restaurants.admin.hospitality import HappyHourInline, SeasonalHoursInline
from restaurants.admin.hours import ClosureInline, OpeningHoursInline, SpecialDayInline
from restaurants.admin.menu import MenuInline
from restaurants.admin.scope import SameHouseForm, ScopedAdmin, access, swapped
from restaurants.admin.service import OfferInline, ServiceInline, TurnTimeInline
from restaurants.admin.staff import MembershipInline
from restaurants.models import Closure, DiningRoom, DiningTable, Membership, Restaurant

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

OPERATOR_FIELDS = ["organization", "public_id", "web_address"]
"""Identity: outside systems know the house by it, so only operators change it."""


class PriceLevelField(forms.TypedChoiceField):
    """A price level as guests see it."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [(level, "$" * level) for level in range(1, 5)]
        super().__init__(choices=choices, coerce=int, widget=UnfoldAdminSelectWidget, **kwargs)


class RestaurantForm(SameHouseForm):
    """A house's own fields."""

    mode_refusal: ClassVar[StrOrPromise] = ""
    """Why the capacity mode that was just tried cannot be had."""

    def clean(self) -> Any:
        """As usual, and what the database said when this very form was saved."""
        cleaned = super().clean()
        if self.mode_refusal:
            self.add_error("capacity_mode", str(self.mode_refusal))
        return cleaned


MODE_TAKEN = _(
    "Guests are expected or hold a place right now, and they were given it by the present rule."
    " Change this once no booking is left that is still to come."
)
MODE_BUSY = _("Somebody is booking at this moment. Please save again.")


class PauseDialog(BaseDialogForm):
    """How long, and why."""

    hours = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=72,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Empty: until tomorrow morning.",
    )
    note = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="Shown to guests.",
    )


class DayDialog(BaseDialogForm):
    """Which day, and why."""

    date = forms.DateField(widget=UnfoldAdminSingleDateWidget)
    note = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="Shown to guests.",
    )


@admin.register(Restaurant)
class RestaurantAdmin(ScopedAdmin):
    """Search by name, id, place, telephone; everything about the house in tabs."""

    form = RestaurantForm
    house_path = "pk"
    list_display = ["title", "place", "cuisine", "mode", "booking_state", "floor", "staff_count"]
    list_filter = ["capacity_mode", "is_listed", "accepts_reservations"]
    search_fields = ["name", "public_id", "slug", "city", "phone", "email", "cuisine"]
    autocomplete_fields = ["organization"]
    readonly_fields = ["plan_version"]
    inlines = [
        RoomInline,
        TableInline,
        CombinationInline,
        ServiceInline,
        TurnTimeInline,
        OpeningHoursInline,
        SpecialDayInline,
        ClosureInline,
        HappyHourInline,
        SeasonalHoursInline,
        OfferInline,
        MenuInline,
        SiteInline,
        KeyInline,
        MembershipInline,
    ]
    actions_detail = ["pause_online", "resume_online", "close_day", "reopen_day"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "organization"),
                    ("public_id", "slug"),
                    "description",
                    ("cuisine", "price_level"),
                    "average_spend",
                    "features",
                    "images",
                    "accent",
                    ("rating", "review_count"),
                ]
            },
        ),
        (
            "Place and contact",
            {
                "fields": [
                    ("address", "city"),
                    ("state", "postal_code", "country"),
                    ("latitude", "longitude"),
                    ("phone", "email"),
                    ("zone", "currency", "language"),
                ]
            },
        ),
        (
            "The book",
            {
                "description": "What guests may book online. Staff may go beyond most of these.",
                "fields": [
                    ("is_listed", "accepts_reservations"),
                    ("capacity_mode", "seats"),
                    ("min_party", "max_party"),
                    ("window_days", "lead_minutes", "cut_off"),
                    ("buffer_minutes", "reset_minutes", "max_spare_seats"),
                    ("hold_minutes", "max_hold_extensions"),
                    ("offer_minutes", "queue_keep_minutes"),
                    ("pay_link_minutes", "keep_cards_days"),
                    ("code_prefix", "private_hire_notice_hours", "plan_version"),
                    "cancellation_policy",
                ],
            },
        ),
    ]

    # --- Who may do what ---

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators open new houses."""
        return access(request).sees_all

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators remove a house; with bookings the database refuses."""
        return access(request).sees_all

    def has_operate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """May run a service here (asked by the buttons, with the row's key)."""
        row = self.get_object(request, object_id) if object_id else None
        if object_id and row is None:
            return False
        return self.allowed(request, Capability.OPERATE, row)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """See ``OPERATOR_FIELDS``."""
        fields = [*super().get_readonly_fields(request, obj)]
        return fields if access(request).sees_all else [*fields, *OPERATOR_FIELDS]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who cannot change the slug sees where it leads."""
        fieldsets = super().get_fieldsets(request, obj)
        if access(request).sees_all:
            return fieldsets
        return swapped(fieldsets, {"slug": "web_address"})

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Prices as signs, zones from the list."""
        if db_field.name == "price_level":
            return PriceLevelField(label="Price range", help_text=db_field.help_text)
        if db_field.name == "slug":
            # The page prints help texts as HTML.
            kwargs["help_text"] = escape(db_field.help_text)
        if db_field.name == "zone":
            zones = sorted(zoneinfo.available_timezones())
            kwargs["widget"] = UnfoldAdminSelectWidget(choices=[(zone, zone) for zone in zones])
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    # --- Switching between tables and seats ---

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """As usual; a capacity mode that the database refuses comes back as an error of its field.

        Only the book knows who is expected, and only at the moment of saving: a form that asked
        before would miss whoever books in between. So the form is saved, and shown again.
        """
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError as error:
            diagnosis = getattr(error.__cause__, "diag", None)
            if getattr(diagnosis, "constraint_name", "") != "restaurant_mode_unused":
                raise
            refusal = MODE_TAKEN
        except Busy:
            refusal = MODE_BUSY
        request.mode_refusal = refusal  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Under the lock of the whole house where the capacity mode changes.

        The trigger takes it too, but after the row's, which a booking needs to commit.
        """
        if change and "capacity_mode" in form.changed_data:
            lock(Space.HOUSE, obj.public_id)
        super().save_model(request, obj, form, change)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kw: Any
    ) -> Any:
        """Tell the form what the database said, if it was asked already."""
        form = super().get_form(request, obj, change, **kw)
        # The class is made for this request alone.
        form.mode_refusal = getattr(request, "mode_refusal", "")
        return form

    # --- The list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Restaurant]:
        """With the counts of the list, each from a subquery of its own."""
        rows: QuerySet[Restaurant] = super().get_queryset(request)
        now = clock.now()
        pauses = Closure.objects.filter(
            restaurant=OuterRef("pk"), service=None, room=None, starts_at__lte=now, ends_at__gt=now
        )
        return rows.select_related("organization").annotate(
            is_paused=Exists(pauses),
            table_count=counted(DiningTable.objects.all(), "restaurant"),
            room_count=counted(DiningRoom.objects.all(), "restaurant"),
            people=counted(Membership.objects.all(), "restaurant"),
        )

    @display(description="restaurant", header=True, ordering="name")
    def title(self, row: Restaurant) -> list[str]:
        """Name above public id."""
        return [row.name, row.public_id]

    @display(description="address on the web")
    def web_address(self, row: Restaurant) -> str:
        """A link to the guests' page."""
        return format_html('<a href="/r/{0}/">/r/{0}/</a>', row.slug)

    @display(description="place", ordering="city")
    def place(self, row: Restaurant) -> str:
        """City and zone."""
        return f"{row.city or row.country} · {row.zone}"

    @display(description="capacity", ordering="capacity_mode")
    def mode(self, row: Restaurant) -> str:
        """What limits the house."""
        if row.capacity_mode == Restaurant.CapacityMode.SEATS:
            return f"{row.seats} seats"
        return f"{getattr(row, 'table_count', 0)} tables"

    @display(
        description="bookings",
        label={"open": "success", "paused": "warning", "off": "danger", "hidden": "info"},
    )
    def booking_state(self, row: Any) -> tuple[str, str]:
        """May guests book right now?"""
        if not row.accepts_reservations:
            return ("off", "Not accepting")
        if row.is_paused:
            return ("paused", "Closed or paused now")
        return ("open", "Open") if row.is_listed else ("hidden", "Not listed")

    @display(description="floor")
    def floor(self, row: Any) -> str:
        """Rooms and tables, one click away."""
        text = f"{row.room_count} rooms, {row.table_count} tables"
        return list_link("restaurants_diningtable", text, house=row.pk)

    @display(description="staff", ordering="people")
    def staff_count(self, row: Any) -> str:
        """People with a role here."""
        return list_link("restaurants_membership", str(row.people), house=row.pk)

    # --- Closing and opening: services do it, the admin asks ---

    @action(
        description="Pause online booking",
        icon="pause_circle",
        variant=ActionVariant.WARNING,
        permissions=["operate"],
        dialog={
            "title": "Pause online booking",
            "description": "Guests cannot book tonight online from now on. Staff still can.",
            "form_class": PauseDialog,
            "form_submit_text": "Pause",
        },
    )
    def pause_online(self, request: HttpRequest, form: PauseDialog, object_id: str) -> HttpResponse:
        """Until tomorrow morning, or for some hours."""
        hours, note = form.cleaned_data["hours"], form.cleaned_data["note"]
        until = clock.now() + dt.timedelta(hours=hours) if hours else None

        def pause(house: Restaurant) -> str:
            made = services.pause_online(house, by=staff_actor(request), until=until, note=note)
            return f"Online booking is paused until {made.ends_at.astimezone(house.tz):%a %H:%M}."

        return self._run(request, object_id, pause)

    @action(
        description="Resume online booking",
        icon="play_circle",
        permissions=["operate"],
        dialog={
            "title": "Resume online booking",
            "description": "Ends every pause of the whole house that is in force.",
            "form_class": None,
            "form_submit_text": "Resume",
        },
    )
    def resume_online(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        """End the pause."""

        def resume(house: Restaurant) -> str:
            services.resume_online(house, by=staff_actor(request))
            return "Guests can book online again."

        return self._run(request, object_id, resume)

    @action(
        description="Close a day",
        icon="event_busy",
        permissions=["operate"],
        dialog={
            "title": "Close a day",
            "description": "No slot of this service date is offered. Existing bookings stay.",
            "form_class": DayDialog,
            "form_submit_text": "Close the day",
        },
    )
    def close_day(self, request: HttpRequest, form: DayDialog, object_id: str) -> HttpResponse:
        """A day off."""
        date, note = form.cleaned_data["date"], form.cleaned_data["note"]

        def close(house: Restaurant) -> str:
            services.close_day(house, date, by=staff_actor(request), note=note)
            return f"{house.name} is closed on {date:%A, %d %B %Y}."

        return self._run(request, object_id, close)

    @action(
        description="Reopen a day",
        icon="event_available",
        permissions=["operate"],
        dialog={
            "title": "Reopen a day",
            "description": "The date gets its own hours back, or the regular ones.",
            "form_class": DayDialog,
            "form_submit_text": "Reopen",
        },
    )
    def reopen_day(self, request: HttpRequest, form: DayDialog, object_id: str) -> HttpResponse:
        """Undo."""
        date = form.cleaned_data["date"]

        def reopen(house: Restaurant) -> str:
            services.reopen_day(house, date, by=staff_actor(request))
            return f"{house.name} is open again on {date:%A, %d %B %Y}."

        return self._run(request, object_id, reopen)

    def _run(self, request: HttpRequest, object_id: str, deed: Any) -> HttpResponse:
        house = self.get_object(request, object_id)
        if house is not None and self.allowed(request, Capability.OPERATE, house):
            try:
                tell(request, deed(house))
            except DomainError as error:
                tell(request, error)
        return back_to(request, reverse("admin:restaurants_restaurant_change", args=[object_id]))
