"""Webhooks in the admin: endpoints, what was sent to them, and buttons to try and to send again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.paginator import InfinitePaginator

from accounts.models import ApiKey
from core.admin import (
    HouseAdmin,
    back_to,
    choice_filter,
    list_link,
    public_link,
    row_link,
    staff_actor,
    tell,
)
from core.errors import DomainError
from restaurants.access import Capability, HouseAccess
from restaurants.admin.fields import WordsField
from restaurants.admin.scope import (
    LocalClockMixin,
    ScopedInline,
    ScopedMixin,
    ScopedReadOnlyAdmin,
)
from webhooks.events import TYPES
from webhooks.models import LIVE, Attempt, Delivery, Endpoint
from webhooks.selectors import troubled_endpoints
from webhooks.services import endpoints, replay

STATE_COLOURS = {"active": "success", "failing": "warning", "paused": "info", "disabled": "danger"}
DELIVERY_COLOURS = {
    "queued": "info",
    "sending": "primary",
    "delivered": "success",
    "dead": "danger",
}
_LIST = "admin:webhooks_endpoint_changelist"


class EndpointForm(forms.ModelForm):
    """Where to, what about, and whom to tell; checked as the services check it."""

    events = WordsField(
        longest=40,
        label="Events",
        help_text=f"* for all, a family such as payment.*, or any of: {', '.join(TYPES)}. "
        "Separated by commas.",
    )

    class Meta:
        model = Endpoint
        fields = ("key", "restaurant", "url", "events", "contact_email", "description")

    def clean(self) -> dict[str, Any]:
        """By the same checks as the API's, each beside its field."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        key = cleaned.get("key") or (self.instance.key if self.instance.pk else None)
        if key is None:
            return cleaned
        for error in endpoints.faults(
            key,
            url=cleaned.get("url"),
            events=cleaned.get("events"),
            restaurant_id=getattr(cleaned.get("restaurant"), "pk", None),
        ):
            for field, text in error.details.items():
                own = "restaurant" if field == "restaurant_id" else field
                self.add_error(own, ValidationError(str(text)))
        return cleaned


