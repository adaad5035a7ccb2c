"""Who may open which page of the staff area: signed in, at which house, with which right.

Every page is a :class:`StaffView` or, below ``/staff/r/<slug>/``, a :class:`HouseView` that names
what it ``needs``. Nothing else decides about rights, so a new page cannot forget to.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views import View

from core import clock
from core.actors import Actor
from core.errors import NotFound
from customers.selectors import TagSight, sight_of
from restaurants.access import (
    BY_PIN_AND_PASSWORD,
    CAPABILITIES,
    NO_ACCESS,
    Capability,
    HouseAccess,
)
from restaurants.models import Restaurant
from restaurants.people import SEEN_EVERY, note_seen
from staff.presence import Presence, presence_of, tablet_of
from staff.selectors import venue_at

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

LAST_VENUE = "staff_venue"
"""Session key: the slug of the house looked at last, for addresses that name none."""

NOTED = "staff_noted"
"""Session key: at which house and when it was last written down that the person was there."""


class StaffRequest(HttpRequest):
    """What the views of this area are handed: the request, and who asks at which house."""

    access: HouseAccess
    venue: Restaurant
    actor: Actor
    present: Presence
    tag_sight: TagSight
    """Read by :func:`tag_sight`, which everybody asks."""


class StaffView(View):
    """A page for people who are signed in and work here; everybody else is asked to sign in.

    Browsers keep no copy of it. What is not there and what is another house's look the same: 404.
    """

    request: StaffRequest

    for_tablets: ClassVar[bool] = False
    """Whether it opens for who is known by a PIN. Pages about a person's own account never do."""
    is_step: ClassVar[bool] = False
    """Whether it is one of the pages that make a sign-in complete."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, or say on a page of this area why not."""
        response = self._answer(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    def _answer(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        present = presence_of(request)
        if present is None:
            return _to_sign_in(request)
        request.present, request.access, request.actor = present, present.access, present.actor
        if present.step and not self.is_step:
            return _first_to(request, present.step)
        try:
            if present.by_pin and not self.for_tablets:
                return _needs_sign_in(request)
            return self.within(request, *args, **kwargs)
        except (NotFound, Http404):
            return _refusal(
                request, 404, _("Page not found"), _("There is nothing at this address.")
            )
        except PermissionDenied:
            text = _("Your role at this restaurant does not open this page. Its owner can help.")
            return _refusal(request, 403, _("Not allowed"), text)

    def within(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The answer of the method asked for, once it is known who asks."""
        return super().dispatch(request, *args, **kwargs)


class HouseView(StaffView):
    """A page of one restaurant, ``request.venue``, on whose clocks it shows times.

    Raises 404 for a house the person does not work at, 403 where the role lacks what the page
    ``needs``: who works somewhere may know which pages there are.
    """

    needs: ClassVar[Capability] = Capability.SEE
    for_tablets: ClassVar[bool] = True
    """What a PIN opens of a house follows from what the page needs."""
    needs_to_change: ClassVar[Capability | None] = None
    """What sending a form takes, where that is more than looking."""

    def within(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Look up the house, then the page."""
        venue = venue_at(request.access, kwargs.pop("slug"))
        request.venue = venue
        is_looking = request.method in SAFE_METHODS
        needs = self.needs if is_looking else self.needs_to_change or self.needs
        if not request.access.allows(needs, venue.pk):
            return self._refuse(request, venue, needs)
        if request.session.get(LAST_VENUE) != venue.slug:
            request.session[LAST_VENUE] = venue.slug
        _note_seen(request, venue)
        with timezone.override(venue.tz):
            return super().within(request, *args, **kwargs)

    def _refuse(self, request: Any, venue: Restaurant, needs: Capability) -> HttpResponseBase:
        """Say no; on a tablet, what the password opens asks for it, and the rest says where."""
        if not request.present.by_pin or needs not in _of_role(request, venue):
            raise PermissionDenied
        if opens_by_password(request, venue, needs):
            return _first_to(request, "tablet_password")
        return _needs_sign_in(request)

    def to(self, name: str, *args: str) -> HttpResponseRedirect:
        """A redirect to another page of the same house."""
        return HttpResponseRedirect(house_url(self.request.venue, name, *args))


def house_url(venue: Restaurant, name: str, *args: str) -> str:
    """The address of a page of this house."""
    return reverse(f"staff:{name}", args=[venue.slug, *args])


def tag_sight(request: StaffRequest) -> TagSight:
    """Which tags of guests and visits the person may read here: managers and owners all of them.

    A query for anybody else, once per request.
    """
    if not hasattr(request, "tag_sight"):
        venue = request.venue
        leads = request.access.leads(venue.pk)
        request.tag_sight = sight_of(venue.organization_id, sees_all=leads)
    return request.tag_sight


def opens_by_password(request: Any, venue: Restaurant, needs: Capability) -> bool:
    """Whether the PIN does not open this to the person, and their password would."""
    present: Presence = request.present
    is_shut = present.by_pin and not present.access.allows(needs, venue.pk)
    return is_shut and needs in BY_PIN_AND_PASSWORD & frozenset(_of_role(request, venue))


def password_door(back: str) -> str:
    """Where the password is shown at a tablet; from there on to ``back``, with its query."""
    return f"{reverse('staff:tablet_password')}?{urlencode({REDIRECT_FIELD_NAME: back})}"


def _of_role(request: Any, venue: Restaurant) -> Collection[Capability]:
    """What the person's role allows here, however they signed in."""
    present: Presence = request.present
    return CAPABILITIES.get(present.access.roles.get(venue.pk, ""), frozenset())


def access_here(request: HttpRequest) -> HouseAccess:
    """What the person may do, as the view has read it; nothing outside of this area."""
    return getattr(request, "access", NO_ACCESS)


def own_path(request: HttpRequest, asked: str) -> str:
    """``asked`` if it is a page for staff on this host, else the first page of the area."""
    is_ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    is_for_staff = asked.startswith(("/staff/", "/admin/")) and "/../" not in asked
    return asked if is_ours and is_for_staff else reverse("staff:home")


def _note_seen(request: Any, venue: Restaurant) -> None:
    """Every few minutes, not with every part of a page that is fetched."""
    now = int(clock.now().timestamp())
    house, at = request.session.get(NOTED, (0, 0))
    if house != venue.pk or now - at >= SEEN_EVERY.total_seconds():
        request.session[NOTED] = (venue.pk, now)
        note_seen(venue.pk, request.user)


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    # What was sent is not sent again after signing in: the person begins anew.
    door = reverse("staff:tablet" if tablet_of(request) else "staff:sign_in")
    if request.method not in ("GET", "HEAD"):
        return _going_to(request, HttpResponseRedirect(door))
    return _going_to(request, redirect_to_login(request.get_full_path(), door))


def _first_to(request: HttpRequest, step: str) -> HttpResponseBase:
    """To a page that comes first, and from there back to this one."""
    return _going_to(request, redirect_to_login(request.path, reverse(f"staff:{step}")))


def _going_to(request: HttpRequest, answer: HttpResponseRedirect) -> HttpResponseBase:
    if request.headers.get("HX-Request"):
        # A part of a page that fetches itself: the whole page goes to the door, not the part.
        return HttpResponse(headers={"HX-Redirect": answer.url})
    return answer


def _needs_sign_in(request: HttpRequest) -> HttpResponseBase:
    text = _("A PIN does not open this page. Sign in with your password to get there.")
    return _refusal(request, 403, _("Not on this tablet"), text)


def _refusal(request: HttpRequest, status: int, title: str, text: str) -> HttpResponseBase:
    return render(request, "staff/refused.html", {"title": title, "text": text}, status=status)
