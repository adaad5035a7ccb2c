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
    lines = [*_places(venue), *_times(venue)]
    return [
        Tile(title, house_url(venue, page), icon, state, about)
        for title, page, icon, state, about in lines
    ]


_Line = tuple[str, str, str, str, str]
"""Title, page, icon, state, about."""


def _places(venue: Restaurant) -> list[_Line]:
    """Where and when guests sit."""
    services = DiningService.objects.filter(restaurant=venue, is_active=True)
    names = ", ".join(services.values_list("name", flat=True))
    turns = TurnTime.objects.filter(restaurant=venue, service=None).count()
    steps = ngettext("%(n)d step", "%(n)d steps", turns) % {"n": turns}
    hours = OpeningHours.objects.filter(restaurant=venue, part="venue")
    days = hours.values("weekday").distinct().count()
    open_days = ngettext("Open on %(n)d weekday", "Open on %(n)d weekdays", days) % {"n": days}
    about_floor = _("Rooms, tables, combinations, plans for some days.")
    about_services = _("When guests may sit down, and how many arrive at once.")
    about_turns = _("How long a party keeps its table, by its size.")
    about_hours = _("Opening and kitchen, week by week.")
    usual = _("The usual")
    none = _("None yet")
    return [
        (_("Floor"), "setup_floor", "table", _floor(venue), about_floor),
        (_("Services"), "setup_services", "clock", names or none, about_services),
        (_("Turn times"), "setup_turns", "guests", steps if turns else usual, about_turns),
        (_("Hours"), "setup_hours", "calendar", open_days if days else none, about_hours),
    ]


def _floor(venue: Restaurant) -> str:
    tables = DiningTable.objects.filter(restaurant=venue, is_active=True).count()
    rooms = DiningRoom.objects.filter(restaurant=venue).count()
    plans = FloorPlan.objects.filter(restaurant=venue).count()
    others = ngettext(
        "%(n)d plan besides the standard one", "%(n)d plans besides the standard one", plans
    )
    parts = [
        ngettext("%(n)d table", "%(n)d tables", tables) % {"n": tables},
        ngettext("%(n)d room", "%(n)d rooms", rooms) % {"n": rooms},
        others % {"n": plans} if plans else "",
    ]
    return " · ".join(filter(None, parts))


def _times(venue: Restaurant) -> list[_Line]:
    """What keeps them away."""
    now = clock.now()
    today = service_date_at(venue, now)
    days = SpecialDay.objects.filter(restaurant=venue, date__gte=today).count()
    to_come = ngettext("%(n)d to come", "%(n)d to come", days) % {"n": days}
    shut = Closure.objects.filter(restaurant=venue, ends_at__gt=now).count()
    closures = ngettext("%(n)d in force or to come", "%(n)d in force or to come", shut)
    ahead = ngettext("%(n)d day ahead", "%(n)d days ahead", venue.window_days)
    about_days = _("Holidays, late nights, days without kitchen.")
    about_closures = _("Close now, some hours, a room or a table.")
    about_rules = _("How far ahead and how late guests book, and for how many.")
    about_why = _("Any time: its reasons, and the smallest change that opens it.")
    window = ahead % {"n": venue.window_days}
    return [
        (_("Special days"), "setup_days", "star", to_come, about_days),
        (_("Closures"), "setup_closures", "cross", closures % {"n": shut}, about_closures),
        (_("Booking rules"), "setup_rules", "settings", window, about_rules),
        (_("Why closed?"), "setup_why", "search", _("Ask"), about_why),
    ]
