"""What goes into the engine and what comes out of it: frozen, hashable-by-identity values.

Units, everywhere in the engine:

* ``Minute`` is an instant: whole minutes since 1970-01-01T00:00Z.
* ``WallMinute`` is a clock reading on a service date: minutes after that date's local
  midnight. It may pass 1440: 1470 on Friday reads 00:30 and still belongs to Friday.
* Intervals are half-open, ``[start, end)``.
* A *cell* is a quarter of an hour of absolute time: ``minute // 15``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from reservations.engine.money import DepositRule

Minute = int
WallMinute = int
Cell = int

CELL_MINUTES = 15
DAY_MINUTES = 24 * 60

STANDARD_FLOOR = 0

RULE_VERSION = "best-fit/1"
"""Stamped on every stored decision, so that a replay knows which rules were in force."""


class CapacityMode(StrEnum):
    """What a booking takes: a table of the floor, or seats of a common pool."""

    TABLES = "tables"
    SEATS = "seats"


class Access(StrEnum):
    """Who may be given a table: the public, staff only, or only guests at the door."""

    ONLINE = "online"
    IN_HOUSE = "in_house"
    WALK_IN = "walk_in"


class Channel(StrEnum):
    """Where a request comes from. Online is the public; in-house is staff, phone and import."""

    ONLINE = "online"
    IN_HOUSE = "in_house"
    WALK_IN = "walk_in"


OPEN_TO: Mapping[Channel, frozenset[Access]] = {
    Channel.ONLINE: frozenset({Access.ONLINE}),
    Channel.IN_HOUSE: frozenset({Access.ONLINE, Access.IN_HOUSE}),
    Channel.WALK_IN: frozenset({Access.ONLINE, Access.IN_HOUSE, Access.WALK_IN}),
}
"""Which table classes each channel may be given."""


class Gauge(StrEnum):
    """A limit that is a count; each is a row with ``CHECK (used <= allowed)`` in the ledger."""

    SERVICE = "service"
    """Covers of a whole dining service; its cell is midnight (UTC) of the service date."""
    SLOT = "slot"
    """Pacing: covers and parties arriving in one slot, from every channel."""
    SLOT_ONLINE = "slot_online"
    """Pacing: covers and parties arriving in one slot, from the public only."""
    SEATS = "seats"
    """Seats occupied in one quarter of an hour (capacity mode *seats*); service id 0."""


class Reason(StrEnum):
    """Why a request is refused. Codes are stable: they are stored, counted and sent out."""

    PAST = "past"
    LEAD_TIME = "lead_time"
    CUT_OFF = "cut_off"
    BEYOND_WINDOW = "beyond_window"
    NOT_A_SLOT = "not_a_slot"
    NO_SERVICE = "no_service"
    CLOSED = "closed"
    SPECIAL_DAY = "special_day"
    KITCHEN_CLOSED = "kitchen_closed"
    CLOSURE = "closure"
    PRIVATE = "private"
    PREPAYMENT_NOT_SET_UP = "prepayment_not_set_up"
    OFFER_OVER = "offer_over"
    """The chosen offer has ended or was withdrawn."""
    OFFER_NOT_THEN = "offer_not_then"
    """The chosen offer is not served at this meal or on this date."""
    PARTY_TOO_SMALL = "party_too_small"
    PARTY_TOO_LARGE = "party_too_large"
    SERVICE_FULL = "service_full"
    PACING_COVERS = "pacing_covers"
    PACING_PARTIES = "pacing_parties"
    ONLINE_PACING_COVERS = "online_pacing_covers"
    ONLINE_PACING_PARTIES = "online_pacing_parties"
    SEATS_TAKEN = "seats_taken"
    NO_TABLE_FITS = "no_table_fits"
    OVERSIZE = "oversize"
    TABLES_TAKEN = "tables_taken"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the floor."""

    id: int
    label: str
    min_seats: int
    max_seats: int
    priority: int = 0
    """Higher is given away first among equally well fitting tables."""
    room_id: int | None = None
    access: Access = Access.ONLINE
    step_free: bool = False


@dataclass(frozen=True, slots=True)
class Combination:
    """Two or more tables that may be pushed together for one party."""

    id: int
    table_ids: tuple[int, ...]
    min_seats: int
    max_seats: int
    priority: int = 0


@dataclass(frozen=True, slots=True)
class TurnTime:
    """How long a party of up to ``up_to`` guests keeps its table."""

    up_to: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Pacing:
    """The limits of one quarter of an hour of a service; None is the service's own limit."""

    wall: WallMinute
    slot_covers: int | None = None
    slot_parties: int | None = None
    online_slot_covers: int | None = None
    online_slot_parties: int | None = None


