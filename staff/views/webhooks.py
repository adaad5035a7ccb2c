"""Webhook endpoints of a house: listed, made, changed, tried, paused, removed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from core import clock
from core.errors import DomainError
from reservations.views.base import warn
from reservations.views.held import problems
from restaurants.access import Capability
from staff import once, wording
from staff.access import HouseView, StaffRequest, house_url
from staff.forms import errors
from staff.forms.boxes import groups_of
from staff.forms.keys import OverlapForm
from staff.forms.webhooks import EVERYTHING, ChangeEndpointForm, LogForm, NewEndpointForm
from staff.selectors import endpoint_at, endpoints_at, keys_at
from staff.views.deliveries import delivery_line
from staff.views.shown_once import sent_before, show_once
from webhooks.events import TYPES, wants
from webhooks.models import Delivery, Endpoint
from webhooks.selectors import LogQuery, log_of, waiting_and_dead
from webhooks.services import endpoints

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class EndpointLine:
    """An endpoint as its list and its page show it."""

    row: Endpoint
    state: str
    state_text: str
    is_active: bool
    waiting: int
    dead: int
    last_success: str


def endpoint_lines(rows: list[Endpoint]) -> list[EndpointLine]:
    """What is worth knowing of endpoints now. One query for all."""
    numbers, now = waiting_and_dead(rows), clock.now()
    return [
        EndpointLine(
            row,
            *_state(row),
            is_active=row.status == Endpoint.Status.ACTIVE,
            waiting=numbers.get((row.pk, Delivery.Status.QUEUED), 0),
            dead=numbers.get((row.pk, Delivery.Status.DEAD), 0),
            last_success=wording.ago(row.last_success_at, now),
        )
        for row in rows
    ]


def _state(row: Endpoint) -> tuple[str, str]:
    if row.status == Endpoint.Status.DISABLED:
        return "danger", _("Disabled after failures")
    if row.status == Endpoint.Status.PAUSED:
        return "off", _("Paused")
    return ("warning", _("Failing")) if row.failing_since else ("ok", _("Active"))


class EndpointPage(HouseView):
    """A page of one endpoint."""

    needs = Capability.CONNECT

    def endpoint(self, public_id: str) -> Endpoint:
        """The endpoint of this house with this id; 404 otherwise."""
        return endpoint_at(self.request.venue, public_id)


class EndpointsView(HouseView):
    """Every endpoint of the house."""

    needs = Capability.CONNECT

    def get(self, request: StaffRequest) -> HttpResponse:
        """The list."""
        lines = endpoint_lines(list(endpoints_at(request.venue)))
        return render(request, "staff/webhooks.html", {"lines": lines})


class NewEndpointView(HouseView):
    """A new endpoint, and the page that shows its secret once."""

    needs = Capability.CONNECT

    def get(self, request: StaffRequest) -> HttpResponse:
        """The form."""
        initial = {"contact_email": request.present.user.email, "events": [EVERYTHING]}
        return self._page(request, self._form(None, initial=initial))

    @method_decorator(sensitive_variables("made"))
    def post(self, request: StaffRequest) -> HttpResponse:
        """Make it. The same form sent again makes nothing more."""
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        if not once.is_first(request):
            sent_before(request)
            return self.to("webhooks")
        said = dict(form.cleaned_data)
        try:
            # A key for every restaurant gets what happens here, and nothing else.
            made = endpoints.create_endpoint(
                said.pop("key"), by=request.actor, restaurant_id=request.venue.pk, **said
            )
        except DomainError as error:
            errors.add(form, error)
            return self._page(request, form, 422)
        return show_secret(request, made)

    def _form(self, data: Any, **options: Any) -> NewEndpointForm:
        usable = keys_at(self.request.venue, self.request.access).filter(revoked_at=None)
        return NewEndpointForm(data, keys=usable, **options)

    def _page(
        self, request: StaffRequest, form: NewEndpointForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "form": form,
            "groups": groups_of(form["events"]),
            "has_keys": form.fields["key"].queryset.exists(),  # type: ignore[attr-defined]
            "once": once.fresh(),
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/webhook_form.html", context, status=status)


class EndpointView(EndpointPage):
    """One endpoint: how it goes, and the log of what was sent to it."""

    def get(self, request: StaffRequest, endpoint_id: str) -> HttpResponse:
        """The page; a filter that cannot be shows everything."""
        row = self.endpoint(endpoint_id)
        form = LogForm(request.GET)
        said = form.cleaned_data if form.is_valid() else {}
        found, has_more = log_of(row, LogQuery(limit=PER_PAGE, **said))
        now = clock.now()
        asked: dict[str, str] = {name: said[name] for name in ("status", "event") if said.get(name)}
        older = {**asked, "before": found[-1].public_id} if has_more else {}
        context = {
            "line": endpoint_lines([row])[0],
            "since": wording.moment(row.failing_since, request.venue.tz),
            "deliveries": [delivery_line(each, now) for each in found],
            "filter": form,
            "is_filtered": bool(asked),
            "is_later_page": bool(said.get("before")),
            "older": urlencode(older),
        }
        return render(request, "staff/webhook.html", context)


class ChangeView(EndpointPage):
    """Where to, what about, whom to tell."""

    def get(self, request: StaffRequest, endpoint_id: str) -> HttpResponse:
        """The form."""
        row = self.endpoint(endpoint_id)
        initial = {
            "url": row.url,
            "events": chosen(row.events),
            "contact_email": row.contact_email,
            "description": row.description,
        }
        return self._page(request, row, ChangeEndpointForm(initial=initial))

    def post(self, request: StaffRequest, endpoint_id: str) -> HttpResponse:
        """Change what is different; may be sent twice."""
        row, form = self.endpoint(endpoint_id), ChangeEndpointForm(request.POST)
        if not form.is_valid():
            return self._page(request, row, form, 422)
        said = dict(form.cleaned_data)
        if set(said["events"]) == set(chosen(row.events)):
            # The boxes know types, the endpoint also families: untouched, it keeps its own words.
            del said["events"]
        try:
            endpoints.change_endpoint(row, by=request.actor, **said)
        except DomainError as error:
            errors.add(form, error)
            return self._page(request, row, form, 422)
        messages.success(request, _("The endpoint is changed."))
        return self.to("webhook", endpoint_id)

    def _page(
        self, request: StaffRequest, row: Endpoint, form: ChangeEndpointForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "row": row,
            "form": form,
            "groups": groups_of(form["events"]),
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/webhook_form.html", context, status=status)


def chosen(patterns: Iterable[str]) -> list[str]:
    """The boxes of the form that a subscription ticks."""
    wanted = list(patterns)
    if EVERYTHING in wanted:
        return [EVERYTHING]
    return [name for name in TYPES if wants(wanted, name)]


class SwitchView(EndpointPage):
    """Paused or active, as the button said."""

    http_method_names = ["post", "options"]

    def post(self, request: StaffRequest, endpoint_id: str) -> HttpResponse:
        """What the button said, not the other way round: sent twice it stays so."""
        active = request.POST.get("to") == "active"
        endpoints.change_endpoint(self.endpoint(endpoint_id), by=request.actor, active=active)
        said = _("The endpoint is active.") if active else _("The endpoint is paused.")
        messages.success(request, said)
        return self.to("webhook", endpoint_id)


class SendTestView(EndpointPage):
    """One event for this endpoint, on request."""

    http_method_names = ["post", "options"]

    def post(self, request: StaffRequest, endpoint_id: str) -> HttpResponse:
        """Queue it, and show what comes of it."""
        row = self.endpoint(endpoint_id)
        try:
            sent = endpoints.send_test(row, by=request.actor)
        except DomainError as error:
            warn(request, error)
            return self.to("webhook", endpoint_id)
        return self.to("delivery", endpoint_id, sent.public_id)


class RotateView(EndpointPage):
    """A new signing secret beside the old one."""

    def get(self, request: StaffRequest, endpoint_id: str) -> HttpResponse:
        """How long the old one goes on."""
        return self._page(request, self.endpoint(endpoint_id), OverlapForm())

    @method_decorator(sensitive_variables("made"))
    def post(self, request: StaffRequest, endpoint_id: str) -> HttpResponse:
        """Make it, and show it once."""
        row, form = self.endpoint(endpoint_id), OverlapForm(request.POST)
        if not form.is_valid():
            return self._page(request, row, form, 422)
        if not once.is_first(request):
            sent_before(request)
            return self.to("webhook", endpoint_id)
        made = endpoints.rotate_secret(row, by=request.actor, overlap=form.overlap)
        return show_secret(request, made)

    def _page(
        self, request: StaffRequest, row: Endpoint, form: OverlapForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "title": _("Rotate the signing secret"),
            "about": _("Until the old one stops, messages carry both signatures."),
            "form": form,
            "submit": _("Make a new secret"),
            "back": house_url(request.venue, "webhook", row.public_id),
            "once": once.fresh(),
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/rotate.html", context, status=status)


class RemoveView(EndpointPage):
    """Never called again, after a question."""

    def get(self, request: StaffRequest, endpoint_id: str) -> HttpResponse:
        """The question."""
        row = self.endpoint(endpoint_id)
        context = {
            "title": _("Remove this endpoint?"),
            "about": _("It is not called any more. This cannot be undone."),
            "hint": row.url,
            "submit": _("Remove the endpoint"),
            "back": house_url(request.venue, "webhook", endpoint_id),
        }
        return render(request, "staff/confirm.html", context)

    def post(self, request: StaffRequest, endpoint_id: str) -> HttpResponse:
        """Remove it."""
        endpoints.remove_endpoint(self.endpoint(endpoint_id), by=request.actor)
        messages.success(request, _("The endpoint is removed."))
        return self.to("webhooks")


@sensitive_variables("made")
def show_secret(request: StaffRequest, made: endpoints.NewSecret) -> HttpResponse:
    """The page with a new signing secret."""
    return show_once(
        request,
        title=_("Signing secret"),
        about=_(
            "The receiver at %(url)s checks with it that a message is ours (Standard Webhooks)."
        )
        % {"url": made.endpoint.url},
        text=made.secret,
        back=house_url(request.venue, "webhook", made.endpoint.public_id),
    )
