"""Services, how long parties stay, and how many arrive in a quarter of an hour."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError, NotFound
from core.models import AuditEntry
from reservations.engine.calendar import services_on
from reservations.selectors.houses import load_houses
from reservations.services.setup.shown import (
    SetupChanged,
    newest_line,
    save_as_shown,
    who_changed,
)
from reservations.services.setup.times import (
    LIMITS,
    remove_service,
    save_pacing,
    save_service,
    save_turn_times,
)
from reservations.views.wording import short_day
from restaurants.models import DiningService, Restaurant, TurnTime
from staff.access import StaffRequest, house_url
from staff.forms.setup.pacing import PacingForm
from staff.forms.setup.times import ServiceForm, TurnsForm
from staff.forms.shown import (
    NAME,
    SINCE,
    Shown,
    Stale,
    line_in,
    read,
    shown_by,
    written,
)
from staff.views.setup.base import SetupView
from staff.views.setup.preview import PreviewedView


def service_at(venue: Restaurant, key: str) -> DiningService:
    """One of the house's services. Raises NotFound."""
    found = DiningService.objects.filter(restaurant=venue, public_id=key).first()
    if found is None:
        raise NotFound
    return found


def when(row: DiningService) -> str:
    """``Mon–Fri 18:00–22:00, every 30 minutes``."""
    days = _days(row.weekdays) if row.date is None else f"{short_day(row.date)} {row.date.year}"
    return _("%(days)s, %(first)s–%(last)s, every %(minutes)d minutes") % {
        "days": days,
        "first": f"{row.first_seating:%H:%M}",
        "last": f"{row.last_seating:%H:%M}",
        "minutes": row.slot_minutes,
    }


def _days(days: list[int]) -> str:
    ordered = sorted(set(days))
    if len(ordered) == 7:
        return str(_("Every day"))
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"{WEEKDAYS_ABBR[ordered[0]]}–{WEEKDAYS_ABBR[ordered[-1]]}"
    return ", ".join(str(WEEKDAYS_ABBR[day]) for day in ordered)


class ServicesView(SetupView):
    """All services."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The list."""
        rows = DiningService.objects.filter(restaurant=request.venue).prefetch_related("pacing")
        lines = [
            {
                "row": row,
                "when": when(row),
                "has_pacing": any(getattr(row, name) is not None for name in LIMITS)
                or bool(row.pacing.all()),
            }
            for row in rows.order_by("-is_active", "first_seating", "pk")
        ]
        return self.page("services", {"lines": lines})


def next_date(venue: Restaurant, row: DiningService | None, today: dt.date) -> dt.date:
    """The next date after today on which a service runs; tomorrow for one that never does."""
    tomorrow = today + dt.timedelta(days=1)
    if row is None:
        return tomorrow
    plan = load_houses([venue.pk])[0].plan
    for ahead in range(400):
        date = tomorrow + dt.timedelta(days=ahead)
        if any(service.id == row.pk for service in services_on(plan, date)):
            return date
    return tomorrow


class ServiceView(PreviewedView):
    """One service, or a new one."""

    template = "service"
    verbs = ("diningservice.added", "diningservice.changed")
    parts = frozenset(ServiceForm.base_fields)
    done = gettext_lazy("The service is saved.")
    row: DiningService | None = None

    def find(self, **kwargs: str) -> None:
        """The service the address names."""
        if "key" in kwargs:
            self.row = self.unless_gone(partial(service_at, self.request.venue, kwargs["key"]))

    def target(self) -> str:
        """The service."""
        return self.row.public_id if self.row else ""

    def snapshot(self) -> Shown:
        """The service as it is; nothing of a new one."""
        return super().snapshot() if self.row else {}

    def start_date(self, today: dt.date) -> dt.date:
        """When it runs next."""
        return next_date(self.request.venue, self.row, today)

    def form(self, data: Any) -> forms.Form:
        """Its form."""
        return ServiceForm(data, venue=self.request.venue, row=self.row)

    def write(self, form: ServiceForm) -> object:
        """Save it. The row is read anew: a preview must leave none of its values behind."""
        row = service_at(self.request.venue, self.row.public_id) if self.row else None
        return save_service(
            self.request.venue, row, form.values(), form.rooms_chosen(), by=self.request.actor
        )

    def after(self) -> HttpResponse:
        """Back to the list."""
        return self.to("setup_services")

    def more(self, form: Any) -> dict[str, Any]:
        """Which service it is."""
        return {"row": self.row}


