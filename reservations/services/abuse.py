"""What keeps one person from holding many tables: by contact, by address, and handing over."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction

from accounts.selectors import open_account
from core import clock
from core.actors import SYSTEM, Actor
from core.errors import Invalid
from core.locks import Space, lock
from core.phone import to_e164
from core.rates import fingerprint
from reservations.errors import ContactHolds, HoldNotFound, TooManyHolds
from reservations.guests import Guest
from reservations.ledger import contacts as ledger
from reservations.ledger.holds import release_hold
from reservations.selectors.holds import HeldPlace
from reservations.selectors.houses import House

_WITHOUT_DOTS = ("gmail.com", "googlemail.com")
"""One mailbox host of two names, where ``a.da@`` and ``ada@`` are the same person."""


def check_address(guest: Guest, house: House, now: dt.datetime) -> None:
    """Raise TooManyHolds if a guest's address holds as much of this house as it may.

    Cookies can be dropped and accounts opened by the dozen, an address changes less easily. An
    account is some trouble to make, so more of them may hold from one address. Call it inside the
    transaction that places the hold: it takes the address's lock, which is kept until then, so
    that two at once are counted one after the other.
    """
    if not guest.address:
        return
    lock(Space.GUEST, "address", house.id, guest.address)
    count, first = ledger.live_holds_of_address(house.id, guest.address, now)
    most = (
        settings.MAX_LIVE_HOLDS_PER_ADDRESS_OF_ACCOUNTS
        if guest.user_public_id
        else settings.MAX_LIVE_HOLDS_PER_ADDRESS
    )
    if count >= most and first is not None:
        raise TooManyHolds(retry_after=int((first - now).total_seconds()) + 1, phone=house.phone)


def claim_contact(held: HeldPlace, *, email: str, phone: str) -> None:
    """Say whose live hold it is, once the guest has said it. May be repeated.

    Raises :class:`ContactHolds` where another live hold has the same e-mail address or number:
    one contact holds one table in this installation. A lapsed one is ended first. The database
    decides (two partial unique indexes), also between two who claim at the same moment.
    """
    email_key, phone_key = contact_keys(email=email, phone=phone, country=held.house.country)
    if not (email_key or phone_key):
        return
    now = clock.now()
    for other in ledger.holds_of_contact(email_key, phone_key, other_than=held.id):
        if other.expires_at > now:
            raise _held_by(other)
        release_hold(other.id, status="expired", by=SYSTEM, now=now)
    with transaction.atomic():
        ledger.claim_contact(held.id, email_key, phone_key)


def name_guest(
    held: HeldPlace, *, name: str, email: str, phone: str, special_requests: str
) -> None:
    """:func:`claim_contact`, and keep what was said for the page that takes the deposit."""
    claim_contact(held, email=email, phone=phone)
    number = to_e164(phone, held.house.country) if phone.strip() else ""
    ledger.name_guest(
        held.id, name=name, email=email, phone=number, special_requests=special_requests
    )


def contact_keys(*, email: str, phone: str, country: str) -> tuple[str, str]:
    """Fingerprints of an address and a number; empty for what was not said.

    ``Ada+spam@Example.com`` is ``ada@example.com``, dots mean nothing at Gmail, and a number is
    read as one dials it in ``country``; one that nobody can read counts as it was typed.
    """
    mailbox, _, host = email.strip().lower().rpartition("@")
    mailbox = mailbox.partition("+")[0]
    if host in _WITHOUT_DOTS:
        mailbox, host = mailbox.replace(".", ""), _WITHOUT_DOTS[0]
    address = f"{mailbox}@{host}" if mailbox else ""
    try:
        number = to_e164(phone, country) if phone.strip() else ""
    except Invalid:
        number = "".join(phone.split())
    return (
        fingerprint(f"email:{address}") if address else "",
        fingerprint(f"phone:{number}") if number else "",
    )


def hand_over(identifier: str, *, old: Guest, new: Guest, by: Actor) -> None:
    """Move a live hold to another browser or account: the old key opens it no more.

    Works once, so a link that does it is spent when it was followed. Raises HoldNotFound when the
    old key does not open it, ActiveHoldExists when the new guest holds a table already.
    """
    now = clock.now()
    user_id = open_account(new.user_public_id).pk if new.user_public_id else None
    with transaction.atomic():
        moved = ledger.hand_over(
            identifier, old=old.key, new=new.key, user_id=user_id, by=by, now=now
        )
    if not moved:
        raise HoldNotFound


def _held_by(other: ledger.OtherHold) -> ContactHolds:
    error = ContactHolds()
    error.hold_id, error.guest_key = other.public_id, other.guest_key
    return error
