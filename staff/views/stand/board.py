"""The screen in pieces: what changed since a browser looked is sent, and nothing else.

A piece is a small part of the page with an id: a row, a table, the rail of alerts. Its *mark* is a
digest of what it says. All marks together make the *stamp* of a screen, which is kept in the cache
for a while under its own name; a browser that names the stamp it shows gets the pieces whose marks
differ. A stamp nobody knows any more gets everything, so a cache that is away costs bytes only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

import orjson
from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from reservations.selectors.night import Night
from reservations.selectors.queue import Queue
from staff.views.stand import queueing, shapes, strip
from staff.views.stand.centre import CENTRES
from staff.views.stand.piece import Piece, each

_KEPT = 1800
_PREFIX = "stand:2:"
"""With the form of what is kept: processes of two versions do not read each other's."""


@dataclass(frozen=True)
class Board:
    """Every piece of one screen, and in which order the lists have theirs."""

    single: tuple[Piece, ...]
    boxes: Mapping[str, tuple[Piece, ...]]
    about: str = ""
    """What else the pieces depend on, such as the language and the rights of who looks."""
    here: str = ""
    """The query of the page: its date, and its view. Every link in a piece begins with it."""

    @cached_property
    def pieces(self) -> dict[str, Piece]:
        """By key."""
        found = {piece.key: piece for piece in self.single}
        for group in self.boxes.values():
            found.update((piece.key, piece) for piece in group)
        return found

    @cached_property
    def marks(self) -> dict[str, str]:
        """Of every piece, by key."""
        return {key: piece.mark for key, piece in self.pieces.items()}

    @cached_property
    def order(self) -> dict[str, list[str]]:
        """The keys in each list."""
        return {box: [piece.key for piece in group] for box, group in self.boxes.items()}

    @cached_property
    def stamp(self) -> str:
        """The name of this very screen."""
        said = orjson.dumps([*self._of, self.marks, self.order])
        return blake2b(said, digest_size=10).hexdigest()

    def keep(self) -> str:
        """Remember what a browser is shown now; the stamp it names later."""
        said = orjson.dumps([*self._of, self.marks, self.order])
        cache.set(_PREFIX + self.stamp, said, _KEPT)
        return self.stamp

    @property
    def _of(self) -> list[str]:
        """What a screen is of: between two that differ in this, no piece is the same."""
        return [self.about, self.here]

    def drawn(self, key: str) -> SafeString:
        """One piece, for the page."""
        return self.pieces[key].drawn(self.here)

    def since(self, stamp: str) -> dict[str, Any]:
        """What a browser that shows ``stamp`` has to change, for ``stand-patch.js``."""
        if stamp == self.stamp:
            return {"stamp": stamp}
        kept = cache.get(_PREFIX + stamp[:40]) if stamp else None
        *of, marks, order = orjson.loads(kept) if kept else ({}, {})
        if of != self._of:
            marks, order = {}, {}
        changed = [key for key, mark in self.marks.items() if marks.get(key) != mark]
        return {
            "stamp": self.keep(),
            "pieces": [[key, self.drawn(key)] for key in changed],
            "boxes": {box: keys for box, keys in self.order.items() if order.get(box) != keys},
        }

    def html_of(self, box: str) -> SafeString:
        """A whole list, for the page."""
        found = (piece.drawn(self.here) for piece in self.boxes.get(box, ()))
        return mark_safe("".join(found))  # noqa: S308  pieces are


def board_of(queue: Queue, view: str, here: str, *, may_act: bool, may_operate: bool) -> Board:
    """The screen of a night and its queue in one of its views, at the query ``here``."""
    night = queue.night
    rows = shapes.rows_of(night, may_act=may_act)
    waits = shapes.waits_of(night)
    boxes: dict[str, tuple[Piece, ...]] = {
        f"list-{tab}": each("row", (row for row in rows if row.tab == tab))
        for tab in shapes.TABS
        if tab != "waitlist"
    }
    may_wait = may_operate and night.is_tonight
    queued = queueing.rows_of(queue, may_act=may_wait)
    at_door, told = queueing.headings()
    boxes["list-waitlist"] = (
        *each("heading", [at_door] if queued and waits else []),
        *each("queued", queued),
        *each("heading", [told] if waits else []),
        *each("wait", waits),
    )
    boxes |= CENTRES[view].pieces(night, rows)
    single = (
        Piece("figures", "figures", night.figures),
        Piece("pacing", "pacing", strip.pacing_of(night)),
        Piece("alerts", "alerts", strip.alerts_of(night)),
        Piece("quotes", "quotes", strip.quotes_of(queue)),
        Piece("servers", "servers", {"may": may_act, "all": strip.servers_of(night)}),
        Piece("waits", "waits", queueing.said_of(queue) if may_wait else []),
        Piece("counts", "counts", _counts(rows, len(waits) + len(queued))),
        Piece("notices", "notices", _notices(night, may_act)),
    )
    return Board(single, boxes, f"{get_language()} {view} {may_act} {may_operate}", here)


def _counts(rows: Sequence[shapes.Row], waiting: int) -> dict[str, int]:
    counts = dict.fromkeys(shapes.TABS, 0)
    for row in rows:
        counts[row.tab] += 1
    counts["waitlist"] = waiting
    return counts


def _notices(night: Night, may_act: bool) -> dict[str, Any]:
    names = {service.id: service.name for service in night.services}
    return {
        "may_act": may_act,
        "notes": [
            {
                "of": names.get(note.service_id or 0, ""),
                "text": note.text,
                "by": note.written_by,
                "mark": note.mark,
            }
            for note in night.notes
        ],
        "brakes": [
            {
                "kind": brake.kind,
                "until": f"{brake.ends_at.astimezone(night.zone):%H:%M}",
                "covers": brake.covers,
                "online_only": brake.online_only,
            }
            for brake in night.brakes
        ],
    }