class RemoveServiceView(SetupView):
    """Remove a service nobody ever booked."""

    verbs = ("diningservice.changed", "pacing.changed", "turntimes.changed")

    def get(self, request: StaffRequest, key: str) -> HttpResponse:
        """Ask once more."""
        return self._page(service_at(request.venue, key))

    def post(self, request: StaffRequest, key: str) -> HttpResponse:
        """Do it, unless somebody else has changed what goes with it since that was asked."""
        was, venue = read(request.POST.get(NAME, "")), request.venue
        since = line_in(str(was.pop(SINCE, "")))
        row = service_at(venue, key)
        try:
            save_as_shown(
                venue,
                lambda: _all_of(service_at(venue, key)) == was,
                lambda: remove_service(venue, row, by=request.actor),
            )
        except SetupChanged:
            text = who_changed(venue, since, self.verbs, lambda entry: entry.target == key)
            advice = _("Look at what it is now. If it shall still go, remove it.")
            return self._page(service_at(venue, key), 409, Stale(text, advice))
        except DomainError as error:
            messages.error(request, error.text)
            return self.to("setup_service", key)
        messages.success(request, _("The service is removed."))
        return self.to("setup_services")

    def _page(
        self, row: DiningService, status: int = 200, stale: Stale | None = None
    ) -> HttpResponse:
        venue = self.request.venue
        context = {
            "title": _("Remove “%(name)s”?") % {"name": row.name},
            "about": when(row),
            "hint": f"{_('Its turn times and its pacing go with it.')}"
            f" {_('A service that was booked stays: switch it off instead.')}",
            "submit": _("Remove the service"),
            "back": house_url(venue, "setup_service", row.public_id),
            "shown": written(_all_of(row) | {SINCE: str(newest_line(venue))}),
            "stale": stale,
        }
        return render(self.request, "staff/confirm.html", context, status=status)


def _all_of(row: DiningService) -> Shown:
    """A service with all that is removed with it, as the forms of set-up show it."""
    steps = list(row.turn_times.order_by("up_to").values_list("up_to", "minutes"))
    return {
        **shown_by(ServiceForm(None, venue=row.restaurant, row=row)),
        **shown_by(PacingForm(None, service=row)),
        **shown_by(TurnsForm(None, steps=steps)),
    }


class TurnsView(PreviewedView):
    """How long parties stay: the house's, or (``?service=``) those of one service."""

    template = "turns"
    verbs = ("turntimes.changed",)
    done = gettext_lazy("The turn times are saved.")
    row: DiningService | None = None

    def find(self, **kwargs: str) -> None:
        """The service, if one is named."""
        key = self.request.GET.get("service", "")
        self.row = service_at(self.request.venue, key) if key else None

    def target(self) -> str:
        """The service, or the house."""
        return self.row.public_id if self.row else super().target()

    def start_date(self, today: dt.date) -> dt.date:
        """When the service runs next."""
        return next_date(self.request.venue, self.row, today)

    def form(self, data: Any) -> forms.Form:
        """The steps."""
        rows = TurnTime.objects.filter(restaurant=self.request.venue, service=self.row)
        steps = list(rows.order_by("up_to").values_list("up_to", "minutes"))
        return TurnsForm(data, steps=steps)

    def write(self, form: TurnsForm) -> None:
        """Save them."""
        save_turn_times(self.request.venue, self.row, form.steps(), by=self.request.actor)

    def after(self) -> HttpResponse:
        """The same page."""
        url = house_url(self.request.venue, "setup_turns")
        query = f"?{urlencode({'service': self.row.public_id})}" if self.row else ""
        return HttpResponseRedirect(url + query)

    def more(self, form: Any) -> dict[str, Any]:
        """Whose they are, and what counts where there are none."""
        venue = self.request.venue
        plan = load_houses([venue.pk])[0].plan
        return {
            "row": self.row,
            "services": DiningService.objects.filter(restaurant=venue, is_active=True),
            "usual": [(step.up_to, step.minutes) for step in plan.turn_times],
        }


class PacingView(PreviewedView):
    """The pacing of one service as a grid."""

    template = "pacing"
    verbs = ("pacing.changed", "diningservice.changed")
    parts = frozenset(LIMITS)
    done = gettext_lazy("The pacing is saved.")
    row: DiningService

    def find(self, **kwargs: str) -> None:
        """The service the address names."""
        self.row = service_at(self.request.venue, kwargs["key"])

    def target(self) -> str:
        """The service."""
        return self.row.public_id

    def is_of_this(self, entry: AuditEntry) -> bool:
        """Its limits, or those of single quarters."""
        if entry.verb == "pacing.changed":
            return entry.target == self.target()
        return super().is_of_this(entry)

    def start_date(self, today: dt.date) -> dt.date:
        """When it runs next."""
        return next_date(self.request.venue, self.row, today)

    def form(self, data: Any) -> forms.Form:
        """The grid."""
        return PacingForm(data, service=self.row)

    def write(self, form: PacingForm) -> None:
        """Save it."""
        row = service_at(self.request.venue, self.row.public_id)
        save_pacing(row, form.usual(), form.quarters(), by=self.request.actor)

    def after(self) -> HttpResponse:
        """The same page."""
        return self.to("setup_pacing", self.row.public_id)

    def more(self, form: Any) -> dict[str, Any]:
        """Which service, and the others."""
        rows = DiningService.objects.filter(restaurant=self.request.venue, is_active=True)
        return {"row": self.row, "services": rows}
