from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from reservations.engine.walltime import (
    boundary_to_minute,
    datetime_to_minute,
    datetime_to_minute_ceil,
    minute_to_datetime,
    wall_to_minute,
)


def utc(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()) // 60


READINGS = [
    # zone, date, wall minute, the instant in UTC (None: the clock never shows it)
    ("America/New_York", "2026-07-04", 19 * 60, "2026-07-04 23:00"),
    ("America/New_York", "2026-01-04", 19 * 60, "2026-01-05 00:00"),
    ("Asia/Kathmandu", "2026-07-04", 19 * 60, "2026-07-04 13:15"),
    # past midnight: Friday's 1470 is Saturday 00:30
    ("America/New_York", "2026-05-15", 1470, "2026-05-16 04:30"),
    # the clocks go forward
    ("America/New_York", "2026-03-08", 119, "2026-03-08 06:59"),
    ("America/New_York", "2026-03-08", 120, None),
    ("America/New_York", "2026-03-08", 179, None),
    ("America/New_York", "2026-03-08", 180, "2026-03-08 07:00"),
    ("America/New_York", "2026-03-07", 1440 + 150, None),
    ("Europe/London", "2026-03-29", 60, None),
    ("Europe/London", "2026-03-29", 120, "2026-03-29 01:00"),
    ("Europe/Paris", "2026-03-29", 150, None),
    ("Australia/Lord_Howe", "2026-10-04", 120, None),
    ("Australia/Lord_Howe", "2026-10-04", 149, None),
    ("Australia/Lord_Howe", "2026-10-04", 150, "2026-10-03 15:30"),
    ("America/Santiago", "2026-09-06", 0, None),
    ("America/Santiago", "2026-09-05", 1440 + 30, None),
    ("America/Santiago", "2026-09-06", 60, "2026-09-06 04:00"),
    ("America/Asuncion", "2024-10-06", 30, None),
    ("America/Asuncion", "2024-10-06", 60, "2024-10-06 04:00"),
    # a day that the calendar left out
    ("Pacific/Apia", "2011-12-30", 12 * 60, None),
    # the clocks go back: the first occurrence
    ("America/New_York", "2026-11-01", 90, "2026-11-01 05:30"),
    ("America/New_York", "2026-11-01", 120, "2026-11-01 07:00"),
    ("Europe/London", "2026-10-25", 90, "2026-10-25 00:30"),
    ("Europe/Paris", "2026-10-25", 150, "2026-10-25 00:30"),
    ("Australia/Lord_Howe", "2026-04-05", 105, "2026-04-04 14:45"),
    ("Australia/Lord_Howe", "2026-04-05", 120, "2026-04-04 15:30"),
    ("America/Santiago", "2026-04-04", 23 * 60 + 30, "2026-04-05 02:30"),
    ("America/Asuncion", "2024-03-23", 23 * 60 + 30, "2024-03-24 02:30"),
]


@pytest.mark.parametrize(("zone", "date", "wall", "expected"), READINGS)
def test_the_instant_of_a_clock_reading(
    zone: str, date: str, wall: int, expected: str | None
) -> None:
    found = wall_to_minute(ZoneInfo(zone), dt.date.fromisoformat(date), wall)
    assert found == (utc(expected) if expected else None)


@pytest.mark.parametrize(
    ("zone", "date", "wall", "expected"),
    [row for row in READINGS if row[3] is not None]
    + [
        # a limit in the gap is the instant of the change
        ("America/New_York", "2026-03-08", 150, "2026-03-08 07:00"),
        ("Europe/Paris", "2026-03-29", 121, "2026-03-29 01:00"),
        ("Australia/Lord_Howe", "2026-10-04", 149, "2026-10-03 15:30"),
        ("America/Santiago", "2026-09-06", 0, "2026-09-06 04:00"),
        ("Pacific/Apia", "2011-12-30", 12 * 60, "2011-12-30 10:00"),
    ],
)
def test_a_limit_has_an_instant_on_every_night(
    zone: str, date: str, wall: int, expected: str
) -> None:
    assert boundary_to_minute(ZoneInfo(zone), dt.date.fromisoformat(date), wall) == utc(expected)


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu"]
)
def test_every_existing_reading_is_what_the_clock_shows_at_its_instant(zone: str) -> None:
    where = ZoneInfo(zone)
    for day in ("2026-03-08", "2026-04-04", "2026-09-05", "2026-10-04", "2026-11-01"):
        date = dt.date.fromisoformat(day)
        for wall in range(0, 2880, 15):
            found = wall_to_minute(where, date, wall)
            if found is not None:
                shown = minute_to_datetime(where, found)
                midnight = dt.datetime.combine(date, dt.time())
                assert shown.replace(tzinfo=None) == midnight + dt.timedelta(minutes=wall)
                assert shown.fold == 0


def test_instants_are_rounded_down_or_up_to_whole_minutes() -> None:
    moment = dt.datetime(2026, 5, 15, 19, 0, 0, 1, tzinfo=dt.UTC)
    assert datetime_to_minute(moment) == utc("2026-05-15 19:00")
    assert datetime_to_minute_ceil(moment) == utc("2026-05-15 19:01")
    assert datetime_to_minute_ceil(moment.replace(microsecond=0)) == utc("2026-05-15 19:00")
    assert datetime_to_minute(dt.datetime(1969, 12, 31, 23, 59, 30, tzinfo=dt.UTC)) == -1


def test_a_naive_time_is_no_instant() -> None:
    naive = dt.datetime.fromisoformat("2026-05-15 19:00")
    with pytest.raises(ValueError, match="time zone"):
        datetime_to_minute(naive)
    with pytest.raises(ValueError, match="time zone"):
        datetime_to_minute_ceil(naive)
