"""Saving a part of set-up only while it is as it was shown: never over somebody else's save."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import clock
from core.errors import Conflict
from core.locks import Space, again_if_undone, lock
from core.models import AuditEntry
from restaurants.models import Restaurant

_MOST_LINES = 500
"""So many lines of the trail are looked at to find who was faster."""


class SetupChanged(Conflict):
    """Somebody else saved this part of set-up since it was opened; nothing was written."""

    code = "SETUP_CHANGED"
    message = gettext_noop("Somebody else has changed this since you opened it.")


@again_if_undone
def save_as_shown(
    restaurant: Restaurant, is_as_shown: Callable[[], bool], write: Callable[[], object]
) -> None:
    """``write``, if ``is_as_shown`` says so under the lock of the house. Raises SetupChanged, Busy.

    Two who save at once come one after the other, so the second sees what the first wrote.
    """
    with transaction.atomic():
        lock(Space.HOUSE, restaurant.public_id)
        if not is_as_shown():
            raise SetupChanged
        write()


def newest_line(restaurant: Restaurant) -> int:
    """The key of the last line in the house's audit trail; 0 where there is none."""
    rows = AuditEntry.objects.filter(restaurant_id=restaurant.pk).order_by("-at", "-id")
    return rows.values_list("pk", flat=True).first() or 0


def changes(entry: AuditEntry, names: Iterable[str]) -> bool:
    """Whether a line tells of one of these fields of its row, or does not tell of which."""
    told = entry.data.get("after", entry.data.get("fields"))
    return told is None or any(name in told for name in names)


def who_changed(
    restaurant: Restaurant,
    since: int | None,
    verbs: Iterable[str],
    is_of_this: Callable[[AuditEntry], bool],
) -> str:
    """Who saved a part of set-up last, and when, as a sentence; from the audit trail.

    Only lines after ``since`` count, what :func:`newest_line` said when the form was opened.
    Without one that is of this part, or when that is not known, nobody is named.
    """
    last = None
    if since is not None:
        lines = AuditEntry.objects.filter(restaurant_id=restaurant.pk, pk__gt=since)
        lines = lines.filter(verb__in=list(verbs)).order_by("-id")[:_MOST_LINES]
        last = next(filter(is_of_this, lines), None)
    if last is None:
        return _(SetupChanged.message)
    local = last.at.astimezone(restaurant.tz)
    words = {
        "person": last.actor_label or _("Somebody"),
        "time": f"{local:%H:%M}",
        "day": date_format(local.date(), "j F"),
    }
    if local.date() == clock.now().astimezone(restaurant.tz).date():
        return _("%(person)s has saved this at %(time)s, after you opened it.") % words
    return _("%(person)s has saved this on %(day)s at %(time)s, after you opened it.") % words
