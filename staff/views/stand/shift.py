"""What is settled before the doors open: notes of the date, who serves, and whose tables are whose.

A page of forms beside the stand. Each form is a deed of the stand (:mod:`staff.views.stand.deeds`)
and leads back here; every other screen hears of it as of anything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render

from reservations.selectors.night import Night
from restaurants.access import Capability
from restaurants.people import names_of_members
from staff import once
from staff.access import StaffRequest
from staff.views.stand.page import StandPageView


@dataclass(frozen=True, slots=True)
class NoteForm:
    """The note of the date, or of one of its services."""

    service: int | None
    """Primary key of the service; None for the date."""
    title: str
    """Empty for the date."""
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A table that may be part of somebody's section."""

    table: str
    label: str
    is_mine: bool
    whose: str
    """The name of whoever else has it."""


@dataclass(frozen=True, slots=True)
class Section:
    """Somebody on shift, and all tables by room, theirs marked."""

    server: str
    name: str
    is_cut: bool
    tables: str
    """Their tables as text."""
    rooms: tuple[tuple[str, tuple[Spot, ...]], ...]


class ShiftView(StandPageView):
    """``/staff/r/<slug>/stand/shift/?date=``: notes and sections of one date."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page; without forms for who may only look."""
        context = {
            "notes": notes_of(self.night),
            "sections": sections_of(self.night),
            "people": self._not_on_shift(),
            "once": once.fresh(),
            "may_operate": self.may(Capability.OPERATE),
            "undo": self._undo(),
            **self._where(),
        }
        return render(request, "staff/stand/shift.html", context)

    def _not_on_shift(self) -> list[str]:
        """Who works here and may be put on shift by their name."""
        on = {each.name.casefold() for each in self.night.servers}
        everybody = names_of_members(self.request.venue.pk)
        return [name for name in everybody if name.casefold() not in on]


def notes_of(night: Night) -> list[NoteForm]:
    """A form for the date and for each of its services, with what is written already."""
    written = {note.service_id: note for note in night.notes}
    places: list[tuple[int | None, str]] = [(None, "")]
    places += [(service.id, service.name) for service in night.services]
    found = []
    for service, title in places:
        note = written.get(service)
        text, by = (note.text, note.written_by) if note else ("", "")
        found.append(NoteForm(service, title, text, by))
    return found


def sections_of(night: Night) -> list[Section]:
    """Everybody on shift, in their order."""
    owner = {table: server for server in night.servers for table in server.table_ids}
    found = []
    for server in night.servers:
        rooms: dict[int, list[Spot]] = {room.id: [] for room in night.rooms}
        for table in night.tables:
            whose = owner.get(table.id)
            is_mine = whose is server
            other = whose.name if whose is not None and not is_mine else ""
            rooms[table.room_id].append(Spot(table.public_id, table.label, is_mine, other))
        mine = ", ".join(spot.label for spots in rooms.values() for spot in spots if spot.is_mine)
        shown = tuple((room.name, tuple(rooms[room.id])) for room in night.rooms if rooms[room.id])
        found.append(Section(server.public_id, server.name, server.is_cut, mine, shown))
    return found
