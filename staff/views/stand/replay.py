"""The evening as a film: the floor as it stood after each deed, and who did it."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from reservations.selectors.night import Night
from reservations.selectors.night.deeds import Line
from reservations.selectors.night.then import Film, film_of
from reservations.views.wording import day_of_month, short_day
from staff import log_words
from staff.access import StaffRequest, house_url
from staff.views.stand import floor, words
from staff.views.stand.base import StandView
from staff.views.stand.board import Board
from staff.views.stand.piece import Piece

_NUMBER = re.compile(r"(?P<sign>-?)0*(?P<digits>[0-9]+)", re.ASCII)

SPEEDS = (1, 2, 5, 10)
"""Deeds shown in a second."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the film in words."""

    number: int
    """From one."""
    clock: str
    day: str
    """Said only of deeds of another day than the evening's."""
    what: str
    who: str
    """The party, with its tables as they were afterwards; or the table, or the server."""
    by: str


@dataclass(frozen=True, slots=True)
class About:
    """What lines name by their ids."""

    labels: Mapping[int, str]
    """Of tables."""
    names: Mapping[str, str]
    """Of parties, as they are now."""
    held: Mapping[str, Mapping[str, Any]]
    """What was last told of holds while they lived."""


class FilmView(StandView):
    """A part of the film of one service date; ``n`` is the number of the deed, from one."""

    @cached_property
    def film(self) -> Film:
        """Read once."""
        return film_of(self.request.venue.pk, self.date)

    @cached_property
    def number(self) -> int:
        """Which deed was done last, from nought; the first of the evening unless it is said."""
        last = max(len(self.film.lines) - 1, 0)
        said = _NUMBER.fullmatch(self.request.GET.get("n", ""))
        if said is None:
            return self.film.opens_at
        # No more digits than a number needs that is larger than any evening.
        return min(max(int(said["sign"] + said["digits"][:9]) - 1, 0), last)

    @cached_property
    def then(self) -> Night:
        """The night after that deed."""
        return self.film.night(self.number)

    def deeds(self, numbers: Iterable[int]) -> list[Deed]:
        """These lines in words."""
        film = self.film
        about = About(
            labels={table.pk: table.label for table in film.tables},
            names={party.public_id: party.name or _("Walk-in") for party in film.parties},
            held=film.held,
        )
        return [deed_of(number + 1, film.lines[number], about, self.date) for number in numbers]

    @cached_property
    def board(self) -> Board:
        """The pieces of the screen at that instant."""
        shown = self.deeds([self.number]) if self.film.lines else []
        return board_of(self.then, shown[0] if shown else None, len(self.film.lines))


class ReplayView(FilmView):
    """The film with its reel: works by links and a form, and by itself with scripts."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page at one deed."""
        self.board.keep()
        context = {
            "date": self.date,
            "day_text": short_day(self.date),
            "day_title": day_of_month(self.date),
            "night": self.then,
            "board": self.board,
            "deeds": self.deeds(range(len(self.film.lines))),
            "number": self.number + 1,
            "count": len(self.film.lines),
            "opens_at": self.film.opens_at + 1,
            "unknown": unknown_texts(self.film.evening(len(self.film.lines) - 1).unknown),
            "theme": self.theme,
            "speeds": SPEEDS,
            "is_today": self.date == self.today,
            **self._links(),
            **floor.context(self.then),
        }
        return render(request, "staff/stand/replay.html", context)

    def _links(self) -> dict[str, str]:
        here = house_url(self.request.venue, "stand_replay")

        def at(date: dt.date, number: int | None = None) -> str:
            fields = {"date": date.isoformat()} | ({} if number is None else {"n": str(number)})
            return f"{here}?{urlencode(fields)}"

        number, count = self.number + 1, len(self.film.lines)
        stand = house_url(self.request.venue, "stand")
        return {
            "here": at(self.date),
            "day_before": at(self.date - dt.timedelta(days=1)),
            "day_after": at(self.date + dt.timedelta(days=1)),
            "previous": at(self.date, number - 1) if number > 1 else "",
            "following": at(self.date, number + 1) if number < count else "",
            "stand_url": f"{stand}?{urlencode({'date': self.date.isoformat()})}",
        }


class FrameView(FilmView):
    """What a browser that shows ``stamp`` changes to show the evening after another deed."""

    def get(self, request: StaffRequest) -> JsonResponse:
        """As JSON, in the way of the stand's own pieces."""
        patch = self.board.since(request.GET.get("stamp", ""))
        at = int(self.then.now.timestamp())
        return JsonResponse({**patch, "at": at, "n": self.number + 1})


def board_of(night: Night, deed: Deed | None, count: int) -> Board:
    """Figures, the deed, and the floor without anything to press."""
    single = (
        Piece("figures", "figures", night.figures),
        Piece("deed", "deed", {"deed": deed, "count": count}),
    )
    return Board(single, floor.pieces(night, "table_then"), f"film {get_language()}")


def unknown_texts(unknown: Iterable[str]) -> list[str]:
    """What the film does not know of an evening, by the public ids of what it is about."""
    number = Counter(key.partition("_")[0] for key in unknown)
    found = []
    if n := number["res"]:
        text = ngettext(
            "Of %(n)d party it was not written down yet where it sat: it is not shown.",
            "Of %(n)d parties it was not written down yet where they sat: they are not shown.",
            n,
        )
        found.append(text % {"n": n})
    if n := number["hold"]:
        text = ngettext(
            "Of %(n)d table held online it was not written down yet which it was.",
            "Of %(n)d tables held online it was not written down yet which they were.",
            n,
        )
        found.append(text % {"n": n})
    if number["block"]:
        found.append(_("Not every table out of use was written down yet."))
    if number["srv"]:
        found.append(_("Whose tables were whose was not written down yet."))
    return found


def deed_of(number: int, line: Line, about: About, date: dt.date) -> Deed:
    """A line of the trail in words."""
    return Deed(
        number=number,
        clock=words.clock(line.at),
        day="" if line.at.date() == date else short_day(line.at.date()),
        what=log_words.verb_text(line.event.verb),
        who=_who(line, about),
        by=_by(line),
    )


def _who(line: Line, about: About) -> str:
    target = line.event.target
    state = line.event.states.get(target)
    if target.startswith("res_"):
        return _party(about.names.get(target, ""), state or {}, about)
    if target.startswith("hold_"):
        return _party("", state or about.held.get(target, {}), about)
    labels = [str(label) for label in line.data.get("tables", ())]
    if target.startswith("srv_"):
        parts = [str(line.data.get("name", "")), _section(labels) if "tables" in line.data else ""]
        return _joined(parts)
    return _tables(labels) or str(line.data.get("name", ""))


def _party(name: str, state: Mapping[str, Any], about: About) -> str:
    tables = _tables(about.labels.get(pk, "") for pk in state.get("tables", ()))
    return _joined([name, str(state.get("size", "")), tables])


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)


def _tables(labels: Iterable[str]) -> str:
    """Tables that belong together."""
    found = words.tables(tuple(label for label in labels if label))
    return _("table %(label)s") % {"label": found} if found else ""


def _section(labels: Sequence[str]) -> str:
    if not labels:
        return _("no tables")
    text = ngettext("table %(labels)s", "tables %(labels)s", len(labels))
    return text % {"labels": ", ".join(labels)}


def _by(line: Line) -> str:
    if line.actor_kind == "guest":
        return str(log_words.ACTORS["guest"])
    return line.actor or str(log_words.ACTORS.get(line.actor_kind, line.actor_kind))