@dataclass(frozen=True, slots=True)
class DiningService:
    """Lunch, Dinner, Brunch: when guests may sit down, and how many at once.

    It runs on ``weekdays`` (Monday is 0) between ``valid_from`` and ``valid_until``, or on
    the single date ``on_date``. Limits are ``None`` where there is none.
    """

    id: int
    name: str
    first_seating: WallMinute
    last_seating: WallMinute
    """Inclusive: the last slot on the interval that is not after it."""
    interval: int
    weekdays: frozenset[int] = frozenset()
    on_date: dt.date | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    turn_times: tuple[TurnTime, ...] = ()
    """Ascending by ``up_to``; empty means the plan's own; larger parties take the last one."""
    min_party: int = 1
    max_party: int | None = None
    max_covers: int | None = None
    slot_covers: int | None = None
    slot_parties: int | None = None
    online_slot_covers: int | None = None
    online_slot_parties: int | None = None
    room_ids: frozenset[int] = frozenset()
    """Rooms this service uses; empty means all."""
    requires_prepayment: bool = False
    auto_confirm: bool = True
    is_private: bool = False
    """Private services are never offered to the public."""
    pacing: tuple[Pacing, ...] = ()
    """Quarters of an hour with limits of their own."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One stretch of regular opening on a weekday; ``closes`` may pass midnight."""

    weekday: int
    opens: WallMinute
    closes: WallMinute


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date with its own hours: closed, shortened, or with the kitchen closed."""

    date: dt.date
    is_closed: bool = False
    opens: WallMinute | None = None
    closes: WallMinute | None = None
    """Both given: these hours replace the regular ones, for venue and kitchen alike."""
    kitchen_closed: bool = False
    note: str = ""
    kitchen_opens: WallMinute | None = None
    kitchen_closes: WallMinute | None = None
    """Both given: the kitchen's hours of this date, whatever the venue's are."""


@dataclass(frozen=True, slots=True)
class Closure:
    """A stretch of time in which slots do not start, for a stated reason.

    Without room and service it closes everything; ``online_only`` leaves staff free.
    """

    id: int
    starts: Minute
    ends: Minute
    service_id: int | None = None
    room_id: int | None = None
    online_only: bool = False
    note: str = ""
    table_id: int | None = None
    """Closes one table, for the whole stretch, instead of the slots that start in it."""


@dataclass(frozen=True, slots=True)
class Floor:
    """An arrangement of the tables on some dates; see ``floors.on_date``."""

    id: int
    name: str
    tables: tuple[Table, ...]
    combinations: tuple[Combination, ...]
    weekdays: frozenset[int] = frozenset()
    """Empty is every day."""
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """For slots that start in ``[starts, ends)``, at most so many covers per quarter of an hour.

    Set at the host stand for a short while; it binds besides the limits of the services.
    """

    starts: Minute
    ends: Minute
    covers: int
    online_only: bool = True


@dataclass(frozen=True, slots=True)
class BookableOffer:
    """A set menu or a promotion that a party can choose together with its time."""

    id: int
    name: str
    price: Decimal | None = None
    per_person: bool = True
    service_ids: frozenset[int] = frozenset()
    """Empty means every service."""
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Plan:
    """Everything a restaurant has decided about its book, compiled once per version.

    Compared and hashed by identity: selectors keep one object per version, and the engine
    memoises what it derives from it (slots of a date, candidate seatings of a party size).
    """

    restaurant_id: int
    version: int
    zone: ZoneInfo
    currency: str = "USD"
    money_unit: Decimal = Decimal("0.01")  # Its provider can move no less, only multiples.
    capacity_mode: CapacityMode = CapacityMode.TABLES
    seats: int = 0  # Size of the pool in mode *seats*.
    min_party: int = 1
    max_party: int = 20
    """Party limits for the public; staff may go beyond them if a table fits."""
    window_days: int = 90
    lead_minutes: int = 0
    cut_off: WallMinute | None = None
    """After this clock time the public cannot book for the same service date."""
    buffer_minutes: int = 0
    """Reset time after each party, part of the claim on the table."""
    max_spare_seats: int | None = None
    """Oversize guard: most empty chairs a party may leave at a table; None is no guard."""
    turn_times: tuple[TurnTime, ...] = (TurnTime(2, 90), TurnTime(4, 120), TurnTime(99, 150))
    tables: tuple[Table, ...] = ()
    combinations: tuple[Combination, ...] = ()
    services: tuple[DiningService, ...] = ()
    openings: tuple[Opening, ...] = ()
    """Regular hours of the venue; none at all means the services alone decide."""
    kitchen: tuple[Opening, ...] = ()
    """Regular hours of the kitchen; none at all means it follows the venue."""
    special_days: tuple[SpecialDay, ...] = ()
    closures: tuple[Closure, ...] = ()
    deposit_rules: tuple[DepositRule, ...] = ()
    bookable_offers: tuple[BookableOffer, ...] = ()
    caps: tuple[Cap, ...] = ()
    floors: tuple[Floor, ...] = ()
    """The first that holds on a date counts; the standard one is last. None: it is the only one."""
    floor_id: int = STANDARD_FLOOR  # of ``tables`` and ``combinations``

    def bookable_offer(self, offer_id: int | None) -> BookableOffer | None:
        """The offer with this id, if guests can choose it."""
        return next((offer for offer in self.bookable_offers if offer.id == offer_id), None)


class TableUse(NamedTuple):
    """A live claim on a table, rounded outward to whole minutes.

    A day has hundreds, so plain tuples in this order do as well: they are quicker to make.
    """

    table_id: int
    start: Minute
    end: Minute


@dataclass(frozen=True, slots=True)
class Used:
    """What a gauge has counted so far."""

    covers: int
    parties: int


GaugeKey = tuple[Gauge, int, Cell]
"""Kind of gauge, dining service id (0 for seats), cell."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The live claims of a restaurant around one service date, as read from the database."""

    uses: tuple[tuple[int, Minute, Minute], ...] = ()
    """Each as a :class:`TableUse`, or a plain tuple in its order."""
    gauges: Mapping[GaugeKey, Used] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of one service date: a party, a channel and its hard needs."""

    service_date: dt.date
    party_size: int
    now: Minute
    channel: Channel = Channel.ONLINE
    room_id: int | None = None
    """Seating area asked for; None is anywhere."""
    service_id: int | None = None
    step_free: bool = False
    """Accessibility is a hard constraint: only step-free tables qualify."""
    waived: frozenset[Reason] = frozenset()
    """Rules staff set aside for this request (logged by the service layer)."""
    turn_minutes: int | None = None
    """A turn agreed with this party; None is the house's own for its size."""
    offer_id: int | None = None
    """The offer that is booked with the table; None is none, an unknown one is over."""


