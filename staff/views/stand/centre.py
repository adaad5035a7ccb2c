"""The views in the middle of the screen: the floor, the timeline, the list. Each has a module, a
template ``staff/stand/centre/<name>.html`` and a script ``stand-<name>.js``; a new one is a line
here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from reservations.selectors.night import Night
from staff.views.stand import floor, listing, timeline
from staff.views.stand.piece import Piece
from staff.views.stand.shapes import Row


@dataclass(frozen=True, slots=True)
class Centre:
    """One view of the night."""

    name: str
    title: Any
    icon: str
    key: str
    """On the keyboard."""
    pieces: Callable[[Night, Sequence[Row]], dict[str, tuple[Piece, ...]]]
    """Its lists and what stands in them."""
    context: Callable[[Night], dict[str, Any]]
    """What its template needs besides."""

    @property
    def template(self) -> str:
        """Its part of the page."""
        return f"staff/stand/centre/{self.name}.html"


CENTRES: Mapping[str, Centre] = {
    each.name: each
    for each in (
        Centre(
            "floor",
            gettext_lazy("Floor"),
            "floor",
            "1",
            lambda night, _: floor.pieces(night),
            floor.context,
        ),
        Centre(
            "timeline",
            gettext_lazy("Timeline"),
            "timeline",
            "2",
            lambda night, _: timeline.pieces(night),
            timeline.context,
        ),
        Centre(
            "list",
            gettext_lazy("List"),
            "list",
            "3",
            lambda _, rows: listing.pieces(rows),
            lambda _: listing.context(),
        ),
    )
}
"""By name, in the order of the switch."""
