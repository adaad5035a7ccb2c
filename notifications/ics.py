"""A reservation as a calendar file (RFC 5545), for messages and for pages."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext
from icalendar import (
    Calendar,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vCalAddress,
    vText,
)

from core import clock
from notifications.wording import happens_twice, local_time, one_line

_DAY = dt.timedelta(days=1)
_MINUTE = dt.timedelta(minutes=1)


def calendar_for(payload: Mapping[str, Any], method: str, *, attendee: str = "") -> bytes:
    """The reservation of a message's payload as an iCalendar object.

    ``method`` is REQUEST (new or changed), CANCEL, or PUBLISH for a file to download. The UID
    never changes and SEQUENCE comes from the payload, so a calendar updates its entry instead
    of adding a second one. ``attendee`` is the guest's address; REQUEST needs it by the letter
    of RFC 5546. Raises KeyError when a needed fact is missing.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Couvert//Reservations//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    starts = local_time(payload["starts_at"], payload["zone"])
    ends = local_time(payload["ends_at"], payload["zone"])
    if happens_twice(starts) or happens_twice(ends):
        # A time with a TZID always means the first of the two; UTC knows both.
        starts, ends = starts.astimezone(dt.UTC), ends.astimezone(dt.UTC)
    else:
        calendar.add_component(_timezone(payload["zone"], starts.year))
    calendar.add_component(_event(payload, method, attendee, starts, ends))
    return bytes(calendar.to_ical())


def _event(
    payload: Mapping[str, Any], method: str, attendee: str, starts: dt.datetime, ends: dt.datetime
) -> Event:
    restaurant = one_line(payload["restaurant"])
    cancelled = method == "CANCEL"
    event = Event()
    event.add("uid", f"{payload['reservation_id']}@couvert")
    event.add("dtstamp", clock.now().replace(microsecond=0))
    event.add("dtstart", starts)
    event.add("dtend", ends)
    event.add("sequence", int(payload.get("sequence", 0)))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    named = {"restaurant": restaurant, "guests": int(payload["party_size"])}
    event.add("summary", gettext("%(restaurant)s, table for %(guests)s") % named)
    event.add("description", _description(payload))
    address = one_line(payload.get("address", ""))
    event.add("location", f"{restaurant}, {address}" if address else restaurant)
    event.add("organizer", _person(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], restaurant))
    if attendee:
        guest = _person(attendee, one_line(payload.get("guest_name", "")))
        guest.params["partstat"] = vText("ACCEPTED")
        guest.params["rsvp"] = vText("FALSE")
        event.add("attendee", guest)
    return event


def _description(payload: Mapping[str, Any]) -> str:
    facts = {
        gettext("Code"): payload.get("code"),
        gettext("Booked for"): payload.get("diner_name"),
        gettext("Offer"): payload.get("offer"),
        gettext("Telephone"): payload.get("phone"),
        gettext("Change or cancel"): payload.get("manage_url"),
    }
    return "\n".join(
        f"{name}{gettext(':')} {one_line(fact)}" for name, fact in facts.items() if fact
    )


def _person(address: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{one_line(address)}")
    if name:
        # A parameter cannot contain a double quote (RFC 5545, 3.2).
        person.params["cn"] = vText(name.replace('"', "'"))
    return person


@lru_cache(maxsize=256)
def _timezone(name: str, year: int) -> Timezone:
    """The zone's rules from the year before to the year after, as they really are.

    Written here because icalendar 7.3 puts the onset of summer time an hour late
    (seen 2026-11: it writes the clock reading after the change, where RFC 5545, 3.6.5 wants
    the one before).
    """
    zone = zoneinfo.ZoneInfo(name)
    start = dt.datetime(year - 1, 1, 1, tzinfo=dt.UTC)
    timezone = Timezone()
    timezone.add("tzid", name)
    timezone.add_component(_observance(zone, start, start))
    for change in _changes(zone, start, dt.datetime(year + 2, 1, 1, tzinfo=dt.UTC)):
        timezone.add_component(_observance(zone, change - _MINUTE, change))
    return timezone


def _observance(
    zone: zoneinfo.ZoneInfo, before: dt.datetime, onset: dt.datetime
) -> TimezoneDaylight | TimezoneStandard:
    after = onset.astimezone(zone)
    offset_before = before.astimezone(zone).utcoffset() or dt.timedelta()
    rule = TimezoneDaylight() if after.dst() else TimezoneStandard()
    rule.add("dtstart", (onset + offset_before).replace(tzinfo=None))
    rule.add("tzoffsetfrom", offset_before)
    rule.add("tzoffsetto", after.utcoffset())
    rule.add("tzname", after.tzname())
    return rule


def _changes(
    zone: zoneinfo.ZoneInfo, start: dt.datetime, end: dt.datetime
) -> Iterator[dt.datetime]:
    """The instants at which the zone's offset becomes another one."""

    def offset(instant: dt.datetime) -> dt.timedelta | None:
        return instant.astimezone(zone).utcoffset()

    day = start
    while day < end:
        if offset(day) != offset(day + _DAY):
            low, high = day, day + _DAY
            while high - low > _MINUTE:
                middle = low + (high - low) // _MINUTE // 2 * _MINUTE
                low, high = (middle, high) if offset(middle) == offset(day) else (low, middle)
            yield high
        day += _DAY
