"""The floor editor: the page, saving the whole of it, undoing the last save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import DomainError, Invalid
from reservations.selectors.floor import Expected
from reservations.services.setup.floor import (
    FloorChanged,
    SavedFloor,
    TablesExpected,
    last_save,
    open_floor,
    save_floor,
    undo_floor,
)
from reservations.views.wording import clock_time, guests, moment, short_day
from restaurants import floor as f
from restaurants.models import Restaurant
from staff import floor_words
from staff.access import StaffRequest
from staff.floor_drawing import drawn_rooms, seats
from staff.forms.errors import said
from staff.views.setup.base import SetupView


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of the floor in the lists below the plan."""

    id: str
    title: str
    about: str


@dataclass(frozen=True, slots=True)
class Part:
    """One list."""

    kind: str
    title: Any
    add: Any
    none: Any
    lines: list[Line]
    can_add: bool = True


class FloorView(SetupView):
    """``GET`` draws, ``POST`` saves what the script sends."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The editor, and below it the same as lists with forms."""
        venue = request.venue
        opened = open_floor(venue)
        last = last_save(venue, opened.version)
        context = {
            "state": {
                "document": f.document(opened.floor),
                "version": opened.version,
                "words": floor_words.words(),
                "kinds": floor_words.NEW_THINGS,
            },
            "rooms": drawn_rooms(opened.floor),
            "parts": parts_of(opened.floor),
            "shapes": floor_words.shapes().items(),
            "accesses": floor_words.accesses().items(),
            "fixture_kinds": floor_words.fixtures().items(),
            "adders": floor_words.adders(),
            "keys": floor_words.keys(),
            "weekdays": [(day, WEEKDAYS_ABBR[day], WEEKDAYS[day]) for day in range(7)],
            "last": last
            and {
                "person": last.saved_by or _("somebody"),
                "moment": moment(last.saved_at, venue.tz),
            },
        }
        return self.page("floor", context)

    def post(self, request: StaffRequest) -> HttpResponse:
        """Save; answers JSON: the floor as it is now, or what stands in the way."""
        try:
            sent = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            sent = None
        if not isinstance(sent, dict):
            return JsonResponse({"text": _("This is not a floor.")}, status=400)
        venue = request.venue
        try:
            saved = save_floor(
                venue,
                sent.get("document"),
                expected=str(sent.get("version")),
                by=request.actor,
            )
        except Invalid as error:
            return JsonResponse(
                {"text": error.text, "code": error.code, "errors": error.details}, status=422
            )
        except FloorChanged as error:
            return JsonResponse(
                {"text": error.text, "code": error.code, **_state(open_floor(venue))}, status=409
            )
        except TablesExpected as error:
            lines = [expected_line(each, venue) for each in error.expected]
            return JsonResponse(
                {"text": error.text, "code": error.code, "bookings": lines}, status=409
            )
        except DomainError as error:
            return JsonResponse({"text": error.text, "code": error.code}, status=409)
        return JsonResponse({"text": saved_text(saved), **_state(saved)})


class UndoFloorView(SetupView):
    """Bring back the floor as it was before the last save."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """There is nothing to look at here."""
        return self.to("setup_floor")

    def post(self, request: StaffRequest) -> HttpResponse:
        """Undo, and show the floor."""
        try:
            undo_floor(request.venue, by=request.actor)
        except TablesExpected as error:
            lines = [expected_line(each, request.venue)["text"] for each in error.expected[:10]]
            messages.error(request, " ".join([error.text, *lines]))
        except DomainError as error:
            messages.error(request, said(error))
        else:
            messages.success(request, _("The last save is undone."))
        return self.to("setup_floor")


def _state(saved: SavedFloor) -> dict[str, Any]:
    return {"document": f.document(saved.floor), "version": saved.version}


def saved_text(saved: SavedFloor) -> str:
    """What to say after a save."""
    if not saved.kept:
        return _("The floor is saved.")
    text = ngettext(
        "The floor is saved. Table %(labels)s belongs to past bookings and is kept, out of use.",
        "The floor is saved. Tables %(labels)s belong to past bookings and are kept, out of use.",
        len(saved.kept),
    )
    return text % {"labels": ", ".join(saved.kept)}


def expected_line(each: Expected, venue: Restaurant) -> dict[str, str]:
    """A party that is in the way, in one line, with a link to it."""
    text = _("Table %(label)s, %(day)s %(time)s: %(name)s, %(guests)s") % {
        "label": each.label,
        "day": short_day(each.date),
        "time": clock_time(each.starts_at, venue.tz),
        "name": each.name or _("being booked right now"),
        "guests": guests(each.party_size),
    }
    url = reverse("admin:reservations_reservation_changelist")
    return {"text": text, "url": f"{url}?{urlencode({'q': each.public_id})}" if each.name else ""}


def parts_of(floor: f.Floor) -> list[Part]:
    """Everything on the floor as lists."""
    has_tables, has_rooms = bool(floor.tables), bool(floor.rooms)
    none = _("No tables are pushed together yet.")
    together = _combinations(floor)
    plans = [Line(plan.id, plan.name, floor_words.when(plan)) for plan in floor.plans]
    same = _("Only the standard plan: the same tables on every day.")
    return [
        Part("table", _("Tables"), _("New table"), _("No tables yet."), _tables(floor), has_rooms),
        Part("room", _("Rooms"), _("New room"), _("No rooms yet."), _rooms(floor)),
        Part("combination", _("Combinations"), _("New combination"), none, together, has_tables),
        Part("plan", _("Plans"), _("New plan"), same, plans, has_tables),
        Part(
            "fixture",
            _("Fixtures"),
            _("New fixture"),
            _("No walls, doors or words yet."),
            _fixtures(floor),
            has_rooms,
        ),
    ]


def _names(floor: f.Floor) -> dict[str, str]:
    return {room.id: room.name for room in floor.rooms}


def _tables(floor: f.Floor) -> list[Line]:
    names = _names(floor)
    lines = []
    for table in floor.tables:
        size = _("%(seats)s guests") % {"seats": seats(table.min_seats, table.max_seats)}
        parts = [names[table.room], size, "" if table.in_use else _("not in use")]
        title = _("Table %(label)s") % {"label": table.label}
        lines.append(Line(table.id, title, " · ".join(filter(None, parts))))
    return lines


def _rooms(floor: f.Floor) -> list[Line]:
    counts = {room.id: _count(floor, room) for room in floor.rooms}
    return [
        Line(
            room.id,
            room.name,
            ngettext("%(n)d table", "%(n)d tables", counts[room.id]) % {"n": counts[room.id]},
        )
        for room in floor.rooms
    ]


def _combinations(floor: f.Floor) -> list[Line]:
    labels = {table.id: table.label for table in floor.tables}
    return [
        Line(
            each.id,
            " + ".join(labels[key] for key in sorted(each.tables, key=labels.__getitem__)),
            _("%(seats)s guests") % {"seats": seats(each.min_seats, each.max_seats)},
        )
        for each in floor.combinations
    ]


def _fixtures(floor: f.Floor) -> list[Line]:
    names, kinds = _names(floor), floor_words.fixtures()
    return [
        Line(each.id, each.label or kinds[each.kind], names[each.room]) for each in floor.fixtures
    ]


def _count(floor: f.Floor, room: f.Room) -> int:
    return sum(table.room == room.id for table in floor.tables)
