"""The file: opening it, plain or gzipped, and reading it row by row. Knows no database."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO, cast

COLUMNS = ("restaurant", "reserve_at", "visit_at", "party_size")
"""The columns that must be there; others may be, and are ignored."""

LONGEST_NAME = 30
LARGEST_PARTY = 9_999
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{LONGEST_NAME - 1}}}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?")
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20


class Unreadable(Exception):
    """The file as a whole cannot be imported; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Booking:
    """One row that makes sense. Times are readings of the restaurant's clock."""

    restaurant: str
    reserve_at: dt.datetime
    visit_at: dt.datetime
    party_size: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file: a booking, or what is wrong with it."""

    number: int
    """From 0, without the header; what an interrupted import continues at."""
    line: int
    """As an editor counts."""
    booking: Booking | None
    problem: str = ""


def digest_of(path: Path) -> str:
    """SHA-256 of the file as it lies there: what tells two files apart. Raises Unreadable."""
    found = hashlib.sha256()
    try:
        if not path.is_file():
            raise Unreadable(f"There is no file {path}.")
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                found.update(block)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error
    return found.hexdigest()


def rows_of(path: Path, *, start: int = 0) -> Iterator[Row]:
    """The rows from number ``start`` on, one at a time, whatever the size of the file.

    Raises Unreadable when the file is not gzip although its name says so, is cut off, is not
    UTF-8, or lacks a column.
    """
    with _text_of(path) as text:
        lines = csv.reader(text)
        with _explained(path, lines):
            places = _places(path, next(lines, []))
        numbered = enumerate(_records(path, lines))
        for number, (line, fields) in islice(numbered, start, None):
            yield _row(number, line, fields, places)


@contextmanager
def _text_of(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == _GZIP
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error
    if path.suffix == ".gz" and not is_gzip:
        raise Unreadable(f"{path} is named .gz but is not a gzip file. Rename it if it is plain.")
    if is_gzip:
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as packed:
            yield cast("TextIO", packed)
    else:
        with path.open(encoding="utf-8-sig", newline="") as plain:
            yield plain


@contextmanager
def _explained(path: Path, lines: object) -> Iterator[None]:
    """What goes wrong while reading, as a sentence that names the line."""
    after = getattr(lines, "line_num", 0)
    try:
        yield
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is not UTF-8 after line {after}. Save it as UTF-8.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable(f"{path} is damaged or cut off after line {after}: {error}.") from error
    except csv.Error as error:
        raise Unreadable(f"{path} is not CSV after line {after}: {error}.") from error
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error


def _records(path: Path, lines: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of every record that is not empty."""
    while True:
        with _explained(path, lines):
            fields = next(lines, None)
        if fields is None:
            return
        if fields:
            yield getattr(lines, "line_num", 0), fields


def _places(path: Path, header: list[str]) -> tuple[int, ...]:
    """Where each of the four columns stands."""
    names = [name.strip().lower() for name in header]
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise Unreadable(
            f"{path} has no column {', '.join(missing)}. The first line must name the columns:"
            f" {','.join(COLUMNS)}."
        )
    return tuple(names.index(column) for column in COLUMNS)


def _row(number: int, line: int, fields: list[str], places: tuple[int, ...]) -> Row:
    if len(fields) <= max(places):
        return Row(number, line, None, f"{len(fields)} fields are too few")
    restaurant, reserve_at, visit_at, party_size = (fields[place].strip() for place in places)
    try:
        return Row(
            number,
            line,
            Booking(
                restaurant=_name(restaurant),
                reserve_at=_instant("reserve_at", reserve_at),
                visit_at=_instant("visit_at", visit_at),
                party_size=_party(party_size),
            ),
        )
    except ValueError as error:
        return Row(number, line, None, str(error))


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"restaurant {_shown(text)} is not a number or name of up to {LONGEST_NAME} letters,"
            " digits, - and _"
        )
    return text


def _instant(column: str, text: str) -> dt.datetime:
    try:
        if _INSTANT.fullmatch(text):
            return dt.datetime.fromisoformat(text).replace(second=0)
    except ValueError:
        pass
    raise ValueError(f"{column} {_shown(text)} is not a date and time such as 2017-01-31 19:30")


def _party(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:5]) <= LARGEST_PARTY):
        raise ValueError(
            f"party_size {_shown(text)} is not a whole number from 1 to {LARGEST_PARTY}"
        )
    return int(text)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
