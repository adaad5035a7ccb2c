"""The rotation: who gets the next party, and who should not."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from reservations.engine.stand.types import ServerLoad


def next_up(servers: Iterable[ServerLoad]) -> tuple[int, ...]:
    """Ids of those who take tables, in the order of who gets the next party.

    Who has waited longest comes first: never seated tonight, then the oldest last party; of equals
    who serves fewer guests, then the order of the rotation.
    """
    able = [server for server in servers if not server.is_cut]
    able.sort(
        key=lambda s: (
            -1 if s.last_seated is None else s.last_seated,
            s.open_covers,
            s.position,
            s.id,
        )
    )
    return tuple(server.id for server in able)


class Pressure(StrEnum):
    """Whether somebody should be given another party at this moment."""

    FINE = "fine"
    SECOND = "second"
    """It would be the second within a quarter of an hour: say so."""
    THIRD = "third"
    """…or the third or more: refuse, unless the host insists."""
    CUT = "cut"
    """They take no more tables tonight."""


def pressure_of(server: ServerLoad) -> Pressure:
    """What another party now would mean for who serves."""
    if server.is_cut:
        return Pressure.CUT
    if server.recent >= 2:
        return Pressure.THIRD
    return Pressure.SECOND if server.recent == 1 else Pressure.FINE
