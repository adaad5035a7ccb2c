"""The waitlist, and the tables that were offered to it: to be found and read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from core import clock
from core.admin import (
    EMPTY,
    PhoneSearchMixin,
    choice_filter,
    clock_reading,
    list_link,
    row_link,
    site_link,
)
from reservations.engine.waiting import Verdict
from reservations.models import WaitlistEntry, WaitOffer
from reservations.models.wait_offers import OPEN_OFFERS
from restaurants.admin.scope import HouseFilter, ScopedInline, ScopedReadOnlyAdmin

WAIT_COLOURS = {
    "waiting": "warning",
    "offered": "info",
    "booked": "success",
    "cancelled": "default",
    "expired": "default",
}
OFFER_COLOURS = {
    "open": "warning",
    "over": "default",
    "accepted": "info",
    "booked": "success",
    "declined": "default",
    "lapsed": "danger",
}
VERDICTS = {
    Verdict.OFFERED: "A table is offered",
    Verdict.FULL: "All its times are full",
    Verdict.NO_TIMES: "No times are left",
    Verdict.NEVER: "The house's rules never allow it",
    Verdict.FITS_BETTER: "A party that fits the table better was asked",
    Verdict.OUTRUN: "A party before it was asked",
    Verdict.ASKED_BEFORE: "It was offered what is free before",
    Verdict.RESTING: "Nobody is asked at night",
    Verdict.SWITCHED_OFF: "Offers or online booking are off",
    Verdict.CANNOT_PAY: "Payments are off",
    Verdict.UNREACHABLE: "There is no way to write to it",
    Verdict.HAS_BOOKED: "It has booked since",
}
"""As the list of the staff area says it."""


def offer_state(row: WaitOffer) -> tuple[str, str]:
    """Time alone ends an offer, whatever its row still says."""
    if row.status == WaitOffer.Status.OPEN and row.expires_at <= clock.now():
        return ("over", "Its time is over")
    return (row.status, row.get_status_display())


class OfferInline(ScopedInline):
    """What one party was offered."""

    model = WaitOffer
    fields = readonly_fields = ["table_for", "asked", "answer_until", "became"]
    may_change = may_add = may_delete = None
    verbose_name_plural = "offers"

    def get_queryset(self, request: HttpRequest) -> QuerySet[WaitOffer]:
        """With the house, for its clocks."""
        rows: QuerySet[WaitOffer] = super().get_queryset(request)
        return rows.select_related("entry__restaurant")

    @display(description="table at")
    def table_for(self, row: WaitOffer) -> str:
        """On the restaurant's clocks."""
        return row_link(row, clock_reading(row.starts_at, row.entry.restaurant.zone))

    @display(description="offered")
    def asked(self, row: WaitOffer) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.made_at, row.entry.restaurant.zone)

    @display(description="to be answered until")
    def answer_until(self, row: WaitOffer) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.expires_at, row.entry.restaurant.zone, "%H:%M")

    @display(description="what became of it")
    def became(self, row: WaitOffer) -> str:
        """In words."""
        return offer_state(row)[1]


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(PhoneSearchMixin, ScopedReadOnlyAdmin):
    """Who waits for which date, and what came of looking for a table."""

    phone_fields = ("phone",)
    list_display = [
        "name",
        "service_date",
        "times",
        "party_size",
        "email",
        "phone",
        "state",
        "came_of_it",
        "house",
        "created_at",
    ]
    list_filter = [
        HouseFilter,
        choice_filter("status", *WaitlistEntry.Status.values),
        choice_filter("verdict", *Verdict, title="what came of it"),
        ("service_date", RangeDateFilter),
    ]
    list_select_related = ["restaurant"]
    search_fields = ["name", "email", "phone", "=public_id"]
    search_help_text = "Name, telephone, e-mail or id"
    inlines = [OfferInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "status"),
                    ("service_date", "times"),
                    ("party_size", "step_free"),
                    ("email", "phone"),
                    ("house", "stand"),
                    ("language", "source"),
                    ("created_at", "updated_at"),
                    "public_id",
                ],
                "description": "Tables are offered by themselves, in a fair order; the guest"
                " answers on a page of their own.",
            },
        ),
        (
            "What came of it",
            {"fields": [("came_of_it", "looked_at"), ("lapsed_offers", "messages")]},
        ),
    ]

    @display(description="between")
    def times(self, row: WaitlistEntry) -> str:
        """On the restaurant's clock."""
        return f"{row.earliest:%H:%M}–{row.latest:%H:%M}"

    @display(description="status", ordering="status", label=WAIT_COLOURS)
    def state(self, row: WaitlistEntry) -> tuple[str, str]:
        """In colour."""
        return (row.status, row.get_status_display())

    @display(description="when last looked for", ordering="verdict")
    def came_of_it(self, row: WaitlistEntry) -> str:
        """The verdict in words."""
        known = row.verdict in set(Verdict)
        return VERDICTS[Verdict(row.verdict)] if known else row.verdict or "Not looked for yet"

    @display(description="restaurant", ordering="restaurant__name")
    def house(self, row: WaitlistEntry) -> str:
        """A link to the house."""
        return row_link(row.restaurant)

    @display(description="host stand")
    def stand(self, row: WaitlistEntry) -> str:
        """The date on the host stand."""
        text = f"{row.service_date:%a %d %b %Y}"
        return site_link("staff:stand", text, row.restaurant.slug, date=str(row.service_date))

    @display(description="messages")
    def messages(self, row: WaitlistEntry) -> str:
        """What was written to it."""
        return list_link("notifications_message", "What it was told", q=row.public_id)


