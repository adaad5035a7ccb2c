"""What the set-up of a house lacks: each with the page where it is put right."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from core import clock
from reservations.engine import types as e
from reservations.engine.policies import deposit_for
from reservations.engine.seating import Place, places_of
from reservations.selectors.houses import load_houses
from reservations.selectors.today import service_date_at
from restaurants.models import DiningRoom, DiningService, PacingStep, Restaurant, TurnTime
from staff.access import house_url


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is missing or looks wrong."""

    kind: str
    """``missing`` keeps guests from booking; ``hint`` is worth a look."""
    text: str
    url: str
    link: str


def checks_at(venue: Restaurant) -> list[Check]:
    """All of them, what keeps guests away first. A handful of queries."""
    plan = load_houses([venue.pk])[0].plan
    found = [*_missing(venue, plan), *_of_services(venue, plan), *_hints(venue, plan)]
    return sorted(found, key=lambda check: check.kind != "missing")


def _missing(venue: Restaurant, plan: e.Plan) -> list[Check]:
    found = []
    floor = house_url(venue, "setup_floor"), _("Draw the floor")
    is_by_tables = plan.capacity_mode is e.CapacityMode.TABLES
    if is_by_tables and not DiningRoom.objects.filter(restaurant=venue).exists():
        found.append(Check("missing", _("There is no room yet."), *floor))
    elif is_by_tables and not plan.tables:
        found.append(Check("missing", _("There are no tables in use yet."), *floor))
    if not plan.services:
        url = house_url(venue, "setup_service_new")
        text = _("There is no service yet, so no time can be booked.")
        found.append(Check("missing", text, url, _("Add a service")))
    if not venue.accepts_reservations:
        url = house_url(venue, "setup_rules")
        text = _("Guests cannot book: all bookings are paused.")
        found.append(Check("missing", text, url, _("Booking rules")))
    return found


def _of_services(venue: Restaurant, plan: e.Plan) -> list[Check]:
    steps = PacingStep.objects.filter(service=OuterRef("pk"))
    rows = DiningService.objects.filter(restaurant=venue, is_active=True).annotate(
        has_steps=Exists(steps)
    )
    today = service_date_at(venue, clock.now())
    found = []
    for row in rows:
        name = {"name": row.name}
        page = house_url(venue, "setup_service", row.public_id), row.name
        if not row.has_steps and row.slot_covers is None and row.slot_parties is None:
            text = _("%(name)s has no pacing: everybody may arrive at once.") % name
            url = house_url(venue, "setup_pacing", row.public_id)
            found.append(Check("hint", text, url, _("Set the pacing")))
        if (row.valid_until and row.valid_until < today) or (row.date and row.date < today):
            text = _("%(name)s is over: it runs on no day to come.") % name
            found.append(Check("hint", text, *page))
        service = next((s for s in plan.services if s.id == row.pk), None)
        party = max(plan.min_party, row.min_party)
        is_prepaid = service is not None and row.requires_prepayment
        if service and is_prepaid and deposit_for(plan, service, today, party)[0] <= 0:
            text = _("%(name)s is paid in advance, and no policy says how much.") % name
            found.append(Check("missing", text, house_url(venue, "policies"), _("Policies")))
    return found


def _hints(venue: Restaurant, plan: e.Plan) -> list[Check]:
    found = []
    if plan.services and not plan.openings:
        text = _("There are no opening hours: the services alone decide when guests may come.")
        found.append(Check("hint", text, house_url(venue, "setup_hours"), _("Set the hours")))
    if plan.services and not TurnTime.objects.filter(restaurant=venue).exists():
        text = _("There are no turn times of your own: the usual ones count.")
        url = house_url(venue, "setup_turns")
        found.append(Check("hint", text, url, _("Set the turn times")))
    places = places_of(plan)
    online = [place for place in places if place.access <= e.OPEN_TO[e.Channel.ONLINE]]
    largest = max((place.max_seats for place in online), default=0)
    is_by_tables = plan.capacity_mode is e.CapacityMode.TABLES
    if is_by_tables and plan.tables and largest < plan.max_party:
        text = _(
            "Guests may ask online for %(most)d, and the largest place they can have is for"
            " %(largest)d."
        ) % {"most": plan.max_party, "largest": largest}
        found.append(Check("hint", text, house_url(venue, "setup_rules"), _("Booking rules")))
    gaps = _gaps(places, plan) if is_by_tables and plan.tables else []
    if gaps:
        text = _("No table in use is for parties of %(sizes)s.") % {
            "sizes": ", ".join(map(str, gaps))
        }
        found.append(Check("hint", text, house_url(venue, "setup_floor"), _("Floor")))
    return found


def _gaps(places: tuple[Place, ...], plan: e.Plan) -> list[int]:
    """Party sizes online for which no place is meant, though larger ones have one."""
    largest = min(plan.max_party, max(place.max_seats for place in places))
    return [
        size
        for size in range(plan.min_party, largest + 1)
        if not any(place.min_seats <= size <= place.max_seats for place in places)
    ]
