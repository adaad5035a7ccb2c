"""The words of the log for what an entry holds: the names of fields, and their values."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservations.views.wording import short_day
from staff import floor_words, money_words, wording

NOTHING = "–"
"""What stands for an empty value."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an entry: what it was and what it became, or just what was said."""

    name: str
    before: str
    after: str
    is_change: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How the values of one entry are read."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """Whose clocks say when."""
    names: Mapping[str, Any] = field(default_factory=dict)
    """What ids stand for, as it was written down with them."""
    hides_ids: bool = False
    """Whether an id nobody wrote a name for is worth nothing to who reads it."""


FIELDS: Mapping[str, Any] = {
    "accepts_reservations": gettext_lazy("Guests can book"),
    "access": gettext_lazy("Given to"),
    "amount": gettext_lazy("Amount"),
    "auto_confirm": gettext_lazy("Confirmed at once"),
    "buffer_minutes": gettext_lazy("Minutes to clear and lay a table after each party"),
    "changed": gettext_lazy("What changed"),
    "changes": gettext_lazy("What changed"),
    "closes": gettext_lazy("Closes"),
    "currency": gettext_lazy("Currency"),
    "cut_off": gettext_lazy("Online booking for the same day closes at"),
    "date": gettext_lazy("Date"),
    "description": gettext_lazy("Description"),
    "door": gettext_lazy("Where"),
    "email": gettext_lazy("E-mail"),
    "ends_at": gettext_lazy("End"),
    "events": gettext_lazy("What it hears of"),
    "fields": gettext_lazy("What changed"),
    "first_seating": gettext_lazy("First seating"),
    "for_managers": gettext_lazy("Only managers see it"),
    "guests": gettext_lazy("Guests"),
    "height": gettext_lazy("Depth (cm)"),
    "hold_minutes": gettext_lazy("Minutes a table is held while a guest books"),
    "hours": gettext_lazy("Hours the old secret still works"),
    "in_use": gettext_lazy("In use"),
    "is_active": gettext_lazy("Switched on"),
    "is_closed": gettext_lazy("Closed all day"),
    "is_private": gettext_lazy("Private"),
    "is_test": gettext_lazy("For tests"),
    "kind": gettext_lazy("Kind"),
    "kitchen_closed": gettext_lazy("Kitchen closed"),
    "kitchen_closes": gettext_lazy("Kitchen closes"),
    "kitchen_opens": gettext_lazy("Kitchen opens"),
    "label": gettext_lazy("Name"),
    "last_seating": gettext_lazy("Last seating"),
    "lead_minutes": gettext_lazy("Shortest notice online (minutes)"),
    "left": gettext_lazy("Left"),
    "lock_after_minutes": gettext_lazy("Lock after minutes without a touch"),
    "max_covers": gettext_lazy("Most guests in the whole service"),
    "max_party": gettext_lazy("Largest party online"),
    "max_seats": gettext_lazy("Largest party"),
    "max_spare_seats": gettext_lazy("Most empty chairs a party may leave"),
    "min_party": gettext_lazy("Smallest party online"),
    "min_seats": gettext_lazy("Smallest party"),
    "minutes": gettext_lazy("Minutes"),
    "name": gettext_lazy("Name"),
    "note": gettext_lazy("Note"),
    "offer_minutes": gettext_lazy(
        "Minutes a table that came free is kept for a guest of the waitlist"
    ),
    "old_until": gettext_lazy("The old secret works until"),
    "online_only": gettext_lazy("Online only"),
    "online_slot_covers": gettext_lazy("Guests online"),
    "online_slot_parties": gettext_lazy("Parties online"),
    "opens": gettext_lazy("Opens"),
    "party_size": gettext_lazy("Guests"),
    "pauses": gettext_lazy("Pauses that ended"),
    "per_person": gettext_lazy("For each guest"),
    "percent": gettext_lazy("Refund in percent"),
    "position": gettext_lazy("Place in lists"),
    "priority": gettext_lazy("Priority"),
    "private_hire": gettext_lazy("Can be hired as a whole"),
    "provider": gettext_lazy("Provider"),
    "queue_keep_minutes": gettext_lazy(
        "Minutes a table is kept for a party of the queue that was called"
    ),
    "reason": gettext_lazy("Reason"),
    "refund": gettext_lazy("Refund"),
    "refund_ladder": gettext_lazy("Refund by notice"),
    "renamed": gettext_lazy("Guests and visits that carry it"),
    "requires_prepayment": gettext_lazy("Paid in advance"),
    "requires_second_factor": gettext_lazy("Second factor required"),
    "role": gettext_lazy("Role"),
    "room": gettext_lazy("Room"),
    "rooms": gettext_lazy("Rooms"),
    "rotation": gettext_lazy("Turned by (degrees)"),
    "scopes": gettext_lazy("Rights"),
    "seats": gettext_lazy("Seats of the house"),
    "second_factor": gettext_lazy("With a code"),
    "service": gettext_lazy("Service"),
    "service_date": gettext_lazy("Evening"),
    "shape": gettext_lazy("Shape"),
    "slot_covers": gettext_lazy("Guests in all"),
    "slot_minutes": gettext_lazy("A slot every … minutes"),
    "slot_parties": gettext_lazy("Parties in all"),
    "source": gettext_lazy("Source"),
    "starts_at": gettext_lazy("Time"),
    "status": gettext_lazy("State"),
    "step_free": gettext_lazy("Reached without steps"),
    "table": gettext_lazy("Table"),
    "tables": gettext_lazy("Tables"),
    "tablet": gettext_lazy("Tablet"),
    "tags": gettext_lazy("Tags"),
    "test": gettext_lazy("For tests"),
    "time": gettext_lazy("Time"),
    "to": gettext_lazy("To"),
    "up_to": gettext_lazy("Up to … guests"),
    "url": gettext_lazy("Address"),
    "valid_from": gettext_lazy("First day"),
    "valid_until": gettext_lazy("Last day"),
    "visits": gettext_lazy("Visits"),
    "weekday": gettext_lazy("Weekday"),
    "weekdays": gettext_lazy("Weekdays"),
    "width": gettext_lazy("Width (cm)"),
    "window_days": gettext_lazy("Days ahead guests may book"),
}
"""The more frequent names in ``data``, as the forms call them; others as good as can be read."""

DOORS: Mapping[str, Any] = {
    "password": gettext_lazy("Password"),
    "code": gettext_lazy("Code"),
    "pin": gettext_lazy("PIN"),
}


def _in(groups: Mapping[Any, Mapping[str, Any]]) -> dict[str, Any]:
    return {code: text for group in groups.values() for code, text in group.items()}


_VALUES: Mapping[str, Callable[[], Mapping[str, Any]]] = {
    "access": floor_words.accesses,
    "door": lambda: DOORS,
    "events": lambda: {"*": _("Everything"), **_in(wording.EVENTS)},
    "provider": lambda: money_words.PROVIDERS,
    "role": lambda: wording.ROLES,
    "scopes": lambda: _in(wording.SCOPES),
    "shape": floor_words.shapes,
    "source": lambda: wording.SOURCES,
    "status": lambda: wording.STATES,
}
"""Codes that have words, by the name of their field."""

_ID = re.compile(r"[a-z]{2,8}_[0-9a-hjkmnp-tv-z]{16}")
_CLOCK = re.compile(r"(\d\d:\d\d):\d\d(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d\S*")
_NAMES_OF_FIELDS = ("fields", "changed")


_OF_VERBS: Mapping[tuple[str, str], Any] = {
    ("waitlist.offered", "position"): gettext_lazy("Place on the waitlist"),
}
"""Names that mean something else where this was done."""


def field_text(name: str, verb: str = "") -> str:
    """The name of a field, of an entry with this verb."""
    known = _OF_VERBS.get((verb, name)) or FIELDS.get(name)
    if known is not None:
        return str(known)
    plain = name.replace("_", " ")
    return plain[:1].upper() + plain[1:]


def value_text(value: Any, name: str = "", reading: Reading | None = None) -> str:
    """A value of ``data`` on one line: codes, dates and clocks in words."""
    reading = reading or Reading()
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return ", ".join(value_text(each, name, reading) for each in value) or NOTHING
    if isinstance(value, dict):
        parts = (f"{field_text(key)}: {value_text(v, key, reading)}" for key, v in value.items())
        return ", ".join(parts) or NOTHING
    if name in ("weekday", "weekdays") and isinstance(value, int) and value in WEEKDAYS_ABBR:
        return str(WEEKDAYS_ABBR[value])
    return _text(value, name, reading) if isinstance(value, str) else str(value)


def _text(value: str, name: str, reading: Reading) -> str:
    if name == "source":
        return wording.source(value)
    if name in _VALUES and value in (known := _VALUES[name]()):
        return str(known[value])
    if name in _NAMES_OF_FIELDS:
        return field_text(value)
    if value in reading.names:
        return str(reading.names[value])
    if reading.hides_ids and _ID.fullmatch(value):
        return _("not named")
    return _when(value, reading.zone)


def _when(value: str, zone: ZoneInfo) -> str:
    """Dates and clocks as the house writes them; anything else as it is."""
    if found := _CLOCK.fullmatch(value):
        return found[1]
    try:
        if _DATE.fullmatch(value):
            date = dt.date.fromisoformat(value)
            return f"{short_day(date)} {date.year}"
        if _MOMENT.fullmatch(value):
            instant = dt.datetime.fromisoformat(value)
            return wording.moment(instant, zone) if instant.tzinfo else value
    except ValueError:
        pass
    return value