class AttentionFilter(DropdownFilter):
    """Only what needs a person."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Troubled or all."""
        return [("stuck", "Failing or disabled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> QuerySet[Endpoint]:
        """As the badge in the sidebar counts."""
        if self.value() != "stuck":
            return queryset
        return queryset.filter(pk__in=troubled_endpoints().order_by().values("pk"))


class _ConnectorsMixin(ScopedMixin):
    """For who may let programs into the restaurant; endpoints for all are the operator's alone."""

    may_see = Capability.CONNECT
    path = ""

    def house_of(self, row: Any) -> int:
        """The restaurant by the endpoint's wish or its key's; nobody's without one."""
        found: int | None = self.endpoint_of(row).restaurant_scope
        return -1 if found is None else found

    def endpoint_of(self, row: Any) -> Endpoint:
        """The endpoint a row belongs to."""
        raise NotImplementedError

    def within(self, rows: QuerySet[Any], houses: HouseAccess) -> QuerySet[Any]:
        """Those of the person's own restaurants."""
        mine = houses.restaurants(Capability.CONNECT)
        by_wish = Q(**{f"{self.path}restaurant__in": mine})
        by_key = Q(**{f"{self.path}restaurant": None, f"{self.path}key__restaurant__in": mine})
        return rows.filter(by_wish | by_key)


@admin.register(Endpoint)
class EndpointAdmin(LocalClockMixin, _ConnectorsMixin, HouseAdmin):
    """Who is told what, and how it goes."""

    form = EndpointForm
    house_path = "key__restaurant"
    may_add = may_change = Capability.CONNECT
    may_delete = None
    list_display = ["url", "key", "heard_of", "wanted", "state", "last_success_at", "log"]
    list_filter = [AttentionFilter, "status"]
    list_select_related = ["key__restaurant", "restaurant"]
    search_fields = ["url", "=public_id", "key__name", "description", "contact_email"]
    readonly_fields = [
        "public_id",
        "status",
        "disabled_reason",
        "failing_since",
        "last_success_at",
        "created_at",
        "log",
    ]
    fields = [
        ("key", "restaurant"),
        "url",
        "events",
        ("contact_email", "description"),
        ("public_id", "status"),
        "log",
        ("disabled_reason", "failing_since"),
        ("last_success_at", "created_at"),
    ]
    actions_detail = ["send_test", "switch", "replay_dead", "rotate", "remove"]

    def endpoint_of(self, row: Endpoint) -> Endpoint:
        """Itself."""
        return row

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        """Those that were not removed."""
        return super().get_queryset(request).filter(LIVE)

    def _choices(self, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        """Open keys, and restaurants, of the person's."""
        rows = super()._choices(db_field, request)
        return rows.filter(revoked_at=None) if db_field.related_model is ApiKey else rows

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new one has nothing to report yet."""
        fields = super().get_fields(request, obj)
        return fields if obj is not None else fields[: fields.index(("public_id", "status"))]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose it is, is decided once."""
        fields = [*super().get_readonly_fields(request, obj)]
        return fields if obj is None else [*fields, "key", "restaurant"]

    @display(description="restaurant")
    def heard_of(self, row: Endpoint) -> str:
        """By its own wish or by its key."""
        return str(row.restaurant or row.key.restaurant or "All")

    @display(description="events")
    def wanted(self, row: Endpoint) -> str:
        """Short."""
        return ", ".join(row.events)

    @display(description="state", label=STATE_COLOURS)
    def state(self, row: Endpoint) -> tuple[str, str]:
        """Failing is said before it is disabled."""
        if row.status == Endpoint.Status.ACTIVE and row.failing_since:
            return "failing", "Failing"
        return row.status, row.get_status_display()

    @display(description="deliveries")
    def log(self, row: Endpoint) -> str:
        """To what was sent."""
        return list_link("webhooks_delivery", "Deliveries", q=row.public_id) if row.pk else ""

    @sensitive_variables("made")
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the services, which record who did it."""
        said = {name: form.cleaned_data[name] for name in form.changed_data}
        if change:
            endpoints.change_endpoint(obj, by=staff_actor(request), **said)
            return
        restaurant = said.pop("restaurant", None)
        made = endpoints.create_endpoint(
            said.pop("key"),
            by=staff_actor(request),
            restaurant_id=restaurant.pk if restaurant else None,
            **said,
        )
        obj.__dict__.update(made.endpoint.__dict__)
        request.new_secret = made  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The page that shows the secret, this once."""
        return self._show(request, request.new_secret)  # type: ignore[attr-defined]

    def has_use_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Who may let programs in."""
        row = self.get_object(request, object_id) if object_id else None
        return not (object_id and row is None) and self.allowed(request, Capability.CONNECT, row)

    @action(description="Send a test", icon="send", permissions=["use"], url_path="send-test")
    def send_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One event for this endpoint; its delivery says what came of it."""
        row = self._own(request, object_id)
        if row is None:
            return back_to(request, reverse(_LIST))
        try:
            sent = endpoints.send_test(row, by=staff_actor(request))
        except DomainError as error:
            tell(request, error)
            return back_to(request, reverse("admin:webhooks_endpoint_change", args=[row.pk]))
        tell(request, "The test is on its way. Reload this page to see what came of it.")
        return back_to(request, reverse("admin:webhooks_delivery_change", args=[sent.pk]))

    @action(
        description="Pause or enable",
        icon="pause_circle",
        permissions=["use"],
        dialog={
            "title": "Pause or enable",
            "description": "A paused or disabled endpoint is called again; an active one is paused."
            " What happens meanwhile is kept with its dead letters.",
            "form_class": None,
            "form_submit_text": "Go on",
        },
    )
    def switch(self, request: HttpRequest, form: object, object_id: str) -> HttpResponse:
        """The other way round."""
        row = self._own(request, object_id)
        if row is not None:
            active = row.status != Endpoint.Status.ACTIVE
            endpoints.change_endpoint(row, by=staff_actor(request), active=active)
            tell(request, "The endpoint is active." if active else "The endpoint is paused.")
        return self._back(request, row)

    @action(
        description="Replay dead letters",
        icon="replay",
        permissions=["use"],
        dialog={
            "title": "Send every dead letter again",
            "description": "With the same ids, so that a receiver recognises what it has.",
            "form_class": None,
            "form_submit_text": "Send again",
        },
    )
    def replay_dead(self, request: HttpRequest, form: object, object_id: str) -> HttpResponse:
        """All that are kept."""
        row = self._own(request, object_id)
        if row is not None:
            try:
                number = replay.replay_many(row, by=staff_actor(request))
                tell(request, f"{number} deliveries are on their way again.")
            except DomainError as error:
                tell(request, error)
        return self._back(request, row)

    @action(
        description="Rotate the secret",
        icon="autorenew",
        permissions=["use"],
        dialog={
            "title": "Make a new signing secret",
            "description": "The secret in use signs beside it for another 24 hours.",
            "form_class": None,
            "form_submit_text": "Make a new secret",
        },
    )
    def rotate(self, request: HttpRequest, form: object, object_id: str) -> HttpResponse:
        """A new secret beside the old one."""
        row = self._own(request, object_id)
        if row is None:
            return self._back(request, row)
        return self._show(request, endpoints.rotate_secret(row, by=staff_actor(request)))

    @action(
        description="Remove",
        icon="delete",
        variant=ActionVariant.DANGER,
        permissions=["use"],
        dialog={
            "title": "Remove this endpoint",
            "description": "It is not called any more. This cannot be undone.",
            "form_class": None,
            "form_submit_text": "Remove",
        },
    )
    def remove(self, request: HttpRequest, form: object, object_id: str) -> HttpResponse:
        """For good."""
        row = self._own(request, object_id)
        if row is not None:
            endpoints.remove_endpoint(row, by=staff_actor(request))
            tell(request, "The endpoint is removed.")
        return back_to(request, reverse(_LIST))

    def _own(self, request: HttpRequest, object_id: str) -> Endpoint | None:
        """The endpoint, if this person may do something with it."""
        row: Endpoint | None = self.get_object(request, object_id)
        return row if row is not None and self.allowed(request, Capability.CONNECT, row) else None

    def _back(self, request: HttpRequest, row: Endpoint | None) -> HttpResponse:
        if row is None:
            return back_to(request, reverse(_LIST))
        return back_to(request, reverse("admin:webhooks_endpoint_change", args=[row.pk]))

    def _show(self, request: HttpRequest, made: endpoints.NewSecret) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": made.endpoint.url,
            "endpoint": made.endpoint,
            "text": made.secret,
            "opts": self.opts,
            "back": reverse("admin:webhooks_endpoint_change", args=[made.endpoint.pk]),
        }
        return render(request, "admin/webhook_secret.html", context)


class AttemptInline(ScopedInline):
    """Every call, oldest first."""

    model = Attempt
    fields = readonly_fields = ["at", "seconds", "status", "error", "answer"]
    may_see = Capability.CONNECT
    may_add = may_change = may_delete = None
    verbose_name_plural = "attempts"

    def house_of(self, row: Any) -> int:
        """That of the delivery's page, which is narrowed down already."""
        delivery = row if isinstance(row, Delivery) else row.delivery
        found: int | None = delivery.endpoint.restaurant_scope
        return -1 if found is None else found


@admin.register(Delivery)
class DeliveryAdmin(_ConnectorsMixin, ScopedReadOnlyAdmin):
    """What was sent where, how often, and what came back. Personal data is not kept here."""

    path = "endpoint__"
    house_path = "endpoint__key__restaurant"
    paginator = InfinitePaginator
    list_display = [
        "kind",
        "about",
        "where",
        "state",
        "attempts",
        "last_status",
        "last_error",
        "queued_at",
    ]
    list_filter = [
        "status",
        choice_filter("event__type", *TYPES, title="event"),
        ("queued_at", RangeDateTimeFilter),
    ]
    list_select_related = ["event", "endpoint__key"]
    search_fields = ["=public_id", "=endpoint__public_id", "=event__subject", "=event__public_id"]
    search_help_text = "Id of the delivery, the endpoint, the event or what it is about"
    actions = ["replay_selected"]
    actions_detail = ["replay"]
    inlines = [AttemptInline]
    fields = [
        ("kind", "status"),
        ("where", "about"),
        ("public_id", "event_id_on_the_wire"),
        ("attempts", "not_before"),
        ("last_status", "last_error"),
        ("queued_at", "delivered_at"),
        "told",
    ]
    readonly_fields = ["kind", "where", "about", "event_id_on_the_wire", "told"]

    def endpoint_of(self, row: Delivery) -> Endpoint:
        """Where it goes."""
        return row.endpoint

    @display(description="event", ordering="event__type")
    def kind(self, row: Delivery) -> str:
        """Its type."""
        return row.event.type

    @display(description="about")
    def about(self, row: Delivery) -> str:
        """A link to the booking, payment or table."""
        return public_link(row.event.subject)

    @display(description="endpoint")
    def where(self, row: Delivery) -> str:
        """A link to the endpoint."""
        return row_link(row.endpoint)

    @display(description="webhook-id")
    def event_id_on_the_wire(self, row: Delivery) -> str:
        """What receivers recognise repeats by."""
        return row.event.public_id

    @display(description="told")
    def told(self, row: Delivery) -> Any:
        """The event's data."""
        return row.event.data

    @display(description="status", ordering="status", label=DELIVERY_COLOURS)
    def state(self, row: Delivery) -> tuple[str, str]:
        """In colour."""
        return (row.status, row.get_status_display())

    def has_replay_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Who may let programs in."""
        row = self.get_object(request, object_id) if object_id else None
        return not (object_id and row is None) and self.allowed(request, Capability.CONNECT, row)

    @action(description="Send again", permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Each by the service."""
        for delivery in queryset.select_related("endpoint__key"):
            if self.allowed(request, Capability.CONNECT, delivery):
                self._replay(request, delivery)

    @action(
        description="Send again",
        icon="replay",
        variant=ActionVariant.PRIMARY,
        permissions=["replay"],
        dialog={
            "title": "Send this again",
            "description": "With the same id, so that a receiver recognises what it has.",
            "form_class": None,
            "form_submit_text": "Send",
        },
    )
    def replay(self, request: HttpRequest, form: object, object_id: str) -> HttpResponse:
        """From the delivery's own page."""
        delivery = self.get_object(request, object_id)
        if delivery is not None and self.allowed(request, Capability.CONNECT, delivery):
            self._replay(request, delivery)
        return back_to(request, reverse("admin:webhooks_delivery_change", args=[object_id]))

    def _replay(self, request: HttpRequest, delivery: Delivery) -> None:
        try:
            replay.replay(delivery, by=staff_actor(request))
            tell(request, f"{delivery.event.type} is on its way again.")
        except DomainError as error:
            tell(request, error)
