"""Reservations: found by whatever is known; answered, cancelled and closed with buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import (
    DropdownFilter,
    FieldTextFilter,
    MultipleChoicesDropdownFilter,
    RangeDateFilter,
)
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from core.admin import (
    PhoneSearchMixin,
    back_to,
    choice_filter,
    clock_reading,
    list_link,
    row_link,
    staff_actor,
    tell,
)
from core.errors import DomainError
from core.money import written
from notifications.wording import amount
from payments.selectors import ladder_text
from reservations.admin.sources import SourceInline
from reservations.engine.lifecycle import ActorKind, Status, allowed
from reservations.engine.types import Channel
from reservations.models import Reservation, TableClaim
from reservations.selectors.bookings import Booking, booking
from reservations.services import progress
from reservations.services.cancellation import cancel_reservation, quote
from restaurants.access import Capability
from restaurants.admin.scope import HouseFilter, ScopedInline, ScopedReadOnlyAdmin

STATUS_COLOURS = {
    "requested": "info",
    "pending": "warning",
    "pending_payment": "warning",
    "confirmed": "success",
    "reconfirmed": "success",
    "partially_arrived": "primary",
    "arrived": "primary",
    "partially_seated": "primary",
    "seated": "primary",
    "check_dropped": "primary",
    "paid": "primary",
    "completed": "default",
    "cancelled": "danger",
    "no_show": "danger",
    "declined": "danger",
    "expired": "default",
}


WAITING = ("requested", "pending")
"""Statuses of a booking that the house has not answered."""


def waiting_reservations() -> QuerySet[Reservation]:
    """Bookings that wait for the house to accept or decline them."""
    return Reservation.objects.filter(status__in=WAITING)


class AnswerFilter(DropdownFilter):
    """Only what the house has to answer."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Waiting or all."""
        return [("stuck", "Waiting for acceptance")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Reservation]
    ) -> QuerySet[Reservation]:
        """As the badge in the sidebar counts."""
        return queryset.filter(status__in=WAITING) if self.value() == "stuck" else queryset


class ReasonDialog(BaseDialogForm):
    """Why; kept in the audit trail."""

    reason = forms.CharField(
        required=False, max_length=200, widget=UnfoldAdminTextInputWidget, label="Reason"
    )


class CancelDialog(ReasonDialog):
    """Who cancels, next to what goes back if it is done now; and why."""

    asked_by = forms.ChoiceField(
        required=False,
        label="Who cancels?",
        choices=[("house", "The house cancels"), ("guest", "The guest asked to cancel")],
        initial="house",
        widget=UnfoldAdminRadioSelectWidget,
    )

    field_order = ["asked_by", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = self._booking()
        if found is not None:
            field: Any = self.fields["asked_by"]
            field.choices = [
                (value, f"{words}: {_goes_back(found, by_ladder=value == 'guest')}")
                for value, words in field.choices
            ]

    @property
    def by_ladder(self) -> bool:
        """Whether the guest asked, so that the agreed ladder counts."""
        return bool(self.cleaned_data["asked_by"] == "guest")

    def _booking(self) -> Booking | None:
        row = Reservation.objects.filter(pk=self.object_id).values_list("public_id").first()
        try:
            return booking(row[0]) if row else None
        except DomainError:
            return None


def _goes_back(found: Booking, *, by_ladder: bool) -> str:
    percent, back = quote(found, by_ladder=by_ladder)
    return f"{amount(back, found.currency)} goes back ({percent} %)"


class ClaimInline(ScopedInline):
    """The tables of a reservation."""

    model = TableClaim
    fields = ["table", "during", "released_at"]
    readonly_fields = fields
    may_change = may_add = may_delete = None
    verbose_name_plural = "tables"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TableClaim]:
        """With the tables."""
        rows: QuerySet[TableClaim] = super().get_queryset(request)
        return rows.select_related("table")


