"""Tables to save: streamed, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

_CALCULATES = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}")
"""With these a spreadsheet begins to calculate, or a cell ends."""

MARK = "\ufeff"
"""Tells spreadsheets that the text is UTF-8."""


class _Line:
    def write(self, text: str) -> str:
        """The line itself, instead of writing it somewhere."""
        return text


def told(text: str) -> str:
    """What somebody typed, as text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_CALCULATES) else text


def as_csv(
    name: str, heading: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """``rows`` as a file to save, line by line; pass what people typed through :func:`told`."""
    return StreamingHttpResponse(
        _lines(heading, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _lines(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    table = csv.writer(_Line())
    yield MARK
    yield table.writerow(heading)
    for row in rows:
        yield table.writerow(row)
