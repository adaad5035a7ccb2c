"""The night of a house as values: what pages show, and what they can ask of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from core.tokens import fingerprint
from reservations.engine import stand
from reservations.engine.calendar import services_on
from reservations.engine.lifecycle import UPCOMING, Status
from reservations.engine.stand import SITS, TableState
from reservations.engine.types import DiningService, Minute
from reservations.engine.walltime import boundary_to_minute, datetime_to_minute, minute_to_datetime
from reservations.selectors.houses import House

VIP_TAG = "vip"


def natural(label: str) -> tuple[tuple[int, int, str], ...]:
    """An order in which table 9 comes before table 10."""
    parts: list[tuple[int, int, str]] = []
    digits = ""
    for sign in f"{label} ":
        if sign.isdecimal():
            digits += sign
            continue
        if digits:
            parts.append((0, int(digits), ""))
            digits = ""
        parts.append((1, 0, sign))
    return tuple(parts)


def service_at(found: House, service_date: dt.date, now: Minute) -> DiningService | None:
    """The service of a date that seats guests now, or the next one, or else the last."""
    plan = found.plan
    edges = sorted(
        (
            boundary_to_minute(plan.zone, service_date, each.first_seating),
            boundary_to_minute(plan.zone, service_date, each.last_seating),
            each.id,
            each,
        )
        for each in services_on(plan, service_date)
    )
    for _, last, _, each in edges:
        if now <= last:
            return each
    return edges[-1][3] if edges else None


@dataclass(frozen=True, slots=True)
class Room:
    """A room of the floor."""

    id: int
    public_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Server:
    """Somebody who serves tonight."""

    id: int
    public_id: str
    name: str
    position: int
    is_cut: bool
    table_ids: tuple[int, ...]
    """Their section."""
    open_parties: int = 0
    open_covers: int = 0
    last_seated_at: dt.datetime | None = None
    pressure: stand.Pressure = stand.Pressure.FINE
    """What another party now would mean for them."""


@dataclass(frozen=True, slots=True)
class Block:
    """A table out of use: blocked, or being cleared."""

    id: int
    public_id: str
    table_id: int
    kind: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    note: str
    made_by: str
    queued: str = ""
    """Public id of the party of the queue it is kept for."""
    queued_name: str = ""


@dataclass(frozen=True, slots=True)
class PartyRow:
    """One party of the night with everything a row shows. Instants are in the house's zone."""

    id: int
    public_id: str
    code: str
    version: int
    """What an action must expect; see ``services.stand``."""
    status: Status
    name: str
    """Who comes: the diner where somebody else booked."""
    party_size: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    table_ids: tuple[int, ...]
    table_labels: tuple[str, ...]
    service_id: int
    room_id: int | None
    """The room it asked for."""
    channel: str
    source: str
    phone: str
    email: str
    arrived_at: dt.datetime | None
    seated_at: dt.datetime | None
    check_at: dt.datetime | None
    paid_at: dt.datetime | None
    left_at: dt.datetime | None
    expected_end: dt.datetime | None
    marked_late_at: dt.datetime | None
    ready_at: dt.datetime | None
    late_minutes: int | None
    """How late the party said it will be."""
    status_changed_at: dt.datetime
    server_id: int | None
    is_locked: bool
    overbooked: tuple[str, ...]
    occasion: str
    celebration: str
    allergens: tuple[str, ...]
    """Codes, and what was said in words; of the booking and of the guest's record."""
    dietary: tuple[str, ...]
    special_requests: str
    high_chairs: int
    accessibility_needs: str
    step_free: bool
    offer_name: str
    customer_id: str | None
    """Public id of the guest's record."""
    is_vip: bool
    """The guest's record says so, or one of its tags."""
    birthday: str
    """Of who comes: month and day, ``11-28``; empty is not known."""
    anniversary: str
    """The same."""
    is_for_other: bool
    """Whoever booked does not come: what their record says is not of who does."""
    guest_tags: tuple[str, ...]
    """Of the guest's record."""
    tags: tuple[str, ...]
    """Of this visit."""
    notes: str
    visits: int
    """Earlier visits to this house."""
    deposit: str
    """What was agreed in advance, as a plain number; empty for nothing."""
    currency: str
    is_secured: bool
    """What was agreed in advance is there."""
    owes: bool
    alerts: tuple[stand.Alert, ...] = ()

    @property
    def is_walk_in(self) -> bool:
        """Came without a booking."""
        return self.channel == "walk_in"

    @property
    def is_first_visit(self) -> bool:
        """A guest the house knows by name but has not had before."""
        return self.customer_id is not None and self.visits == 0

    @property
    def sits(self) -> bool:
        """At its table."""
        return self.status in SITS

    @property
    def until(self) -> dt.datetime:
        """When it is expected to leave."""
        return self.expected_end or self.ends_at

    @property
    def tab(self) -> str:
        """The list it belongs to: upcoming, arrived, seated or done."""
        if self.status in UPCOMING:
            return "upcoming"
        if self.status in stand.AT_THE_DOOR:
            return "arrived"
        return "seated" if self.sits else "done"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One table with what it is now. Positions are in centimetres of the plan."""

    id: int
    public_id: str
    label: str
    room_id: int
    min_seats: int
    max_seats: int
    access: str
    step_free: bool
    shape: str
    x: float
    y: float
    width: float
    height: float
    rotation: int
    state: TableState
    sitting: tuple[int, ...] = ()
    """Ids of the parties that sit at it; two only when rows were changed by hand."""
    waiting_id: int | None = None
    """The party it is kept for now."""
    since: dt.datetime | None = None
    """Since when it is as it is: seated, blocked, being cleared."""
    until: dt.datetime | None = None
    """When that is expected to end."""
    next_at: dt.datetime | None = None
    next_id: int | None = None
    """The next party that has it, and when."""
    server_id: int | None = None
    block: Block | None = None
    has_conflict: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """Where a party that has left sat, from when to when; in the house's zone.

    One that changed tables has several.
    """

    party_id: int
    table_id: int
    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class WaitRow:
    """Somebody who waits for a table of this date."""

    public_id: str
    name: str
    party_size: int
    earliest: dt.time
    latest: dt.time
    status: str
    step_free: bool
    phone: str
    email: str
    source: str
    created_at: dt.datetime
    verdict: str = ""
    """What came of looking for a table for it; see ``engine.waiting.Verdict``."""
    verdict_facts: Mapping[str, Any] = field(default_factory=dict)
    looked_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Covers of the night at a glance; ``parties`` counts those still on."""

    parties: int = 0
    covers: int = 0
    """Booked, walk-ins included, without those that were cancelled or never came."""
    in_house: int = 0
    seated: int = 0
    to_come: int = 0
    walk_ins: int = 0
    left: int = 0
    no_shows: int = 0
    cancelled: int = 0
    waiting: int = 0
    """Covers on the waitlist."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note of the day, or of one service."""

    service_id: int | None
    text: str
    written_by: str
    updated_at: dt.datetime

    @property
    def mark(self) -> str:
        """What a form names that shows it, so that a newer one is not overwritten unseen."""
        return note_mark(self.text, self.updated_at)


