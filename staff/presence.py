"""Who is there: signed in with a password, or with a PIN on a tablet of the house, or nobody.

A PIN never signs anybody in to Django: outside of the staff area's own views such a person is
nobody, so that no page elsewhere (the admin above all) can open by mistake.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.models import Device

from accounts.models import User
from accounts.services.second_factor import has_second_factor
from core import clock, origin
from core.actors import Actor, ActorKind
from core.rates import client_network
from restaurants.access import HouseAccess, access_by_pin, access_of
from restaurants.models import Membership, Tablet
from restaurants.people import pin_stamp, tablet_by_token

COOKIE = "couvert_tablet"
COOKIE_LIFE = dt.timedelta(days=400)
"""As long as browsers keep one; it is set anew whenever somebody signs in."""

BY_PIN = "staff_pin"
"""Session key: who showed a PIN on which tablet."""
SEEN = "staff_seen"
"""Session key: when somebody last touched the tablet, in seconds."""
ON = "staff_tablet"
"""Session key: which tablet of a house that was."""

PASSWORD_KEPT = dt.timedelta(minutes=5)
"""How long a password shown on a tablet opens what a PIN does not."""

_TOUCH_EVERY = 15
"""Seconds between two writes of the same session."""


@dataclass(frozen=True, slots=True)
class Presence:
    """A person at work, and what is still missing before pages open."""

    user: User
    access: HouseAccess
    actor: Actor
    tablet: Tablet | None
    by_pin: bool
    step: str = ""
    """Nothing, or the page that comes first: ``sign_in_code``, ``account_factor``,
    ``tablet_choose_pin``."""


def presence_of(request: HttpRequest) -> Presence | None:
    """Who is there; None when nobody is, or when a tablet was left alone for too long.

    At most four queries. Ends the session of who left a tablet alone.
    """
    tablet = tablet_of(request)
    if tablet is not None and _was_left_alone(request, tablet):
        logout(request)
        return None
    user: Any = request.user
    found = _by_password(user, tablet) if user.is_authenticated else _by_pin(request, tablet)
    if found is not None and tablet is not None:
        _touch(request, tablet)
    elif tablet is None and ON in request.session:
        # The browser is no house's any more: nothing locks it.
        del request.session[ON]
    return found


def listening(request: HttpRequest) -> HouseAccess | None:
    """What the owner of a session may hear: for streams, which know the session and no cookie.

    None when nobody is there, a step of the sign-in is missing, or the tablet was left alone.
    """
    user: Any = request.user
    kept = request.session.get(BY_PIN) or {}
    tablet = _known_tablet(kept.get("tablet") or request.session.get(ON))
    if tablet is not None and _was_left_alone(request, tablet):
        return None
    if user.is_authenticated:
        if not (user.is_active and user.is_staff):
            return None
        access = access_of(user)
        is_asked = access.needs_second_factor or has_second_factor(user)
        return access if not is_asked or _shown_device(request, user) else None
    found = _by_pin(request, tablet)
    return found.access if found is not None and not found.step else None


def tablet_of(request: Any) -> Tablet | None:
    """The tablet of a house that this browser is; asked once per request."""
    if not hasattr(request, "house_tablet"):
        token = request.COOKIES.get(COOKIE, "")
        request.house_tablet = tablet_by_token(token) if token else None
    found: Tablet | None = request.house_tablet
    return found


def origin_of(request: HttpRequest) -> str:
    """What the log keeps of where this comes from: the tablet's name, or the network in coarse."""
    tablet = tablet_of(request)
    return tablet.label if tablet else origin.coarse(client_network(request.META))


def missing_factor(user: Any, access: HouseAccess) -> str:
    """What of the second factor comes first: showing it, setting it up, or nothing. One query."""
    if user.is_verified():
        return ""
    if has_second_factor(user):
        return "sign_in_code"
    return "account_factor" if access.needs_second_factor else ""


