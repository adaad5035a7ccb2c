"""Two taps: what was chosen first, and for every table whether it may be the second."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reservations.engine import stand
from reservations.engine.lifecycle import Status
from reservations.engine.stand import Guest, Quote, Verdict, Why
from reservations.engine.walltime import datetime_to_minute_ceil
from reservations.selectors.night import Night, PartyRow, TableRow
from reservations.selectors.queue import Queue, QueueRow
from staff.views.stand import words
from staff.views.stand.shapes import do_value

KINDS: Mapping[str, Any] = {
    "seat": gettext_lazy("Tap a table for %(who)s"),
    "move": gettext_lazy("Tap the new table of %(who)s"),
    "swap": gettext_lazy("Tap the party that changes tables with %(who)s"),
    "merge": gettext_lazy("Tap the table to push to those of %(who)s"),
    "split": gettext_lazy("Tap the table that %(who)s gives back"),
    "walk_in": gettext_lazy("Tap a table for a walk-in of %(who)s"),
    "queue_call": gettext_lazy("Tap the table that is ready for %(who)s"),
    "queue_seat": gettext_lazy("Tap the table of %(who)s"),
    "block": gettext_lazy("Tap the table to block"),
}
"""What each mode asks for."""
_NOW = frozenset({"seat", "walk_in", "queue_call", "queue_seat", "block"})
"""What begins when the table is tapped: tonight only."""
BLOCKED_FOR = dt.timedelta(hours=1)
"""How long a table that is tapped is blocked."""


@dataclass(frozen=True, slots=True)
class Place:
    """One table, as the second tap."""

    label: str
    ok: bool
    reason: str
    """Why not, or until when."""
    value: str = ""
    """What the tap sends."""
    fields: Mapping[str, str] | None = None
    best: bool = False
    short: str = ""
    """The same in one word or two, for the drawing."""


@dataclass(frozen=True, slots=True)
class Mode:
    """A choice under way."""

    kind: str
    text: str
    places: Mapping[str, Place]
    """By key of the drawing."""
    size: int = 0
    party: str = ""
    line: str = ""


def mode_of(night: Night, asked: Any, queue: Callable[[], Queue]) -> Mode | None:
    """The mode an address asks for; None for none, or for who is not there (any more) or over.

    ``queue`` reads the parties at the door, where one of them or a walk-in is asked for.
    """
    kind = asked.get("mode", "")
    if kind in _NOW and not night.is_tonight:
        return None
    if kind == "walk_in":
        size = _number(asked.get("size", ""))
        return _walk_in(night, size, queue().seat_now(size))
    if kind in ("queue_call", "queue_seat"):
        row = queue().row(asked.get("party", ""))
        return None if row is None else _of_queue(night, kind, row)
    if kind == "block":
        return _block(night)
    party = night.party(asked.get("party", ""))
    if kind not in KINDS or party is None or party.tab == "done":
        return None
    guest = next(each for each in night.guests if each.id == party.id)
    places = {
        f"t-{table.id}": _short(_place(kind, night, party, guest, table)) for table in night.tables
    }
    who = f"{party.name} · {party.party_size}"
    return Mode(kind, str(KINDS[kind]) % {"who": who}, places, party.party_size, party.public_id)


def _short(place: Place) -> Place:
    """With what fits on the drawing: the tap says the rest."""
    return replace(place, short=place.short or place.reason.partition(" · ")[0])


def _number(said: str) -> int:
    return min(max(int(said), 1), 99) if said.isdecimal() and len(said) < 4 else 2


def _place(kind: str, night: Night, party: PartyRow, guest: Guest, table: TableRow) -> Place:
    if kind == "swap":
        return _swap(night, party, guest, table)
    if kind == "split":
        return _split(party, table)
    if kind == "merge":
        return _merge(night, party, guest, table)
    if kind == "move" and table.id in party.table_ids and len(party.table_ids) == 1:
        return Place(table.label, False, _("Is there"))
    start, end = _stay(night, guest, now=kind == "seat")
    found = stand.verdict(night.floor, guest, (table.id,), start, end, seats=table.max_seats)
    ids: tuple[int, ...] = (table.id,)
    if found.why is Why.TOO_SMALL:

        def ask(ids: tuple[int, ...], seats: int) -> Verdict:
            return stand.verdict(night.floor, guest, ids, start, end, seats=seats)

        ids, found = joined(night, guest, table, ask, found)
    tables = ",".join(night.table_by_id[pk].public_id for pk in ids)
    return Place(
        table.label,
        found.ok,
        _answer(night, found, ids),
        do_value(kind, party, tables) if found.ok else "",
    )


def _stay(night: Night, guest: Guest, *, now: bool) -> tuple[int, int]:
    """From when until when the party needs the table."""
    length = max(guest.ends - guest.starts, stand.SHORTEST_STAY)
    at = night.floor.now
    if now and not guest.sits:
        return at, at + length
    return guest.needs(at)


def joined(
    night: Night,
    guest: Guest,
    table: TableRow,
    ask: Callable[[tuple[int, ...], int], Verdict],
    alone: Verdict,
) -> tuple[tuple[int, ...], Verdict]:
    """The smallest join of tables with this one that takes the party, or why there is none.

    ``ask`` is told the tables, and how many they seat together.
    """
    joins = [each for each in night.house.plan.combinations if table.id in each.table_ids]
    joins = [each for each in joins if each.max_seats >= guest.party_size]
    refused = alone
    for each in sorted(joins, key=lambda join: (join.max_seats, len(join.table_ids))):
        ids = tuple(each.table_ids)
        found = ask(ids, each.max_seats)
        if found.ok:
            return ids, found
        refused = found
    return (table.id,), refused


def _answer(night: Night, found: Verdict, ids: tuple[int, ...]) -> str:
    if not found.ok:
        return words.reason(found)
    text = ""
    if found.until is not None:
        text = f"→ {words.clock(night.instant(found.until))}"
    if len(ids) > 1:
        text = (
            f"{words.tables(night.labels(ids))} · {text}"
            if text
            else words.tables(night.labels(ids))
        )
    return text.strip()


def _swap(night: Night, party: PartyRow, guest: Guest, table: TableRow) -> Place:
    other_id = next(iter(table.sitting), None) or table.waiting_id or table.next_id
    other = night.by_id.get(other_id or 0)
    if other is None or other.id == party.id:
        return Place(table.label, False, _("Nobody to change with"), short=_("Nobody"))
    return replace(swap_with(night, party, guest, other), label=table.label)


def swap_with(night: Night, party: PartyRow, guest: Guest, other: PartyRow) -> Place:
    """Whether two parties may change tables: either is asked about the other's."""
    label = words.tables(other.table_labels)
    if not party.table_ids or not other.table_ids:
        return Place(label, False, _("Has no table"))
    if Status.REQUESTED in (party.status, other.status):
        return Place(label, False, words.state(Status.REQUESTED)[1])
    other_guest = next(each for each in night.guests if each.id == other.id)
    there, back = stand.swap_verdicts(night.floor, guest, other_guest)
    if not there.ok:
        short = _("Same") if there.why is Why.SHARED else ""
        return Place(label, False, words.reason(there), short=short)
    if not back.ok and back.why is not None:
        said = {"name": words.surname(other.name), "tables": words.tables(party.table_labels)}
        text = _("%(name)s cannot have table %(tables)s: %(reason)s")
        reason = text % (said | {"reason": words.reason(back)})
        return Place(label, False, reason, short=_back_short(back.why))
    value = do_value("swap", party)
    fields = {"other": other.public_id, "other_expected": str(other.version)}
    return Place(label, True, words.surname(other.name), value, fields)


