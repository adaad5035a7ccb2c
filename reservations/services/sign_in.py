"""Signing in to one's bookings with an e-mail address and no password."""

from __future__ import annotations

import datetime as dt
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction

from core import audit, clock, jobs
from core.actors import Actor, ActorKind
from core.locks import Space, lock_all
from core.tokens import derive, fingerprint, new_nonce
from notifications.services import queue
from reservations.details import language_of
from reservations.errors import LinkUnknown, SignInExpired, TooMany
from reservations.models import SignInLink
from reservations.selectors.bookings import has_bookings
from reservations.services.contacts import email_of
from reservations.services.links import page_address

LIFE = dt.timedelta(minutes=20)
PER_EMAIL = 5
PER_NETWORK = 20
"""Requests an hour: of one address, and from one network whatever the address."""
KEPT = dt.timedelta(days=1)

_PURPOSE = "sign-in"
_HOUR = dt.timedelta(hours=1)


def request_sign_in(email: str, *, network: str, language: str = "") -> None:
    """Send a link that shows the bookings of this address, if it has any.

    Always ends the same, whether there are bookings or not, and for one address asked for too
    often in silence. ``network`` is where the request comes from, or empty where that cannot be
    told; only a keyed hash of it is kept, for a day. Raises Invalid for what cannot be an address,
    and TooMany when one network asks too often, whatever it asks for.
    """
    email = email_of(email)
    origin = fingerprint("network", network)
    now = clock.now()
    with transaction.atomic():
        lock_all(Space.GUEST, [("sign-in", email), ("sign-in-from", origin)])
        recent = SignInLink.objects.filter(created_at__gt=now - _HOUR)
        # All who cannot be told apart together are no network.
        if network and recent.filter(asked_from=origin).count() >= PER_NETWORK:
            raise TooMany
        is_too_often = recent.filter(email=email).count() >= PER_EMAIL
        nonce = new_nonce()
        link = SignInLink.objects.create(
            email=email,
            nonce=nonce,
            digest=fingerprint(_PURPOSE, derive(_PURPOSE, _bound(nonce, email))),
            asked_from=origin,
            created_at=now,
            expires_at=now + LIFE,
        )
        if not is_too_often and has_bookings(email):
            _write(link, language_of(language, settings.LANGUAGE_CODE), now)
        # Telling the broker takes the longest of all: nobody shall hear by it who has bookings.
        jobs.wake("notifications.deliver_due")


def _bound(nonce: str, email: str) -> str:
    """A token is good for the address it was sent to and no other."""
    return f"{nonce}:{email}"


def _write(link: SignInLink, language: str, now: dt.datetime) -> None:
    queue(
        "sign_in",
        restaurant_id=None,
        about=link.public_id,
        recipient=link.email,
        payload={
            "restaurant": parseaddr(settings.DEFAULT_FROM_EMAIL)[0] or "Couvert",
            "minutes": LIFE // dt.timedelta(minutes=1),
        },
        language=language,
        at=now,
    )


def message_address(about: str) -> str:
    """The address for the message about a request; empty once it was used or is too old."""
    link = SignInLink.objects.filter(
        public_id=about, used_at=None, expires_at__gt=clock.now()
    ).first()
    if link is None:
        return ""
    token = derive(_PURPOSE, _bound(link.nonce, link.email))
    is_ours = link.digest == fingerprint(_PURPOSE, token)
    return page_address("bookings/sign-in", token) if is_ours else ""


def redeem(token: str) -> str:
    """The address that the token proves, once: of two at the same time one succeeds.

    Call it for a POST, never for opening the page: mail programs look ahead. Raises LinkUnknown,
    and SignInExpired when it was used before or is older than twenty minutes.
    """
    now = clock.now()
    with transaction.atomic():
        link = (
            SignInLink.objects.select_for_update()
            .filter(digest=fingerprint(_PURPOSE, token))
            .first()
        )
        if link is None:
            raise LinkUnknown
        if link.used_at is not None or link.expires_at <= now:
            raise SignInExpired
        link.used_at = now
        link.save(update_fields=["used_at"])
        audit.record(
            "guest.signed_in", link.public_id, by=Actor(ActorKind.GUEST, link.public_id, "Guest")
        )
    return link.email


def forget_sign_ins() -> int:
    """Delete requests older than a day; how many. Safe to run twice and at once."""
    deleted, _ = SignInLink.objects.filter(created_at__lte=clock.now() - KEPT).delete()
    return deleted