@dataclass(frozen=True, slots=True)
class Closing:
    """One reason why the calendar refuses a slot, in the restaurant's words if it gave any."""

    reason: Reason
    note: str = ""
    online_only: bool = False
    """It binds the public only."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which a party may sit down, by the calendar alone."""

    service: DiningService
    wall: WallMinute
    starts: Minute
    closed_by: Reason | None = None
    """Set when the calendar itself refuses it: closed, special day, kitchen, closure."""
    note: str = ""
    """The restaurant's own words for ``closed_by``, if it gave any."""
    closed_rooms: frozenset[int] = frozenset()
    """Rooms shut for this slot by a closure."""
    online_closed: bool = False
    """``closed_by`` binds the public only."""
    online_closed_rooms: frozenset[int] = frozenset()
    """Rooms shut for the public only."""
    closings: tuple[Closing, ...] = ()
    """All that closes the slot; ``closed_by`` and ``note`` repeat the first."""

    @property
    def label(self) -> str:
        """The clock reading guests see, ``HH:MM`` in the restaurant's zone."""
        hours, minutes = divmod(self.wall % DAY_MINUTES, 60)
        return f"{hours:02d}:{minutes:02d}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, with the figures that make it checkable (limit, used, asked …)."""

    reason: Reason
    facts: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GaugeClaim:
    """What accepting the party adds to one gauge, and the limits in force."""

    gauge: Gauge
    service_id: int
    cell: Cell
    covers_allowed: int | None
    parties_allowed: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A seating that was free, with the score it was given (lowest wins, element by element)."""

    table_ids: tuple[int, ...]
    score: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """A party that changes tables to make room; only repacking policies make any."""

    from_tables: tuple[int, ...]
    to_tables: tuple[int, ...]
    start: Minute
    end: Minute


@dataclass(frozen=True, slots=True)
class Seating:
    """Where a party sits and for how long its table is spoken for."""

    table_ids: tuple[int, ...]
    """Empty in mode *seats*."""
    starts: Minute
    ends: Minute
    """End of the turn."""
    claimed_until: Minute
    """End of the claim: the turn plus the buffer."""
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """One slot of a day as the answer to a query."""

    slot: Slot
    free: int
    """Tables that could take this party for its whole turn (mode *seats*: free seats)."""
    total: int
    """Tables that could take it on an empty floor (mode *seats*: all seats)."""
    refusals: tuple[Refusal, ...] = ()

    @property
    def available(self) -> bool:
        """True when a hold on this slot would be accepted at the same instant."""
        return not self.refusals


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to 'this party, at this time': a seating, or the reasons against it."""

    query: Query
    slot: Slot | None
    seating: Seating | None = None
    gauges: tuple[GaugeClaim, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    rule_version: str = RULE_VERSION

    @property
    def accepted(self) -> bool:
        """True when the party may be seated as ``seating`` says."""
        return self.seating is not None