def _back_short(why: Why) -> str:
    return _("Too big") if why is Why.TOO_SMALL else words.why(why)


def _split(party: PartyRow, table: TableRow) -> Place:
    if table.id not in party.table_ids:
        return Place(table.label, False, _("Not theirs"))
    if len(party.table_ids) < 2:
        return Place(table.label, False, _("Their only table"))
    value = do_value("split", party, table.public_id)
    return Place(table.label, True, _("give back"), value)


def _merge(night: Night, party: PartyRow, guest: Guest, table: TableRow) -> Place:
    if table.id in party.table_ids:
        return Place(table.label, False, _("Theirs already"))
    if not party.table_ids:
        return Place(table.label, False, _("Has no table yet"))
    start, end = _stay(night, guest, now=False)
    use = stand.verdict(night.floor, guest, (table.id,), start, end, seats=max(guest.party_size, 1))
    value = do_value("merge", party, table.public_id) if use.ok else ""
    return Place(table.label, use.ok, _answer(night, use, (table.id,)), value)


def _walk_in(night: Night, size: int, quote: Quote, *, step_free: bool = False) -> Mode:
    """Where a party without a booking can sit down now; the best place is marked."""
    service = night.service_now
    turn = stand.turn_now(night.house.plan, service, size)
    at = night.floor.now
    guest = Guest(0, Status.ARRIVED, size, at, at + turn, step_free=step_free)

    def ask(ids: tuple[int, ...], seats: int) -> Verdict:
        return stand.verdict_now(night.floor, guest, ids, turn, seats=seats)

    places = {}
    for table in night.tables:
        ids: tuple[int, ...] = (table.id,)
        found = ask(ids, table.max_seats)
        if found.why is Why.TOO_SMALL:
            ids, found = joined(night, guest, table, ask, found)
        tables = ",".join(night.table_by_id[pk].public_id for pk in ids)
        place = Place(
            table.label,
            found.ok,
            _answer(night, found, ids),
            "walk_in" if found.ok else "",
            {"size": str(size), "tables": tables} if found.ok else None,
            best=table.id in quote.table_ids,
        )
        places[f"t-{table.id}"] = _short(place)
    who = ngettext("%(n)d guest", "%(n)d guests", size) % {"n": size}
    text = str(KINDS["walk_in"]) % {"who": who}
    return Mode("walk_in", text, places, size, line=words.quote_line(night, quote))


