"""The tags of a group: what they are called, look like and belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext

from core import audit
from core.actors import Actor
from core.errors import Invalid
from core.locks import Space, again_if_undone, lock
from customers.errors import TagChanged, TagNotFound, TagTaken
from customers.models import CustomerMerge, GuestTag
from customers.signals import tag_readers_changed, visit_tag_renamed
from customers.tag_names import RENAMED, renamed, tag_key, tag_name

_LONGEST = 40
"""Signs of a name, however many it was written with."""

AsShown = Callable[[GuestTag], bool]
"""Whether a tag is still what the person saw who decided about it."""


@dataclass(frozen=True, slots=True)
class TagValues:
    """What a tag should be."""

    name: str
    category: str = ""
    colour: str = GuestTag.Colour.SAND
    kind: str = GuestTag.Kind.GUEST
    """Of a new tag; one that is there stays what it is."""
    for_managers: bool | None = None
    """Whether only managers see it; None leaves it as it is, and a new one is for everybody."""


@again_if_undone
def save_tag(
    organization_id: int,
    values: TagValues,
    *,
    by: Actor,
    public_id: str = "",
    restaurant_id: int | None = None,
    is_as_shown: AsShown | None = None,
) -> GuestTag:
    """Make a tag, or change the one with this id; who carries it carries its new name.

    Repeatable. Under a lock of the group's tags. Raises Invalid without a name, TagNotFound,
    TagTaken when another one has the name, however it is written, and TagChanged when
    ``is_as_shown`` says no of the tag as it is under the lock.
    """
    name = tag_name(values.name)
    if not tag_key(name):
        raise Invalid(name=gettext("Give the tag a name."))
    if len(name) > _LONGEST:
        raise Invalid(name=gettext("Write a shorter name."))
    with transaction.atomic():
        lock(Space.GUEST, "tags", organization_id)
        fresh = GuestTag(organization_id=organization_id, kind=values.kind)
        tag = _tag(organization_id, public_id, is_as_shown) if public_id else fresh
        others = _others(tag)
        if tag_key(name) in map(tag_key, others):
            raise TagTaken
        was = _Meant.of(tag, others)
        before, was_hidden = tag.name, tag.for_managers
        _fill(tag, name, values)
        tag.save()
        is_told_anew = before != name or (was_hidden and not tag.for_managers)
        count = _rename(tag, was, before, name, by) if before and is_told_anew else 0
        said = {"name": name, "before": before, "for_managers": tag.for_managers}
        audit.record(
            "guest_tag.saved",
            tag.public_id,
            by=by,
            restaurant_id=restaurant_id,
            renamed=count,
            **said,
        )
        if was_hidden != tag.for_managers:
            group = {"organization_id": organization_id, "restaurant_id": restaurant_id}
            tag_readers_changed.send(GuestTag, **group, tag=tag.public_id, said=said, by=by)
    return tag


def _fill(tag: GuestTag, name: str, values: TagValues) -> None:
    """Everything it should be, and what it was called, if that was something else."""
    known = dict.fromkeys([*tag.former, *filter(None, [tag_key(tag.name)])])
    tag.former = [key for key in known if key != tag_key(name)]
    tag.name, tag.colour = name, values.colour
    tag.category = tag_name(values.category)
    if values.for_managers is not None:
        tag.for_managers = values.for_managers


@again_if_undone
def remove_tag(
    organization_id: int,
    public_id: str,
    *,
    by: Actor,
    restaurant_id: int | None = None,
    is_as_shown: AsShown | None = None,
) -> str:
    """Take a tag away, from all who carry it too; its name.

    Locks as above. Raises TagNotFound, also when it is repeated, and TagChanged as above.
    """
    with transaction.atomic():
        lock(Space.GUEST, "tags", organization_id)
        tag = _tag(organization_id, public_id, is_as_shown)
        taken = _rename(tag, _Meant.of(tag, _others(tag)), tag.name, "", by)
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


def _tag(organization_id: int, public_id: str, is_as_shown: AsShown | None) -> GuestTag:
    found = GuestTag.objects.filter(organization=organization_id, public_id=public_id).first()
    if found is None:
        raise TagNotFound
    if is_as_shown is not None and not is_as_shown(found):
        raise TagChanged
    return found


def _others(tag: GuestTag) -> list[str]:
    """What the other tags of the group are called, of guests and of visits."""
    rows = GuestTag.objects.filter(organization=tag.organization_id).exclude(pk=tag.pk)
    return list(rows.order_by().values_list("name", flat=True))


@dataclass(frozen=True, slots=True)
class _Meant:
    """Which words beside guests are a tag: its name however it is written, and what a tag for
    managers was called before, which nobody else is to read when it is gone or everybody's.
    """

    keys: frozenset[str]
    others: frozenset[str]
    """Names of other tags, which are never meant."""

    @classmethod
    def of(cls, tag: GuestTag, others: Iterable[str]) -> _Meant:
        """As it is now."""
        former = tag.former if tag.for_managers else ()
        keys = {tag_key(tag.name), *set(former).difference(map(tag_key, others))}
        return cls(frozenset(keys), frozenset(others))

    def among(self, words: Iterable[str], after: str) -> tuple[list[str], list[str]]:
        """Those of the words that are the tag, without ``after`` itself; and those that are the
        tag or what it will be called, for there to be no doubles.
        """
        known = {word: tag_key(word) for word in words if word not in self.others}
        carried = [word for word, key in known.items() if key in self.keys and word != after]
        same = self.keys | {tag_key(after)} if after else self.keys
        return carried, [word for word, key in known.items() if key in same]


_WORDS = """
SELECT DISTINCT word FROM customers_customer, unnest(tags) AS word WHERE organization_id = %s
"""

_RENAME = f"""
UPDATE customers_customer b SET tags = {RENAMED}
WHERE b.organization_id = %(group)s AND b.tags && %(carried)s::varchar[]
"""  # noqa: S608 - put together from constants


def _rename(tag: GuestTag, was: _Meant, before: str, after: str, by: Actor) -> int:
    """Where the name stands beside guests or visits: another, or none; how many had it."""
    group = tag.organization_id
    if tag.kind == GuestTag.Kind.VISIT:
        if before == after:
            return 0
        names = {"before": before, "after": after}
        told = visit_tag_renamed.send(GuestTag, organization_id=group, by=by, **names)
        return sum(int(number or 0) for _receiver, number in told)
    _rename_in_merges(group, was, after)
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, [group])
        carried, same = was.among([word for (word,) in cursor.fetchall()], after)
        if not carried:
            return 0
        words: dict[str, Any] = {"carried": carried, "same": same, "after": after}
        cursor.execute(_RENAME, words | {"group": group})
        return int(cursor.rowcount)


def _rename_in_merges(organization_id: int, was: _Meant, after: str) -> None:
    """The same in what is kept for undoing merges: no old name comes back by that."""
    kept = CustomerMerge.objects.filter(kept__organization=organization_id).exclude(before={})
    changed = [merge.pk for merge in kept if _renamed_in(merge, was, after)]
    for merge in CustomerMerge.objects.select_for_update().filter(pk__in=changed).order_by("pk"):
        if _renamed_in(merge, was, after):
            merge.save(update_fields=["before", "after"])


def _renamed_in(merge: CustomerMerge, was: _Meant, after: str) -> bool:
    """Rename in what a merge keeps; whether the name stood there."""
    found = False
    for record in (*merge.before.values(), *merge.after.values()):
        carried, same = was.among(record["tags"], after)
        if carried:
            record["tags"] = renamed(record["tags"], same, after)
            found = True
    return found
