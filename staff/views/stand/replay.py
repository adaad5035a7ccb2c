"""The evening as a film: the floor as it stood after each deed, and who did it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from reservations.models import QueueEntry
from reservations.selectors.night import Night
from reservations.selectors.night.then import Film, Line, film_of
from reservations.views.wording import day_of_month, short_day
from staff import log_words
from staff.access import StaffRequest, house_url
from staff.views.stand import floor, words
from staff.views.stand.base import StandView
from staff.views.stand.board import Board
from staff.views.stand.piece import Piece

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
        said = self.request.GET.get("n", "")
        if not (said.isascii() and said.isdecimal() and len(said) < 9):
            return self.film.opens_at
        return min(max(int(said) - 1, 0), last)

    @cached_property
    def then(self) -> Night:
        """The night after that deed."""
        return self.film.night(self.number)

    def deeds(self, numbers: Iterable[int]) -> list[Deed]:
        """These lines in words."""
        labels = {table.pk: table.label for table in self.film.tables}
        lines, names = self.film.lines, self.names
        return [deed_of(number + 1, lines[number], names, labels, self.date) for number in numbers]

    @cached_property
    def names(self) -> dict[str, str]:
        """Of every party, those of the queue too, as they are called now."""
        found = {party.public_id: party.name or _("Walk-in") for party in self.film.parties}
        queued = {each.event.target for each in self.film.lines if _is_queued(each)}
        if queued:
            rows = QueueEntry.objects.filter(public_id__in=queued)
            found |= dict(rows.values_list("public_id", "name"))
        return found

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
        unknown = self.film.evening(len(self.film.lines) - 1).unknown
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
            "unknown": self._unknown_text(len(unknown)),
            "theme": self.theme,
            "speeds": SPEEDS,
            "is_today": self.date == self.today,
            **self._links(),
            **floor.context(self.then),
        }
        return render(request, "staff/stand/replay.html", context)

    def _unknown_text(self, number: int) -> str:
        if not number:
            return ""
        text = ngettext(
            "Of %(n)d party it was not written down yet where it sat: it is not shown.",
            "Of %(n)d parties it was not written down yet where they sat: they are not shown.",
            number,
        )
        return text % {"n": number}

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


def deed_of(
    number: int, line: Line, names: Mapping[str, str], labels: Mapping[int, str], date: dt.date
) -> Deed:
    """A line of the trail in words."""
    return Deed(
        number=number,
        clock=words.clock(line.at),
        day="" if line.at.date() == date else short_day(line.at.date()),
        what=log_words.verb_text(line.event.verb),
        who=_who(line, names, labels),
        by=_by(line),
    )


def _who(line: Line, names: Mapping[str, str], labels: Mapping[int, str]) -> str:
    target = line.event.target
    if _is_queued(line):
        parts = [names.get(target, ""), _tables(line.data.get("tables", ()))]
        return " · ".join(part for part in parts if part)
    if target.startswith("res_"):
        parts = [names.get(target, "")]
        state = line.event.states.get(target)
        if state is not None and "size" in state:
            parts.append(str(state["size"]))
            parts.append(_tables(labels.get(pk, "") for pk in state.get("tables", ())))
        return " · ".join(part for part in parts if part)
    if "tables" in line.data:
        return _tables(line.data["tables"])
    return str(line.data.get("name", ""))


def _is_queued(line: Line) -> bool:
    """Whether it is about a party at the door."""
    return line.event.target.startswith("queue_")


def _tables(labels: Iterable[str]) -> str:
    found = words.tables(tuple(label for label in labels if label))
    return _("table %(label)s") % {"label": found} if found else ""


def _by(line: Line) -> str:
    if line.actor_kind == "guest":
        return str(log_words.ACTORS["guest"])
    return line.actor or str(log_words.ACTORS.get(line.actor_kind, line.actor_kind))
