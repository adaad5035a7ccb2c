"""Finding guests of a group: by any form of their number, by address, by name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from core.errors import Invalid
from core.phone import to_e164
from customers.errors import CustomerNotFound
from customers.models import Customer

_PHONE = re.compile(r"[\d\s()+./-]{4,}")
_FEWEST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; empty parts ask nothing, several must all hold."""

    words: str = ""
    """A name, part of one, an address, a number or an id: whatever it looks like."""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of guests by name, and how many there are in all."""

    customers: list[Customer]
    total: int


def live_customers(organization_id: int) -> QuerySet[Customer]:
    """The group's guests, without what was merged or erased."""
    return Customer.objects.filter(organization=organization_id, merged_into=None, erased_at=None)


def customer_of(organization_id: int, public_id: str) -> Customer:
    """The group's guest with this id; of a merged record the one it became.

    Raises CustomerNotFound, for another group's and an erased one too.
    """
    found = (
        Customer.objects.filter(organization=organization_id, public_id=public_id)
        .select_related("merged_into")
        .first()
    )
    found = found and (found.merged_into or found)
    if found is None or found.erased_at is not None:
        raise CustomerNotFound
    return found


def search_customers(
    organization_id: int, wanted: Wanted, *, country: str, offset: int = 0, limit: int = 20
) -> Found:
    """Guests by name, address or number; a number in any form a caller in ``country`` may write.

    A merged record's address and number find the guest it became. Raises Invalid for a ``phone``
    that cannot be one. Two queries.
    """
    rows = live_customers(organization_id)
    if wanted.phone:
        rows = rows.filter(_has_phone(to_e164(wanted.phone, country)))
    if wanted.email:
        address = wanted.email.strip().lower()
        rows = rows.filter(Q(email=address) | _of_merged(organization_id, email=address))
    if wanted.words.strip():
        rows = _matching(rows, organization_id, wanted.words.strip(), country)
    ordered = rows.order_by("name", "id")
    return Found(list(ordered[offset : offset + limit]), rows.count())


def _has_phone(number: str) -> Q:
    return Q(phone=number) | Q(pk__in=_became(phone=number))


def _of_merged(organization_id: int, **fields: str) -> Q:
    return Q(pk__in=_became(organization=organization_id, **fields))


def _became(**fields: object) -> QuerySet[Customer, int | None]:
    """The guests whose merged records have these values."""
    merged = Customer.objects.filter(merged_into__isnull=False, **fields)
    return merged.values_list("merged_into", flat=True)


def _matching(
    rows: QuerySet[Customer], organization_id: int, words: str, country: str
) -> QuerySet[Customer]:
    if _PHONE.fullmatch(words) and sum(sign.isdigit() for sign in words) >= _FEWEST_DIGITS:
        return rows.filter(_like_phone(words, country))
    if "@" in words:
        address = words.lower()
        return rows.filter(
            Q(email__startswith=address) | _of_merged(organization_id, email=address)
        )
    by_name = Q()
    for word in words.split():
        by_name &= Q(name__icontains=word)
    return rows.filter(by_name | Q(public_id=words))


def _like_phone(words: str, country: str) -> Q:
    """The number itself, or the digits as a part of one."""
    digits = "".join(sign for sign in words if sign.isdigit()).lstrip("0")
    part = Q(phone__contains=digits) if digits else Q(pk=None)
    try:
        return part | _has_phone(to_e164(words, country))
    except Invalid:
        return part
