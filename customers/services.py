"""Writing guests: who is this, and do we know them already?"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from core.locks import Space, lock
from core.phone import to_e164
from customers.models import Customer


@dataclass(frozen=True, slots=True)
class Contact:
    """What a guest told us about themselves; every part may be empty."""

    name: str = ""
    email: str = ""
    phone: str = ""


def recognise(
    organization_id: int,
    *,
    user: User | None = None,
    contact: Contact | None = None,
    country: str = "",
) -> Customer:
    """The group's guest behind an account or a contact; a new one when nobody matches.

    An account is recognised by itself, else by its e-mail address and telephone number; a
    contact by e-mail, then by telephone. Contact data the group has is never overwritten, only
    gaps are filled; addresses are kept in lower case. ``country`` (ISO 3166, the venue's) says
    how to read a national number.

    Safe to repeat and to run twice at once: callers with the same address or number queue for
    a lock that lasts until the surrounding transaction ends. Raises
    :class:`~core.errors.Invalid` for a number that cannot be one, Busy when the lock is not free.
    """
    known = _complete(user, contact or Contact(), country)
    with transaction.atomic():
        for identity in sorted(_identities(user, known)):
            lock(Space.GUEST, "customer", organization_id, identity)
        guests = Customer.objects.filter(organization_id=organization_id)
        found = _match(guests, user, known)
        if found is None:
            return _create(organization_id, user, known)
        _fill_gaps(found, user, known, guests)
        return found


def _complete(user: User | None, contact: Contact, country: str) -> Contact:
    """The contact in canonical form, what is missing taken from the account."""
    phone = contact.phone.strip() or (user.phone if user else "")
    email = contact.email.strip() or (user.email if user else "")
    return Contact(
        name=contact.name.strip() or (user.full_name if user else ""),
        email=email.lower(),
        phone=to_e164(phone, country) if phone else "",
    )


def _identities(user: User | None, contact: Contact) -> list[str]:
    account = f"user:{user.pk}" if user else ""
    return [identity for identity in (account, contact.email, contact.phone) if identity]


def _match(guests: QuerySet[Customer], user: User | None, contact: Contact) -> Customer | None:
    """By account, then e-mail, then telephone; the oldest of several."""
    if user and (own := guests.filter(user=user).first()):
        return own
    # A guest who has an account of their own is not somebody else's.
    open_to = guests.filter(user=None) if user else guests
    by_age = open_to.order_by("id")
    if contact.email and (found := by_age.filter(email=contact.email).first()):
        return found
    if contact.phone and (found := by_age.filter(phone=contact.phone).first()):
        return found
    return None


def _create(organization_id: int, user: User | None, contact: Contact) -> Customer:
    return Customer.objects.create(
        organization_id=organization_id,
        user=user,
        name=contact.name or contact.email or contact.phone or "Guest",
        email=contact.email,
        phone=contact.phone,
    )


def _fill_gaps(
    customer: Customer, user: User | None, contact: Contact, guests: QuerySet[Customer]
) -> None:
    """Add what is missing, unless it identifies another guest of the group."""
    changed = []
    # A telephone number alone, or a friend's address, does not make it the account's own record.
    if user and customer.user_id is None and customer.email == user.email.lower():
        customer.user = user
        changed.append("user")
    for field in ("email", "phone"):
        value = getattr(contact, field)
        if value and not getattr(customer, field) and not _taken(guests, customer, field, value):
            setattr(customer, field, value)
            changed.append(field)
    if changed:
        customer.save(update_fields=[*changed, "updated_at"])


def _taken(guests: QuerySet[Customer], customer: Customer, field: str, value: str) -> bool:
    return guests.filter(**{field: value}).exclude(pk=customer.pk).exists()
