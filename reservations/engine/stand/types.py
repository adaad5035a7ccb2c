"""What the host stand knows and says: the values of this package.

Every instant is a :data:`~reservations.engine.types.Minute`; intervals are half-open.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reservations.engine.lifecycle import Status
from reservations.engine.types import Minute

LATE_AFTER = 10
"""Minutes after its time from which a party that has not come counts as late."""
SOON_WITHIN = 30
"""Minutes before the next party from which a free table is shown as taken soon."""
VIP_WITHIN = 15
"""Minutes before its time from which the team is told of a VIP."""
SHORTEST_STAY = 30
"""Minutes. A table that is free for less is not offered to anybody."""
SECOND_TABLE_WITHIN = 15
"""Minutes within which a server who is given a second table is warned of, a third is refused."""

SITS = frozenset({Status.PARTIALLY_SEATED, Status.SEATED, Status.CHECK_DROPPED, Status.PAID})
"""Statuses of a party that is at its table."""
AT_THE_DOOR = frozenset({Status.PARTIALLY_ARRIVED, Status.ARRIVED})
"""…that is in the house and waits for it."""


class TableState(StrEnum):
    """What a table is at a glance; derived, never stored."""

    FREE = "free"
    HELD = "held"
    """Kept for somebody who is not there yet: a party whose time has come, or a guest booking."""
    SOON = "soon"
    """Free, but the next party comes within :data:`SOON_WITHIN` minutes."""
    OCCUPIED = "occupied"
    BUSSING = "bussing"
    """The party has left and the table is being cleared."""
    BLOCKED = "blocked"


class Owner(StrEnum):
    """On whose behalf a table is taken."""

    PARTY = "party"
    HOLD = "hold"
    BLOCK = "block"
    BUSSING = "bussing"


class AlertKind(StrEnum):
    """What needs a host's attention, the most pressing first."""

    CONFLICT = "conflict"
    """Somebody still sits where the next party's time has come."""
    ALLERGY = "allergy"
    """A party with an allergy is in the house and not served yet."""
    OVERSTAY = "overstay"
    """A party is expected to sit, or sits, beyond the next party's time."""
    UNASSIGNED = "unassigned"
    """No table is kept for a party that comes."""
    LATE = "late"
    PAYMENT_MISSING = "payment_missing"
    VIP_SOON = "vip_soon"


class Why(StrEnum):
    """Why a party cannot sit somewhere, or why a place is suggested. Stable codes."""

    TOO_SMALL = "too_small"
    """Not enough seats."""
    TOO_LARGE = "too_large"
    """Larger than the house gives to so few."""
    TAKEN = "taken"
    """Somebody has it at that time."""
    BLOCKED = "blocked"
    BUSSING = "bussing"
    HELD = "held"
    """A guest is booking it at this moment."""
    SHARED = "shared"
    """Both of two parties have it: there is nothing to change."""
    PAST = "past"
    NOT_STEP_FREE = "not_step_free"
    OUTSIDE_HOURS = "outside_hours"
    BEST_FIT = "best_fit"
    """No free place has fewer empty chairs."""
    ASSIGNED = "assigned"
    """It is the table the book gave this party."""
    ROOM_WISHED = "room_wished"
    """It is in the room the party asked for."""
    SECTION_NEXT_UP = "section_next_up"
    """It belongs to the server who is next."""
    SHORT = "short"
    """Free, but not for a whole turn."""
    JOINED = "joined"
    """Tables pushed together."""


@dataclass(frozen=True, slots=True)
class Use:
    """One stretch for which one table is taken."""

    table_id: int
    start: Minute
    end: Minute
    owner: Owner
    owner_id: int
    label: str = ""
    """Who, for people to read: a name, or why it is blocked."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A party as this module needs it."""

    id: int
    status: Status
    party_size: int
    starts: Minute
    ends: Minute
    """As booked."""
    table_ids: tuple[int, ...] = ()
    """The tables it has, or sits at."""
    seated: Minute | None = None
    expected_end: Minute | None = None
    """When a party that sits will leave; None is its booked end."""
    name: str = ""
    service_id: int | None = None
    room_id: int | None = None
    """The room it asked for."""
    step_free: bool = False
    has_allergy: bool = False
    is_vip: bool = False
    owes: bool = False
    """Its table is not secured as agreed."""
    is_online: bool = True

    @property
    def until(self) -> Minute:
        """When it is expected to leave."""
        return self.ends if self.expected_end is None else self.expected_end

    @property
    def sits(self) -> bool:
        """Whether it is at its table."""
        return self.status in SITS

    def needs(self, now: Minute) -> tuple[Minute, Minute]:
        """From when until when it needs tables it is moved to now: who sits, from now on."""
        start = now if self.sits else self.starts
        return start, max(self.until, start + 1)


@dataclass(frozen=True, slots=True)
class Alert:
    """One line of the alert rail."""

    kind: AlertKind
    party_id: int
    minutes: int = 0
    """How late, how far over, or how soon."""
    table_ids: tuple[int, ...] = ()
    against_id: int | None = None
    """The other party: who still sits there, or who comes next."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The answer to "can I seat a party of n now, until when?"."""

    party_size: int
    table_ids: tuple[int, ...] = ()
    """Where; empty when nowhere."""
    until: Minute | None = None
    """When the party would have to leave; None when nobody comes after it tonight."""
    minutes: int = 0
    """How long it could stay, up to its whole turn."""
    is_short: bool = False
    """Shorter than the turn of such a party."""
    free_at: Minute | None = None
    """When nowhere is free: when such a party could sit down, as the queue is told."""
    reasons: tuple[Why, ...] = ()

    @property
    def is_yes(self) -> bool:
        """Whether the party can sit down now."""
        return bool(self.table_ids)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place for a party now, with the reasons for and against it; best first in a list."""

    table_ids: tuple[int, ...]
    until: Minute | None
    minutes: int
    reasons: tuple[Why, ...]
    score: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cell15:
    """One quarter of an hour of the pacing strip."""

    start: Minute
    covers: int
    parties: int
    limit: int | None
    """Covers that may arrive in it; None is no limit."""
    online_limit: int | None = None
    seated: int = 0
    """Covers that have really sat down in it."""
    is_capped: bool = False

    @property
    def is_over(self) -> bool:
        """More than allowed (an overbooking, or a limit lowered later)."""
        return self.limit is not None and self.covers > self.limit


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a party may be put on a table at a start: yes, or the reason why not."""

    ok: bool
    why: Why | None = None
    against: str = ""
    """Who or what has it."""
    until: Minute | None = None
    """Up to when it could stay there, where the answer is yes."""


@dataclass(frozen=True, slots=True)
class ServerLoad:
    """How busy somebody who serves is."""

    id: int
    position: int
    is_cut: bool = False
    open_parties: int = 0
    open_covers: int = 0
    last_seated: Minute | None = None
    recent: int = 0
    """Parties seated with them within :data:`SECOND_TABLE_WITHIN` minutes."""