def begin_by_pin(request: HttpRequest, tablet: Tablet, membership: Membership) -> None:
    """A session of its own for who showed a PIN; whatever was before ends."""
    logout(request)
    request.session[BY_PIN] = {
        "tablet": tablet.public_id,
        "user": membership.user.public_id,
        "stamp": pin_stamp(membership),
    }
    request.session[SEEN] = _now()


def note_password(request: HttpRequest) -> None:
    """The person at the tablet showed the password: for some minutes more is open."""
    kept = request.session[BY_PIN]
    until = clock.now() + PASSWORD_KEPT
    request.session[BY_PIN] = {**kept, "password_until": int(until.timestamp())}


def renew_pin_stamp(request: HttpRequest, membership: Membership) -> None:
    """The person chose another PIN just now: this session goes on with it."""
    request.session[BY_PIN] = {**request.session[BY_PIN], "stamp": pin_stamp(membership)}


def _by_password(user: Any, tablet: Tablet | None) -> Presence | None:
    if not (user.is_active and user.is_staff):
        return None
    access = access_of(user)
    actor = Actor(ActorKind.STAFF, user.public_id, user.called)
    return Presence(user, access, actor, tablet, by_pin=False, step=missing_factor(user, access))


def _by_pin(request: HttpRequest, tablet: Tablet | None) -> Presence | None:
    kept = request.session.get(BY_PIN) if tablet else None
    if tablet is None or not kept or kept.get("tablet") != tablet.public_id:
        return None
    rows = Membership.objects.filter(
        user__public_id=kept["user"],
        restaurant=tablet.restaurant_id,
        user__is_active=True,
        user__is_staff=True,
    )
    membership = rows.select_related("user", "restaurant").first()
    if membership is None or not membership.pin:
        return None
    if not constant_time_compare(kept["stamp"], pin_stamp(membership)):
        return None
    user = membership.user
    request.user = user
    has_shown = kept.get("password_until", 0) > _now()
    return Presence(
        user,
        access_by_pin(membership, with_password=has_shown),
        Actor(
            ActorKind.STAFF,
            user.public_id,
            user.called,
            by_pin=True,
            has_shown_password=has_shown,
        ),
        tablet,
        by_pin=True,
        step="tablet_choose_pin" if membership.pin_is_first else "",
    )


def _was_left_alone(request: HttpRequest, tablet: Tablet) -> bool:
    """Whether somebody was here and touched nothing for as long as the house allows."""
    seen = request.session.get(SEEN)
    if seen is None:
        return False
    return bool(_now() - seen >= tablet.lock_seconds)


def _known_tablet(public_id: str | None) -> Tablet | None:
    if not public_id:
        return None
    rows = Tablet.objects.filter(public_id=public_id, revoked_at=None)
    return rows.select_related("restaurant").first()


def _shown_device(request: HttpRequest, user: User) -> bool:
    """Whether the second factor the session was opened with is still this person's."""
    shown = request.session.get(DEVICE_ID_SESSION_KEY)
    device = Device.from_persistent_id(shown) if shown else None
    return device is not None and device.user_id == user.pk


def _touch(request: HttpRequest, tablet: Tablet) -> None:
    if request.session.get(ON) != tablet.public_id:
        request.session[ON] = tablet.public_id
    seen = request.session.get(SEEN)
    if seen is None or (_is_by_hand(request) and _now() - seen >= _TOUCH_EVERY):
        request.session[SEEN] = _now()


def _is_by_hand(request: HttpRequest) -> bool:
    """Whether a person caused this request; a page that refreshes its parts is nobody's touch."""
    if request.method not in ("GET", "HEAD"):
        return True
    if request.headers.get("HX-Request"):
        return False
    kind = request.headers.get("Sec-Fetch-Dest")
    # Browsers leave it out without TLS; what a script fetches asks for anything there.
    return kind == "document" if kind else "text/html" in request.headers.get("Accept", "text/html")


def _now() -> int:
    return int(clock.now().timestamp())
