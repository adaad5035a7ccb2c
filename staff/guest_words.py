"""What the staff area says of guests: tags, signals and their reasons, consents, dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from core.allergens import Allergen
from customers.models import ConsentEntry, Customer, GuestTag
from customers.selectors import TagSight
from customers.tag_names import tag_key
from reservations.selectors.guest_profile import REGULAR_FROM, Signals
from reservations.views.wording import short_day

CONSENTS: Mapping[str, Any] = {
    ConsentEntry.Kind.MARKETING: gettext_lazy("Offers by e-mail"),
    ConsentEntry.Kind.SMS: gettext_lazy("Offers by SMS"),
}

_DAYS_AROUND = 3
_LEAP_DAY = "02-29"


@dataclass(frozen=True, slots=True)
class Label:
    """A tag or a signal as it is drawn: a word in a colour, with its reason."""

    text: str
    colour: str
    why: str = ""
    for_managers: bool = False
    """Nobody else sees it; and nobody at all on the sheet and the guests' pages when printed."""


def labels(
    guest: Customer, tags: Iterable[GuestTag], signals: Signals | None, sight: TagSight
) -> list[Label]:
    """VIP first, then what the book says of the guest, then the tags people gave: those that
    ``sight`` tells.
    """
    found = [Label(_("VIP"), "vip")] if guest.is_vip else []
    found += signal_labels(signals) if signals else []
    return found + tag_labels(sight.of_guest(guest.tags), tags)


def tag_labels(names: Iterable[str], tags: Iterable[GuestTag]) -> list[Label]:
    """These tags of a guest, in the colours the group gave them; words of programs are plain.

    What a tag for managers was called before is marked like the tag itself.
    """
    looks: dict[str, GuestTag] = {}
    known = list(tags)
    for tag in known:
        looks |= dict.fromkeys(tag.former if tag.for_managers else (), tag)
    looks |= {tag_key(tag.name): tag for tag in known}
    return [_tag_label(name, looks.get(tag_key(name))) for name in names]


def visit_labels(names: Iterable[str], tags: Iterable[GuestTag]) -> list[Label]:
    """The same of a visit. A name the group has no more is told to managers alone, and so marked:
    it may be what a tag for managers was called before.
    """
    kind = GuestTag.Kind.VISIT
    looks = {tag_key(tag.name): tag for tag in tags if tag.kind == kind}
    gone = GuestTag(kind=kind, for_managers=True)
    return [_tag_label(name, looks.get(tag_key(name), gone)) for name in names]


def _tag_label(name: str, tag: GuestTag | None) -> Label:
    if tag is None:
        return Label(name, GuestTag.Colour.SAND)
    why = _("Only managers see it") if tag.for_managers else ""
    return Label(name, tag.colour, why, tag.for_managers)


def signal_labels(signals: Signals) -> list[Label]:
    """What follows from the bookings, by itself."""
    found = []
    if signals.is_new:
        found.append(Label(_("First visit"), "new", _("Has a booking and was never here.")))
    if signals.is_regular:
        why = _("%(n)d visits in the last twelve months; regular from %(from)d.") % {
            "n": signals.year_visits,
            "from": REGULAR_FROM,
        }
        found.append(Label(_("Regular"), "regular", why))
    if signals.is_risk:
        found.append(Label(_("No-show risk"), "risk", risk(signals)))
    return found


def risk(signals: Signals) -> str:
    """Why somebody counts as a risk: numbers, and when they lapse."""
    counts = []
    if signals.year_no_shows:
        words = ngettext("%(n)d no-show", "%(n)d no-shows", signals.year_no_shows)
        counts.append(words % {"n": signals.year_no_shows})
    if signals.year_late:
        words = ngettext("%(n)d late cancellation", "%(n)d late cancellations", signals.year_late)
        counts.append(words % {"n": signals.year_late})
    said = ngettext(
        "%(what)s in %(n)d booking of the last twelve months.",
        "%(what)s in %(n)d bookings of the last twelve months.",
        signals.year_bookings,
    )
    return said % {"what": _(" and ").join(counts), "n": signals.year_bookings}


def strikes(signals: Signals) -> list[str]:
    """Each visit that did not happen, and until when it is counted."""
    words = {"no_show": _("Did not come"), "cancelled": _("Cancelled less than 24 hours before")}
    return [
        _("%(day)s %(year)s: %(what)s. Counts until %(until)s.")
        % {
            "day": short_day(each.date),
            "year": each.date.year,
            "what": words.get(each.status, each.status),
            "until": dateformat.format(each.until, pgettext("date with year", "j M Y")),
        }
        for each in signals.strikes
    ]


def allergies(guest: Customer) -> list[str]:
    """Codes in words, words as they are."""
    return [allergen(each) for each in guest.allergies]


def allergen(code: str) -> str:
    """``Milk`` for ``milk``."""
    known = dict(Allergen.choices)
    return str(known[code]) if code in known else code


def day_of_year(text: str) -> str:
    """``28 November``; empty for none."""
    if not text:
        return ""
    month, _sep, day = text.partition("-")
    return dateformat.format(
        dt.date(2000, int(month), int(day)), pgettext("day of the year", "j F")
    )


class _HasDates(Protocol):
    @property
    def birthday(self) -> str: ...
    @property
    def anniversary(self) -> str: ...


def special_dates(guest: _HasDates, around: dt.date) -> list[str]:
    """Birthday and anniversary within three days of a date: ``Birthday (28 November)``."""
    names: Sequence[tuple[str, str]] = (
        (_("Birthday"), guest.birthday),
        (_("Anniversary"), guest.anniversary),
    )
    return [
        _("%(what)s (%(day)s)") % {"what": name, "day": day_of_year(text)}
        for name, text in names
        if text and _is_near(text, around)
    ]


def _is_near(text: str, around: dt.date) -> bool:
    days = range(-_DAYS_AROUND, _DAYS_AROUND + 1)
    near = {f"{around + dt.timedelta(days=n):%m-%d}" for n in days}
    # In other years it lies between the days before and after it.
    return text in near or (text == _LEAP_DAY and near >= {"02-28", "03-01"})
