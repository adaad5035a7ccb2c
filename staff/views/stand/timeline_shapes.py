"""What the timeline is drawn of: bars, marks, rows, the grid; places in per cent of its stretch."""

from __future__ import annotations

from dataclasses import dataclass

from reservations.engine.types import Minute
from staff.views.stand.shapes import Badge

STEP = 15
ROW = 52
HEADING = 32
GAP = 4
HOUR = 60
LONGEST = 36 * HOUR
"""What the drawing shows at most, whatever is in the book."""


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch of time that is drawn, in minutes as the engine counts them; whole hours."""

    first: Minute
    last: Minute

    def at(self, minute: float) -> float:
        """Where a minute is, in per cent; at the edge for what is outside."""
        inside = min(max(minute, self.first), self.last)
        return round(100 * (inside - self.first) / (self.last - self.first), 3)

    def meets(self, start: Minute, end: Minute) -> bool:
        """Whether any of it is drawn."""
        return start < self.last and end > self.first

    @property
    def quarters(self) -> range:
        """The start of each quarter of an hour."""
        return range(self.first, self.last, STEP)


@dataclass(frozen=True, slots=True)
class Bar:
    """A party at one table, or in the lane of those without: from when to when."""

    party: str
    version: int
    x: float
    w: float
    body: float
    """How much of the bar is the party's own time; the rest clears the table. Per cent."""
    y: int
    h: int
    tone: str
    icon: str
    word: str
    name: str
    size: int
    time: str
    more: str
    """The other tables it has with this one."""
    sits: bool
    until: int
    """When it is expected to leave, as an instant: beyond it the browser draws on."""
    is_over: bool
    flag: str
    server: Badge | None
    said: str
    has_left: bool = False
    """Only to be read: it is opened, and cannot be moved."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What keeps a table besides parties of the night: out of use, being cleared, being booked."""

    kind: str
    x: float
    w: float
    text: str
    said: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row."""

    key: str
    table: str
    label: str
    seats: str
    said: str
    height: int
    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid; whole hours have a name."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Joint:
    """Between two bars of one party whose rows are apart."""

    x: float
    y1: int
    y2: int


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies behind all rows."""

    first: int
    last: int
    ticks: tuple[Tick, ...]
    shut: tuple[Mark, ...]
    joints: tuple[Joint, ...]


@dataclass(frozen=True, slots=True)
class RoomRows:
    """One room."""

    key: str
    name: str
