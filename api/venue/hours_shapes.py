"""``GET /business/hours`` as contract 5 prints it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from reservations.engine.opening import DayOpening, OpenState, WeekdayOpening
from reservations.engine.patterns import HourRange
from reservations.engine.types import DAY_MINUTES, Minute, WallMinute
from reservations.engine.walltime import datetime_to_minute, minute_to_datetime
from reservations.selectors.houses import House
from reservations.services.business_hours import BusinessHours, ServiceHours
from restaurants.hours import DAYS
from restaurants.models import HappyHour, SeasonalHours
from restaurants.models.hospitality import Month

_SUNDAY = 6
_LUNCH_BEGINS_BEFORE = 16 * 60
_WORD = re.compile(r"[^\W_]+")
_KITCHEN_CLOSED = "kitchen closed"


def business_hours(found: BusinessHours) -> dict[str, Any]:
    """The whole document."""
    instant = _instant(found.now)
    return {
        "regularHours": _regular(found.week),
        "specialHours": [_special(found.house, day) for day in found.special_days],
        "currentStatus": _status(found),
        "today": _today(found),
        "upcomingWeek": [_ahead(found.house, day) for day in found.coming],
        "patterns": {
            "regularClosures": list(found.regular_closures),
            "typicalBusyTimes": _hour_ranges(found.patterns.busy),
            "quietTimes": _hour_ranges(found.patterns.quiet),
        },
        "services": {
            "kitchen": _kitchen_services(found.services),
            "bar": {"happyHour": _happy_hour(found.hospitality.happy_hours)},
            "privateHire": _private_hire(found),
        },
        "planning": _planning(found),
        "integration": {
            "bookingApi": "/api/table-bookings/availability",
            "eventsApi": "/api/events",
            "lastUpdated": instant,
            "updateFrequency": "1 minute",
        },
    }


# --- Hours of a day -------------------------------------------------------------------------------


def _regular(week: tuple[WeekdayOpening, ...]) -> dict[str, Any]:
    """Sunday first, as the contract has it."""
    return {DAYS[day.weekday]: _weekday(day) for day in (week[-1], *week[:-1])}


def _weekday(day: WeekdayOpening) -> dict[str, Any]:
    venue, kitchen = _outline(day.venue), _outline(day.kitchen)
    return {
        "opens": _wall(venue[0]) if venue else None,
        "closes": _wall(venue[1]) if venue else None,
        "kitchen": {"opens": _wall(kitchen[0]), "closes": _wall(kitchen[1])} if kitchen else None,
        "is_closed": venue is None,
        "is_kitchen_closed": venue is not None and kitchen is None,
    }


def _special(house: House, day: DayOpening) -> dict[str, Any]:
    kitchen = _outline(day.kitchen)
    opens, closes = _ends(house, day.venue)
    return {
        "date": day.date.isoformat(),
        "opens": opens,
        "closes": closes,
        "kitchen": (
            {"opens": _clock(house, kitchen[0]), "closes": _clock(house, kitchen[1])}
            if kitchen
            else None
        ),
        "is_kitchen_closed": day.is_kitchen_closed,
        "status": _word(day),
        "note": day.note or None,
    }


def _ahead(house: House, day: DayOpening) -> dict[str, Any]:
    return {
        "date": day.date.isoformat(),
        "dayName": DAYS[day.date.weekday()].title(),
        "status": _word(day),
        "summary": _summary(house, day),
        "note": day.note or None,
    }


def _word(day: DayOpening) -> str:
    if day.is_closed:
        return "closed"
    return "modified" if day.is_special else "normal"


def _summary(house: House, day: DayOpening) -> str:
    return "Closed" if day.is_closed else f"Open {_span(house, day)}"


def _span(house: House, day: DayOpening) -> str:
    return " - ".join(str(end) for end in _ends(house, day.venue))


def _today(found: BusinessHours) -> dict[str, Any]:
    day = found.coming[0]
    return {
        "date": day.date.isoformat(),
        "dayName": DAYS[day.date.weekday()].title(),
        "summary": _summary(found.house, day),
        "isSpecialHours": day.is_special,
        "events": [],
    }


# --- Now ------------------------------------------------------------------------------------------


def _status(found: BusinessHours) -> dict[str, Any]:
    now, occupancy = found.now, found.occupancy
    closes_in = _closes_in(now, found.venue)
    return {
        "isOpen": found.venue.is_open,
        "kitchenOpen": found.kitchen.is_open,
        "closesIn": closes_in,
        "opensIn": None if found.venue.is_open else _until(now, found.venue),
        "currentTime": now.astimezone(found.house.zone).strftime("%H:%M:%S"),
        "timestamp": _instant(now),
        "services": {
            "venue": {"open": found.venue.is_open, "closesIn": closes_in},
            "kitchen": {
                "open": found.kitchen.is_open,
                "closesIn": _closes_in(now, found.kitchen),
            },
            "bookings": {
                "accepting": found.is_accepting,
                "availableSlots": list(found.bookable_today),
            },
        },
        "capacity": {
            "total": occupancy.total,
            "available": occupancy.total - occupancy.taken,
            "percentageFull": round(100 * occupancy.taken / max(occupancy.total, 1)),
        },
    }


def _closes_in(now: dt.datetime, state: OpenState) -> str | None:
    return _until(now, state) if state.is_open else None


def _until(now: dt.datetime, state: OpenState) -> str | None:
    if state.changes_at is None:
        return None
    return duration(state.changes_at - datetime_to_minute(now))


def duration(minutes: int) -> str:
    """``150`` as "2 hours 30 minutes"; from a day on without the minutes."""
    days, rest = divmod(minutes, DAY_MINUTES)
    hours, rest = divmod(rest, 60)
    parts = [(days, "day"), (hours, "hour"), (0 if days else rest, "minute")]
    return " ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count)


# --- As a rule ------------------------------------------------------------------------------------


def _hour_ranges(by_weekday: Mapping[int, tuple[HourRange, ...]]) -> dict[str, list[str]]:
    return {
        DAYS[weekday]: [f"{first:02d}:00-{last % 24:02d}:00" for first, last in ranges]
        for weekday, ranges in sorted(by_weekday.items())
    }


def _kitchen_services(services: tuple[ServiceHours, ...]) -> dict[str, Any]:
    sunday = next((service for service in services if _is_sunday_lunch(service)), None)
    found: dict[str, Any] = {"lunch": None, "dinner": None}
    for service in services:
        if service is sunday:
            continue
        key, before = _camel(service.name), found.get(_camel(service.name))
        start, end = _wall(service.first_seating), _wall(service.until)
        found[key] = {
            "start": min(start, before["start"]) if before else start,
            "end": max(end, before["end"]) if before else end,
        }
    return found | {"sundayLunch": _sunday_lunch(sunday)}


def _is_sunday_lunch(service: ServiceHours) -> bool:
    return service.weekdays == {_SUNDAY} and service.first_seating < _LUNCH_BEGINS_BEFORE


def _sunday_lunch(service: ServiceHours | None) -> dict[str, Any]:
    slots = [_wall(wall)[:5] for wall in service.seatings] if service else []
    return {
        "available": service is not None,
        "slots": slots,
        "bookingRequired": service is not None and service.requires_prepayment,
        "lastOrderTime": slots[-1] if slots else None,
    }


def _happy_hour(rows: tuple[HappyHour, ...]) -> dict[str, Any] | None:
    for row in rows:
        return {
            "days": [DAYS[weekday] for weekday in sorted(row.weekdays)],
            "start": row.starts.strftime("%H:%M:%S"),
            "end": row.ends.strftime("%H:%M:%S"),
        }
    return None


def _private_hire(found: BusinessHours) -> dict[str, Any]:
    spaces = list(found.hospitality.hire_spaces)
    return {
        "available": bool(spaces),
        "minimumNotice": f"{found.hospitality.hire_notice_hours} hours" if spaces else None,
        "spaces": spaces,
    }


def _planning(found: BusinessHours) -> dict[str, Any]:
    closed = next((day for day in found.exceptions if day.is_closed), None)
    modified = next((day for day in found.exceptions if not day.is_closed), None)
    month = found.today.month
    return {
        "nextClosure": closed
        and {"date": closed.date.isoformat(), "reason": closed.note or "Closed"},
        "nextModifiedHours": modified
        and {
            "date": modified.date.isoformat(),
            "reason": modified.note or "Special hours",
            "changes": _changes(found.house, modified),
        },
        "seasonalChanges": {
            _camel(row.name): _season(row, month) for row in found.hospitality.seasons
        },
    }


def _changes(house: House, day: DayOpening) -> str:
    span = _span(house, day)
    return f"{span}, {_KITCHEN_CLOSED}" if day.is_kitchen_closed else span


def _season(row: SeasonalHours, month: int) -> dict[str, Any]:
    first, last = Month(row.first_month).label, Month(row.last_month).label
    return {
        "active": row.includes(month),
        "period": str(first) if first == last else f"{first}-{last}",
        "changes": row.changes,
    }


# --- Readings -------------------------------------------------------------------------------------


def _outline(stretches: tuple[tuple[int, int], ...]) -> tuple[int, int] | None:
    """From the first opening to the last closing: the contract knows one stretch a day."""
    if not stretches:
        return None
    return stretches[0][0], max(end for _, end in stretches)


def _ends(house: House, stretches: tuple[tuple[Minute, Minute], ...]) -> tuple[Any, Any]:
    outline = _outline(stretches)
    if outline is None:
        return None, None
    return _clock(house, outline[0]), _clock(house, outline[1])


def _clock(house: House, instant: Minute) -> str:
    return minute_to_datetime(house.zone, instant).strftime("%H:%M:%S")


def _wall(wall: WallMinute) -> str:
    hours, minutes = divmod(wall % DAY_MINUTES, 60)
    return f"{hours:02d}:{minutes:02d}:00"


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _camel(name: str) -> str:
    words: list[str] = _WORD.findall(name.lower()) or ["service"]
    first, *others = words
    return first + "".join(word.title() for word in others)