def note_mark(text: str, updated_at: dt.datetime) -> str:
    """The mark of a note; that of an empty one is empty, as if there were none."""
    return fingerprint("note", f"{updated_at.timestamp()} {text}")[:24] if text else ""


@dataclass(frozen=True, slots=True)
class Brake:
    """Online booking paused, or arrivals capped, for a while."""

    kind: str
    """``pause`` or ``cap``."""
    id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    covers: int | None = None
    online_only: bool = True


@dataclass(frozen=True)
class Night:
    """See the module. Everything as of ``now``; nothing here is read again."""

    house: House
    service_date: dt.date
    now: dt.datetime
    """In the house's zone."""
    opens: dt.datetime
    closes: dt.datetime
    """What the timeline shows: from the first seating to the end of the last turn."""
    is_tonight: bool
    """Whether it is this evening now: on the list of another date nobody comes, sits or leaves."""
    services: tuple[DiningService, ...]
    rooms: tuple[Room, ...]
    tables: tuple[TableRow, ...]
    parties: tuple[PartyRow, ...]
    """In order of time; those that are over too."""
    waiting: tuple[WaitRow, ...]
    figures: Figures
    pacing: tuple[stand.Cell15, ...]
    alerts: tuple[stand.Alert, ...]
    servers: tuple[Server, ...]
    rotation: tuple[int, ...]
    """Ids of servers in the order of who gets the next party."""
    notes: tuple[Note, ...]
    brakes: tuple[Brake, ...]
    uses: tuple[stand.Use, ...]
    """Every stretch a table is taken for: the bars of the timeline."""
    blocks: tuple[Block, ...]
    floor: stand.Floor
    guests: tuple[stand.Guest, ...]
    stays: tuple[Stay, ...] = ()
    """Who has left, and where they sat."""

    @property
    def zone(self) -> ZoneInfo:
        """The house's time zone."""
        return self.house.zone

    @cached_property
    def by_id(self) -> dict[int, PartyRow]:
        """Parties by their key, as alerts and tables name them."""
        return {party.id: party for party in self.parties}

    @cached_property
    def table_by_id(self) -> dict[int, TableRow]:
        """Tables by their key."""
        return {table.id: table for table in self.tables}

    def party(self, public_id: str) -> PartyRow | None:
        """The party with this public id, if it is of this night."""
        return next((party for party in self.parties if party.public_id == public_id), None)

    def in_tab(self, tab: str) -> tuple[PartyRow, ...]:
        """The parties of one list: upcoming, arrived, seated or done."""
        return tuple(party for party in self.parties if party.tab == tab)

    def labels(self, table_ids: Iterable[int]) -> tuple[str, ...]:
        """What these tables are called."""
        return tuple(self.table_by_id[pk].label for pk in table_ids if pk in self.table_by_id)

    def instant(self, minute: Minute) -> dt.datetime:
        """A minute of the engine on the house's clocks."""
        return minute_to_datetime(self.zone, minute)

    def minute(self, instant: dt.datetime) -> Minute:
        """An instant as the engine counts."""
        return datetime_to_minute(instant)

    @cached_property
    def sections_mark(self) -> str:
        """The same of all sections: whose tables are whose."""
        owners = sorted((pk, each.id) for each in self.servers for pk in each.table_ids)
        return fingerprint("sections", str(owners))[:24]

    @property
    def service_now(self) -> DiningService | None:
        """The service that runs now, or comes next tonight."""
        return service_at(self.house, self.service_date, self.floor.now)

    def quote(self, party_size: int) -> stand.Quote:
        """ "Can I seat a party of n now, until when?" for walk-ins."""
        return stand.quote(self.floor, party_size, self.service_now, preferred=self.section_next_up)

    @cached_property
    def section_next_up(self) -> frozenset[int]:
        """The tables of whoever gets the next party."""
        if not self.rotation:
            return frozenset()
        server = next(s for s in self.servers if s.id == self.rotation[0])
        return frozenset(server.table_ids)

    def server_for(self, table_ids: Iterable[int], *, assigned: int | None = None) -> Server | None:
        """Who would serve a party at these tables.

        Who was assigned; else whose section it is, else who is next up. Who is cut takes no more,
        in their own section either.
        """
        wanted = set(table_ids)
        able = {each.id: each for each in self.servers if not each.is_cut}
        owners = (each for each in able.values() if wanted & set(each.table_ids))
        following = (able[pk] for pk in self.rotation)
        return able.get(assigned or 0) or next(owners, None) or next(following, None)

    def suggestions(self, public_id: str, limit: int = 5) -> tuple[stand.Suggestion, ...]:
        """Where a party of this night could sit down now, best first, with reasons."""
        guest = self._guest(public_id)
        if guest is None:
            return ()
        return stand.suggestions(
            self.floor,
            guest.party_size,
            max(guest.ends - guest.starts, stand.SHORTEST_STAY),
            guest=guest,
            preferred=self.section_next_up,
            limit=limit,
        )

    def cells(
        self, public_id: str, starts: Sequence[Minute]
    ) -> dict[int, tuple[stand.Verdict, ...]]:
        """For each table, whether the party may be moved to it at each start, and why not."""
        guest = self._guest(public_id)
        return {} if guest is None else stand.legal_cells(self.floor, guest, starts)

    def ends(self, public_id: str, ends: Sequence[Minute]) -> tuple[stand.Verdict, ...]:
        """Whether the party may stay where it is until each of these, and why not."""
        guest = self._guest(public_id)
        return () if guest is None else stand.legal_ends(self.floor, guest, ends)

    def _guest(self, public_id: str) -> stand.Guest | None:
        row = self.party(public_id)
        return next((g for g in self.guests if row is not None and g.id == row.id), None)
