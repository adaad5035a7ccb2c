"""The rows of the queue on the stand: what was promised, how it stands, and what one tap does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reservations.models import QueueEntry
from reservations.selectors.queue import Queue, QueueRow
from staff.views.stand import queue_words, words
from staff.views.stand.shapes import Flag

_S = QueueEntry.Status
_STATES: Mapping[str, object] = {
    _S.CALLED: gettext_lazy("Called"),
    _S.COMING: gettext_lazy("Is coming"),
}


@dataclass(frozen=True, slots=True)
class Tap:
    """A button of a row."""

    value: str
    text: str
    is_first: bool = False


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
    why: str
    promised: int
    """Seconds since 1970: counted down to, and up from; 0 for no promise."""
    promised_text: str
    is_over: bool
    flags: tuple[Flag, ...]
    note: str
    taps: tuple[Tap, ...]
    find: str


def rows_of(queue: Queue, *, may_act: bool) -> list[Queued]:
    """The queue in its order."""
    return [_row(row, queue, may_act) for row in queue.rows]


def _row(row: QueueRow, queue: Queue, may_act: bool) -> Queued:
    night = queue.night
    until = row.promised_at if row.status == _S.WAITING else row.keep_until
    return Queued(
        key=f"q-{row.public_id}",
        party=row.public_id,
        version=row.version,
        position=row.wait.position,
        name=row.name,
        size=row.party_size,
        state=row.status,
        word=str(_STATES.get(row.status, "")),
        quoted=_("Said: %(span)s") % {"span": words.span(row.quoted_minutes)}
        if row.quoted_minutes is not None
        else _("No time said"),
        estimate=_estimate(row),
        why=queue_words.wait_words(row.wait, night),
        promised=int(until.timestamp()) if until else 0,
        promised_text=words.clock(until),
        is_over=until is not None and until < night.now,
        flags=_flags(row, night.house.rooms),
        note=row.note,
        taps=_taps(row) if may_act else (),
        find=f"{row.name} {row.phone} {row.email}".casefold(),
    )


def _estimate(row: QueueRow) -> str:
    minutes = row.wait.minutes
    if minutes is None:
        return _("Not tonight")
    if minutes == 0:
        return _("Now")
    text = ngettext("about %(n)d minute", "about %(n)d minutes", minutes)
    return text % {"n": minutes}


def _flags(row: QueueRow, rooms: Mapping[int, str]) -> tuple[Flag, ...]:
    wished = _("Wishes: %(room)s") % {"room": rooms.get(row.room_id or 0, "")}
    found = (
        (row.step_free, Flag("step-free", _("Step-free"))),
        (row.room_id in rooms, Flag("note", wished)),
    )
    return tuple(flag for holds, flag in found if holds)


def _taps(row: QueueRow) -> tuple[Tap, ...]:
    """The step that is next comes first."""

    def tap(verb: str, text: str, first: bool = False) -> Tap:
        return Tap(f"{verb} {row.public_id} {row.version}", text, first)

    if row.status == _S.WAITING:
        return (
            tap("queue_call", _("Table ready"), row.wait.is_now),
            tap("queue_seat", _("Seat")),
            tap("queue_left", _("Left")),
        )
    found = [tap("queue_seat", _("Seat"), True)]
    if row.status == _S.CALLED:
        found.append(tap("queue_coming", _("Is coming")))
    found += [tap("queue_no_answer", _("No answer")), tap("queue_left", _("Left"))]
    return tuple(found)
