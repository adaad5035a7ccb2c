"""Why a time or a day cannot be had, in the guest's words and with the engine's figures.

``reservations.sentences`` speaks to programs, in contract 2's words; these sentences speak to a
person who looks at a calendar and wonders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from reservations.engine.types import Query, Reason, Refusal

FULLY_BOOKED = frozenset(
    {
        Reason.SERVICE_FULL,
        Reason.PACING_COVERS,
        Reason.PACING_PARTIES,
        Reason.ONLINE_PACING_COVERS,
        Reason.ONLINE_PACING_PARTIES,
        Reason.SEATS_TAKEN,
        Reason.OVERSIZE,
        Reason.TABLES_TAKEN,
    }
)
"""Somebody else was faster: waiting may help. Every other reason is the house's own."""

IN_A_WORD: Mapping[Reason, str] = {
    **dict.fromkeys(FULLY_BOOKED, gettext_noop("Full")),
    Reason.PAST: gettext_noop("Past"),
    Reason.LEAD_TIME: gettext_noop("Too soon"),
    Reason.CUT_OFF: gettext_noop("By phone"),
    Reason.BEYOND_WINDOW: gettext_noop("Too early"),
    Reason.NOT_A_SLOT: gettext_noop("No seating"),
    Reason.NO_SERVICE: gettext_noop("No service"),
    Reason.CLOSED: gettext_noop("Closed"),
    Reason.SPECIAL_DAY: gettext_noop("Closed"),
    Reason.KITCHEN_CLOSED: gettext_noop("No kitchen"),
    Reason.CLOSURE: gettext_noop("Not today"),
    Reason.PRIVATE: gettext_noop("Private"),
    Reason.PREPAYMENT_NOT_SET_UP: gettext_noop("By phone"),
    Reason.OFFER_OVER: gettext_noop("Offer over"),
    Reason.OFFER_NOT_THEN: gettext_noop("Other times"),
    Reason.PARTY_TOO_SMALL: gettext_noop("Too few"),
    Reason.PARTY_TOO_LARGE: gettext_noop("Too many"),
    Reason.NO_TABLE_FITS: gettext_noop("No table"),
}
"""Under a greyed time: every reason there is."""

_SENTENCES: Mapping[Reason, str] = {
    Reason.PAST: gettext_noop("This time has passed."),
    Reason.CUT_OFF: gettext_noop("Online booking for this day has closed. Please call."),
    Reason.NOT_A_SLOT: gettext_noop("Guests are not seated at this time."),
    Reason.NO_SERVICE: gettext_noop("The restaurant is closed on this day."),
    Reason.CLOSED: gettext_noop("The restaurant is closed at this time."),
    Reason.SPECIAL_DAY: gettext_noop("The restaurant is closed at this time on this day."),
    Reason.KITCHEN_CLOSED: gettext_noop("The kitchen is closed at this time."),
    Reason.CLOSURE: gettext_noop("The restaurant takes no bookings for this time."),
    Reason.PRIVATE: gettext_noop("A private party has the house at this time."),
    Reason.PREPAYMENT_NOT_SET_UP: gettext_noop(
        "This has to be paid in advance, which is not possible online yet. Please call."
    ),
    Reason.OFFER_OVER: gettext_noop(
        "This offer has ended. Please choose another one, or book without it."
    ),
    Reason.OFFER_NOT_THEN: gettext_noop(
        "This offer is not served at this time. Please choose another time, or book without it."
    ),
    Reason.SERVICE_FULL: gettext_noop("The restaurant is fully booked for this meal."),
    Reason.PACING_COVERS: gettext_noop(
        "As many guests arrive then as the kitchen can look after at once."
    ),
    Reason.PACING_PARTIES: gettext_noop(
        "As many parties arrive then as can be shown to their tables at once."
    ),
    Reason.ONLINE_PACING_COVERS: gettext_noop(
        "All places that can be booked online for this time are taken."
    ),
    Reason.ONLINE_PACING_PARTIES: gettext_noop(
        "All tables that can be booked online for this time are taken."
    ),
    Reason.SEATS_TAKEN: gettext_noop("Not enough seats are free while you would be there."),
    Reason.OVERSIZE: gettext_noop("Only large tables are left, which are kept for larger parties."),
}


_COUNTS_GUESTS = frozenset(
    {
        Reason.SERVICE_FULL,
        Reason.PACING_COVERS,
        Reason.ONLINE_PACING_COVERS,
        Reason.SEATS_TAKEN,
    }
)


def plainly(refusal: Refusal) -> Refusal:
    """The refusal, or for a party that no empty book could take: that it is too large.

    A limit on guests that the party alone exceeds is not full, and waiting does not help.
    """
    limit = _number(refusal.facts, "limit")
    if refusal.reason in _COUNTS_GUESTS and 0 < limit < _number(refusal.facts, "asked"):
        return Refusal(Reason.PARTY_TOO_LARGE, {"limit": limit})
    return refusal


def is_full(refusal: Refusal) -> bool:
    """Whether somebody else was faster, so that waiting may help."""
    return plainly(refusal).reason in FULLY_BOOKED


