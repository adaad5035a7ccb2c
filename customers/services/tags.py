"""The tags of a group: what they are called, look like and belong to."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext

from core import audit
from core.actors import Actor
from core.errors import Invalid
from core.locks import Space, lock
from customers.errors import TagNotFound, TagTaken
from customers.models import GuestTag


@dataclass(frozen=True, slots=True)
class TagValues:
    """What a tag should be."""

    name: str
    category: str = ""
    colour: str = GuestTag.Colour.SAND


def save_tag(
    organization_id: int,
    values: TagValues,
    *,
    by: Actor,
    public_id: str = "",
    restaurant_id: int | None = None,
) -> GuestTag:
    """Make a tag, or change the one with this id; guests who carry it carry its new name.

    Repeatable. Under a lock of the group's tags. Raises Invalid without a name, TagNotFound, and
    TagTaken when another one has the name, however it is capitalised.
    """
    name = " ".join(values.name.split())
    if not name:
        raise Invalid(name=gettext("Give the tag a name."))
    with transaction.atomic():
        lock(Space.GUEST, "tags", organization_id)
        mine = GuestTag.objects.filter(organization=organization_id)
        tag = mine.filter(public_id=public_id).first() if public_id else None
        if public_id and tag is None:
            raise TagNotFound
        tag = tag or GuestTag(organization_id=organization_id)
        if mine.filter(name__iexact=name).exclude(pk=tag.pk).exists():
            raise TagTaken
        before = tag.name
        tag.name, tag.colour = name, values.colour
        tag.category = " ".join(values.category.split())
        tag.save()
        renamed = _rename(organization_id, before, name) if before not in ("", name) else 0
        audit.record(
            "guest_tag.saved",
            tag.public_id,
            by=by,
            restaurant_id=restaurant_id,
            name=name,
            before=before,
            renamed=renamed,
        )
    return tag


def remove_tag(
    organization_id: int, public_id: str, *, by: Actor, restaurant_id: int | None = None
) -> str:
    """Take a tag away, from every guest too; its name. Raises TagNotFound. Locks as above."""
    with transaction.atomic():
        lock(Space.GUEST, "tags", organization_id)
        tag = GuestTag.objects.filter(organization=organization_id, public_id=public_id).first()
        if tag is None:
            raise TagNotFound
        taken = _take_off(organization_id, tag.name)
        tag.delete()
        audit.record(
            "guest_tag.removed",
            public_id,
            by=by,
            restaurant_id=restaurant_id,
            name=tag.name,
            guests=taken,
        )
    return tag.name


_RENAME = """
UPDATE customers_customer SET tags = array_replace(tags, %(before)s::varchar, %(after)s::varchar)
WHERE organization_id = %(group)s AND tags @> ARRAY[%(before)s::varchar]
"""
_TAKE_OFF = """
UPDATE customers_customer SET tags = array_remove(tags, %(name)s::varchar)
WHERE organization_id = %(group)s AND tags @> ARRAY[%(name)s::varchar]
"""


def _rename(organization_id: int, before: str, after: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_RENAME, {"group": organization_id, "before": before, "after": after})
        return int(cursor.rowcount)


def _take_off(organization_id: int, name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OFF, {"group": organization_id, "name": name})
        return int(cursor.rowcount)
