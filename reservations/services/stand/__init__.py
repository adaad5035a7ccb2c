"""The actions of the host stand.

Every action on a party takes ``expected``, the ``version`` the screen showed, and raises StaleParty
when somebody changed the party since. All run under the day's lock, write the audit trail with the
service date, and return an :class:`Undo`. ``key`` names the tap: the same key again does nothing
again and returns the same Undo. Identifiers are public ids; instants are aware.

Raise ReservationNotFound, StaleParty, NotChangeable (the step is not in the lifecycle), PlaceTaken
(with who has it), Forbidden, Busy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from core.actors import Actor
from reservations.services.stand.undo_token import Undo

__all__ = ["Undo"]


# Parties: the door


def arrive(party: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """Everybody is here. From NO_SHOW it takes a table anew."""
    raise NotImplementedError


def partly_arrived(party: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """Some are here."""
    raise NotImplementedError


def no_show(party: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """They did not come: the table is free at once."""
    raise NotImplementedError


def table_ready(party: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """Tell a party that waits that its table is ready; the message leaves when undo is over."""
    raise NotImplementedError


# Parties: at the table


def seat(
    party: str,
    *,
    expected: int,
    by: Actor,
    tables: Sequence[str] | None = None,
    suggested: bool = False,
    partly: bool = False,
    server: str | None = None,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """Seat at its own table, the suggested one, or the chosen ``tables`` (public ids)."""
    raise NotImplementedError


def next_state(party: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """One step on: arrived, seated, bill, paid, left."""
    raise NotImplementedError


def set_state(party: str, to: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """To a status of the evening by name: check_dropped, paid, seated again."""
    raise NotImplementedError


def leave(party: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """They left: the rest of their time is free, the tables are being cleared."""
    raise NotImplementedError


def walk_in(
    restaurant: str,
    service_date: dt.date,
    party_size: int,
    *,
    by: Actor,
    tables: Sequence[str] | None = None,
    name: str = "",
    phone: str = "",
    server: str | None = None,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """A party without a booking sits down now: at the best table, or the chosen ones."""
    raise NotImplementedError


# Parties: places and times


def move(
    party: str,
    tables: Sequence[str],
    *,
    expected: int,
    by: Actor,
    starts_at: dt.datetime | None = None,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """To these tables (one, or several joined), and to another start for a party to come."""
    raise NotImplementedError


def swap(
    party: str,
    other: str,
    *,
    expected: int,
    other_expected: int,
    by: Actor,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """Two parties change tables."""
    raise NotImplementedError


def merge(party: str, table: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """Push another table to those of a party."""
    raise NotImplementedError


def split(party: str, table: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """Take one of a party's tables away."""
    raise NotImplementedError


def extend(party: str, *, expected: int, by: Actor, minutes: int = 15, key: str = "") -> Undo:
    """It stays longer (or shorter: negative); raises PlaceTaken with who stands against it."""
    raise NotImplementedError


def change_size(
    party: str, party_size: int, *, expected: int, by: Actor, overbook: bool = False, key: str = ""
) -> Undo:
    """One more, or two fewer."""
    raise NotImplementedError


def change_time(
    party: str,
    starts_at: dt.datetime,
    *,
    expected: int,
    by: Actor,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """Another time of the same night, at its table if that is free, else at the best one."""
    raise NotImplementedError


# Tables


def block(
    restaurant: str,
    service_date: dt.date,
    tables: Sequence[str],
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    *,
    by: Actor,
    note: str = "",
    key: str = "",
) -> Undo:
    """Take tables out of use for a while."""
    raise NotImplementedError


def unblock(block: str, *, by: Actor, key: str = "") -> Undo:
    """Give a blocked table back at once."""
    raise NotImplementedError


def cleared(
    restaurant: str, service_date: dt.date, table: str, *, by: Actor, key: str = ""
) -> Undo:
    """A table that was being cleared is free."""
    raise NotImplementedError


# The house


def pause_online(
    restaurant: str,
    service_date: dt.date,
    *,
    by: Actor,
    until: dt.datetime | None = None,
    key: str = "",
) -> Undo:
    """No bookings online for the rest of the date, or for times before ``until``."""
    raise NotImplementedError


def resume_online(restaurant: str, service_date: dt.date, *, by: Actor, key: str = "") -> Undo:
    """Bookings online again."""
    raise NotImplementedError


def cap_next_hour(
    restaurant: str,
    service_date: dt.date,
    covers: int,
    *,
    by: Actor,
    minutes: int = 60,
    online_only: bool = True,
    key: str = "",
) -> Undo:
    """At most so many covers per quarter of an hour arrive in the next hour."""
    raise NotImplementedError


def lift_cap(restaurant: str, service_date: dt.date, *, by: Actor, key: str = "") -> Undo:
    """The usual limits again."""
    raise NotImplementedError


def write_note(
    restaurant: str,
    service_date: dt.date,
    text: str,
    *,
    by: Actor,
    service: int | None = None,
    key: str = "",
) -> Undo:
    """The note of the day, or of one service (primary key); empty text removes it."""
    raise NotImplementedError


# Servers


def put_on_shift(
    restaurant: str,
    service_date: dt.date,
    name: str,
    *,
    by: Actor,
    user_id: int | None = None,
    key: str = "",
) -> Undo:
    """Somebody serves tonight; last in the rotation."""
    raise NotImplementedError


def cut(server: str, *, by: Actor, is_cut: bool = True, key: str = "") -> Undo:
    """They take no more tables, or take some again."""
    raise NotImplementedError


def give_section(server: str, tables: Sequence[str], *, by: Actor, key: str = "") -> Undo:
    """These tables are theirs tonight, and no others; taken from whoever had them."""
    raise NotImplementedError


def assign_server(
    party: str, server: str | None, *, expected: int, by: Actor, key: str = ""
) -> Undo:
    """Who serves this party; None for nobody."""
    raise NotImplementedError


def undo(token: str, *, by: Actor) -> str:
    """Take an action back within ten seconds, exactly; what was taken back, in words.

    Raises UndoImpossible with the reason: too late, changed since, or the place is gone.
    """
    raise NotImplementedError
