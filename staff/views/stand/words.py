"""The words of the host stand: states, alerts, reasons, flags; each with its icon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import (
    get_language,
    gettext_lazy,
    ngettext,
    override,
    pgettext,
    pgettext_lazy,
)
from django.utils.translation import gettext as _

from core.allergens import Allergen
from reservations.engine.lifecycle import Status
from reservations.engine.stand import Alert, AlertKind, Pressure, Quote, TableState, Verdict, Why
from reservations.selectors.night import Night, PartyRow
from staff import wording

_STATES: Mapping[Status, tuple[str, Any]] = {
    Status.REQUESTED: ("question", gettext_lazy("Asked for")),
    Status.PENDING: ("question", gettext_lazy("To confirm")),
    Status.PENDING_PAYMENT: ("card", gettext_lazy("Unpaid")),
    Status.CONFIRMED: ("calendar", gettext_lazy("Booked")),
    Status.RECONFIRMED: ("check", gettext_lazy("Reconfirmed")),
    Status.PARTIALLY_ARRIVED: ("door", gettext_lazy("Partly here")),
    Status.ARRIVED: ("door", gettext_lazy("Here")),
    Status.PARTIALLY_SEATED: ("chair", gettext_lazy("Partly seated")),
    Status.SEATED: ("chair", gettext_lazy("Seated")),
    Status.CHECK_DROPPED: ("bill", gettext_lazy("Bill")),
    Status.PAID: ("card", gettext_lazy("Paid")),
    Status.COMPLETED: ("check", pgettext_lazy("of a party", "Left")),
    Status.CANCELLED: ("cross", gettext_lazy("Cancelled")),
    Status.NO_SHOW: ("cross", gettext_lazy("Did not come")),
    Status.DECLINED: ("cross", gettext_lazy("Declined")),
    Status.EXPIRED: ("cross", gettext_lazy("Expired")),
}
"""Of a party, as short as a chip is: the icon and the word."""

_NEXT: Mapping[Status, Any] = {
    Status.ARRIVED: gettext_lazy("Seat"),
    Status.PARTIALLY_ARRIVED: gettext_lazy("Seat"),
    Status.PARTIALLY_SEATED: gettext_lazy("All seated"),
    Status.SEATED: pgettext_lazy("the next step", "Bill"),
    Status.CHECK_DROPPED: pgettext_lazy("the next step", "Paid"),
    Status.PAID: pgettext_lazy("the next step", "Left"),
}
"""What the button for the next step says."""

_TABLES: Mapping[TableState, Any] = {
    TableState.FREE: gettext_lazy("Free"),
    TableState.HELD: gettext_lazy("Kept"),
    TableState.SOON: gettext_lazy("Soon taken"),
    TableState.OCCUPIED: gettext_lazy("Occupied"),
    TableState.BUSSING: gettext_lazy("To clear"),
    TableState.BLOCKED: gettext_lazy("Blocked"),
}

_ALERTS: Mapping[AlertKind, tuple[str, Any]] = {
    AlertKind.CONFLICT: ("warning", gettext_lazy("Table still taken")),
    AlertKind.ALLERGY: ("allergy", gettext_lazy("Allergy")),
    AlertKind.OVERSTAY: ("clock", gettext_lazy("Stays too long")),
    AlertKind.UNASSIGNED: ("question", gettext_lazy("No table")),
    AlertKind.LATE: ("clock", gettext_lazy("Late")),
    AlertKind.PAYMENT_MISSING: ("card", gettext_lazy("Not paid")),
    AlertKind.VIP_SOON: ("star", gettext_lazy("VIP soon")),
}
"""The icon and the word of each alert."""

GRAVE = frozenset({AlertKind.CONFLICT, AlertKind.ALLERGY})

_WHY: Mapping[Why, Any] = {
    Why.TOO_SMALL: gettext_lazy("Too small"),
    Why.TOO_LARGE: gettext_lazy("Too large"),
    Why.TAKEN: gettext_lazy("Taken"),
    Why.BLOCKED: gettext_lazy("Blocked"),
    Why.BUSSING: gettext_lazy("Being cleared"),
    Why.HELD: gettext_lazy("Being booked"),
    Why.SHARED: gettext_lazy("The same table"),
    Why.PAST: gettext_lazy("In the past"),
    Why.NOT_STEP_FREE: gettext_lazy("Has steps"),
    Why.OUTSIDE_HOURS: gettext_lazy("Closed then"),
    Why.BEST_FIT: gettext_lazy("fits best"),
    Why.ASSIGNED: gettext_lazy("its own table"),
    Why.ROOM_WISHED: gettext_lazy("the room it asked for"),
    Why.SECTION_NEXT_UP: gettext_lazy("of the server who is next"),
    Why.SHORT: gettext_lazy("not a whole turn"),
    Why.JOINED: gettext_lazy("pushed together"),
}

CHANNELS: Mapping[str, Any] = {
    "online": gettext_lazy("Online"),
    "in_house": gettext_lazy("In-house"),
    "walk_in": gettext_lazy("Walk-in"),
}


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The words above in one language."""

    states: Mapping[Status, tuple[str, str]]
    next: Mapping[Status, str]
    tables: Mapping[TableState, str]
    alerts: Mapping[AlertKind, tuple[str, str]]
    why: Mapping[Why, str]