@admin.register(Reservation)
class ReservationAdmin(PhoneSearchMixin, ScopedReadOnlyAdmin):
    """Every reservation of the person's houses, latest first."""

    phone_fields = ("guest_phone", "diner_phone", "customer__phone")
    list_display = [
        "title",
        "when",
        "guest",
        "party_size",
        "tables",
        "state",
        "source",
        "restaurant",
    ]
    list_filter = [
        HouseFilter,
        AnswerFilter,
        ("status", MultipleChoicesDropdownFilter),
        ("service_date", RangeDateFilter),
        choice_filter("channel", *Channel),
        ("source", FieldTextFilter),
    ]
    list_select_related = ["restaurant", "service", "customer"]
    search_fields = [
        "code",
        "=public_id",
        "guest_name",
        "guest_email",
        "guest_phone",
        "diner_name",
        "diner_email",
        "diner_phone",
        "=external_id",
        "customer__name",
        "customer__email",
    ]
    search_help_text = "Code, name, telephone, e-mail or id"
    linked_lookups = ("customer__id__exact",)
    telling_fields = ("tags",)
    inlines = [ClaimInline, SourceInline]
    actions_detail = ["accept", "decline", "cancel", "no_show", "completed"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("code", "status"),
                    ("when", "until"),
                    ("party_size", "restaurant"),
                    ("service", "room"),
                    ("offer_told", "special_requests"),
                    ("occasion", "high_chairs"),
                    ("allergens", "allergy_note"),
                    ("dietary", "celebration", "turn_minutes"),
                    ("step_free", "accessibility_needs"),
                    ("late_minutes", "late_at"),
                ]
            },
        ),
        (
            "Guest",
            {
                "fields": [
                    ("guest_name", "customer_link"),
                    ("guest_phone", "guest_email"),
                    ("diner_name", "diner_phone", "diner_email"),
                    "user",
                ]
            },
        ),
        (
            "Money",
            {"fields": [("deposit", "payment_link"), "terms"]},
        ),
        (
            "Where it came from",
            {
                "fields": [
                    ("source", "channel", "is_test"),
                    ("utm_source", "utm_medium", "utm_campaign"),
                    ("referrer", "language"),
                    ("external_id", "public_id"),
                    ("created_at", "updated_at"),
                    ("cancelled_at", "hold_link"),
                    ("messages_link", "decisions_link"),
                    "trail_link",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        """With the tables of each, in two queries."""
        rows: QuerySet[Reservation] = super().get_queryset(request)
        return rows.prefetch_related("claims__table")

    def has_operate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """May run a service here."""
        row = self.get_object(request, object_id) if object_id else None
        if object_id and row is None:
            return False
        return self.allowed(request, Capability.OPERATE, row)

    def has_accept_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """The booking waits for the house."""
        return self._may_become(Status.CONFIRMED, request, object_id, among=WAITING)

    def has_decline_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """The booking waits for the house."""
        return self._may_become(Status.DECLINED, request, object_id, among=WAITING)

    def has_no_show_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """The party is expected, or came and left."""
        return self._may_become(Status.NO_SHOW, request, object_id)

    def has_completed_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """The party sits at its table."""
        return self._may_become(Status.COMPLETED, request, object_id)

    def _may_become(
        self, to: Status, request: HttpRequest, object_id: Any, among: tuple[str, ...] = ()
    ) -> bool:
        """May run a service here, and the lifecycle knows the step.

        A dialog that was sent asks the service instead: who was slower reads why it is refused.
        """
        if not self.has_operate_permission(request, object_id):
            return False
        row = self.get_object(request, object_id) if object_id else None
        if row is None or request.method == "POST":
            return True
        known = not among or row.status in among
        return known and allowed(Status(row.status), to, ActorKind.STAFF)

    @display(description="reservation", header=True, ordering="code")
    def title(self, row: Reservation) -> list[str]:
        """Code above service."""
        return [row.code, row.service.name]

    @display(description="when", ordering="starts_at")
    def when(self, row: Reservation) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.starts_at, row.restaurant.zone)

    @display(description="until", ordering="ends_at")
    def until(self, row: Reservation) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.ends_at, row.restaurant.zone, "%H:%M")

    @display(description="guest", header=True, ordering="guest_name")
    def guest(self, row: Reservation) -> list[str]:
        """Name above how to reach them; who comes above who booked, when these are two."""
        name = row.guest_name or (row.customer.name if row.customer else "–")
        if row.diner_name:
            return [row.diner_name, f"booked by {name}"]
        return [name, row.guest_phone or row.guest_email]

    @display(description="offer", empty_value="–")
    def offer_told(self, row: Reservation) -> str | None:
        """Name and price as they were told when booking."""
        if row.offer_price is None:
            return row.offer_name or None
        head = " a head" if row.offer_per_person else ""
        return f"{row.offer_name}, {amount(row.offer_price, row.currency)}{head}"

    @display(description="tables")
    def tables(self, row: Reservation) -> str:
        """Their labels; those of a cancelled booking are given back."""
        labels = [claim.table.label for claim in row.claims.all() if claim.released_at is None]
        return " + ".join(sorted(labels)) or "–"

    @display(description="status", ordering="status", label=STATUS_COLOURS)
    def state(self, row: Reservation) -> tuple[str, str]:
        """In colour."""
        return (row.status, row.get_status_display())

    @display(description="deposit", ordering="deposit_amount")
    def deposit(self, row: Reservation) -> str:
        """With currency."""
        return written(row.deposit_amount, row.currency)

    @display(description="refund terms")
    def terms(self, row: Reservation) -> str:
        """As agreed when booking, in words."""
        ladder = [(hours, percent) for hours, percent in row.refund_ladder]
        return ladder_text(ladder) if ladder else "–"

    @display(description="guest record")
    def customer_link(self, row: Reservation) -> str:
        """A link."""
        return row_link(row.customer)

    @display(description="payment")
    def payment_link(self, row: Reservation) -> str:
        """A link."""
        return row_link(row.payment)

    @display(description="hold")
    def hold_link(self, row: Reservation) -> str:
        """A link."""
        return row_link(row.hold, row.hold.public_id) if row.hold else "–"

    @display(description="messages")
    def messages_link(self, row: Reservation) -> str:
        """What was said to the guest."""
        return list_link("notifications_message", "Messages", q=row.public_id)

    @display(description="seating decisions")
    def decisions_link(self, row: Reservation) -> str:
        """Why this table."""
        return list_link("reservations_seatingdecision", "Decisions", q=row.public_id)

    @display(description="audit trail")
    def trail_link(self, row: Reservation) -> str:
        """Who did what."""
        return list_link("core_auditentry", "Who did what", q=row.public_id)

    @action(
        description="Cancel",
        icon="event_busy",
        variant=ActionVariant.DANGER,
        permissions=["operate"],
        dialog={
            "title": "Cancel this reservation",
            "description": "The table is free at once, the guest is told, the refund is sent.",
            "form_class": CancelDialog,
            "form_submit_text": "Cancel the reservation",
        },
    )
    def cancel(self, request: HttpRequest, form: CancelDialog, object_id: str) -> HttpResponse:
        """With all of the deposit, or what the agreed ladder gives if the guest asked."""

        def do(row: Reservation) -> str:
            done = cancel_reservation(
                row.public_id,
                by=staff_actor(request),
                reason=form.cleaned_data["reason"],
                by_ladder=form.by_ladder,
            )
            return f"{row.code} is cancelled; {written(done.amount, row.currency)} go back."

        return self._done(request, object_id, do)

    @action(
        description="Accept",
        icon="check_circle",
        variant=ActionVariant.SUCCESS,
        permissions=["accept"],
        dialog={
            "title": "Accept this reservation",
            "description": "The guest gets the confirmation and an entry for their calendar.",
            "form_submit_text": "Accept the reservation",
        },
    )
    def accept(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Say yes."""

        def do(row: Reservation) -> str:
            progress.accept(row.public_id, by=staff_actor(request))
            return f"{row.code} is confirmed; the guest is told."

        return self._done(request, object_id, do)

    @action(
        description="Decline",
        icon="do_not_disturb_on",
        variant=ActionVariant.DANGER,
        permissions=["decline"],
        dialog={
            "title": "Decline this reservation",
            "description": (
                "The table is free at once, the guest is told, a deposit goes back in full."
            ),
            "form_class": ReasonDialog,
            "form_submit_text": "Decline the reservation",
        },
    )
    def decline(self, request: HttpRequest, form: ReasonDialog, object_id: str) -> HttpResponse:
        """Say no."""

        def do(row: Reservation) -> str:
            reason = form.cleaned_data["reason"]
            progress.decline(row.public_id, by=staff_actor(request), reason=reason)
            return f"{row.code} is declined; a deposit goes back in full."

        return self._done(request, object_id, do)

    @action(
        description="No-show",
        icon="person_off",
        permissions=["no_show"],
        dialog={
            "title": "The party did not come",
            "description": "The table is free at once. The deposit stays with the restaurant.",
            "form_submit_text": "Note the no-show",
        },
    )
    def no_show(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Note that nobody came."""

        def do(row: Reservation) -> str:
            progress.step(row.public_id, Status.NO_SHOW, by=staff_actor(request))
            return f"{row.code} is a no-show; the table is free."

        return self._done(request, object_id, do)

    @action(
        description="Completed",
        icon="task_alt",
        permissions=["completed"],
        dialog={
            "title": "The party has left",
            "description": "The table is free at once.",
            "form_submit_text": "Complete the reservation",
        },
    )
    def completed(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Note that the party has left."""

        def do(row: Reservation) -> str:
            progress.step(row.public_id, Status.COMPLETED, by=staff_actor(request))
            return f"{row.code} is completed; the table is free."

        return self._done(request, object_id, do)

    def _done(
        self, request: HttpRequest, object_id: str, do: Callable[[Reservation], str]
    ) -> HttpResponse:
        """Do it to a row of the person's houses, say what came of it, and go back to the row."""
        row = self.get_object(request, object_id)
        if row is not None and self.allowed(request, Capability.OPERATE, row):
            try:
                tell(request, do(row))
            except DomainError as error:
                tell(request, error)
        return back_to(request, reverse("admin:reservations_reservation_change", args=[object_id]))
