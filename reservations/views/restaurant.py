"""One restaurant: the house, its free times, and the button that holds one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError, TooOften
from reservations.engine.walltime import datetime_to_minute
from reservations.errors import (
    ActiveHoldExists,
    AlreadyBooked,
    PaymentsUnavailable,
    SlotUnavailable,
)
from reservations.guests import Guest
from reservations.limits import Act
from reservations.selectors.holds import HeldPlace, active_hold_of
from reservations.selectors.houses import House, house
from reservations.services.holds import HoldRequest, is_as_wished, place_hold
from reservations.views import campaign, hours, taste, wording
from reservations.views.base import GuestView, booked_page, hold_page, warn
from reservations.views.carte import carte_of
from reservations.views.home import kind_of, picture_of, pictures_of
from reservations.views.offers import offer_choices
from reservations.views.protection import protect
from reservations.views.times import ask_page, panel_for
from reservations.views.visitor import (
    add_to_draft,
    guest_of,
    known_guest,
    offer_token,
)
from reservations.views.wishes import Wish, read_wish, search_page
from restaurants.models import Restaurant
from restaurants.selectors import restaurant_by_slug


@dataclass(frozen=True, slots=True)
class HeldElsewhere:
    """The table this guest already holds, wherever it is."""

    name: str
    when: str
    party: str
    until: str
    hold_id: str
    url: str


class RestaurantView(GuestView):
    """``GET /r/<slug>/?party=2&date=2026-11-28&time=19:00``: the house and its times.

    ``room``, ``step_free`` and ``high_chair`` narrow the times, ``month`` turns the calendar.
    """

    is_personal = False
    embed_event = "viewed"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The whole page, or for htmx the panel of times alone: same address, same answer."""
        restaurant, rules = find(slug)
        now = clock.now()
        today = now.astimezone(rules.zone).date()
        wish = read_wish(request.GET, rules.plan)
        panel = panel_for(rules, wish, today=today)
        guest = known_guest(request)
        context: dict[str, Any] = {
            "restaurant": restaurant,
            "panel": panel,
            "problems": wish.problems,
            "phone": wording.phone(restaurant.phone),
            "hold_minutes": rules.hold_minutes,
            "visitor": "" if guest else offer_token(),
            "campaign": campaign.current().parameters(),
        }
        if getattr(request, "htmx", False) and request.headers.get("HX-Target") == "times":
            response = render(request, "reservations/_times.html", context)
        else:
            context |= _house(restaurant, rules, panel.party, now)
            context["ask"] = ask_page(
                rules, replace(wish, party=rules.plan.max_party + 1), panel.date
            )
            context["offers"] = offer_choices(rules.plan, wish, today)
            context["carte"] = carte_of(restaurant, today, wish)
            context["held"] = held_elsewhere(guest)
            response = render(request, "reservations/restaurant.html", context)
        patch_vary_headers(response, ["HX-Request"])
        return response


def _house(restaurant: Restaurant, rules: House, party: int, now: dt.datetime) -> dict[str, Any]:
    """What the page says about the house itself, whatever is asked of its book."""
    plan = rules.plan
    today = now.astimezone(plan.zone).date()
    return {
        "pictures": pictures_of(*restaurant.images) or [picture_of()],
        "kind": kind_of(restaurant),
        "features": [taste.feature(name) for name in restaurant.features],
        "week": hours.coming_days(plan, today),
        "now": hours.right_now(plan, datetime_to_minute(now)),
        "has_kitchen": bool(plan.kitchen),
        # The stepper cannot show a party that cannot be booked here.
        "party": min(max(party, plan.min_party), plan.max_party),
        "has_step_free": any(table.step_free for table in plan.tables),
        "plan": plan,
        "today": today.isoformat(),
        "last_day": (today + dt.timedelta(days=plan.window_days)).isoformat(),
        "place": wording.place_of(plan.zone),
        "town": wording.town(
            restaurant.city, restaurant.state, restaurant.postal_code, restaurant.country
        ),
        "directions": directions_to(restaurant),
    }


