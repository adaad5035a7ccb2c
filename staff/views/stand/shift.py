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
from staff.views.stand.page import TYPED, StandPageView

Typed = tuple[str, str, list[str], str, str] | None
"""What was not saved: the deed, whose form, the tables, the text, and the date."""


@dataclass(frozen=True, slots=True)
class NoteForm:
    """The note of the date, or of one of its services."""

    service: int | None
    """Primary key of the service; None for the date."""
    title: str
    """Empty for the date."""
    text: str
    by: str
    shown: str
    """The mark of what is shown."""
    typed: str = ""
    """What was not saved, because somebody else had saved meanwhile."""


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
    others: tuple[tuple[str, str], ...]
    """Who could take over: public id and name."""
    typed: str | None = None
    """The tables that were ticked and not saved, as text."""


class ShiftView(StandPageView):
    """``/staff/r/<slug>/stand/shift/?date=``: notes and sections of one date."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page; without forms for who may only look."""
        typed = request.session.pop(TYPED, None)
        if typed is not None and typed[-1] != self.date.isoformat():
            typed = None
        context = {
            "notes": notes_of(self.night, typed),
            "sections": sections_of(self.night, typed),
            "shown": self.night.sections_mark,
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


def notes_of(night: Night, typed: Typed = None) -> list[NoteForm]:
    """A form for the date and for each of its services, with what is written already."""
    verb, of, _, unsaved, _ = typed or ("", "", [], "", "")
    written = {note.service_id: note for note in night.notes}
    places: list[tuple[int | None, str]] = [(None, "")]
    places += [(service.id, service.name) for service in night.services]
    found = []
    for service, title in places:
        note = written.get(service)
        text, by, mark = (note.text, note.written_by, note.mark) if note else ("", "", "")
        is_of = verb == "note" and of == str(service or "")
        found.append(NoteForm(service, title, text, by, mark, unsaved if is_of else ""))
    return found


def sections_of(night: Night, typed: Typed = None) -> list[Section]:
    """Everybody on shift, in their order."""
    verb, of, ticked, _, _ = typed or ("", "", [], "", "")
    unsaved = ", ".join(table.label for table in night.tables if table.public_id in ticked)
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
        others = tuple(
            (each.public_id, each.name)
            for each in night.servers
            if each is not server and not each.is_cut
        )
        kept = unsaved if verb == "section" and of == server.public_id else None
        who = (server.public_id, server.name, server.is_cut, mine)
        found.append(Section(*who, shown, others, kept))
    return found
