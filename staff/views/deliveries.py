"""What was sent to an endpoint, and sending it again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.errors import DomainError
from reservations.views.base import warn
from restaurants.access import Capability
from staff import wording
from staff.access import HouseView, StaffRequest
from staff.selectors import delivery_at, endpoint_at
from webhooks.models import Attempt, Delivery
from webhooks.services import replay


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One line of the log."""

    row: Delivery
    state: str
    state_text: str
    queued: str
    answer: str
    """What came back last: ``200``, or why there was no answer."""
    is_under_way: bool


def delivery_line(row: Delivery, now: dt.datetime) -> DeliveryLine:
    """How a delivery stands now."""
    states = {
        Delivery.Status.QUEUED: ("off", _("Waiting")),
        Delivery.Status.SENDING: ("off", _("Being sent")),
        Delivery.Status.DELIVERED: ("ok", _("Delivered")),
        Delivery.Status.DEAD: ("danger", _("Dead letter")),
    }
    state, text = states[Delivery.Status(row.status)]
    return DeliveryLine(
        row=row,
        state=state,
        state_text=text,
        queued=wording.ago(row.queued_at, now),
        answer=row.last_error or (str(row.last_status) if row.last_status else ""),
        is_under_way=row.status in (Delivery.Status.QUEUED, Delivery.Status.SENDING),
    )


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One call."""

    at: str
    seconds: str
    outcome: str
    answer: str


def _attempt(row: Attempt, zone: dt.tzinfo) -> AttemptLine:
    return AttemptLine(
        at=f"{row.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        seconds=_("%(seconds)s s") % {"seconds": f"{row.seconds:.2f}"},
        outcome=" ".join(filter(None, [str(row.status or ""), row.error])),
        answer=row.answer,
    )


class DeliveryView(HouseView):
    """One event on its way to one endpoint: every call, and what came back."""

    needs = Capability.CONNECT

    def get(self, request: StaffRequest, endpoint_id: str, delivery_id: str) -> HttpResponse:
        """The page; while the delivery is under way, scripts fetch it again."""
        endpoint = endpoint_at(request.venue, endpoint_id)
        row = delivery_at(endpoint, delivery_id)
        context = {
            "endpoint": endpoint,
            "line": delivery_line(row, clock.now()),
            "attempts": [_attempt(each, request.venue.tz) for each in row.log.all()],
            "queued": wording.moment(row.queued_at, request.venue.tz),
            "is_active": endpoint.status == endpoint.Status.ACTIVE,
        }
        return render(request, "staff/delivery.html", context)


class ReplayView(HouseView):
    """The same event once more."""

    needs = Capability.CONNECT
    http_method_names = ["post", "options"]

    def post(self, request: StaffRequest, endpoint_id: str, delivery_id: str) -> HttpResponse:
        """With the same id, so that a receiver recognises what it has."""
        row = delivery_at(endpoint_at(request.venue, endpoint_id), delivery_id)
        try:
            replay.replay(row, by=request.actor)
            messages.success(request, _("It is on its way again."))
        except DomainError as error:
            warn(request, error)
        return self.to("delivery", endpoint_id, delivery_id)


class ReplayDeadView(HouseView):
    """All dead letters of an endpoint once more."""

    needs = Capability.CONNECT
    http_method_names = ["post", "options"]

    def post(self, request: StaffRequest, endpoint_id: str) -> HttpResponse:
        """Sent twice, the second time finds none."""
        endpoint = endpoint_at(request.venue, endpoint_id)
        try:
            number = replay.replay_many(endpoint, by=request.actor)
            said = ngettext(
                "%(n)d message is on its way again.",
                "%(n)d messages are on their way again.",
                number,
            )
            messages.success(request, said % {"n": number})
        except DomainError as error:
            warn(request, error)
        return self.to("webhook", endpoint_id)
