"""Likes and passes, in rows or in the session of a visitor; and where a guest says they are."""

from __future__ import annotations

import math
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from reservations.views.base import GuestView, tell, warn, way_back
from restaurants.discovery import Coordinates
from restaurants.errors import RestaurantNotFound
from restaurants.models import Swipe
from restaurants.search import Visitor, visitor_with_account, visitor_with_session
from restaurants.selectors import restaurant_by_slug
from restaurants.services import forget_swipe, swipe

_SWIPES = "swipes"
_NEAR = "near"
_MOST_SWIPES = 200
_FORGET = "forget"

PRECISION = 3
"""Decimals kept of a shared position: about a hundred metres, enough to say who is nearer."""


def visitor_of(request: HttpRequest) -> Visitor:
    """Whoever looks: an account, or a browser with likes in its session, or nobody known yet."""
    user: Any = request.user
    if user.is_authenticated:
        return visitor_with_account(user.public_id)
    return visitor_with_session(_remembered(request))


def _remembered(request: HttpRequest) -> dict[str, bool]:
    return dict(request.session.get(_SWIPES, {}))


def position_of(request: HttpRequest) -> Coordinates | None:
    """Where the guest said they are, for as long as the session lasts."""
    near = request.session.get(_NEAR)
    return (near[0], near[1]) if near else None


class SwipeView(GuestView):
    """``POST /r/<slug>/like/`` with ``action`` like, pass or forget."""

    is_embeddable = False

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """A reload of the form's address."""
        return redirect("restaurant", slug)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The last word counts. Scripts ask ``quiet``ly and get no page."""
        restaurant = restaurant_by_slug(slug)
        if restaurant is None:
            raise RestaurantNotFound
        action = request.POST.get("action", "")
        if action in (*Swipe.Action.values, _FORGET):
            _remember(request, restaurant.public_id, action)
        if request.POST.get("quiet"):
            return HttpResponse(status=204)
        if action == Swipe.Action.LIKE:
            tell(request, _("%(name)s is on your list.") % {"name": restaurant.name})
        elif action == Swipe.Action.PASS:
            text = _("You will not be shown %(name)s again, unless you search for it.")
            tell(request, text % {"name": restaurant.name})
        return redirect(way_back(request, reverse("home")))


def _remember(request: HttpRequest, public_id: str, action: str) -> None:
    user: Any = request.user
    if user.is_authenticated:
        if action == _FORGET:
            forget_swipe(public_id, user=user.public_id)
        else:
            swipe(public_id, user=user.public_id, action=Swipe.Action(action))
        return
    swipes = _remembered(request)
    swipes.pop(public_id, None)
    if action != _FORGET:
        swipes[public_id] = action == Swipe.Action.LIKE
    request.session[_SWIPES] = dict(list(swipes.items())[-_MOST_SWIPES:])


class NearView(GuestView):
    """``POST /near/``: the position a guest shares, in a body, so that no log has it."""

    is_embeddable = False

    def get(self, request: HttpRequest) -> HttpResponse:
        """A reload of the form's address."""
        return redirect("home")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Remember it roughly until the session ends; without numbers, forget it."""
        near = _coordinates(request.POST.get("latitude", ""), request.POST.get("longitude", ""))
        if near is not None:
            request.session[_NEAR] = near
        elif "forget" in request.POST:
            request.session.pop(_NEAR, None)
        else:
            warn(request, _("We could not read where you are. Please type a place instead."))
        return redirect(way_back(request, reverse("home")))


def _coordinates(latitude: str, longitude: str) -> Coordinates | None:
    try:
        north, east = float(latitude[:30]), float(longitude[:30])
    except ValueError:
        return None
    if not (math.isfinite(north) and math.isfinite(east)):
        return None
    if not (-90 <= north <= 90 and -180 <= east <= 180):
        return None
    return round(north, PRECISION), round(east, PRECISION)
