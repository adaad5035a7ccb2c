"""What every admin page of Couvert is made of, and the heartbeats."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from typing import Any

from django.contrib import admin, messages
from django.db.models import (
    Aggregate,
    Count,
    JSONField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
)
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminExpandableTextareaWidget

from core.actors import Actor, ActorKind
from core.errors import DomainError
from core.models import Heartbeat

EMPTY = "–"


class HouseAdmin(ModelAdmin):
    """The look every page shares: filters applied together, no accidental loss of a long form."""

    list_filter_submit = True
    list_fullwidth = True
    warn_unsaved_form = True
    show_full_result_count = False
    list_per_page = 50
    empty_value_display = EMPTY
    formfield_overrides = {
        TextField: {"widget": UnfoldAdminExpandableTextareaWidget},
        JSONField: {"widget": UnfoldAdminExpandableTextareaWidget},
    }


class ReadOnlyAdmin(HouseAdmin):
    """Rows that only services write: to be found and read here, never added, edited or removed."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds such rows by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits such rows by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody removes such rows by hand."""
        return False


def staff_actor(request: HttpRequest) -> Actor:
    """The signed-in member of staff, as services and the audit trail name them."""
    user: Any = request.user
    return Actor(ActorKind.STAFF, user.public_id, user.called)


def row_link(row: Model | None, text: str = "") -> SafeString | str:
    """A link to a row's own page, or a dash where there is none."""
    if row is None:
        return EMPTY
    return link_to(f"{row._meta.app_label}_{row._meta.model_name}_change", row.pk, text or str(row))


def link_to(page: str, pk: object, text: str) -> SafeString | str:
    """A link to the admin page called ``page``; plain text where the page does not exist."""
    try:
        url = reverse(f"admin:{page}", args=[pk])
    except NoReverseMatch:
        return text
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, text
    )


def list_link(page: str, text: str, **query: str | int) -> SafeString:
    """A link to a filtered list."""
    words = urlencode(query)
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500" href="{}?{}">{}</a>',
        reverse(f"admin:{page}_changelist"),
        words,
        text,
    )


def site_link(page: str, text: str, *args: object, **query: str) -> SafeString:
    """A link out of the admin, to the page of the site that is called ``page``."""
    words = f"?{urlencode(query)}" if query else ""
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500" href="{}{}">{}</a>',
        reverse(page, args=args),
        words,
        text,
    )


_PAGES = {
    "res": "reservations_reservation",
    "hold": "reservations_hold",
    "pay": "payments_payment",
    "payreq": "reservations_paymentrequest",
    "acct": "payments_provideraccount",
    "ref": "payments_refund",
    "msg": "notifications_message",
    "wait": "reservations_waitlistentry",
    "queue": "reservations_queueentry",
    "srv": "reservations_shiftserver",
    "block": "reservations_tableblock",
    "tablet": "restaurants_tablet",
    "sms": "notifications_smsaccount",
    "note": "reservations_housemessage",
    "rest": "restaurants_restaurant",
    "cust": "customers_customer",
    "user": "accounts_user",
    "whe": "webhooks_endpoint",
    "whd": "webhooks_delivery",
    "key": "accounts_apikey",
}
"""Where a public id leads, by its prefix: by name, since the kernel knows no app."""


def public_link(public_id: str) -> SafeString | str:
    """A public id as a link to what it names; plain text where its prefix says nothing."""
    page = _PAGES.get(public_id.partition("_")[0])
    return list_link(page, public_id, q=public_id) if page and public_id else public_id or EMPTY


def clock_reading(instant: dt.datetime | None, zone: str, form: str = "%a %d %b %Y %H:%M") -> str:
    """An instant as the clocks at the restaurant show it."""
    return EMPTY if instant is None else instant.astimezone(zoneinfo.ZoneInfo(zone)).strftime(form)


def tell(request: HttpRequest, outcome: str | DomainError) -> None:
    """Show a sentence at the top of the next page: green for a success, red for a refusal."""
    if isinstance(outcome, DomainError):
        messages.error(request, outcome.text)
    else:
        messages.success(request, outcome)


def back_to(request: HttpRequest, url: str) -> HttpResponse:
    """Leave a dialog: htmx is told to load the page, a plain form is redirected."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def counted(rows: QuerySet[Any], link: str, measure: Aggregate | None = None) -> Any:
    """How many of ``rows`` point to each row of a list through the foreign key ``link``.

    Or another sum of them. A subquery per row shown: joining several such relations would
    multiply them.
    """
    mine = rows.filter(**{link: OuterRef("pk")}).order_by()
    grouped = mine.values(link).annotate(measure=measure or Count("pk"))
    return Coalesce(Subquery(grouped.values("measure")), 0)


def choice_filter(field: str, *values: str, title: str = "") -> type[DropdownFilter]:
    """A filter over values that are known beforehand.

    Django's own would read every value from the whole table, whoever's rows they are.
    """

    class ChoiceFilter(DropdownFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [(value, value.replace("_", " ").capitalize()) for value in values]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            value = self.value()
            return queryset.filter(**{field: value}) if value in values else queryset

    ChoiceFilter.title = title or field.replace("_", " ")
    return ChoiceFilter


class PhoneSearchMixin:
    """Finds a telephone number in any form a person types, among numbers kept as E.164."""

    phone_fields: tuple[str, ...] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The usual search, or the digits without their national zero."""
        digits = re.sub(r"[\s()./+-]", "", search_term).lstrip("0")
        if len(digits) >= _SHORTEST_NUMBER and digits.isdecimal():
            numbers = Q()
            for field in self.phone_fields:
                numbers |= Q(**{f"{field}__contains": digits})
            found = queryset.filter(numbers)
            if found.exists():
                return found, False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[misc, no-any-return]


_SHORTEST_NUMBER = 6


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    """Is every background process alive? Operators only."""

    list_display = ["name", "beaten_at"]
