"""Instants and what the clock on the wall shows: the only place that knows about offsets.

The rules of the two daylight-saving nights are those of PEP 495: a reading that occurs
twice is its first occurrence (``fold=0``), a reading that is skipped does not exist.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from reservations.engine.types import DAY_MINUTES, Minute, WallMinute

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()


def minute_to_datetime(zone: ZoneInfo, minute: Minute) -> dt.datetime:
    """The aware local time of an instant."""
    return (EPOCH + dt.timedelta(minutes=minute)).astimezone(zone)


def datetime_to_minute(moment: dt.datetime) -> Minute:
    """The minute an aware instant lies in (rounded down). Raises ValueError when naive."""
    return _microseconds(moment) // 60_000_000


def datetime_to_minute_ceil(moment: dt.datetime) -> Minute:
    """The first whole minute not before an aware instant. Raises ValueError when naive."""
    return -(-_microseconds(moment) // 60_000_000)


def _microseconds(moment: dt.datetime) -> int:
    if moment.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    return (moment.astimezone(dt.UTC) - EPOCH) // dt.timedelta(microseconds=1)


def wall_to_minute(zone: ZoneInfo, date: dt.date, wall: WallMinute) -> Minute | None:
    """The instant at which the clock shows ``wall`` of ``date``; None if it never does.

    A reading that occurs twice is its first occurrence.
    """
    naive, first, second = _offsets(zone, date, wall)
    # PEP 495: the two folds disagree only around a change; ascending means a gap.
    return None if first < second else naive - first


def boundary_to_minute(zone: ZoneInfo, date: dt.date, wall: WallMinute) -> Minute:
    """The first instant at which the clock shows ``wall`` of ``date`` or later.

    For limits (opening, closing, cut-off) that need an instant on every night: a label
    skipped by the clock becomes the instant of the change.
    """
    naive, first, second = _offsets(zone, date, wall)
    if first >= second:
        return naive - first
    before, after = naive - second, naive - first
    while after - before > 1:
        middle = (before + after) // 2
        if _offset_at(zone, middle) >= second:
            after = middle
        else:
            before = middle
    return after


def _offsets(zone: ZoneInfo, date: dt.date, wall: WallMinute) -> tuple[Minute, int, int]:
    """The reading as if it were UTC, and the zone's offset for its two folds, in minutes."""
    days, minute = divmod(wall, DAY_MINUTES)
    ordinal = date.toordinal() + days
    reading = dt.datetime.fromordinal(ordinal).replace(
        hour=minute // 60, minute=minute % 60, tzinfo=zone
    )
    first = _minutes(reading.utcoffset())
    second = _minutes(reading.replace(fold=1).utcoffset())
    return (ordinal - _EPOCH_ORDINAL) * DAY_MINUTES + minute, first, second


def _minutes(offset: dt.timedelta | None) -> int:
    # A ZoneInfo always has an offset; None is in the type for naive times only.
    return (offset or dt.timedelta()) // dt.timedelta(minutes=1)


def _offset_at(zone: ZoneInfo, minute: Minute) -> int:
    return _minutes(minute_to_datetime(zone, minute).utcoffset())
