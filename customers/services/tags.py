"""The tags of a group: what they are called, look like and belong to."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext

from core import audit
from core.actors import Actor
from core.errors import Invalid
from core.locks import Space, again_if_undone, lock
from customers.errors import TagNotFound, TagTaken
from customers.models import GuestTag
from customers.signals import visit_tag_renamed


@dataclass(frozen=True, slots=True)
class TagValues:
    """What a tag should be."""

    name: str
    category: str = ""
    colour: str = GuestTag.Colour.SAND
    kind: str = GuestTag.Kind.GUEST
    """Of a new tag; one that is there stays what it is."""


@again_if_undone
def save_tag(
    organization_id: int,
    values: TagValues,
    *,
    by: Actor,
    public_id: str = "",
    restaurant_id: int | None = None,
) -> GuestTag:
    """Make a tag, or change the one with this id; who carries it carries its new name.

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
        tag = tag or GuestTag(organization_id=organization_id, kind=values.kind)
        if mine.filter(name__iexact=name).exclude(pk=tag.pk).exists():
            raise TagTaken
        before = tag.name
        tag.name, tag.colour = name, values.colour
        tag.category = " ".join(values.category.split())
        tag.save()
        renamed = _rename(tag, before, name, by) if before not in ("", name) else 0
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


@again_if_undone
def remove_tag(
    organization_id: int, public_id: str, *, by: Actor, restaurant_id: int | None = None
) -> str:
    """Take a tag away, from all who carry it too; its name. Raises TagNotFound. Locks as above."""
    with transaction.atomic():
        lock(Space.GUEST, "tags", organization_id)
        tag = GuestTag.objects.filter(organization=organization_id, public_id=public_id).first()
        if tag is None:
            raise TagNotFound
        taken = _rename(tag, tag.name, "", by)
        tag.delete()
        audit.record(
            "guest_tag.removed",
            public_id,
            by=by,
            restaurant_id=restaurant_id,
            name=tag.name,
            **{"guests" if tag.kind == GuestTag.Kind.GUEST else "visits": taken},
        )
    return tag.name


_RENAME = """
UPDATE customers_customer SET tags = CASE WHEN %(after)s = ''
  THEN array_remove(tags, %(before)s::varchar)
  ELSE array_replace(tags, %(before)s::varchar, %(after)s::varchar) END
WHERE organization_id = %(group)s AND tags @> ARRAY[%(before)s::varchar]
"""


def _rename(tag: GuestTag, before: str, after: str, by: Actor) -> int:
    """Where the name stands beside guests or visits: another, or none; how many had it."""
    names = {"before": before, "after": after}
    if tag.kind == GuestTag.Kind.VISIT:
        group = tag.organization_id
        told = visit_tag_renamed.send(GuestTag, organization_id=group, by=by, **names)
        return sum(int(number or 0) for _receiver, number in told)
    with connection.cursor() as cursor:
        cursor.execute(_RENAME, names | {"group": tag.organization_id})
        return int(cursor.rowcount)
