"""Links to a booking: given out, opened, taken back. The paths guests' links have stand here."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction

from core import audit, clock
from core.actors import Actor, ActorKind
from core.tokens import derive, fingerprint, new_nonce
from reservations.errors import LinkExpired, LinkRevoked, LinkUnknown, ReservationNotFound
from reservations.ledger.links import ensure_link
from reservations.models import BookingLink, Reservation
from reservations.selectors.bookings import Booking, booking_with_key

LINK_LIFE = dt.timedelta(days=30)
"""How long after the visit a link still opens: for a lost umbrella, a receipt, a kind word."""

_PURPOSE = "booking"
_TRIES = 3


def page_address(kind: str, token: str) -> str:
    """The absolute address of a page that a token opens: ``https://…/booking/<token>/``."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/{kind}/{token}/"


def issue_link(identifier: str) -> str:
    """The token of the reservation's link; the same one until it is revoked.

    Makes the row when there is none, so it may be called by whoever writes to the guest, at once
    and repeatedly. The token itself is kept nowhere. Raises ReservationNotFound.
    """
    for _ in range(_TRIES):
        link = ensure_link(identifier, **_secret(), now=clock.now())
        if link is None:
            continue
        token = derive(_PURPOSE, link.nonce)
        if link.digest == fingerprint(_PURPOSE, token):
            return token
        # SECRET_KEY is another one now: what was sent under the old one opens nothing any more.
        BookingLink.objects.filter(pk=link.id, digest=link.digest).update(**_secret())
    raise RuntimeError("the link is revoked as fast as it is issued")


def link_address(identifier: str) -> str:
    """The address of the page where the guest sees, changes and cancels the reservation."""
    return page_address("booking", issue_link(identifier))


def message_address(about: str) -> str:
    """:func:`link_address` for a message about a reservation; empty when it is gone."""
    try:
        return link_address(about)
    except ReservationNotFound:
        return ""


def open_link(token: str) -> Booking:
    """The reservation behind a token. Raises LinkUnknown, LinkRevoked, LinkExpired.

    Reads only, so mail programs may look ahead. What was opened may be revoked in the next
    moment: the services in ``by_link`` look again under their locks.
    """
    return open_row(token)[1]


def open_row(token: str) -> tuple[BookingLink, Booking]:
    """As :func:`open_link`, with the link's row."""
    link = BookingLink.objects.filter(digest=fingerprint(_PURPOSE, token)).first()
    if link is None:
        raise LinkUnknown
    if link.revoked_at is not None:
        raise LinkRevoked
    found = booking_with_key(link.reservation_id)
    if found.ends_at + LINK_LIFE <= clock.now():
        raise LinkExpired
    return link, found


def check_open(link: BookingLink) -> None:
    """Raise LinkRevoked if the link was revoked since; the caller has locked the reservation."""
    if not BookingLink.objects.filter(pk=link.pk, revoked_at=None).exists():
        raise LinkRevoked


def actor_of(link: BookingLink) -> Actor:
    """Whoever has the link, as the audit trail names them."""
    return Actor(ActorKind.GUEST, f"link:{link.pk}", "Guest, by link")


def revoke_links(identifier: str, *, by: Actor) -> int:
    """End the reservation's link; how many were live (one or none). May be repeated.

    Waits for a change that is under way by the link; none begins after this has returned. The
    next message or :func:`issue_link` brings a new one. Raises ReservationNotFound.
    """
    with transaction.atomic():
        row = Reservation.objects.select_for_update().filter(public_id=identifier).first()
        if row is None:
            raise ReservationNotFound
        live = BookingLink.objects.filter(reservation=row, revoked_at=None)
        revoked = live.update(revoked_at=clock.now())
        if revoked:
            audit.record(
                "reservation.link_revoked", identifier, by=by, restaurant_id=row.restaurant_id
            )
    return revoked


def _secret() -> dict[str, str]:
    nonce = new_nonce()
    return {"nonce": nonce, "digest": fingerprint(_PURPOSE, derive(_PURPOSE, nonce))}
