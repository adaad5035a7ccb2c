"""The first page: the houses of a person, and one house today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from core import clock
from reservations.models import Reservation
from reservations.selectors.today import DayFigures, figures_of_day, next_arrivals
from reservations.views.wording import clock_time, day, guests
from restaurants.access import Capability
from restaurants.models import Restaurant
from staff import wording
from staff.access import LAST_VENUE, HouseView, StaffRequest, StaffView, house_url
from staff.attention import needs_somebody
from staff.live import Line
from staff.navigation import Link, places_at, role_at
from staff.selectors import trouble_at, venues_of

MOST_HOUSES = 24
ARRIVALS_SHOWN = 8

_BOOK = gettext_lazy("The book")


@dataclass(frozen=True, slots=True)
class HouseCard:
    """One of a person's restaurants on the first page."""

    name: str
    place: str
    url: str
    role: Any
    may: Any
    figures: DayFigures


class HomeView(StaffView):
    """All houses of a person with their day; who has one house goes straight there."""

    for_tablets = True

    def get(self, request: StaffRequest) -> HttpResponse:
        """The list, or the only house."""
        words = request.GET.get("q", "").replace("\0", "").strip()[:60]
        found = list(venues_of(request.access, words=words)[: MOST_HOUSES + 1])
        if len(found) == 1 and not words:
            return HttpResponseRedirect(house_url(found[0], "house"))
        shown = found[:MOST_HOUSES]
        figures = figures_of_day(shown, clock.now())
        context = {
            "cards": [_card(request, venue, figures[venue.pk]) for venue in shown],
            "has_more": len(found) > MOST_HOUSES,
            "words": words,
            "is_searchable": bool(words) or len(found) > MOST_HOUSES,
        }
        return render(request, "staff/home.html", context)


def _card(request: StaffRequest, venue: Restaurant, figures: DayFigures) -> HouseCard:
    access = request.access
    return HouseCard(
        name=venue.name,
        place=venue.city,
        url=house_url(venue, "house"),
        role=role_at(access, venue),
        may="" if access.sees_all else wording.MAY[access.roles[venue.pk]],
        figures=figures,
    )


@dataclass(frozen=True, slots=True)
class ArrivalLine:
    """One of the parties that come next."""

    id: str
    time: str
    name: str
    party: str
    service: str
    is_waiting: bool
    """Not accepted or not paid yet."""
    url: str
    """In the administration, which no PIN opens; empty then."""


class HouseHomeView(HouseView):
    """One house today: how full, who is next, and where to go from here."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page, or the part of it that follows the book."""
        # First of all: what commits while the rest is read is told.
        line = Line(request.venue)
        venue, now = request.venue, clock.now()
        figures = figures_of_day([venue], now)[venue.pk]
        context: dict[str, Any] = {
            "day": day(figures.date),
            "figures": figures,
            "arrivals": [
                _arrival(row, venue, is_linked=not request.present.by_pin)
                for row in next_arrivals(venue, now, limit=ARRIVALS_SHOWN)
            ],
        }
        if request.headers.get("HX-Request"):
            return render(request, "staff/_today.html", context)
        may_connect = request.access.allows(Capability.CONNECT, venue.pk)
        places = places_at(venue, request.access)
        context |= {
            "live": line,
            "tools": [place for place in places if place.about],
            "admin": _admin_links(request),
            "trouble": trouble_at(venue) if may_connect else None,
            "needs_money": (
                request.access.allows(Capability.SEE_MONEY, venue.pk) and needs_somebody(venue)
            ),
            "may": wording.MAY.get(request.access.roles.get(venue.pk, ""), ""),
        }
        return render(request, "staff/house.html", context)


def _arrival(row: Reservation, venue: Restaurant, *, is_linked: bool) -> ArrivalLine:
    waiting = (Reservation.Status.PENDING, Reservation.Status.PENDING_PAYMENT)
    query = urlencode({"q": row.public_id})
    return ArrivalLine(
        id=row.public_id,
        time=clock_time(row.starts_at, venue.tz),
        name=row.guest_name,
        party=guests(row.party_size),
        service=row.service.name,
        is_waiting=row.status in waiting,
        url=f"{reverse('admin:reservations_reservation_changelist')}?{query}" if is_linked else "",
    )


def _admin_links(request: StaffRequest) -> list[Link]:
    """The pages of the admin that stand in until this area has them."""
    venue = request.venue
    of_house = f"?{urlencode({'house': venue.pk})}"
    found = [
        Link(_BOOK, reverse("admin:reservations_reservation_changelist") + of_house, "calendar"),
    ]
    return [] if request.present.by_pin else found


class OfLastVenueView(StaffView):
    """``/staff/keys/`` and the like: the page of the house looked at last, or of the first one."""

    page: ClassVar[str] = ""
    for_tablets: ClassVar[bool] = True

    def get(self, request: StaffRequest) -> HttpResponse:
        """There, or to the list of houses for who has none."""
        rows = venues_of(request.access)
        last = request.session.get(LAST_VENUE, "")
        venue = rows.filter(slug=last).first() or rows.first()
        url = house_url(venue, self.page) if venue else reverse("staff:home")
        return HttpResponseRedirect(url)
