"""What the host stand keeps, to be found and read: it is changed on the stand, by its rules."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter, RangeDateTimeFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from core import clock
from core.actors import ActorKind
from core.admin import (
    EMPTY,
    choice_filter,
    clock_reading,
    list_link,
    public_link,
    row_link,
    site_link,
)
from reservations.models import (
    NightNote,
    SectionTable,
    ShiftServer,
    StandAction,
    TableBlock,
)
from restaurants.admin.scope import HouseFilter, ScopedInline, ScopedReadOnlyAdmin


class OfHouseAdmin(ScopedReadOnlyAdmin):
    """Rows of one date of one house, with the way to both."""

    list_select_related: Any = ["restaurant"]

    @display(description="restaurant", ordering="restaurant__name")
    def house(self, row: Any) -> str:
        """A link to the house."""
        return row_link(row.restaurant)

    @display(description="host stand")
    def stand(self, row: Any) -> str:
        """The evening on the host stand, where all of it is changed."""
        text = f"{row.service_date:%a %d %b %Y}"
        return site_link("staff:stand", text, row.restaurant.slug, date=str(row.service_date))


class SectionInline(ScopedInline):
    """The tables of one section."""

    model = SectionTable
    fields = readonly_fields = ["table"]
    may_change = may_add = may_delete = None
    verbose_name_plural = "section"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SectionTable]:
        """With the tables, and whose section it is."""
        rows: QuerySet[SectionTable] = super().get_queryset(request)
        return rows.select_related("table", "server", "restaurant")


@admin.register(ShiftServer)
class ShiftServerAdmin(OfHouseAdmin):
    """Who served on which evening, and at which tables."""

    list_display = ["name", "house", "stand", "position", "section", "since", "state"]
    list_filter = [HouseFilter, ("service_date", RangeDateFilter)]
    list_select_related = ["restaurant", "user"]
    search_fields = ["name", "user__email", "=public_id"]
    search_help_text = "Name, e-mail of the account or id"
    ordering = ["-service_date", "restaurant", "position", "id"]
    inlines = [SectionInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "account"),
                    ("house", "stand"),
                    ("position", "cut_at"),
                    ("created_at", "public_id"),
                ],
                "description": "Put on shift, cut and given tables at the host stand.",
            },
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShiftServer]:
        """With the number of tables."""
        rows: QuerySet[ShiftServer] = super().get_queryset(request)
        return rows.annotate(table_count=Count("section"))

    @display(description="account")
    def account(self, row: ShiftServer) -> str:
        """The person's account; a name alone has none."""
        return row.user.email if row.user else "A name only"

    @display(description="tables", ordering="table_count")
    def section(self, row: Any) -> str:
        """How many."""
        return str(row.table_count or EMPTY)

    @display(description="on shift since", ordering="created_at")
    def since(self, row: ShiftServer) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.created_at, row.restaurant.zone, "%H:%M")

    @display(description="state", label={"on": "success", "cut": "default"})
    def state(self, row: ShiftServer) -> tuple[str, str]:
        """Whether they take tables."""
        if row.cut_at is None:
            return ("on", "Takes tables")
        return ("cut", f"Cut at {clock_reading(row.cut_at, row.restaurant.zone, '%H:%M')}")


class BlockStateFilter(DropdownFilter):
    """What is out of use now."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Now, later, over."""
        return [("now", "Out of use now"), ("later", "Later"), ("over", "Over")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[TableBlock]
    ) -> QuerySet[TableBlock]:
        """Time alone ends a block, whatever its row still says."""
        now = clock.now()
        over = Q(ended_at__isnull=False) | Q(ends_at__lte=now)
        match self.value():
            case "now":
                return queryset.exclude(over).filter(starts_at__lte=now)
            case "later":
                return queryset.exclude(over).filter(starts_at__gt=now)
            case "over":
                return queryset.filter(over)
        return queryset


