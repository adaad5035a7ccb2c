"""The words of the floor: shapes, classes, keys, and what the editor says."""

from __future__ import annotations

from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reservations.views.wording import short_day
from restaurants import floor as f

_TABLE = {
    "min_seats": 1,
    "access": "online",
    "step_free": False,
    "priority": 0,
    "in_use": True,
}
NEW_THINGS: dict[str, dict[str, Any]] = {
    "two": {**_TABLE, "shape": "square", "max_seats": 2, "width": 70, "height": 70},
    "four": {**_TABLE, "shape": "square", "min_seats": 2, "max_seats": 4}
    | {"width": 90, "height": 90},
    "round": {**_TABLE, "shape": "round", "min_seats": 2, "max_seats": 4}
    | {"width": 100, "height": 100},
    "long": {**_TABLE, "shape": "long", "min_seats": 4, "max_seats": 8}
    | {"width": 200, "height": 90},
    "counter": {**_TABLE, "shape": "counter", "max_seats": 2, "width": 120, "height": 50},
    "wall": {"kind": "wall", "label": "", "width": 200, "height": 12},
    "bar": {"kind": "bar", "label": "", "width": 300, "height": 60},
    "door": {"kind": "door", "label": "", "width": 90, "height": 12},
    "text": {"kind": "text", "label": "Text", "width": 120, "height": 30},
}
"""What a new thing is before anybody changes it."""


def shapes() -> dict[str, str]:
    """By their codes."""
    return {
        "square": _("Square"),
        "round": _("Round"),
        "long": _("Long"),
        "counter": _("Counter"),
    }


def accesses() -> dict[str, str]:
    """Who may be given a table, by code."""
    return {
        "online": _("Everybody, also online"),
        "in_house": _("In-house only (staff, telephone)"),
        "walk_in": _("Walk-ins only"),
    }


def fixtures() -> dict[str, str]:
    """Kinds of fixtures by code."""
    return {
        "wall": _("Wall"),
        "bar": pgettext("fixture", "Bar"),
        "door": _("Door"),
        "text": pgettext("fixture", "Words"),
    }


def adders() -> list[tuple[str, str]]:
    """The buttons that add something."""
    return [
        ("two", _("Table for 2")),
        ("four", _("Table for 4")),
        ("round", _("Round table")),
        ("long", _("Long table")),
        ("counter", _("Counter seats")),
        *fixtures().items(),
    ]


def keys() -> list[tuple[str, str]]:
    """The keys of the editor and what they do."""
    return [
        ("Tab", _("to the next table")),
        (_("Arrows"), _("5 cm; with Shift 25 cm")),
        ("R", _("turn by 45°; with Shift by 15°")),
        ("D", _("duplicate")),
        (_("Delete"), _("remove")),
        (_("Enter"), _("choose; with Shift several")),
        ("Esc", _("choose nothing")),
        (_("Ctrl+Z, Ctrl+Y"), _("undo, redo")),
        (_("Ctrl+S"), _("save")),
    ]


def words() -> dict[str, Any]:
    """What the script says; ``%(…)s`` is filled in there."""
    return {
        "canvas": _("The tables of the room"),
        "shapes": {key: text.lower() for key, text in shapes().items()},
        "kinds": fixtures(),
        "table": _("Table %(label)s"),
        "about": _(
            "Table %(label)s, %(shape)s, %(low)s to %(high)s guests,"
            " %(x)s cm from the left, %(y)s cm from the top"
        ),
        "out": _("not in use in this plan"),
        "standard": _("Standard plan"),
        "plan_off": _("%(name)s (off)"),
        "add_room": _("New room"),
        "room": _("Room %(number)s"),
        "plan": _("Plan %(number)s"),
        "plan_first": _("Where several plans hold on a day, this one counts now."),
        "room_in_use": _("Move the tables of this room to another one first, then remove it."),
        "moved": _("%(name)s: %(x)s cm from the left, %(y)s cm from the top"),
        "turned": _("%(name)s: turned by %(angle)s degrees"),
        "added": _("%(name)s added"),
        "removed": _("%(name)s removed"),
        "combined": _("Combined for %(low)s to %(high)s guests"),
        "undone": _("Undone"),
        "redone": _("Done again"),
        "unsaved": _("Not saved yet"),
        "saved": _("Everything is saved"),
        "chosen": _("Chosen: %(names)s"),
        "combinations": _("Pushed together"),
        "together": _("%(label)s for %(low)s to %(high)s guests."),
        "opens": _("New: parties of %(sizes)s have a place."),
        "opens_none": _("These parties have a place already."),
        "apart": _(
            "These tables stand %(gap)s cm apart. Somebody will have to carry them in the middle"
            " of a service."
        ),
        "other_rooms": _("They stand in different rooms."),
        "uncombine": _("No longer combine"),
        "offline": _(
            "The floor could not be sent. Nothing is lost: try again when the connection is back."
        ),
        "conflict": _("Your changes are still here and not saved."),
        "merge": _("Put mine on top of theirs"),
        "take_theirs": _("Take theirs, drop mine"),
        "took_theirs": _("This is the floor as the other person saved it."),
        "merged": _("Both are on the plan now. Look at it, then save."),
    }


def when(plan: f.Plan) -> str:
    """The days of a plan: ``Saturday, Sunday · from 1 Jun · until 30 Sep``."""
    parts = [", ".join(str(WEEKDAYS[day]) for day in plan.weekdays)]
    for text, date in (
        (_("from %(day)s"), plan.valid_from),
        (_("until %(day)s"), plan.valid_until),
    ):
        if date:
            parts.append(text % {"day": f"{short_day(date)} {date.year}"})
    if not plan.is_active:
        parts.append(_("off"))
    return " · ".join(filter(None, parts))
