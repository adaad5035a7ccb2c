"""What became of a file, read back from the book."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import indent
from typing import Any

from django.db import connection

from reservations.imports.replay import Replay
from reservations.proof.invariants import OVERLAPPING_CLAIMS

TOP = 10

# A range of the unique index, not a pattern: ';' is the character after ':'.
_BY_RESTAURANT = """
WITH accepted AS (
  SELECT restaurant_id, count(*) AS parties, sum(party_size) AS covers
  FROM reservations_reservation
  WHERE source = 'import' AND external_id >= %(prefix)s AND external_id < %(end)s
  GROUP BY restaurant_id
), refused AS (
  SELECT restaurant_id, count(*) AS parties FROM reservations_seatingdecision
  WHERE NOT accepted AND subject >= %(prefix)s AND subject < %(end)s
  GROUP BY restaurant_id
)
SELECT r.public_id, coalesce(a.parties, 0), coalesce(a.covers, 0), coalesce(f.parties, 0)
FROM accepted a FULL JOIN refused f ON f.restaurant_id = a.restaurant_id
JOIN restaurants_restaurant r ON r.id = coalesce(a.restaurant_id, f.restaurant_id)
ORDER BY 2 DESC, 1
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the book has from a file, and what it would not take."""

    rows: int
    accepted: int
    refused: dict[str, int]
    restaurants: list[tuple[str, int, int, int]]
    """Public id, parties and covers accepted, parties refused for want of a place."""
    overlaps: list[tuple[Any, ...]]

    @property
    def covers(self) -> int:
        """Guests of the parties accepted."""
        return sum(covers for _, _, covers, _ in self.restaurants)


def figures_of(replay: Replay) -> Figures:
    """Read the figures of a file: as many as are imported by now."""
    run = replay.run
    run.refresh_from_db()
    with connection.cursor() as cursor:
        prefix = replay.prefix
        cursor.execute(_BY_RESTAURANT, {"prefix": prefix, "end": f"{prefix[:-1]};"})
        restaurants = cursor.fetchall()
    return Figures(
        rows=run.next_row,
        accepted=run.accepted,
        refused=dict(sorted(run.refused.items(), key=lambda item: -item[1])),
        restaurants=restaurants,
        overlaps=OVERLAPPING_CLAIMS.violations(),
    )


def report(figures: Figures, *, total: int, new: int) -> Iterator[str]:
    """The figures, line by line, and the statement that looks for a table claimed twice."""
    refused = sum(figures.refused.values())
    yield ""
    yield f"{'rows':<12}{figures.rows:>9,} of {total:,}"
    yield f"{'accepted':<12}{figures.accepted:>9,}   {figures.covers:,} covers"
    yield f"{'refused':<12}{refused:>9,}   {_share(refused, figures.accepted + refused)}"
    for reason, count in figures.refused.items():
        yield f"  {reason:<10} {count:>8,}"
    yield f"{'restaurants':<12}{len(figures.restaurants):>9,}   {new:,} of them new"
    yield ""
    yield f"{'restaurant':<24}{'accepted':>10}{'covers':>10}{'no place':>10}"
    for name, parties, covers, without in figures.restaurants[:TOP]:
        yield f"{name:<24}{parties:>10,}{covers:>10,}{without:>10,}"
    if len(figures.restaurants) > TOP:
        yield f"and {len(figures.restaurants) - TOP} more"
    yield ""
    yield "Every row of this statement would be a table that was given away twice:"
    yield indent(OVERLAPPING_CLAIMS.sql, "    ")
    yield f"Overlaps: {len(figures.overlaps)}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""
