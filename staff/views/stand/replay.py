"""The evening as a film: the floor as it stood after each deed, and who did it."""

from __future__ import annotations

import datetime as dt
import re

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import get_language

from reservations.selectors.night import Night
from reservations.selectors.night.then import Film, film_of
from reservations.views.wording import day_of_month, short_day
from staff.access import StaffRequest, house_url, tag_sight
from staff.views.stand import floor
from staff.views.stand.base import StandView
from staff.views.stand.board import Board
from staff.views.stand.piece import Piece
from staff.views.stand.reel import Deed, Teller, deed_list, unknown_texts

_NUMBER = re.compile(r"-?[0-9]+", re.ASCII)

SPEEDS = (1, 2, 5, 10)
"""Deeds shown in a second."""


class FilmView(StandView):
    """A part of the film of one service date; ``n`` is the number of the deed, from one."""

    @cached_property
    def film(self) -> Film:
        """Read once."""
        return film_of(self.request.venue.pk, self.date, tag_sight(self.request))

    @cached_property
    def number(self) -> int:
        """Which deed was done last, from nought; the first of the evening unless it is said."""
        last = max(len(self.film.lines) - 1, 0)
        said = self.request.GET.get("n", "")
        if not _NUMBER.fullmatch(said):
            return self.film.opens_at
        if said.startswith("-"):
            return 0
        # No more digits than a number needs that is larger than any evening.
        return min(max(int(said.lstrip("0")[:9] or "0") - 1, 0), last)

    @cached_property
    def then(self) -> Night:
        """The night after that deed."""
        return self.film.night(self.number)

    @cached_property
    def teller(self) -> Teller:
        """What puts its lines into words."""
        return Teller(self.film)

    @cached_property
    def board(self) -> Board:
        """The pieces of the screen at that instant."""
        shown = self.teller.deed(self.number) if self.film.lines else None
        return board_of(self.then, shown, len(self.film.lines))


class ReplayView(FilmView):
    """The film with its reel: works by links and a form, and by itself with scripts."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page at one deed."""
        self.board.keep()
        deeds = map(self.teller.deed, range(len(self.film.lines)))
        context = {
            "date": self.date,
            "day_text": short_day(self.date),
            "day_title": day_of_month(self.date),
            "night": self.then,
            "board": self.board,
            "deeds": deed_list(deeds, self.number + 1, self.date),
            "number": self.number + 1,
            "count": len(self.film.lines),
            "opens_at": self.film.opens_at + 1,
            "unknown": unknown_texts(self.film.evening(len(self.film.lines) - 1).unknown),
            "theme": self.theme,
            "speeds": SPEEDS,
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
