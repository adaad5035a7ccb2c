"""The ledger and its history, read only: claims, counted limits, decisions, imports."""

from __future__ import annotations

import datetime as dt

from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from core.admin import ReadOnlyAdmin, choice_filter, clock_reading, public_link, row_link
from reservations.engine.types import CELL_MINUTES, Gauge
from reservations.models import ImportRun, SeatingDecision, ServiceLoad, TableClaim
from restaurants.admin.scope import HouseFilter, ScopedReadOnlyAdmin


@admin.register(TableClaim)
class TableClaimAdmin(ScopedReadOnlyAdmin):
    """Which table is spoken for, from when to when, on whose behalf."""

    paginator = InfinitePaginator
    list_display = ["table", "restaurant", "service_date", "from_", "until", "owner", "state"]
    list_filter = [HouseFilter, ("service_date", RangeDateFilter)]
    list_select_related = ["table", "restaurant", "hold", "reservation", "block"]
    search_fields = ["=table__label", "=hold__public_id", "=reservation__public_id"]
    search_fields += ["=reservation__code"]
    search_help_text = "Table label, hold or reservation"

    @display(description="from", ordering="during")
    def from_(self, row: TableClaim) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.during.lower, row.restaurant.zone)

    @display(description="until")
    def until(self, row: TableClaim) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.during.upper, row.restaurant.zone, "%H:%M")

    @display(description="for")
    def owner(self, row: TableClaim) -> str:
        """A link to hold or reservation."""
        if row.reservation:
            return row_link(row.reservation, row.reservation.code)
        if row.block:
            return row.block.get_kind_display()
        return row_link(row.hold, row.hold.public_id) if row.hold else "–"

    @display(description="state", label={"live": "success", "released": "default"})
    def state(self, row: TableClaim) -> tuple[str, str]:
        """Live or given back."""
        return ("released", "Given back") if row.released_at else ("live", "Live")


@admin.register(ServiceLoad)
class ServiceLoadAdmin(ScopedReadOnlyAdmin):
    """Covers and parties counted against their limits, per quarter of an hour."""

    paginator = InfinitePaginator
    list_display = ["cell_time", "restaurant", "gauge", "service", "covers_used", "parties_used"]
    list_filter = [HouseFilter, choice_filter("gauge", *Gauge)]
    list_select_related = ["restaurant", "service"]
    search_fields = ["service__name", "restaurant__name"]
    ordering = ["-cell"]

    @display(description="when", ordering="cell")
    def cell_time(self, row: ServiceLoad) -> str:
        """Start of the quarter of an hour, on the restaurant's clocks."""
        instant = dt.datetime.fromtimestamp(row.cell * CELL_MINUTES * 60, tz=dt.UTC)
        return clock_reading(instant, row.restaurant.zone)

    @display(description="covers", ordering="covers")
    def covers_used(self, row: ServiceLoad) -> str:
        """Of how many."""
        return _of(row.covers, row.covers_allowed)

    @display(description="parties", ordering="parties")
    def parties_used(self, row: ServiceLoad) -> str:
        """Of how many."""
        return _of(row.parties, row.parties_allowed)


def _of(used: int, allowed: int | None) -> str:
    return str(used) if allowed is None else f"{used} of {allowed}"


@admin.register(SeatingDecision)
class SeatingDecisionAdmin(ScopedReadOnlyAdmin):
    """What was asked and why it was answered so; a refusal is demand the house turned away."""

    paginator = InfinitePaginator
    list_display = ["at", "restaurant", "service_date", "asked_for", "answer", "about", "reasons"]
    list_filter = [HouseFilter, "accepted", ("service_date", RangeDateFilter)]
    list_select_related = ["restaurant"]
    search_fields = ["=subject"]
    search_help_text = "Id of a hold or reservation"

    @display(description="asked")
    def asked_for(self, row: SeatingDecision) -> str:
        """Party and time, as far as they were stored."""
        asked = row.asked if isinstance(row.asked, dict) else {}
        parts = [asked.get("time"), f"for {asked['party_size']}" if "party_size" in asked else None]
        return " ".join(str(part) for part in parts if part) or "–"

    @display(description="answer", label={"yes": "success", "no": "danger"})
    def answer(self, row: SeatingDecision) -> tuple[str, str]:
        """Accepted or refused."""
        return ("yes", "Accepted") if row.accepted else ("no", "Refused")

    @display(description="about")
    def about(self, row: SeatingDecision) -> str:
        """A link to hold or reservation."""
        return public_link(row.subject)

    @display(description="reasons")
    def reasons(self, row: SeatingDecision) -> str:
        """The codes of a refusal."""
        found = [r.get("reason", "") if isinstance(r, dict) else str(r) for r in row.refusals]
        return ", ".join(found) or "–"


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """Backfills and how far they got. Operators only."""

    list_display = ["file_name", "next_row", "accepted", "started_at", "finished_at"]
    search_fields = ["file_name", "=digest"]