@admin.register(WaitOffer)
class WaitOfferAdmin(ScopedReadOnlyAdmin):
    """Tables that came free: to whom they were offered, why to them, and what became of it."""

    house_path = "entry__restaurant_id"
    list_display = ["party", "size", "table_for", "house", "made", "until", "state", "kept"]
    list_filter = [
        HouseFilter,
        choice_filter("status", *WaitOffer.Status.values),
        ("starts_at", RangeDateFilter),
    ]
    list_select_related = ["entry__restaurant", "hold__reservation"]
    search_fields = ["entry__name", "=entry__public_id", "=hold__public_id", "=public_id"]
    search_help_text = "Name of the party, or id of the party, hold or offer"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("party", "size"),
                    ("table_for", "status"),
                    ("made_at", "expires_at"),
                    ("closed_at", "kept"),
                    ("house", "reasons"),
                    "public_id",
                ],
                "description": "An offer is a hold: it ends when the hold does, and was taken when"
                " the hold became a booking.",
            },
        )
    ]

    def house_of(self, row: Any) -> int | None:
        """That of the party."""
        is_offer = isinstance(row, WaitOffer)
        return row.entry.restaurant_id if is_offer else super().house_of(row)

    @display(description="party", ordering="entry__name")
    def party(self, row: WaitOffer) -> str:
        """A link to the entry of the waitlist."""
        return row_link(row.entry, row.entry.name)

    @display(description="guests", ordering="entry__party_size")
    def size(self, row: WaitOffer) -> int:
        """How many they are."""
        return row.entry.party_size

    @display(description="table at", ordering="starts_at")
    def table_for(self, row: WaitOffer) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.starts_at, row.entry.restaurant.zone)

    @display(description="restaurant", ordering="entry__restaurant__name")
    def house(self, row: WaitOffer) -> str:
        """A link to the house."""
        return row_link(row.entry.restaurant)

    @display(description="offered", ordering="made_at")
    def made(self, row: WaitOffer) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.made_at, row.entry.restaurant.zone, "%d %b %H:%M")

    @display(description="to be answered until", ordering="expires_at")
    def until(self, row: WaitOffer) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.expires_at, row.entry.restaurant.zone, "%H:%M")

    @display(description="status", ordering="status", label=OFFER_COLOURS)
    def state(self, row: WaitOffer) -> tuple[str, str]:
        """In colour."""
        return offer_state(row)

    @display(description="kept by")
    def kept(self, row: WaitOffer) -> str:
        """The booking it became; until then the hold."""
        booked = getattr(row.hold, "reservation", None)
        if booked is not None:
            return row_link(booked, booked.code)
        return row_link(row.hold, "Hold" if row.status in OPEN_OFFERS else "Hold, over")

    @display(description="why this party")
    def reasons(self, row: WaitOffer) -> str:
        """Its place in the order, and who was passed over."""
        why = row.why if isinstance(row.why, dict) else {}
        parts = []
        if "position" in why:
            parts.append(f"Number {why['position']} in the order")
        if why.get("spare"):
            parts.append(f"chairs that stay empty: {why['spare']}")
        if passed := why.get("passed"):
            sizes = ", ".join(str(size) for size in passed)
            parts.append(f"passed over, because they fit worse: parties of {sizes}")
        return "; ".join(parts) or EMPTY
