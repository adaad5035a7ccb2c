"""Who sits at this browser: an account, or a random token in the session; and what is theirs.

Nothing is written before a guest holds a table, so looking around leaves no session and no cookie
but the form token's.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.contrib.auth import logout
from django.core import signing
from django.http import HttpRequest, QueryDict

from core import clock
from reservations.errors import HoldNotFound, ReservationNotFound
from reservations.guests import Guest
from reservations.selectors.bookings import Booking, booking, booking_of_email, booking_of_user
from reservations.selectors.holds import hold_of
from reservations.views.protection import CHALLENGE, PROOF, address_key

_TOKEN = "visitor"  # noqa: S105 - the name of a session entry
_BOOKINGS = "bookings"
_DRAFT = "particulars"
_BANK = "bank"

_OFFER_SALT = "visitor"
_OFFER_DAYS = 1

_CONTACT = "contact"
_SIGNED_IN = "signed_in"

_SIGNED_IN_FOR = dt.timedelta(days=1)
"""How long the link from a mail opens the list of bookings in this browser."""

_MOST_BOOKINGS = 50
_CONTACT_FIELDS = ("name", "email", "phone")
_LONGEST_DRAFT = 1000
_MOST_FIELDS = 40
_LISTS = {"allergens"}
_NOT_DRAFT = {"csrfmiddlewaretoken", "back", "visitor", PROOF, CHALLENGE}


def known_guest(request: HttpRequest) -> Guest | None:
    """The guest, if this browser has been one before."""
    user: Any = request.user
    if user.is_authenticated:
        return Guest.with_account(user.public_id)
    return session_guest(request)


def session_guest(request: HttpRequest) -> Guest | None:
    """The visitor of this browser's session, whether or not somebody signed in since."""
    token = request.session.get(_TOKEN)
    return Guest.visitor(token, address=address_key(request)) if token else None


def guests_here(request: HttpRequest) -> list[Guest]:
    """Everybody this browser is: the account, and the visitor it was before signing in."""
    return [guest for guest in (known_guest(request), session_guest(request)) if guest]


def holder_of(request: HttpRequest, hold_id: str) -> Guest:
    """Whoever of this browser holds it: the account, or the visitor it was before signing in."""
    known, earlier = known_guest(request), session_guest(request)
    if known is not None and earlier is not None and known != earlier:
        try:
            hold_of(known, hold_id)
        except HoldNotFound:
            return earlier
    # Nobody's token can be empty, so a browser without one finds nothing.
    return known or Guest.visitor("")


def offer_token() -> str:
    """A signed token for a form: who sends it twice is one visitor, also before there is a session.

    Without it the second half of a double click would be a stranger, and hold a second table.
    """
    return signing.dumps(secrets.token_urlsafe(24), salt=_OFFER_SALT)


def guest_of(request: HttpRequest) -> Guest:
    """The guest; a browser without one becomes a visitor from here on."""
    known = known_guest(request)
    if known is not None:
        return known
    token = _offered(request) or secrets.token_urlsafe(24)
    request.session[_TOKEN] = token
    return Guest.visitor(token, address=address_key(request))


def _offered(request: HttpRequest) -> str:
    try:
        offered = request.POST.get("visitor", "")
        return str(signing.loads(offered, salt=_OFFER_SALT, max_age=_OFFER_DAYS * 86_400))
    except signing.BadSignature:
        return ""


def remember_booking(request: HttpRequest, public_id: str) -> None:
    """This browser may see and cancel the booking from now on.

    Of what was typed it keeps who the guest is, so that the next form need not ask again.
    """
    known = [entry for entry in request.session.get(_BOOKINGS, []) if entry != public_id]
    request.session[_BOOKINGS] = [*known, public_id][-_MOST_BOOKINGS:]
    draft = request.session.pop(_DRAFT, None)
    if draft:
        request.session[_CONTACT] = {name: draft.get(name, "") for name in _CONTACT_FIELDS}


def own_booking(request: HttpRequest, public_id: str) -> Booking:
    """The booking, if it was made here or belongs to whoever signed in here.

    Raises ReservationNotFound.
    """
    if public_id in request.session.get(_BOOKINGS, []):
        return booking(public_id)
    email = signed_in_email(request)
    if email:
        try:
            return booking_of_email(email, public_id)
        except ReservationNotFound:
            pass  # It may be the account's.
    user: Any = request.user
    if user.is_authenticated:
        return booking_of_user(user.public_id, public_id)
    raise ReservationNotFound


# --- Signing in -----------------------------------------------------------------------------------


def sign_in(request: HttpRequest, email: str) -> None:
    """This browser may see the bookings of a proved address for a day."""
    request.session.cycle_key()
    request.session[_SIGNED_IN] = {"email": email, "at": clock.now().timestamp()}


def signed_in_email(request: HttpRequest) -> str:
    """The address that was proved here, or nothing."""
    proved = request.session.get(_SIGNED_IN)
    if not proved:
        return ""
    age = clock.now().timestamp() - float(proved["at"])
    return str(proved["email"]) if age < _SIGNED_IN_FOR.total_seconds() else ""


def sign_out(request: HttpRequest) -> None:
    """Whoever sits here next finds nothing: no bookings, no name, no account."""
    logout(request)


# --- The bank -------------------------------------------------------------------------------------


def goes_to_bank(request: HttpRequest, hold_id: str) -> None:
    """This browser is sent to approve a payment: when it is back it is told what became of it."""
    request.session[_BANK] = hold_id


def was_at_bank(request: HttpRequest, hold_id: str) -> bool:
    """Whether this browser was sent to approve a payment for the hold; once."""
    if request.session.get(_BANK) != hold_id:
        return False
    del request.session[_BANK]
    return True


# --- What was typed -------------------------------------------------------------------------------


def save_draft(request: HttpRequest, typed: QueryDict) -> None:
    """Keep what the guest has typed so far, if the form sent anything."""
    draft: dict[str, Any] = {}
    for name in list(typed)[:_MOST_FIELDS]:
        if name not in _NOT_DRAFT:
            values = [value[:_LONGEST_DRAFT] for value in typed.getlist(name)[:_MOST_FIELDS]]
            draft[name] = values if name in _LISTS else values[-1]
    if draft:
        request.session[_DRAFT] = draft


def add_to_draft(request: HttpRequest, **values: str) -> None:
    """Fill in fields of the details before they are shown."""
    request.session[_DRAFT] = request.session.get(_DRAFT, {}) | values


def draft_of(request: HttpRequest) -> dict[str, Any]:
    """What the guest typed before, else what is known of them."""
    user: Any = request.user
    email = signed_in_email(request)
    draft: dict[str, Any] = {"email": email} if email else {}
    if user.is_authenticated:
        draft = {"name": user.full_name, "email": user.email, "phone": user.phone}
    draft |= request.session.get(_CONTACT, {})
    draft |= request.session.get(_DRAFT, {})
    return draft
