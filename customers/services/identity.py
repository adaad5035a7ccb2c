"""Writing guests: who is this, and do we know them already?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from accounts.models import User
from core import clock
from core.actors import Actor
from core.ids import public_id
from core.locks import Space, lock_all
from core.phone import to_e164
from customers.models import Customer
from customers.services.consents import log_consent


@dataclass(frozen=True, slots=True)
class Contact:
    """What a guest told us about themselves; every part may be empty."""

    name: str = ""
    email: str = ""
    phone: str = ""
    family_name: str = ""
    """The end of ``name``, where the guest gave it apart."""


@dataclass(frozen=True, slots=True)
class Account:
    """What matters here of a guest's own account."""

    id: int
    email: str
    name: str
    phone: str

    @classmethod
    def of(cls, user: User) -> Account:
        """The account of ``user``."""
        return cls(user.pk, user.email, user.full_name, user.phone)


@dataclass(frozen=True, slots=True)
class Known:
    """Which guest of the group it is, and the number the group has of them."""

    id: int
    phone: str
    is_new: bool = False
    """This very call made the record."""


_NOBODY = Contact()

_IDENTIFY = """
WITH candidates AS (
  -- A record that was merged still recognises its guest, and stands for the one that counts.
  SELECT 0 AS rank, id, user_id, email, phone FROM customers_customer
  WHERE organization_id = %(group)s AND user_id = %(user)s::bigint
  UNION ALL
  -- A guest who has an account of their own is not somebody else's.
  SELECT 1, c.id, c.user_id, c.email, c.phone
  FROM customers_customer a JOIN customers_customer c ON c.id = coalesce(a.merged_into_id, a.id)
  WHERE a.organization_id = %(group)s AND a.email = %(email)s AND a.email <> ''
    AND (c.user_id IS NULL OR %(user)s::bigint IS NULL)
  UNION ALL
  SELECT 2, c.id, c.user_id, c.email, c.phone
  FROM customers_customer a JOIN customers_customer c ON c.id = coalesce(a.merged_into_id, a.id)
  WHERE a.organization_id = %(group)s AND a.phone = %(phone)s AND a.phone <> ''
    AND (c.user_id IS NULL OR %(user)s::bigint IS NULL)
), found AS (
  -- Sorted here, not above: there a LIMIT would tempt the planner to walk through all guests by id.
  SELECT id, user_id, email, phone FROM candidates ORDER BY rank, id LIMIT 1
), made AS (
  INSERT INTO customers_customer
    (public_id, organization_id, user_id, name, family_name, email, phone, allergies, tags, notes,
     marketing_consent_at, created_at, updated_at)
  SELECT %(public_id)s, %(group)s, %(user)s::bigint, %(name)s, %(family_name)s, %(email)s,
         %(phone)s, '{}', '{}', '', NULL, %(now)s, %(now)s
  WHERE NOT EXISTS (SELECT FROM found)
  RETURNING id, phone
), gaps AS (
  SELECT id,
    -- A number alone, or a friend's address, does not make it the account's own record.
    CASE WHEN user_id IS NULL AND email = nullif(%(own_email)s::text, '')
         THEN %(user)s::bigint END AS user_id,
    CASE WHEN email = '' AND NOT EXISTS (
           SELECT FROM customers_customer
           WHERE organization_id = %(group)s AND email = %(email)s AND email <> '')
         THEN nullif(%(email)s::text, '') END AS email,
    CASE WHEN phone = '' AND NOT EXISTS (
           SELECT FROM customers_customer
           WHERE organization_id = %(group)s AND phone = %(phone)s AND phone <> '')
         THEN nullif(%(phone)s::text, '') END AS phone
  FROM found
), filled AS (
  UPDATE customers_customer c
  SET user_id = coalesce(c.user_id, gaps.user_id), email = coalesce(gaps.email, c.email),
      phone = coalesce(gaps.phone, c.phone), updated_at = %(now)s
  FROM gaps
  WHERE c.id = gaps.id AND num_nonnulls(gaps.user_id, gaps.email, gaps.phone) > 0
)
SELECT id, phone, true AS is_new FROM made
UNION ALL
SELECT found.id, coalesce(gaps.phone, found.phone), false FROM found JOIN gaps USING (id)
"""


