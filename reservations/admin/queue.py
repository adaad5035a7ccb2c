"""The queue at the door, to be found and read: what parties were told, and how long it was."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
from unfold.decorators import display

from core import clock
from core.admin import EMPTY, PhoneSearchMixin, clock_reading, list_link, row_link
from reservations.admin.stand import OfHouseAdmin
from reservations.models import QueueEntry
from reservations.models.queue import LIVE_QUEUE
from restaurants.admin.scope import HouseFilter

QUEUE_COLOURS = {
    "waiting": "warning",
    "called": "info",
    "coming": "primary",
    "seated": "success",
    "left": "default",
    "no_answer": "danger",
}


class QueueStateFilter(DropdownFilter):
    """Who waits, who was told too early a time, and what became of the others."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Who still waits first."""
        groups = [("live", "Still waits"), ("late", "Waits longer than it was told")]
        return [*groups, *QueueEntry.Status.choices]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[QueueEntry]
    ) -> QuerySet[QueueEntry]:
        """By status, or by the promise."""
        value = self.value()
        if value == "live":
            return queryset.filter(status__in=LIVE_QUEUE)
        if value == "late":
            return queryset.filter(status="waiting", promised_at__lt=clock.now())
        return queryset.filter(status=value) if value in QueueEntry.Status.values else queryset


@admin.register(QueueEntry)
class QueueEntryAdmin(PhoneSearchMixin, OfHouseAdmin):
    """Parties at the door that waited for a table: what they were told, and how long it was."""

    phone_fields = ("phone",)
    list_display = [
        "name",
        "party_size",
        "house",
        "stand",
        "state",
        "joined",
        "told",
        "waited",
        "booking",
    ]
    list_filter = [HouseFilter, QueueStateFilter, ("service_date", RangeDateFilter)]
    list_select_related = ["restaurant", "reservation", "room"]
    search_fields = ["name", "email", "phone", "note", "=public_id", "=reservation__code"]
    search_help_text = "Name, telephone, e-mail, note, id, or code of the booking it became"
    ordering = ["-joined_at", "-id"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "party_size"),
                    ("phone", "email"),
                    ("room", "step_free"),
                    "note",
                    ("house", "stand"),
                    ("language", "public_id"),
                ],
                "description": "Called, seated and sent home at the host stand, which keeps the"
                " tables and tells the guest. Here it is read only.",
            },
        ),
        (
            "What became of it",
            {
                "fields": [
                    ("status", "booking"),
                    ("joined_at", "quoted_minutes"),
                    ("promised_at", "called_at"),
                    ("keep_until", "answered_at"),
                    ("closed_at", "waited"),
                    ("kept", "messages"),
                ]
            },
        ),
    ]

    @display(description="status", ordering="status", label=QUEUE_COLOURS)
    def state(self, row: QueueEntry) -> tuple[str, str]:
        """In colour; one that waits beyond its promise says so."""
        late = row.status == "waiting" and row.promised_at and row.promised_at < clock.now()
        return (row.status, f"{row.get_status_display()}{', overdue' if late else ''}")

    @display(description="joined", ordering="joined_at")
    def joined(self, row: QueueEntry) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.joined_at, row.restaurant.zone, "%H:%M")

    @display(description="was told", ordering="quoted_minutes")
    def told(self, row: QueueEntry) -> str:
        """Minutes."""
        return EMPTY if row.quoted_minutes is None else f"{row.quoted_minutes} min"

    @display(description="waited")
    def waited(self, row: QueueEntry) -> str:
        """Until its table was ready, or it was gone, or until now."""
        until = row.called_at or row.closed_at or clock.now()
        return f"{max(int((until - row.joined_at).total_seconds()) // 60, 0)} min"

    @display(description="booking")
    def booking(self, row: QueueEntry) -> str:
        """The walk-in it became."""
        return row_link(row.reservation, row.reservation.code) if row.reservation else EMPTY

    @display(description="tables kept for it")
    def kept(self, row: QueueEntry) -> str:
        """Whenever it was called."""
        return list_link("reservations_tableblock", "Tables kept", q=row.public_id)

    @display(description="messages")
    def messages(self, row: QueueEntry) -> str:
        """What was written to it."""
        return list_link("notifications_message", "What it was told", q=row.public_id)
