"""Finding guests of a group: by any form of their number, by address, by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from core.errors import Invalid
from core.phone import country_code, to_e164
from customers.errors import CustomerNotFound
from customers.models import Customer, GuestTag
from customers.tag_names import tag_key

_PHONE = re.compile(r"[\d\s()+./-]{4,}")
_FEWEST_DIGITS = 4
_MOST_WORDS = 100
"""Characters of a search that count."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; empty parts ask nothing, several must all hold."""

    words: str = ""
    """A name, the beginning of one, an address, a number or an id: whatever it looks like."""
    phone: str = ""
    email: str = ""
    tag: str = ""
    is_vip: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One page of guests by name, and how many there are in all."""

    customers: list[Customer]
    total: int
    """Counted no further than was asked."""


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


@dataclass(frozen=True, slots=True)
class TagSight:
    """Which tags of a group somebody may read: all of them, or what is not for managers only.

    A guest may carry words that the group never described, which programs wrote: everybody reads
    those. A visit carries the group's tags only, so a name that is none of the open ones is not
    told: it may be what a tag for managers was called before.
    """

    sees_all: bool = True
    hidden: frozenset[str] = frozenset()
    """Keys of the names that tags for managers have and had."""
    visits: frozenset[str] = frozenset()
    """Keys of the tags of visits that everybody reads."""
    guests: frozenset[str] = frozenset()
    """Names of the tags of guests that everybody reads, gives and takes off."""

    def of_guest(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of a guest's tags that are read."""
        if self.sees_all:
            return tuple(names)
        return tuple(name for name in names if tag_key(name) not in self.hidden)

    def of_visit(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of a visit's tags that are read."""
        if self.sees_all:
            return tuple(names)
        return tuple(name for name in names if tag_key(name) in self.visits)


EVERY_TAG = TagSight()
"""Of managers and owners, and of whatever is no person: the book itself, keys, exports."""


def sight_of(organization_id: int, *, sees_all: bool) -> TagSight:
    """What of the group's tags is read by who sees all of them, or not. One query, or none.

    What a tag for managers was called before is hidden too, as an old list of a program may bring
    it back, unless a tag that everybody reads is called so by now.
    """
    if sees_all:
        return EVERY_TAG
    rows = GuestTag.objects.filter(organization=organization_id)
    found = [(tag, tag_key(tag.name)) for tag in rows.order_by()]
    openly = frozenset(key for tag, key in found if not tag.for_managers)
    former = {key for tag, _key in found if tag.for_managers for key in tag.former}
    hidden = frozenset(key for tag, key in found if tag.for_managers) | (former - openly)
    told = [(tag, key) for tag, key in found if key in openly - hidden]
    return TagSight(
        sees_all=False,
        hidden=hidden,
        visits=frozenset(key for tag, key in told if tag.kind == GuestTag.Kind.VISIT),
        guests=frozenset(tag.name for tag, _key in told if tag.kind == GuestTag.Kind.GUEST),
    )


def tags_of(
    organization_id: int, kind: str | None = GuestTag.Kind.GUEST, sight: TagSight = EVERY_TAG
) -> list[GuestTag]:
    """The tags a group has described for guests, for visits, or (None) for both; by category.

    One query.
    """
    rows = GuestTag.objects.filter(organization=organization_id)
    rows = rows.filter(kind=kind) if kind else rows
    return list(rows if sight.sees_all else rows.filter(for_managers=False))


def search_customers(
    organization_id: int,
    wanted: Wanted,
    *,
    country: str,
    offset: int = 0,
    limit: int = 20,
    most: int | None = None,
) -> Found:
    """Guests by name, address or number; a number in any form a caller in ``country`` may write.

    Names are found by the beginnings of their words, without regard to accents; an address by its
    beginning; a number by all of it, its beginning or its end. Each has an index. A merged
    record's name, address and number find the guest it became. ``most`` bounds the counting.
    Raises Invalid for a ``phone`` that cannot be one. Two queries.
    """
    rows = live_customers(organization_id)
    if wanted.phone:
        rows = _within(rows, organization_id, "x.phone = %s", [to_e164(wanted.phone, country)])
    if wanted.email:
        rows = _within(rows, organization_id, "x.email = %s", [wanted.email.strip().lower()])
    if wanted.words.strip():
        words = wanted.words.strip()[:_MOST_WORDS]
        rows = _within(rows, organization_id, *_matching(words, country))
    if wanted.tag:
        rows = rows.filter(tags__contains=[wanted.tag])
    if wanted.is_vip:
        rows = rows.filter(is_vip=True)
    page = list(rows.order_by("name", "id")[offset : offset + limit])
    if offset == 0 and len(page) < limit:
        return Found(page, len(page))
    unsorted = rows.order_by()
    counted = unsorted if most is None else unsorted[:most]
    return Found(page, counted.count())


def _within(
    rows: QuerySet[Customer], organization_id: int, condition: str, values: Sequence[Any]
) -> QuerySet[Customer]:
    """Those of which this record, or one that was merged into it, meets the condition.

    As an array that is made first: the planner cannot know how rare a name or a number is, and
    would rather walk through all guests by name than use the index that finds them.
    """
    found = RawSQL(  # noqa: S611  conditions are ours, values are parameters
        _FOUND.format(condition=condition),
        [organization_id, *values],
        output_field=BooleanField(),
    )
    return rows.filter(found)


_FOUND = """customers_customer.id = ANY(ARRAY(
  SELECT coalesce(x.merged_into_id, x.id) FROM customers_customer x
  WHERE x.organization_id = %s AND {condition}
))"""


_BY_NAME = """
customers_words(x.name) @@ (
  SELECT string_agg('''' || word || ''':*', ' & ')::tsquery
  FROM unnest(string_to_array(customers_fold(%s), ' ')) word WHERE word <> ''
)
"""


def _matching(words: str, country: str) -> tuple[str, list[Any]]:
    """The condition for whatever ``words`` look like."""
    if _PHONE.fullmatch(words) and sum(sign.isdigit() for sign in words) >= _FEWEST_DIGITS:
        return _like_phone(words, country)
    if "@" in words.lstrip("@"):
        return "(x.email <> '' AND x.email LIKE %s)", [f"{_literal(words.lower())}%"]
    if words.startswith("cust_"):
        return "x.public_id = %s", [words]
    return _BY_NAME, [words]


def _like_phone(words: str, country: str) -> tuple[str, list[Any]]:
    """The number itself, or the digits as the beginning or the end of one."""
    digits = "".join(sign for sign in words if sign.isdigit())
    try:
        number = to_e164(words, country)
    except Invalid:
        number = ""
    own = digits.lstrip("0")
    begins = f"+{own}" if words.startswith(("+", "00")) else f"{_dialled(country)}{own}"
    condition = (
        "(x.phone <> '' AND"
        " (x.phone = %s OR x.phone LIKE %s OR x.phone LIKE %s OR reverse(x.phone) LIKE %s))"
    )
    return condition, [number, f"+{own}%", f"{begins}%", f"{own[::-1]}%"]


def _dialled(country: str) -> str:
    """``+44`` for GB; empty where nobody knows."""
    code = country_code(country)
    return f"+{code}" if code else "+"


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
