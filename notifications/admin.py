"""The outbox in the admin: what was said to whom, and a button to say it again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from core import clock
from core.admin import back_to, choice_filter, public_link, staff_actor, tell
from core.errors import DomainError
from notifications import services
from notifications.models import Message
from notifications.rendering import KINDS
from restaurants.access import Capability
from restaurants.admin.scope import HouseFilter, ScopedReadOnlyAdmin, access

OVERDUE_AFTER = dt.timedelta(minutes=15)
"""A message that is due for this long and not sent: no worker looks after the outbox."""

MESSAGE_COLOURS = {
    "queued": "info",
    "sending": "primary",
    "sent": "success",
    "failed": "danger",
    "unknown": "warning",
}


def stuck_messages() -> QuerySet[Message]:
    """Messages that need a person: given up, or due for long."""
    overdue = clock.now() - OVERDUE_AFTER
    waiting = Q(status__in=services.DUE, not_before__lt=overdue)
    return Message.objects.filter(Q(status=Message.Status.FAILED) | waiting)


class AttentionFilter(DropdownFilter):
    """Only what needs a person."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Stuck or all."""
        return [("stuck", "Stuck, needs a person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        """As the badge in the sidebar counts."""
        if self.value() != "stuck":
            return queryset
        return queryset.filter(pk__in=stuck_messages().order_by().values("pk"))


@admin.register(Message)
class MessageAdmin(ScopedReadOnlyAdmin):
    """Found by address, booking or id."""

    list_display = [
        "kind",
        "channel",
        "recipient",
        "restaurant",
        "booking",
        "state",
        "delivery",
        "attempts",
        "last_error",
        "created_at",
    ]
    list_filter = [
        AttentionFilter,
        HouseFilter,
        "status",
        choice_filter("kind", *KINDS),
        "channel",
        ("created_at", RangeDateTimeFilter),
    ]
    list_select_related = ["restaurant"]
    search_fields = ["recipient", "=about", "=public_id"]
    search_help_text = "Address, booking id or message id"
    actions = ["resend_selected"]
    actions_detail = ["resend"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("kind", "status"),
                    ("recipient", "channel"),
                    ("restaurant", "booking"),
                    ("created_at", "sent_at"),
                    ("attempts", "not_before"),
                    ("delivery", "segments"),
                    ("reference", "error_code"),
                    "last_error",
                    "payload",
                ]
            },
        )
    ]

    def has_resend_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Everyone who runs a service may."""
        row = self.get_object(request, object_id) if object_id else None
        if object_id and row is None:
            return False
        return self.allowed(request, Capability.OPERATE, row)

    @display(description="about")
    def booking(self, row: Message) -> str:
        """A link to the booking."""
        return public_link(row.about)

    @display(description="status", ordering="status", label=MESSAGE_COLOURS)
    def state(self, row: Message) -> tuple[str, str]:
        """In colour."""
        return (row.status, row.get_status_display())

    @action(description="Send again", permissions=["resend"])
    def resend_selected(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Each by the service."""
        houses = access(request)
        for message in queryset:
            if houses.allows(Capability.OPERATE, message.restaurant_id):
                self._resend(request, message)

    @action(
        description="Send again",
        icon="forward_to_inbox",
        variant=ActionVariant.PRIMARY,
        permissions=["resend"],
        dialog={
            "title": "Send this message again",
            "description": "It leaves within seconds. A message that was sent is sent as a copy.",
            "form_class": None,
            "form_submit_text": "Send",
        },
    )
    def resend(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """From the message's own page."""
        message = self.get_object(request, object_id)
        if message is not None and self.allowed(request, Capability.OPERATE, message):
            self._resend(request, message)
        return back_to(request, reverse("admin:notifications_message_change", args=[object_id]))

    def _resend(self, request: HttpRequest, message: Message) -> None:
        try:
            services.resend(message, staff_actor(request))
            tell(request, f"The message to {message.recipient} is on its way again.")
        except DomainError as error:
            tell(request, error)