def identify(
    organization_id: int,
    *,
    account: Account | None = None,
    contact: Contact = _NOBODY,
    country: str = "",
) -> Known:
    """The group's guest behind an account or a contact; a new one when nobody matches.

    An account is recognised by itself, else by its e-mail address and telephone number; a
    contact by e-mail, then by telephone; of several the oldest. Contact data the group has is
    never overwritten, only gaps are filled, and never with what identifies another guest of the
    group; addresses are kept in lower case. ``country`` (ISO 3166, the venue's) says how to read
    a national number.

    Safe to repeat and to run twice at once: callers with the same account, address or number
    queue for a lock that lasts until the surrounding transaction ends. Raises
    :class:`~core.errors.Invalid` for a number that cannot be one, Busy when the lock is not free.
    """
    known = _complete(account, contact, country)
    user = account.id if account else None
    parameters = {
        "group": organization_id,
        "user": user,
        "own_email": account.email.lower() if account else "",
        "public_id": public_id("cust"),
        "name": known.name or known.email or known.phone or "Guest",
        "family_name": known.family_name,
        "email": known.email,
        "phone": known.phone,
        "now": clock.now(),
    }
    identities = [f"user:{user}" if user else "", known.email, known.phone]
    with transaction.atomic(savepoint=False):
        lock_all(Space.GUEST, [("customer", organization_id, what) for what in identities if what])
        with connection.cursor() as cursor:
            cursor.execute(_IDENTIFY, parameters)
            return Known(*cursor.fetchone())


def recognise(
    organization_id: int,
    *,
    user: User | None = None,
    contact: Contact = _NOBODY,
    country: str = "",
) -> Customer:
    """:func:`identify`, and the guest's whole record."""
    account = Account.of(user) if user else None
    known = identify(organization_id, account=account, contact=contact, country=country)
    return Customer.objects.get(pk=known.id)


def remember(
    customer_id: int,
    *,
    allergies: Iterable[str] = (),
    consents: bool = False,
    sms_consents: bool = False,
    by: Actor,
    restaurant_id: int | None = None,
    because: str = "",
    words: str = "",
) -> None:
    """Keep what a guest said of themselves when booking, in the caller's transaction.

    Allergies are added to those the group knows, never taken away. Consent to offers, by e-mail
    and by SMS, keeps the instant it was first given; leaving the box empty later takes nothing
    back, which only an explicit withdrawal does. New consent is logged and audited, with
    ``because`` (the booking) and ``words`` (what stood beside the box) as its proof. Locks the
    guest's row; may be repeated.
    """
    guest = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    told = [text for text in dict.fromkeys(allergies) if text not in guest.allergies]
    wishes = {"marketing_consent_at": consents, "sms_consent_at": sms_consents}
    given = [name for name, wish in wishes.items() if wish and getattr(guest, name) is None]
    if not told and not given:
        return
    guest.allergies = [*guest.allergies, *told]
    for name in given:
        setattr(guest, name, clock.now())
        log_consent(
            guest,
            name.removesuffix("_consent_at"),
            given=True,
            by=by,
            restaurant_id=restaurant_id,
            booking=because,
            text=words,
        )
    guest.save(update_fields=["allergies", *wishes, "updated_at"])


def _complete(account: Account | None, contact: Contact, country: str) -> Contact:
    """The contact in canonical form, what is missing taken from the account."""
    phone = contact.phone.strip() or (account.phone if account else "")
    email = contact.email.strip() or (account.email if account else "")
    return Contact(
        name=contact.name.strip() or (account.name if account else ""),
        email=email.lower(),
        phone=to_e164(phone, country) if phone else "",
        family_name=contact.family_name.strip(),
    )
