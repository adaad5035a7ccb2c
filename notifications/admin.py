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
from core.admin import (
    back_to,
    choice_filter,
    counted,
    list_link,
    public_link,
    row_link,
    site_link,
    staff_actor,
    tell,
)
from core.errors import DomainError
from notifications import services
from notifications.models import Message, SmsAccount, SmsReply
from notifications.rendering import KINDS
from notifications.selectors import phone_key
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
    linked_lookups = ("account__id__exact",)
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


@admin.register(SmsAccount)
class SmsAccountAdmin(ScopedReadOnlyAdmin):
    """Through whom houses send texts: one sends, the others stay for what they sent."""

    may_see = Capability.CONNECT
    list_display = ["sender_text", "house", "mode", "in_use", "quiet", "daily_limit", "sent"]
    list_filter = [HouseFilter, "is_active", "is_test"]
    list_select_related = ["restaurant"]
    search_fields = ["sender", "=account_sid", "=messaging_service_sid", "=public_id"]
    search_help_text = "Sender, the provider's id of account or service, or our id"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("sender_text", "house"),
                    ("is_active", "is_test"),
                    ("account_sid", "api_key_sid"),
                    ("messaging_service_sid", "has_secrets"),
                    ("quiet_from", "quiet_until"),
                    ("daily_limit", "sent"),
                    ("created_at", "updated_at"),
                    ("places", "public_id"),
                ],
                "description": "Connected in the staff area. Secrets are kept encrypted and never"
                " shown again.",
            },
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SmsAccount]:
        """With the number of texts."""
        rows: QuerySet[SmsAccount] = super().get_queryset(request)
        return rows.annotate(text_count=counted(Message.objects.all(), "account"))

    @display(description="sends as", ordering="sender")
    def sender_text(self, row: SmsAccount) -> str:
        """The number or name, or the service that chooses one."""
        return row.sender or f"Service {row.messaging_service_sid}"

    @display(description="restaurant", ordering="restaurant__name")
    def house(self, row: SmsAccount) -> str:
        """A link to the house."""
        return row_link(row.restaurant)

    @display(description="mode", label={"test": "warning", "live": "success"})
    def mode(self, row: SmsAccount) -> tuple[str, str]:
        """Whether anybody gets a text."""
        return ("test", "Test: nobody gets a text") if row.is_test else ("live", "Live")

    @display(description="sends", ordering="is_active", boolean=True)
    def in_use(self, row: SmsAccount) -> bool:
        """Or only stays for what it sent."""
        return row.is_active

    @display(description="quiet hours")
    def quiet(self, row: SmsAccount) -> str:
        """On the restaurant's clocks."""
        if row.quiet_from is None or row.quiet_until is None:
            return "None"
        return f"{row.quiet_from:%H:%M}–{row.quiet_until:%H:%M}"

    @display(description="texts", ordering="text_count")
    def sent(self, row: Any) -> str:
        """How many went through it, one click away."""
        if not row.text_count:
            return "0"
        query = {"account__id__exact": row.pk}
        return list_link("notifications_message", str(row.text_count), **query)

    @display(description="secrets are there", boolean=True)
    def has_secrets(self, row: SmsAccount) -> bool:
        """Not which."""
        return bool(row.credentials)

    @display(description="changed at")
    def places(self, row: SmsAccount) -> str:
        """A link to the staff area's page."""
        return site_link("staff:texts", "Texts of the house", row.restaurant.slug)


@admin.register(SmsReply)
class SmsReplyAdmin(ScopedReadOnlyAdmin):
    """What numbers told us: who wants no texts, and when that was. Never the words."""

    list_display = ["meaning", "how", "house", "number", "at"]
    list_filter = [
        HouseFilter,
        choice_filter("what", *SmsReply.What.values, title="meaning"),
        ("at", RangeDateTimeFilter),
    ]
    list_select_related = ["restaurant"]
    search_fields = ["=reference", "=how", "=phone_key"]
    search_help_text = "Whole number (+12125550123), the word, or the provider's id"
    fieldsets = [
        (
            None,
            {
                "fields": [("what", "how"), ("house", "at"), ("number", "reference")],
                "description": "A log that is only added to. It keeps a fingerprint of the number,"
                " so that a guest who was forgotten is still never written to.",
            },
        )
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SmsReply], search_term: str
    ) -> tuple[QuerySet[SmsReply], bool]:
        """A number is looked for by its fingerprint: it is kept nowhere here."""
        number = f"+{''.join(filter(str.isdigit, search_term))}"
        if search_term.strip().startswith("+") and len(number) > 6:
            return queryset.filter(phone_key=phone_key(number)), False
        found: tuple[QuerySet[SmsReply], bool]
        found = super().get_search_results(request, queryset, search_term)
        return found

    @display(
        description="meaning",
        ordering="what",
        label={"out": "danger", "in": "success", "help": "info", "words": "default"},
    )
    def meaning(self, row: SmsReply) -> tuple[str, str]:
        """In colour."""
        return (row.what, row.get_what_display())

    @display(description="restaurant", ordering="restaurant__name")
    def house(self, row: SmsReply) -> str:
        """A link to the house."""
        return row_link(row.restaurant)

    @display(description="number")
    def number(self, row: SmsReply) -> str:
        """The beginning of its fingerprint: enough to see that two are the same."""
        return f"…{row.phone_key[:8]}"