def _of_queue(night: Night, kind: str, row: QueueRow) -> Mode:
    """Where a party of the queue can sit down now: as a walk-in, or at the table kept for it."""
    quote = night.quote(row.party_size)
    found = _walk_in(night, row.party_size, quote, step_free=row.step_free)
    of = f"{kind} {row.public_id} {row.version}"
    places = {}
    for table in night.tables:
        place = found.places[f"t-{table.id}"]
        if table.id in row.kept:
            own = ",".join(night.table_by_id[pk].public_id for pk in row.kept)
            kept = _("kept for them")
            place = Place(table.label, True, kept, f"{of} {own}", None, best=True, short=kept)
        elif place.ok and place.fields:
            tables = place.fields["tables"]
            best = place.best and not row.kept
            place = replace(place, value=f"{of} {tables}", fields=None, best=best)
        places[f"t-{table.id}"] = place
    text = str(KINDS[kind]) % {"who": f"{row.name} · {row.party_size}"}
    return Mode(kind, text, places, row.party_size, row.public_id)


def _block(night: Night) -> Mode:
    places = {f"t-{table.id}": _short(_block_of(night, table)) for table in night.tables}
    return Mode("block", str(KINDS["block"]), places)


def _block_of(night: Night, table: TableRow) -> Place:
    block = table.block
    if block is not None:
        said = _("Blocked until %(time)s") % {"time": words.clock(block.ends_at)}
        return Place(table.label, False, said)
    if table.sitting:
        return Place(table.label, False, _("Somebody sits there"))
    end = datetime_to_minute_ceil(night.now + BLOCKED_FOR)
    found = stand.block_verdict(night.floor, table.id, night.floor.now, end)
    if not found.ok:
        return Place(table.label, False, words.reason(found))
    until = words.clock(night.instant(found.until)) if found.until is not None else ""
    text = _("until %(time)s") % {"time": until} if until else ""
    fields = {"tables": table.public_id, "minutes": str(BLOCKED_FOR // dt.timedelta(minutes=1))}
    return Place(table.label, True, text, "block", fields)