def in_a_word(refusal: Refusal) -> str:
    """What stands under a greyed time."""
    return _(IN_A_WORD[plainly(refusal).reason])


def in_a_sentence(refusal: Refusal, query: Query | None = None) -> str:
    """The reason, with its figures and the house's own note. ``query`` is what was asked."""
    refusal = plainly(refusal)
    write = _WITH_FIGURES.get(refusal.reason)
    text = write(refusal.facts) if write else _(_SENTENCES[refusal.reason])
    if query is not None and query.step_free and refusal.reason in _ABOUT_TABLES:
        text = f"{text} {_('Only tables reached without steps were looked at.')}"
    return f"{text} {refusal.facts.get('note', '')}".strip()


def of_a_day(refusal: Refusal) -> str:
    """The reason as it stands behind a date: ``fully booked``, ``closed: Christmas Day``."""
    refusal = plainly(refusal)
    reason, note = refusal.reason, refusal.facts.get("note", "")
    if reason in FULLY_BOOKED:
        return _("fully booked")
    text = _(_DAYS.get(reason, gettext_noop("closed")))
    return f"{text}: {note}" if note else text


_DAYS: Mapping[Reason, str] = {
    Reason.PAST: gettext_noop("past"),
    Reason.BEYOND_WINDOW: gettext_noop("not open for booking yet"),
    Reason.CUT_OFF: gettext_noop("online booking has closed, please call"),
    Reason.LEAD_TIME: gettext_noop("too soon to book online, please call"),
    Reason.PREPAYMENT_NOT_SET_UP: gettext_noop("please call"),
    Reason.CLOSURE: gettext_noop("takes no bookings"),
    Reason.PRIVATE: gettext_noop("private party"),
    Reason.KITCHEN_CLOSED: gettext_noop("kitchen closed"),
    Reason.OFFER_OVER: gettext_noop("the offer has ended"),
    Reason.OFFER_NOT_THEN: gettext_noop("without this offer"),
    Reason.PARTY_TOO_LARGE: gettext_noop("not for so many guests"),
    Reason.PARTY_TOO_SMALL: gettext_noop("not for so few guests"),
    Reason.NO_TABLE_FITS: gettext_noop("no table for this party"),
}

_ABOUT_TABLES = frozenset({Reason.TABLES_TAKEN, Reason.NO_TABLE_FITS, Reason.OVERSIZE})


def _number(facts: Mapping[str, Any], key: str) -> int:
    return int(facts.get(key, 0))


def _tables_taken(facts: Mapping[str, Any]) -> str:
    places = _number(facts, "places")
    return ngettext(
        "The one table that suits a party of %(asked)d is taken for some of the %(hours)s"
        " you would stay.",
        "All %(places)d tables that suit a party of %(asked)d are taken for some of the %(hours)s"
        " you would stay.",
        places,
    ) % {
        "places": places,
        "asked": _number(facts, "asked"),
        "hours": stay(_number(facts, "minutes")),
    }


def stay(minutes: int) -> str:
    """``1½ hours``, ``2 hours``, ``100 minutes``: how long a party stays."""
    hours, rest = divmod(minutes, 60)
    if rest not in (0, 30) or not hours:
        return _("%(minutes)d minutes") % {"minutes": minutes}
    if rest:
        return _("%(hours)d½ hours") % {"hours": hours}
    return ngettext("%(hours)d hour", "%(hours)d hours", hours) % {"hours": hours}


def _lead_time(facts: Mapping[str, Any]) -> str:
    notice = stay(_number(facts, "limit"))
    return _("The restaurant asks for %(notice)s’ notice online. Please call.") % {"notice": notice}


def _beyond(facts: Mapping[str, Any]) -> str:
    days = _number(facts, "limit")
    return ngettext(
        "This date is too far ahead: bookings open %(days)d day before.",
        "This date is too far ahead: bookings open %(days)d days before.",
        days,
    ) % {"days": days}


def _too_large(facts: Mapping[str, Any]) -> str:
    return _("The largest party that can be booked here online is %(limit)d.") % {
        "limit": _number(facts, "limit")
    }


def _too_small(facts: Mapping[str, Any]) -> str:
    return _("The smallest party that can be booked here online is %(limit)d.") % {
        "limit": _number(facts, "limit")
    }


def _no_table(facts: Mapping[str, Any]) -> str:
    asked = _number(facts, "asked")
    if not asked:
        return _("No table there suits your party.")
    return ngettext(
        "No table there suits a party of %(asked)d.",
        "No table there suits a party of %(asked)d.",
        asked,
    ) % {"asked": asked}


_WITH_FIGURES: Mapping[Reason, Callable[[Mapping[str, Any]], str]] = {
    Reason.TABLES_TAKEN: _tables_taken,
    Reason.LEAD_TIME: _lead_time,
    Reason.BEYOND_WINDOW: _beyond,
    Reason.PARTY_TOO_LARGE: _too_large,
    Reason.PARTY_TOO_SMALL: _too_small,
    Reason.NO_TABLE_FITS: _no_table,
}
