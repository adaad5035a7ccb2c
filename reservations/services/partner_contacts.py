"""Guests as partners name them."""

from __future__ import annotations

import re

from core.errors import Invalid
from core.phone import to_e164
from customers import services as customers
from reservations.ledger.confirm import Contact
from reservations.selectors.houses import House

_PHONE_SHAPED = re.compile(r"\+\d{7,15}")


def contact_for(
    house: House,
    *,
    name: str,
    email: str,
    phone: str,
    recognise: bool,
    family_name: str = "",
) -> Contact:
    """Whom a partner's booking is for; with ``recognise`` the group knows them from now on.

    A number that is none anywhere, but has the form of one,
    is kept as it was told and recognises nobody: a platform's placeholder must not cost the guest
    the table. Raises Invalid for what is no number at all, Busy when the guest's lock is not free.
    """
    email = email.strip().lower()
    told = kept = "".join(phone.split())
    if told:
        try:
            told = kept = to_e164(told, house.country)
        except Invalid:
            if not _PHONE_SHAPED.fullmatch(told):
                raise
            told = ""
    if not recognise or not (email or told):
        return Contact(name, email, kept)
    known = customers.identify(
        house.organization_id,
        contact=customers.Contact(name, email, told, family_name),
        country=house.country,
    )
    return Contact(name, email, kept or known.phone, known.id, known.is_new)
