"""What this visit is: the tags a host gives it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext

from core.actors import Actor
from core.errors import Invalid
from customers.models import GuestTag
from customers.selectors import tags_of
from reservations.models import Reservation
from reservations.services.stand.acting import Acting, on_party
from reservations.services.stand.door import called
from reservations.services.stand.undo_token import Undo
from restaurants.models import Restaurant


def tag(
    party: str,
    tags: Iterable[str],
    *,
    expected: int,
    by: Actor,
    sees_all: bool = False,
    key: str = "",
) -> Undo:
    """The visit carries these tags (names) and no others, in the order the group has them.

    Tags for managers stay as they are unless ``by`` ``sees_all`` of them, and so does a name that
    the group has no more: others are not shown it. Raises Invalid for a tag that is not one of the
    group's of visits, or not one that ``by`` sees. What was done is said without names: it is kept
    for a while, and shown to whoever takes it back.
    """
    wanted = set(tags)

    def deed(acting: Acting, row: Reservation) -> str:
        known = _known(acting.house.id)
        seen = {each.name for each in known if sees_all or not each.for_managers}
        before = list(row.tags)
        unknown = wanted - seen.union(before if sees_all else ())
        if unknown:
            raise Invalid(
                gettext("There is no tag “%(name)s” for visits.") % {"name": min(unknown)}
            )
        stays = wanted if sees_all else wanted.union(set(before) - seen)
        names = [each.name for each in known]
        own = [name for name in before if name in stays and name not in names]
        row.tags = [*(name for name in names if name in stays), *own]
        row.updated_at = acting.at
        row.save(update_fields=["tags", "updated_at"])
        acting.record_party("reservation.tagged", row, before=before, after=row.tags)
        return gettext("%(party)s: tags saved") % {"party": called(row)}

    return on_party(party, "tag", deed, expected=expected, by=by, key=key)


def _known(restaurant_id: int) -> list[GuestTag]:
    house = Restaurant.objects.only("organization_id").get(pk=restaurant_id)
    return tags_of(house.organization_id, GuestTag.Kind.VISIT)
