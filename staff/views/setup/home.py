"""The first page of set-up: what there is, what is missing, where to go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from reservations.selectors.today import service_date_at
from restaurants.models import (
    Closure,
    DiningRoom,
    DiningService,
    DiningTable,
    FloorPlan,
    OpeningHours,
    Restaurant,
    SpecialDay,
    TurnTime,
)
from staff.access import StaffRequest, house_url
from staff.setup_checks import checks_at
from staff.views.setup.base import SetupView


@dataclass(frozen=True, slots=True)
class Tile:
    """One part of set-up, with how it stands."""

    title: Any
    url: str
    icon: str
    state: str
    about: Any


class SetupHomeView(SetupView):
    """The overview."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page."""
        return self.page(
            "home", {"checks": checks_at(request.venue), "tiles": tiles_at(request.venue)}
        )


def tiles_at(venue: Restaurant) -> list[Tile]:
    """Every part with its figures."""
    now = clock.now()
    today = service_date_at(venue, now)
    tables = DiningTable.objects.filter(restaurant=venue, is_active=True).count()
    rooms = DiningRoom.objects.filter(restaurant=venue).count()
    plans = FloorPlan.objects.filter(restaurant=venue).count()
    services = DiningService.objects.filter(restaurant=venue, is_active=True)
    names = ", ".join(services.values_list("name", flat=True))
    days = SpecialDay.objects.filter(restaurant=venue, date__gte=today).count()
    closures = Closure.objects.filter(restaurant=venue, ends_at__gt=now).count()
    turns = TurnTime.objects.filter(restaurant=venue, service=None).count()
    hours = OpeningHours.objects.filter(restaurant=venue, part="venue")
    open_days = hours.values("weekday").distinct().count()
    others = ngettext(
        "%(n)d plan besides the standard one", "%(n)d plans besides the standard one", plans
    )
    floor = [
        ngettext("%(n)d table", "%(n)d tables", tables) % {"n": tables},
        ngettext("%(n)d room", "%(n)d rooms", rooms) % {"n": rooms},
        others % {"n": plans} if plans else "",
    ]
    steps = ngettext("%(n)d step", "%(n)d steps", turns) % {"n": turns}

    def tile(title: Any, page: str, icon: str, state: str, about: Any) -> Tile:
        return Tile(title, house_url(venue, page), icon, state, about)

    return [
        tile(
            _("Floor"),
            "setup_floor",
            "table",
            " · ".join(filter(None, floor)),
            _("Rooms, tables, combinations, plans for some days."),
        ),
        tile(
            _("Services"),
            "setup_services",
            "clock",
            names or _("None yet"),
            _("When guests may sit down, and how many arrive at once."),
        ),
        tile(
            _("Turn times"),
            "setup_turns",
            "guests",
            steps if turns else _("The usual"),
            _("How long a party keeps its table, by its size."),
        ),
        tile(
            _("Hours"),
            "setup_hours",
            "calendar",
            ngettext("Open on %(n)d weekday", "Open on %(n)d weekdays", open_days)
            % {"n": open_days}
            if open_days
            else _("None yet"),
            _("Opening and kitchen, week by week."),
        ),
        tile(
            _("Special days"),
            "setup_days",
            "star",
            ngettext("%(n)d to come", "%(n)d to come", days) % {"n": days},
            _("Holidays, late nights, days without kitchen."),
        ),
        tile(
            _("Closures"),
            "setup_closures",
            "cross",
            ngettext("%(n)d in force or to come", "%(n)d in force or to come", closures)
            % {"n": closures},
            _("Close now, some hours, a room or a table."),
        ),
        tile(
            _("Booking rules"),
            "setup_rules",
            "settings",
            ngettext("%(n)d day ahead", "%(n)d days ahead", venue.window_days)
            % {"n": venue.window_days},
            _("How far ahead and how late guests book, and for how many."),
        ),
        tile(
            _("Why closed?"),
            "setup_why",
            "search",
            _("Ask"),
            _("Any time: its reasons, and the smallest change that opens it."),
        ),
    ]