@admin.register(TableBlock)
class TableBlockAdmin(OfHouseAdmin):
    """Tables out of use: blocked, being cleared, or kept for a party of the queue."""

    list_display = ["table_text", "house", "stand", "why", "from_", "until", "state", "made_by"]
    list_filter = [
        HouseFilter,
        BlockStateFilter,
        choice_filter("kind", *TableBlock.Kind.values),
        ("service_date", RangeDateFilter),
    ]
    list_select_related = ["restaurant", "table", "queue_entry"]
    search_fields = ["=table__label", "note", "made_by", "=public_id", "=queue_entry__public_id"]
    search_help_text = "Table, note, who blocked it, its id or that of the party of the queue"
    ordering = ["-starts_at", "-id"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("table_text", "kind"),
                    ("starts_at", "ends_at"),
                    ("ended_at", "party"),
                    "note",
                    ("house", "stand"),
                    ("made_by", "created_at"),
                    "public_id",
                ],
                "description": "Blocked and given back at the host stand. It ends by itself.",
            },
        )
    ]

    @display(description="table", ordering="table__label")
    def table_text(self, row: TableBlock) -> str:
        """A link to the table."""
        return row_link(row.table, row.table.label)

    @display(description="why")
    def why(self, row: TableBlock) -> str:
        """The party it is kept for, or the note, or the kind."""
        if row.queue_entry:
            return row_link(row.queue_entry, row.queue_entry.name)
        return row.note or row.get_kind_display()

    @display(description="kept for")
    def party(self, row: TableBlock) -> str:
        """A link to the party of the queue."""
        return row_link(row.queue_entry, row.queue_entry.name) if row.queue_entry else EMPTY

    @display(description="from", ordering="starts_at")
    def from_(self, row: TableBlock) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.starts_at, row.restaurant.zone, "%H:%M")

    @display(description="until", ordering="ends_at")
    def until(self, row: TableBlock) -> str:
        """On the restaurant's clocks; when it was given back, if that was sooner."""
        ends = min(row.ended_at or row.ends_at, row.ends_at)
        return clock_reading(ends, row.restaurant.zone, "%H:%M")

    @display(description="state", label={"now": "danger", "later": "info", "over": "default"})
    def state(self, row: TableBlock) -> tuple[str, str]:
        """As the filter says."""
        now = clock.now()
        if row.ended_at or row.ends_at <= now:
            return ("over", "Over")
        return ("now", "Out of use") if row.starts_at <= now else ("later", "Later")


@admin.register(NightNote)
class NightNoteAdmin(OfHouseAdmin):
    """What the team was told of an evening."""

    list_display = ["short", "house", "stand", "of", "written_by", "written"]
    list_filter = [HouseFilter, ("service_date", RangeDateFilter)]
    list_select_related = ["restaurant", "service"]
    search_fields = ["text", "written_by"]
    search_help_text = "Words of the note, or who wrote it"
    ordering = ["-service_date", "restaurant", F("service_id").asc(nulls_first=True)]
    fieldsets = [
        (
            None,
            {
                "fields": ["text", ("house", "stand"), ("of", "written_by"), "updated_at"],
                "description": "Written under “Notes and sections” of the host stand.",
            },
        )
    ]

    @display(description="note", ordering="text")
    def short(self, row: NightNote) -> str:
        """Its beginning."""
        return row.text if len(row.text) <= 90 else f"{row.text[:89]}…"

    @display(description="of")
    def of(self, row: NightNote) -> str:
        """The day, or one service."""
        return row.service.name if row.service else "The whole day"

    @display(description="written", ordering="updated_at")
    def written(self, row: NightNote) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.updated_at, row.restaurant.zone)


@admin.register(StandAction)
class StandActionAdmin(OfHouseAdmin):
    """What was done at the stand in the last two days, and what of it was taken back."""

    paginator = InfinitePaginator
    list_display = ["made", "said", "verb_text", "about", "house", "actor_label", "state"]
    list_display_links = ["said"]
    list_filter = [
        HouseFilter,
        choice_filter("actor_kind", *ActorKind, title="kind of actor"),
        ("made_at", RangeDateTimeFilter),
    ]
    search_fields = ["said", "=target", "actor_label", "=verb", "=public_id"]
    search_help_text = "What was said, id of the party or table, person, or verb"
    telling_fields = ("before", "after")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "said",
                    ("verb_text", "about"),
                    ("house", "stand"),
                    ("made_at", "until"),
                    ("actor_label", "actor_kind"),
                    ("undone_at", "trail"),
                    "public_id",
                ],
                "description": "Kept for two days, to take it back and to know a tap again that"
                " came twice. The audit trail keeps everything.",
            },
        )
    ]

    @display(description="when", ordering="made_at")
    def made(self, row: StandAction) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.made_at, row.restaurant.zone, "%a %d %b %H:%M:%S")

    @display(description="action", ordering="verb")
    def verb_text(self, row: StandAction) -> str:
        """In words."""
        return row.verb.replace("_", " ").capitalize()

    @display(description="about")
    def about(self, row: StandAction) -> str:
        """A link to the party, table or server."""
        return public_link(row.target)

    @display(description="audit trail")
    def trail(self, row: StandAction) -> str:
        """All that happened to the same."""
        return list_link("core_auditentry", "All that happened to it", q=row.target)

    @display(description="state", label={"undone": "warning", "open": "info", "done": "default"})
    def state(self, row: StandAction) -> tuple[str, str]:
        """Taken back, still open to that, or done."""
        if row.undone_at:
            return ("undone", "Taken back")
        return ("open", "Can be undone") if row.until > clock.now() else ("done", "Done")
