"""Why a table and why not, in words: the places of the floor, scores part by part, the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservations.engine import types as e
from reservations.engine.placing import PlaceAnswer, PlaceTold
from reservations.engine.rules import ORDER
from reservations.engine.stand import Owner
from reservations.engine.types import Reason
from reservations.selectors.night import Night
from staff.reasons import rule_name

BEST_FIT, AT_THE_STAND = "best-fit", "stand"
"""How the versions of the rules begin by which seats were given."""


def score_parts(version: str, score: Sequence[int]) -> list[str]:
    """What counted against a place, the weightiest first; nothing for a perfect one.

    Parts of which all candidates have the same are said too: whoever reads compares.
    """
    family = version.partition("/")[0]
    parts = _PARTS.get(family, ())
    return [text for part, value in zip(parts, score, strict=False) if (text := part(value))]


def _extra_tables(value: int) -> str:
    return ngettext("%(n)d table more", "%(n)d tables more", value) % {"n": value} if value else ""


def _empty_chairs(value: int) -> str:
    if value <= 0:
        return _("no empty chair") if not value else ""
    return ngettext("%(n)d empty chair", "%(n)d empty chairs", value) % {"n": value}


def _priority(value: int) -> str:
    return _("priority %(n)d") % {"n": -value} if value else ""


def _lost(value: int) -> str:
    if not value:
        return ""
    return ngettext("%(n)d minute lost", "%(n)d minutes lost", value) % {"n": value}


def _short(value: int) -> str:
    if value <= 0:
        return ""
    return ngettext("%(n)d minute too short", "%(n)d minutes too short", value) % {"n": value}


def _said(text: Callable[[], str]) -> Callable[[int], str]:
    return lambda value: text() if value else ""


_PARTS: Mapping[str, tuple[Callable[[int], str], ...]] = {
    BEST_FIT: (_extra_tables, _empty_chairs, _priority, _lost),
    AT_THE_STAND: (
        _said(lambda: _("not its own table")),
        _said(lambda: _("not the room it asked for")),
        _short,
        _extra_tables,
        _empty_chairs,
        _said(lambda: _("not of the server who is next")),
        _priority,
    ),
}
"""As ``engine.seating.BestFit.score`` and ``engine.stand.places`` give them; the last part of each,
the order of labels, only breaks ties."""


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """One place of the floor and what it says."""

    tables: str
    seats: str
    is_free: bool
    is_chosen: bool
    text: str


def place_lines(
    told: Iterable[PlaceTold], night: Night, labels: Mapping[int, str], chosen: tuple[int, ...]
) -> list[PlaceLine]:
    """Every place in words, in the order given."""
    return [
        PlaceLine(
            tables=" + ".join(labels.get(pk, "") for pk in each.table_ids),
            seats=f"{each.min_seats}–{each.max_seats}",
            is_free=each.is_free,
            is_chosen=bool(chosen) and each.table_ids == chosen,
            text=_place_text(each, night, labels),
        )
        for each in told
    ]


def _place_text(told: PlaceTold, night: Night, labels: Mapping[int, str]) -> str:
    if told.is_free:
        return ", ".join(score_parts(e.RULE_VERSION, told.score))
    if told.answer is PlaceAnswer.TAKEN:
        return "; ".join(use_text(use, night, labels, told.table_ids) for use in told.taken)
    return {
        PlaceAnswer.TOO_SMALL: _("Too small"),
        PlaceAnswer.NOT_OF_SERVICE: _("The service does not use this room"),
        PlaceAnswer.OTHER_ROOM: _("Not the room that was asked for"),
        PlaceAnswer.NOT_STEP_FREE: _("Has steps"),
        PlaceAnswer.OTHER_CHANNEL: _("Kept for other kinds of bookings"),
        PlaceAnswer.TOO_LARGE: _("Too large for so few"),
        PlaceAnswer.ROOM_CLOSED: _("The room is closed then"),
    }[told.answer]


def use_text(
    use: tuple[int, int, int],
    night: Night,
    labels: Mapping[int, str],
    tables: Sequence[int] = (),
) -> str:
    """Who has a table from when until when: ``Weber 18:00–20:10``."""
    table, start, end = use
    span = f"{night.instant(start):%H:%M}–{night.instant(end):%H:%M}"
    text = f"{_owner(use, night)} {span}"
    return f"{labels.get(table, '')}: {text}" if len(tables) > 1 else text


def _owner(use: tuple[int, int, int], night: Night) -> str:
    table, start, end = use
    met = (each for each in night.uses if each.table_id == table)
    found = next((each for each in met if each.start < end and each.end > start), None)
    if found is None:
        return _("Taken")
    if found.owner is Owner.PARTY:
        return found.label or _("Walk-in")
    if found.owner is Owner.HOLD:
        return _("Being booked")
    return _("Being cleared") if found.owner is Owner.BUSSING else found.label or _("Blocked")


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule of the book and what it says to a request."""

    name: str
    answer: str
    """``ok``, ``no``, or ``off`` where it does not bind who asks."""
    text: str


_PUBLIC_ONLY = frozenset(
    {
        *(Reason.LEAD_TIME, Reason.CUT_OFF, Reason.BEYOND_WINDOW, Reason.PRIVATE),
        *(Reason.PREPAYMENT_NOT_SET_UP, Reason.PARTY_TOO_SMALL, Reason.PARTY_TOO_LARGE),
        *(Reason.ONLINE_PACING_COVERS, Reason.ONLINE_PACING_PARTIES),
    }
)
_OF_OFFERS = frozenset({Reason.OFFER_OVER, Reason.OFFER_NOT_THEN})
_OF_TABLES = frozenset({Reason.TABLES_TAKEN, Reason.NO_TABLE_FITS, Reason.OVERSIZE})


def rule_lines(
    decision: e.Decision, mode: e.CapacityMode, texts: Mapping[Reason, str]
) -> list[RuleLine]:
    """Every rule in the order of weight; none for a time that is no slot."""
    if decision.slot is None:
        return []
    refused = {refusal.reason for refusal in decision.refusals}
    is_pool = mode is e.CapacityMode.SEATS
    left_out = _OF_OFFERS | (_OF_TABLES if is_pool else {Reason.SEATS_TAKEN})
    is_public = decision.query.channel is e.Channel.ONLINE
    found = []
    for reason in ORDER:
        if reason in left_out and reason not in refused:
            continue
        is_off = reason in _PUBLIC_ONLY and not is_public and reason not in refused
        answer = "no" if reason in refused else "off" if is_off else "ok"
        found.append(RuleLine(rule_name(reason), answer, texts.get(reason, "")))
    return found
