"""The parts of a house a guest may ask for, each with how many of the day's times it has."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from reservations.selectors.houses import House
from reservations.services.availability import DayOffers
from reservations.services.outlook import rooms_of
from reservations.views.month import times_text
from reservations.views.wishes import Wish, in_room, search_page


@dataclass(frozen=True, slots=True)
class RoomChoice:
    """A part of the house a guest may ask for."""

    name: str
    times: str
    url: str
    is_chosen: bool
    is_free: bool


def room_choices(house: House, wish: Wish, answer: DayOffers) -> tuple[RoomChoice, ...]:
    """No preference first; empty when no room has a time. No query."""
    rooms = rooms_of(answer)
    if wish.room_id is None and not any(room.free for room in rooms):
        return ()

    def url(room_id: int | None) -> str:
        return search_page(
            house.slug,
            party=wish.party,
            date=answer.day.service_date,
            time=wish.choice,
            like=in_room(wish, room_id),
        )

    anywhere = RoomChoice(_("No preference"), "", url(None), wish.room_id is None, True)
    return (
        anywhere,
        *(
            RoomChoice(
                room.name,
                times_text(room.free),
                url(room.room_id),
                wish.room_id == room.room_id,
                room.free > 0,
            )
            for room in rooms
        ),
    )
