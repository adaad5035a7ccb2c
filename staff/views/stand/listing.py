"""The night as one table, to sort and to search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from staff.views.stand.piece import Piece
from staff.views.stand.shapes import Row


def pieces(rows: Sequence[Row]) -> dict[str, tuple[Piece, ...]]:
    """A line for each party, in order of time; the browser sorts otherwise."""
    by_time = sorted(rows, key=lambda row: (row.time_key, row.key))
    return {"book": tuple(Piece(f"l{row.key}", "line", row) for row in by_time)}


def context() -> dict[str, Any]:
    """The columns, and by what each is sorted."""
    return {
        "columns": [
            ("time", _("Time"), "number"),
            ("name", _("Name"), "text"),
            ("size", _("Party"), "number"),
            ("tables", _("Table"), "text"),
            ("state", _("State"), "text"),
            ("server", _("Server"), "text"),
            ("source", _("Source"), "text"),
        ]
    }
