"""Two taps on the timeline: for each table and quarter of an hour yes, or no and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from reservations.engine import stand
from reservations.engine.lifecycle import UPCOMING
from reservations.engine.stand import Guest, Verdict, Why
from reservations.engine.types import Minute
from reservations.selectors.night import Night, PartyRow, TableRow
from reservations.selectors.queue import Queue
from staff.views.stand import modes, words
from staff.views.stand.shapes import do_value
from staff.views.stand.timeline import span_of
from staff.views.stand.timeline_shapes import STEP

_FARTHEST = 240
"""Minutes that one stretch makes of difference at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a cell says; many cells say the same."""

    ok: bool
    reason: str
    label: str
    tables: str = ""


@dataclass
class Grid:
    """An answer for each row and quarter: numbers of ``answers``, -1 for a cell that is none."""

    kind: str
    value: str
    """What a tap sends, before the cell's own fields."""
    times: list[str]
    """Of each quarter: what the tap asks for, on the clocks of the house."""
    minutes: list[int] = field(default_factory=list)
    """Of each quarter, by how much the party stays longer."""
    length: int = 0
    """For how many minutes the party stays."""
    own: int = -1
    """The quarter in which it begins, or ends, now."""
    answers: list[Answer] = field(default_factory=list)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def put(self, key: str, found: Iterable[Answer | None]) -> None:
        """A whole row."""
        known = {answer: number for number, answer in enumerate(self.answers)}
        row = []
        for answer in found:
            if answer is not None and answer not in known:
                known[answer] = len(self.answers)
                self.answers.append(answer)
            row.append(-1 if answer is None else known[answer])
        self.rows[key] = row


def mode_in_time(night: Night, asked: Any, queue: Callable[[], Queue]) -> dict[str, Any] | None:
    """A mode as the timeline needs it; None for none, or for who is not there (any more).

    Who is in the house already only changes tables: then a row says yes or no as a whole.
    """
    kind = asked.get("mode", "")
    party = night.party(asked.get("party", ""))
    if kind == "stretch":
        return None if party is None or party.tab == "done" else _stretch(night, party)
    mode = modes.mode_of(night, asked, queue)
    if mode is None:
        return None
    said: dict[str, Any] = asdict(mode)
    if party is not None and kind in ("move", "swap"):
        said["swaps"] = _swaps(night, party)
    if party is not None and kind == "move" and party.status in UPCOMING:
        said["text"] = _("Tap the new table and time of %(who)s") % {"who": _who(party)}
        said["grid"] = asdict(_move(night, party))
    return said


def _who(party: PartyRow) -> str:
    return f"{party.name} · {party.party_size}"


def _guest(night: Night, party: PartyRow) -> Guest:
    return next(each for each in night.guests if each.id == party.id)


def _move(night: Night, party: PartyRow) -> Grid:
    guest = _guest(night, party)
    starts = list(span_of(night).quarters)
    own = next((n for n, at in enumerate(starts) if at <= guest.starts < at + STEP), -1)
    if own >= 0:
        starts[own] = guest.starts
    grid = Grid(
        "move",
        do_value("move", party),
        [words.clock(night.instant(at)) for at in starts],
        length=guest.ends - guest.starts,
        own=own,
    )
    cells = night.cells(party.public_id, starts)
    for table in night.tables:
        found = cells.get(table.id) or (Verdict(False, Why.BLOCKED),) * len(starts)
        row = [
            _cell(night, guest, table, start, verdict)
            for start, verdict in zip(starts, found, strict=True)
        ]
        if own >= 0 and party.table_ids == (table.id,):
            row[own] = Answer(False, _("Is there"), table.label)
        grid.put(f"tl-t-{table.id}", row)
    return grid


def _cell(night: Night, guest: Guest, table: TableRow, start: Minute, alone: Verdict) -> Answer:
    ids: tuple[int, ...] = (table.id,)
    found = alone
    if alone.why is Why.TOO_SMALL:
        end = start + guest.until - guest.starts

        def ask(ids: tuple[int, ...], seats: int) -> Verdict:
            return stand.verdict(night.floor, guest, ids, start, end, seats=seats)

        ids, found = modes.joined(night, guest, table, ask, alone)
    label = words.tables(night.labels(ids))
    if not found.ok:
        return Answer(False, words.reason(found), label)
    until = "" if found.until is None else f"→ {words.clock(night.instant(found.until))}"
    tables = ",".join(night.table_by_id[pk].public_id for pk in ids)
    return Answer(True, until, label, tables)


def _swaps(night: Night, party: PartyRow) -> dict[str, Any]:
    """Of each other party that is still to be moved: whether the two may change tables."""
    guest = _guest(night, party)
    return {
        other.public_id: asdict(modes.swap_with(night, party, guest, other))
        for other in night.parties
        if other.tab != "done" and other.id != party.id
    }


def _stretch(night: Night, party: PartyRow) -> dict[str, Any]:
    """Until when a party may stay where it is."""
    guest = _guest(night, party)
    floor = night.floor
    ends = [at + STEP for at in span_of(night).quarters]
    until = guest.until
    late = max(until, floor.now) if guest.sits else until
    by = [end - (late if end > until else until) for end in ends]
    grid = Grid(
        "stretch",
        do_value("extend", party),
        [words.clock(night.instant(at)) for at in ends],
        minutes=by,
        own=next((n for n, at in enumerate(ends) if at - STEP < until <= at), -1),
    )
    begins = guest.starts if guest.seated is None else guest.seated
    label = words.tables(party.table_labels)
    row = [
        _end(label, verdict, minutes) if end >= begins + STEP else None
        for end, minutes, verdict in zip(ends, by, night.ends(party.public_id, ends), strict=True)
    ]
    for pk in party.table_ids:
        grid.put(f"tl-t-{pk}", row)
    mode = modes.Mode(
        "stretch",
        _("Tap when %(who)s leaves") % {"who": _who(party)},
        {},
        party.party_size,
        party.public_id,
        line=_("Now: %(time)s") % {"time": words.clock(party.until)},
    )
    return asdict(mode) | {"grid": asdict(grid)}


def _end(label: str, found: Verdict, minutes: int) -> Answer:
    if minutes == 0:
        return Answer(False, _("As it is"), label)
    if not -_FARTHEST <= minutes <= _FARTHEST:
        return Answer(False, _("Too far for one step"), label)
    if not found.ok:
        return Answer(False, words.reason(found), label)
    return Answer(True, "", label)
