from __future__ import annotations

import datetime as dt
import io
import zoneinfo
from pathlib import Path
from typing import Any

import pytest
from dateutil import tz as dateutil_tz  # type: ignore[import-untyped]
from icalendar import Calendar

from notifications.ics import calendar_for
from tests.fixtures.domain import Clock

GOLDEN = Path(__file__).parent / "golden"

ZONES = [
    "America/New_York",
    "Europe/London",
    "Europe/Paris",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Tokyo",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "UTC",
]


def event_of(calendar: bytes) -> Any:
    """The one entry, as icalendar reads it (its types know fifty kinds of value)."""
    (event,) = Calendar.from_ical(calendar).walk("VEVENT")
    return event


@pytest.mark.parametrize(
    ("name", "method", "changes"),
    [
        ("confirmed", "REQUEST", {}),
        ("cancelled", "CANCEL", {"sequence": 2}),
        ("published", "PUBLISH", {"zone": "Asia/Tokyo", "manage_url": "", "phone": ""}),
    ],
)
def test_the_file_is_what_it_was(
    name: str, method: str, changes: dict[str, Any], facts: dict[str, Any], clock: Clock
) -> None:
    attendee = "" if method == "PUBLISH" else "ada@example.com"
    written = calendar_for(facts | changes, method, attendee=attendee)
    assert written.decode().replace("\r\n", "\n") == (GOLDEN / f"{name}.ics").read_text()


def test_lines_end_and_fold_as_the_standard_says(facts: dict[str, Any]) -> None:
    facts |= {"guest_name": "👩‍🍳" * 20, "address": "Straße des 17. Juni " * 10}
    written = calendar_for(facts, "REQUEST", attendee="ada@example.com")
    lines = written.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()
    assert str(event_of(written)["location"]).count("Straße des 17. Juni") == 10


def test_a_change_and_a_cancellation_are_about_the_same_entry(facts: dict[str, Any]) -> None:
    first = event_of(calendar_for(facts, "REQUEST"))
    changed = event_of(calendar_for(facts | {"sequence": 1, "party_size": 4}, "REQUEST"))
    cancelled = event_of(calendar_for(facts | {"sequence": 2}, "CANCEL"))
    assert {str(event["uid"]) for event in (first, changed, cancelled)} == {
        "res_7m2k9qv4x8w3c5yd@couvert"
    }
    assert [int(event["sequence"]) for event in (first, changed, cancelled)] == [0, 1, 2]
    assert [str(event["status"]) for event in (first, changed, cancelled)] == [
        "CONFIRMED",
        "CONFIRMED",
        "CANCELLED",
    ]


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_of_both_clock_change_nights_is_the_right_instant(
    zone: str, facts: dict[str, Any]
) -> None:
    for start in clock_changes(zone, 2026) or [dt.datetime(2026, 6, 1, tzinfo=dt.UTC)]:
        for half_hours in range(-8, 9):
            starts = start + half_hours * dt.timedelta(minutes=30)
            ends = starts + dt.timedelta(hours=2)
            times = {"starts_at": starts.isoformat(), "ends_at": ends.isoformat()}
            written = calendar_for(facts | {"zone": zone} | times, "REQUEST")
            assert read_elsewhere(written) == (starts, ends)


def clock_changes(zone: str, year: int) -> list[dt.datetime]:
    """The instants of a year at which the zone's clock is changed, to the half hour."""
    info = zoneinfo.ZoneInfo(zone)
    half_hours = (
        dt.datetime(year, 1, 1, tzinfo=dt.UTC) + number * dt.timedelta(minutes=30)
        for number in range(365 * 48)
    )
    changes = []
    before = None
    for instant in half_hours:
        offset = instant.astimezone(info).utcoffset()
        if before not in (None, offset):
            changes.append(instant)
        before = offset
    return changes


def read_elsewhere(calendar: bytes) -> tuple[dt.datetime, dt.datetime]:
    """Start and end as a program reads them that knows only what is in the file (dateutil's)."""
    text = calendar.decode().replace("\r\n ", "")
    zones = dateutil_tz.tzical(io.StringIO(text)) if "BEGIN:VTIMEZONE" in text else None
    found = []
    for name in ("DTSTART", "DTEND"):
        line = next(line for line in text.split("BEGIN:VEVENT")[1].splitlines() if name in line)
        head, _, value = line.partition(":")
        if value.endswith("Z"):
            found.append(dt.datetime.strptime(value, "%Y%m%dT%H%M%S%z"))
            continue
        assert zones is not None
        zone = zones.get(head.partition("TZID=")[2])
        local = dt.datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=zone)
        found.append(local.astimezone(dt.UTC))
    return found[0], found[1]


def test_the_hour_that_comes_twice_is_told_apart(facts: dict[str, Any]) -> None:
    starts = []
    for start in ("2026-11-01T05:30:00+00:00", "2026-11-01T06:30:00+00:00"):
        event = event_of(calendar_for(facts | {"starts_at": start}, "REQUEST"))
        starts.append(event["dtstart"].dt.astimezone(dt.UTC).hour)
    assert starts == [5, 6]


def test_what_guests_type_cannot_add_to_the_calendar(facts: dict[str, Any]) -> None:
    facts |= {
        "guest_name": 'Ada"\r\nATTENDEE:mailto:x@example.com\r\n;,:👩‍🍳',
        "restaurant": "Bella\r\nEND:VEVENT\r\nBEGIN:VEVENT",
        "address": "1; Street, \\ City\nX-EVIL:1",
    }
    written = calendar_for(facts, "REQUEST", attendee="ada@example.com")
    event = event_of(written)
    assert str(event["attendee"]) == "mailto:ada@example.com"
    assert event["attendee"].params["cn"] == "Ada' ATTENDEE:mailto:x@example.com ;,:👩‍🍳"
    assert "x-evil" not in event
    assert str(event["location"]).endswith("1; Street, \\ City X-EVIL:1")


def test_the_stamp_is_now(facts: dict[str, Any], clock: Clock) -> None:
    event = event_of(calendar_for(facts, "REQUEST"))
    assert event["dtstamp"].dt == clock.now


@pytest.mark.parametrize("missing", ["reservation_id", "restaurant", "zone", "starts_at"])
def test_a_fact_that_is_missing_is_an_error(missing: str, facts: dict[str, Any]) -> None:
    del facts[missing]
    with pytest.raises(KeyError, match=missing):
        calendar_for(facts, "REQUEST")