def directions_to(restaurant: Restaurant | House) -> str:
    """A route planner with the restaurant as its destination; empty if nobody says where it is."""
    if restaurant.latitude is None or restaurant.longitude is None:
        return ""
    there = f"{restaurant.latitude},{restaurant.longitude}"
    return f"https://www.openstreetmap.org/directions?to={quote(there, safe=',')}"


class PlaceHoldView(GuestView):
    """``POST /r/<slug>/hold/``: hold the chosen time, then on to the details."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Somebody reloaded or bookmarked the form's address: back to the times."""
        return redirect("restaurant", slug)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Post, redirect, get: reloading what follows never holds a second table."""
        restaurant, rules = find(slug)
        wish = read_wish(request.POST, rules.plan)
        if wish.date is None or not wish.time or wish.problems:
            warn(request, _("Please choose a time first."))
            return redirect(search_page(slug, party=wish.party, date=wish.date, like=wish))
        if wish.high_chair:
            add_to_draft(request, high_chairs="1")
        protect(request, Act.HOLD, phone=restaurant.phone)
        asked = HoldRequest(
            restaurant.public_id,
            wish.date,
            wish.time,
            wish.party,
            room_id=wish.room_id,
            step_free=wish.step_free,
            service_id=wish.service_id,
            offer_id=wish.offer_id,
            source=campaign.current().source,
            origin=campaign.current().origin,
        )
        return redirect(hold_or_explain(request, rules, asked, wish))


def find(slug: str) -> tuple[Restaurant, House]:
    """A listed restaurant and the rules of its book, or 404."""
    restaurant = restaurant_by_slug(slug)
    if restaurant is None:
        raise Http404(_("There is no restaurant at this address."))
    return restaurant, house(restaurant.pk, restaurant.plan_version)


def hold_or_explain(request: HttpRequest, rules: House, asked: HoldRequest, wish: Wish) -> str:
    """Hold the table; the address of the page to show next, whatever came of it."""
    guest = guest_of(request)
    times = search_page(rules.slug, party=wish.party, date=wish.date, time=wish.choice, like=wish)
    try:
        return hold_page(place_hold(asked, guest, by=guest.actor).public_id)
    except ActiveHoldExists:
        held = active_hold_of(guest, clock.now())
        if held is not None and _is_the_same(held, asked):
            return hold_page(held.public_id)
        warn(request, _("You hold a table already. Finish that booking first, or give it back."))
    except AlreadyBooked as error:
        warn(request, error)
        return booked_page(str(error.details["reservation_id"]))
    except SlotUnavailable:
        # The page the guest is sent to asks again, and says why and what is free instead.
        pass
    except PaymentsUnavailable as error:
        warn(request, _by_telephone(error, rules))
    except TooOften:
        raise
    except DomainError as error:
        warn(request, error)
    return times


def _by_telephone(error: PaymentsUnavailable, rules: House) -> str:
    """The refusal, with the number to call if the house has one."""
    if not rules.phone:
        return error.text
    return f"{error.text.removesuffix('.')}: {wording.phone(rules.phone)}."


def _is_the_same(held: HeldPlace, asked: HoldRequest) -> bool:
    """A double click or a reload: the table that was asked for is already theirs."""
    if asked.service_id not in (None, held.service_id):
        return False
    return is_as_wished(held, asked)


def held_elsewhere(guest: Guest | None) -> HeldElsewhere | None:
    """The guest's live hold, to go on with or to give back."""
    held = active_hold_of(guest, clock.now()) if guest is not None else None
    if held is None:
        return None
    return HeldElsewhere(
        name=held.house.name,
        when=wording.moment(held.starts_at, held.house.zone),
        party=wording.guests(held.party_size),
        until=wording.clock_time(held.expires_at, held.house.zone),
        hold_id=held.public_id,
        url=hold_page(held.public_id),
    )
