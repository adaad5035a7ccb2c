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


def tag(party: str, tags: Iterable[str], *, expected: int, by: Actor, key: str = "") -> Undo:
    """The visit carries these tags (names) and no others, in the order the group has them.

    Tags that it carries already may stay although the group has them no more. Raises Invalid for
    any other that is not one of the group's tags of visits.
    """
    wanted = set(tags)

    def deed(acting: Acting, row: Reservation) -> str:
        known = _names(acting.house.id)
        unknown = wanted.difference(known, row.tags)
        if unknown:
            raise Invalid(
                gettext("There is no tag “%(name)s” for visits.") % {"name": min(unknown)}
            )
        before = list(row.tags)
        own = [name for name in before if name in wanted and name not in known]
        row.tags = [*(name for name in known if name in wanted), *own]
        row.updated_at = acting.at
        row.save(update_fields=["tags", "updated_at"])
        acting.record_party("reservation.tagged", row, before=before, after=row.tags)
        words = {"party": called(row), "tags": ", ".join(row.tags) or gettext("no tags")}
        return gettext("%(party)s: %(tags)s") % words

    return on_party(party, "tag", deed, expected=expected, by=by, key=key)


def _names(restaurant_id: int) -> list[str]:
    house = Restaurant.objects.only("organization_id").get(pk=restaurant_id)
    return [each.name for each in tags_of(house.organization_id, GuestTag.Kind.VISIT)]
