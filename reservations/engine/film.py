"""An evening as it was at any instant, from the deeds that were written down.

Every deed says how what it touched stood afterwards (``Event.states``). The evening at an instant
is what the deeds up to then said last, and nothing else: nothing is worked out backwards from how
it is now, so what was undone, moved or cancelled since shows as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reservations.engine.lifecycle import Status

Seconds = int
"""An instant: seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Event:
    """One deed: when, what, to what, and how everything it touched stood afterwards."""

    id: int
    """In the order in which they were written."""
    at: Seconds
    verb: str
    target: str
    states: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """By public id; None for what was gone afterwards."""


@dataclass(frozen=True, slots=True)
class PartyThen:
    """A party as it was."""

    date: str
    """Its service date, as ISO 8601."""
    status: Status
    party_size: int
    starts: Seconds
    ends: Seconds
    table_ids: tuple[int, ...] = ()
    claimed_from: Seconds = 0
    claimed_until: Seconds = 0
    """For how long its tables were spoken for."""
    arrived: Seconds | None = None
    seated: Seconds | None = None
    expected_end: Seconds | None = None
    server_id: int | None = None


@dataclass(frozen=True, slots=True)
class BlockThen:
    """A table that was out of use: blocked, or being cleared."""

    table_id: int
    kind: str
    starts: Seconds
    ends: Seconds
    claimed_until: Seconds
    """Until somebody else's time began on it."""
    queued: str = ""
    """Public id of the party of the queue it was kept for."""


@dataclass(frozen=True, slots=True)
class HoldThen:
    """A table that was kept for somebody who was booking."""

    date: str
    """Its service date, as ISO 8601."""
    party_size: int
    expires: Seconds
    """When it was over without a deed."""
    table_ids: tuple[int, ...] = ()
    claimed_from: Seconds = 0
    claimed_until: Seconds = 0


@dataclass(frozen=True, slots=True)
class ServerThen:
    """Somebody on shift, with the tables of their section."""

    server_id: int
    table_ids: tuple[int, ...] = ()
    is_cut: bool = False
    """Took no more tables."""


@dataclass(frozen=True, slots=True)
class Evening:
    """Everybody, and every table that was not free for others, as it was; by public id."""

    parties: Mapping[str, PartyThen]
    blocks: Mapping[str, BlockThen]
    holds: Mapping[str, HoldThen] = field(default_factory=dict)
    servers: Mapping[str, ServerThen] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    """What something was done to before how it stood was written down with the deed."""


STANDING = ("res_", "hold_", "block_", "srv_")
"""How the public ids begin of what has a state."""


def state_at(events: Iterable[Event], instant: Seconds) -> Evening:
    """The evening after all that was done up to ``instant``, that second included.

    Events in any order; of one second, the one written later counts.
    """
    done = sorted((event for event in events if event.at <= instant), key=lambda each: each.id)
    return state_after(done, instant)


def state_after(done: Iterable[Event], instant: Seconds) -> Evening:
    """The evening at ``instant`` after exactly these deeds, given in the order of writing."""
    last: dict[str, Mapping[str, Any] | None] = {}
    seen: dict[str, None] = {}
    for event in done:
        last.update(event.states)
        if event.target.startswith(STANDING):
            seen[event.target] = None
    return _standing(last, instant, frozenset(seen.keys() - last.keys()))


def _standing(
    last: Mapping[str, Mapping[str, Any] | None], instant: Seconds, unknown: frozenset[str]
) -> Evening:
    """What is still there of it at ``instant``: a hold and a blocked table are over by the clock.

    What a state is about is told by what it says.
    """
    parties, blocks, holds, servers = {}, {}, {}, {}
    for key, state in last.items():
        if state is None:
            continue
        if "section" in state:
            servers[key] = _server(state)
        elif "expires" in state:
            if state["expires"] > instant:
                holds[key] = _hold(state)
        elif "table" in state:
            if state["ends"] > instant:
                blocks[key] = _block(state)
        else:
            parties[key] = _party(state)
    return Evening(parties, blocks, holds, servers, unknown)


def _block(state: Mapping[str, Any]) -> BlockThen:
    ends = state["ends"]
    until = state.get("until", ends)
    queued = state.get("queue", "")
    return BlockThen(state["table"], state["kind"], state["starts"], ends, until, queued)


def _hold(state: Mapping[str, Any]) -> HoldThen:
    return HoldThen(
        date=state["date"],
        party_size=state["size"],
        expires=state["expires"],
        table_ids=tuple(state.get("tables", ())),
        claimed_from=state.get("from", 0),
        claimed_until=state.get("until", 0),
    )


def _server(state: Mapping[str, Any]) -> ServerThen:
    return ServerThen(state["id"], tuple(state["section"]), state.get("cut", False))


def _party(state: Mapping[str, Any]) -> PartyThen:
    return PartyThen(
        date=state["date"],
        status=Status(state["status"]),
        party_size=state["size"],
        starts=state["starts"],
        ends=state["ends"],
        table_ids=tuple(state.get("tables", ())),
        claimed_from=state.get("from", 0),
        claimed_until=state.get("until", 0),
        arrived=state.get("arrived"),
        seated=state.get("seated"),
        expected_end=state.get("expected"),
        server_id=state.get("server"),
    )
