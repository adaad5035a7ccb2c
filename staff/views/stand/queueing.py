"""The queue on the stand: what was promised, how it stands, what one tap does, and its drawer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from reservations.engine.queueing import Cause, Wait
from reservations.models import QueueEntry
from reservations.selectors.night import Night
from reservations.selectors.queue import Queue, QueueRow
from staff.views.stand import queue_words, words
from staff.views.stand.shapes import Flag, Press

SIZES = range(1, 9)
"""Of parties, for each of which the wait is said at the door."""

_S = QueueEntry.Status
_STATES: Mapping[str, object] = {
    _S.CALLED: gettext_lazy("Called"),
    _S.COMING: gettext_lazy("Is coming"),
}


@dataclass(frozen=True, slots=True)
class Queued:
    """A party of the queue."""

    key: str
    party: str
    version: int
    position: int
    name: str
    size: int
    state: str
    word: str
    quoted: str
    estimate: str
    is_now: bool
    why: str
    promised: int
    """Seconds since 1970: counted down to, and up from; 0 for no promise."""
    promised_text: str
    is_over: bool
    flags: tuple[Flag, ...]
    note: str
    press: Press | None
    find: str


@dataclass(frozen=True, slots=True)
class Heading:
    """Above the parties of the queue, and above those of the waitlist."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """How long a party of a size would wait, on one chip."""

    size: int
    short: str
    line: str
    is_now: bool


def rows_of(queue: Queue, *, may_act: bool) -> list[Queued]:
    """The queue in its order."""
    return [_row(row, queue.night, may_act) for row in queue.rows]


def headings() -> tuple[Heading, Heading]:
    """Above the queue, and above the waitlist of the date."""
    return (
        Heading("head-queue", _("At the door")),
        Heading("head-waitlist", _("Told when a table comes free")),
    )


def said_of(queue: Queue, sizes: Iterable[int] = SIZES) -> list[Said]:
    """What a party that comes to the door now is told, by size."""
    night = queue.night
    return [
        Said(size, _short(wait), queue_words.wait_words(wait, night), wait.is_now)
        for size, wait in queue.waits(sizes).items()
    ]


def _row(row: QueueRow, night: Night, may_act: bool) -> Queued:
    until = row.promised_at if row.status == _S.WAITING else row.keep_until
    return Queued(
        key=f"q-{row.public_id}",
        party=row.public_id,
        version=row.version,
        position=row.wait.position,
        name=row.name,
        size=row.party_size,
        state=row.status,
        word=state_word(row),
        quoted=quoted_words(row),
        estimate=_short(row.wait),
        is_now=row.wait.is_now,
        why=queue_words.wait_words(row.wait, night),
        promised=int(until.timestamp()) if until else 0,
        promised_text=words.clock(until),
        is_over=until is not None and until < night.now,
        flags=flags_of(row, night.house.rooms),
        note=row.note,
        press=_press(row, night) if may_act else None,
        find=f"{row.name} {row.phone} {row.email}".casefold(),
    )


def state_word(row: QueueRow) -> str:
    """Called, or coming; empty for who just waits."""
    return str(_STATES.get(row.status, ""))


def quoted_words(row: QueueRow) -> str:
    """What the party was told."""
    if row.quoted_minutes is None:
        return _("No time said")
    if row.quoted_minutes == 0:
        return _("Said: at once")
    return _("Said: %(span)s") % {"span": words.span(row.quoted_minutes)}


def _short(wait: Wait) -> str:
    """``now``, ``~ 25 min``, ``not tonight``."""
    if wait.minutes is None:
        is_unknown = any(reason.cause is Cause.UNKNOWN for reason in wait.reasons)
        return "–" if is_unknown else _("not tonight")
    if wait.minutes == 0:
        return _("now")
    return f"~ {words.span(wait.minutes)}"


def estimate_words(wait: Wait) -> str:
    """The same in a sentence's words."""
    if wait.minutes:
        text = ngettext("about %(n)d minute", "about %(n)d minutes", wait.minutes)
        return text % {"n": wait.minutes}
    return _short(wait)


def flags_of(row: QueueRow, rooms: Mapping[int, str]) -> tuple[Flag, ...]:
    """What the party needs, and where it would like to sit."""
    wished = _("Wishes: %(room)s") % {"room": rooms.get(row.room_id or 0, "")}
    found = (
        (row.step_free, Flag("step-free", _("Step-free"))),
        (row.room_id in rooms, Flag("chair", wished)),
    )
    return tuple(flag for holds, flag in found if holds)


def _press(row: QueueRow, night: Night) -> Press | None:
    """The one step a row offers without opening it."""
    first = presses_of(row, night)[0]
    return None if first.value.startswith("queue_left ") else first


def presses_of(row: QueueRow, night: Night) -> list[Press]:
    """Everything of one tap, the step that is next first. A button names the table it means."""
    where = words.tables(night.labels(row.wait.table_ids)) if row.wait.is_now else ""
    tables = ",".join(night.table_by_id[pk].public_id for pk in row.wait.table_ids)

    def press(verb: str, text: str, icon: str, tables: str = "") -> Press:
        return Press(f"{verb} {row.public_id} {row.version} {tables}".strip(), text, icon)

    ready = press("queue_call", _("Table ready"), "bell")
    seat = press("queue_seat", _("Seat"), "chair")
    if where:
        ready = press("queue_call", _("Ready · %(tables)s") % {"tables": where}, "bell", tables)
        seat = press("queue_seat", _("Seat · %(tables)s") % {"tables": where}, "chair", tables)
    left = press("queue_left", pgettext("of a party", "Left"), "cross")
    if not night.is_tonight:
        return [left]
    if row.status == _S.WAITING:
        return [ready, seat, left] if where or not night.house.plan.tables else [left]
    again = press("queue_call", _("Call again"), "bell")
    missed = press("queue_no_answer", _("No answer"), "phone")
    if row.status == _S.CALLED:
        return [seat, press("queue_coming", _("Is coming"), "check"), again, missed, left]
    return [seat, again, missed, left]
