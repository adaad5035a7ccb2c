"""What a pass says, the same in every wallet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from notifications.wording import day_and_time, one_line, party
from restaurants.colour import accent_of, is_colour

OUR_COLOUR = "#1d5c48"


@dataclass(frozen=True, slots=True)
class PassFacts:
    """A booking as a pass shows it. Of the guest it knows the first name, nothing else."""

    reservation_id: str
    code: str
    restaurant: str
    address: str
    phone: str
    zone: ZoneInfo
    starts_at: dt.datetime
    ends_at: dt.datetime
    party_size: int
    first_name: str
    manage_url: str
    """The page of the booking: only for passes that stay with the guest."""
    language: str
    sequence: int = 0
    """Changes so far."""
    colour: str = ""
    """The house's, ``#rrggbb`` or empty."""
    latitude: float | None = None
    longitude: float | None = None

    @property
    def when(self) -> str:
        """``Saturday 28 November 2026, 19:00`` on the restaurant's clock."""
        return day_and_time(self.starts_at, self.zone.key)

    @property
    def party(self) -> str:
        """``2 guests``."""
        return party(self.party_size)

    @property
    def title(self) -> str:
        """``Table at Bella Notte``."""
        return gettext("Table at %(restaurant)s") % {"restaurant": one_line(self.restaurant)}

    @property
    def ground(self) -> str:
        """A colour that white text can be read on."""
        colour = self.colour if is_colour(self.colour) else OUR_COLOUR
        return accent_of(colour).light.accent

    def local(self, instant: dt.datetime) -> str:
        """ISO 8601 with the restaurant's offset, to the second."""
        return instant.astimezone(self.zone).isoformat(timespec="seconds")


def first_name(name: str) -> str:
    """``Ada`` of ``Ada Lovelace``."""
    return next(iter(one_line(name).split()), "")