@cache
def _spoken(language: str | None) -> _Spoken:
    """Looked up once for each language: a night says them thousands of times."""
    with override(language):
        return _Spoken(
            {key: (icon, str(word)) for key, (icon, word) in _STATES.items()},
            {key: str(word) for key, word in _NEXT.items()},
            {key: str(word) for key, word in _TABLES.items()},
            {key: (icon, str(word)) for key, (icon, word) in _ALERTS.items()},
            {key: str(word) for key, word in _WHY.items()},
        )


def state(status: Status) -> tuple[str, str]:
    """The icon and the word of a party's state."""
    return _spoken(get_language()).states[status]


def next_step(status: Status) -> str:
    """What the button for the next step says."""
    return _spoken(get_language()).next[status]


def table_state(found: TableState) -> str:
    """How a table is."""
    return _spoken(get_language()).tables[found]


def alert_kind(kind: AlertKind) -> tuple[str, str]:
    """The icon and the word of an alert."""
    return _spoken(get_language()).alerts[kind]


def clock(instant: dt.datetime | None) -> str:
    """``19:42``; the instant is in the house's zone already."""
    return "" if instant is None else f"{instant:%H:%M}"


def span(minutes: int) -> str:
    """``12 min``, ``1 h 05``."""
    if minutes < 60:
        return _("%(n)d min") % {"n": minutes}
    return _("%(h)d h %(m)02d") % {"h": minutes // 60, "m": minutes % 60}


def allergens(codes: Iterable[str]) -> str:
    """``nuts, milk``: codes in words, and what was said in words as it was said."""
    names = dict(Allergen.choices)
    return ", ".join(str(names.get(code, code)) for code in codes)


def tables(labels: Iterable[str]) -> str:
    """``12 + 13``; empty for none."""
    return " + ".join(labels)


def source(party: PartyRow) -> str:
    """Where the booking came from."""
    if party.is_walk_in:
        return wording.source("walk_in")
    said = wording.source(party.source)
    # A name that only its partner knows is made to look like the others beside it.
    return said if said != party.source else said.replace("_", " ").capitalize()


def why(code: Why) -> str:
    """A reason for or against a place."""
    return _spoken(get_language()).why[code]


def reason(verdict: Verdict) -> str:
    """Why not, in a few words: ``Taken · Weber``."""
    if verdict.ok or verdict.why is None:
        return ""
    word = why(verdict.why)
    if verdict.why is Why.TOO_SMALL and verdict.against:
        seats = int(verdict.against)
        return ngettext("%(n)d seat", "%(n)d seats", seats) % {"n": seats}
    if verdict.why in (Why.TAKEN, Why.BLOCKED) and verdict.against:
        return f"{word} · {verdict.against}"
    return word


def alert(night: Night, found: Alert) -> str:
    """The rest of an alert's line after its word and the party: ``14 min · T12``."""
    parts = []
    if found.kind in (AlertKind.LATE, AlertKind.OVERSTAY, AlertKind.CONFLICT) and found.minutes:
        parts.append(span(found.minutes))
    elif found.kind is AlertKind.VIP_SOON:
        parts.append(_("in %(time)s") % {"time": span(found.minutes)})
    elif found.kind is AlertKind.ALLERGY:
        parts.append(allergens(night.by_id[found.party_id].allergens))
    if found.table_ids:
        labels = tables(night.labels(found.table_ids))
        parts.append(_("table %(tables)s") % {"tables": labels})
    against = night.by_id.get(found.against_id or 0)
    if against is not None:
        if found.kind is AlertKind.CONFLICT:
            parts.append(_("%(name)s sits there") % {"name": against.name})
        else:
            parts.append(
                _("%(name)s at %(time)s") % {"name": against.name, "time": clock(against.starts_at)}
            )
    return " · ".join(part for part in parts if part)


def quote_line(night: Night, found: Quote) -> str:
    """The answer to "can I seat n now, until when?" as a sentence."""
    if found.is_yes:
        where = tables(night.labels(found.table_ids))
        if found.until is None:
            text = _("Yes: table %(tables)s, for as long as they like.") % {"tables": where}
        else:
            text = _("Yes: table %(tables)s until %(time)s.") % {
                "tables": where,
                "time": clock(night.instant(found.until)),
            }
        if found.is_short:
            text = f"{text} " + _("That is %(time)s, not a whole turn.") % {
                "time": span(found.minutes)
            }
        return text
    if found.free_at is not None:
        return _("Not now. A table is free at about %(time)s.") % {
            "time": clock(night.instant(found.free_at))
        }
    if Why.TAKEN in found.reasons:
        return _("Not now. Nothing comes free for long enough before the last seating.")
    return _("No table of the house is large enough.")


def quote_short(night: Night, found: Quote) -> str:
    """The same on a chip: ``→ 21:15``, ``all night``, ``at 20:40``, ``full``, ``none``."""
    if found.is_yes:
        if found.until is None:
            return pgettext("a table is free", "all night")
        return f"→ {clock(night.instant(found.until))}"
    if found.free_at is not None:
        return _("at %(time)s") % {"time": clock(night.instant(found.free_at))}
    if Why.TAKEN in found.reasons:
        return pgettext("no table comes free tonight", "full")
    return pgettext("no table is large enough", "none")


def pressure(found: Pressure) -> str:
    """What another party now would mean for who serves; empty when nothing."""
    if found is Pressure.SECOND:
        return _("just got a party")
    if found is Pressure.THIRD:
        return _("just got two parties")
    return _("takes no more") if found is Pressure.CUT else ""


def surname(name: str) -> str:
    """What is called out: the last of the names."""
    return name.rsplit(maxsplit=1)[-1] if name.strip() else name


def initials(name: str) -> str:
    """``AB`` for a badge."""
    parts = name.split()
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()
