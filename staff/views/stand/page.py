"""The screen, and what of it changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.http import urlencode

from reservations.views.wording import day_of_month, short_day
from restaurants.access import Capability
from staff import once
from staff.access import StaffRequest, house_url
from staff.live import Line
from staff.views.stand import chosen, drawer, queueing, shapes
from staff.views.stand.base import THEME, StandView
from staff.views.stand.board import Board, board_of
from staff.views.stand.centre import CENTRES
from staff.views.stand.modes import Mode, mode_of

UNDO = "stand_undo"
"""Session key: the last deed of a browser without scripts, while it can be taken back."""
TYPED = "stand_typed"
"""Session key: what a form of the shift brought that was not saved, until it is shown."""


class BoardView(StandView):
    """A part of the stand that knows all of its pieces."""

    @cached_property
    def board(self) -> Board:
        """The pieces of the night in this view."""
        may_operate = self.may(Capability.OPERATE)
        return board_of(
            self.queue, self.view, self.here, may_act=self.may_act, may_operate=may_operate
        )


class StandPageView(BoardView):
    """The host stand of one date, on one screen."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page. ``theme`` is remembered on this device."""
        live = Line(request.venue)
        night, board = self.night, self.board
        panel = drawer.panel_of(self)
        board.keep()
        context = {
            "night": night,
            "board": board,
            "live": live,
            "centres": CENTRES.values(),
            "centre": CENTRES[self.view],
            "tab": self._tab(panel),
            "tabs": shapes.TABS,
            "is_adding": "size" in request.GET,
            "wanted_size": self._wanted_size(),
            "theme": self.theme,
            "once": once.fresh(),
            "may": self.rights,
            "mode": self._mode,
            "panel": panel,
            "selected": self._selected(panel),
            "chosen": chosen.take(request, self.at),
            "undo": self._undo(),
            **self._where(),
            **CENTRES[self.view].context(night),
        }
        response = render(request, "staff/stand/page.html", context)
        if "theme" in request.GET:
            response.set_cookie(
                THEME,
                self.theme,
                max_age=365 * 86400,
                secure=request.is_secure(),
                httponly=True,
                samesite="Lax",
            )
        return response

    @cached_property
    def _mode(self) -> Mode | None:
        if not self.may(Capability.OPERATE):
            return None
        return mode_of(self.night, self.request.GET, lambda: self.queue)

    def _wanted_size(self) -> int:
        """Of the party that is to be added to the queue."""
        said = self.request.GET.get("size", "")
        return int(said) if said in {str(n) for n in queueing.SIZES} else 2

    def _tab(self, panel: drawer.Panel | None) -> str:
        """The list asked for, else that of who is chosen, else where the work is: the door."""
        asked = self.request.GET.get("tab", "")
        if asked in shapes.TABS:
            return asked
        if panel is not None and panel.tab:
            return panel.tab
        return "arrived" if self.board.order["list-arrived"] else "upcoming"

    def _selected(self, panel: drawer.Panel | None) -> str:
        """What a link to another view keeps of the choice, as the end of its query."""
        if panel is None:
            return ""
        name = "table" if panel.kind == "table" else "party"
        return "&" + urlencode({name: self.request.GET.get(name, "")})

    def _undo(self) -> dict[str, Any] | None:
        kept: dict[str, Any] | None = self.request.session.get(UNDO)
        if kept is None:
            return None
        left = int(kept["until"] - self.at.timestamp())
        if left <= 0:
            del self.request.session[UNDO]
            return None
        return {**kept, "left": left}

    def _where(self) -> dict[str, Any]:
        """The date, the days beside it, and addresses."""
        url = house_url(self.request.venue, "stand")

        def on(date: dt.date) -> str:
            return f"{url}?{urlencode({'date': date.isoformat(), 'view': self.view})}"

        return {
            "date": self.date,
            "is_today": self.date == self.today,
            "day_text": short_day(self.date),
            "day_title": day_of_month(self.date),
            "before": on(self.date - dt.timedelta(days=1)),
            "after": on(self.date + dt.timedelta(days=1)),
            "today_url": f"{url}?{urlencode({'view': self.view})}",
            "here": f"{url}?{urlencode({'date': self.date.isoformat(), 'view': self.view})}",
            "services": [
                {"id": each.id, "name": each.name, "is_now": each == self.night.service_now}
                for each in self.night.services
            ],
        }


class FragmentView(BoardView):
    """What changed on the screen since ``stamp``: pieces of HTML and the order of the lists."""

    def get(self, request: StaffRequest) -> JsonResponse:
        """As JSON; with everything for a stamp that is not known any more."""
        return JsonResponse(patch_of(self))


def patch_of(view: BoardView) -> dict[str, Any]:
    """What a browser changes to show the night as it is now."""
    return {**view.board.since(view.asked.get("stamp", "")), "at": int(view.at.timestamp())}
