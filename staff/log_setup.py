"""The words of the log for set-up whose entries are no plain fields: turn times, pacing, hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservations.services.setup.times import LIMITS
from staff import log_floor
from staff.log_fields import Change, Reading, field_text, value_text


def changes_of(verb: str, data: dict[str, Any], reading: Reading) -> list[Change]:
    """What is said otherwise than field by field; that is taken out of ``data``."""
    teller = _TELLERS.get(verb)
    return teller(data, reading) if teller else []


def _turns(data: dict[str, Any], _reading: Reading) -> list[Change]:
    if not _are_lists(data):
        return []
    before, after = _steps(data.pop("before")), _steps(data.pop("after"))
    return [Change(_("Turn times"), before, after, is_change=True)]


def _steps(steps: Iterable[Any]) -> str:
    """``up to 2 guests 90 min, up to 4 guests 120 min``."""
    found = []
    for step in steps:
        if not (isinstance(step, list | tuple) and len(step) == 2):
            found.append(value_text(step))
            continue
        text = ngettext(
            "up to %(size)s guest %(minutes)s min", "up to %(size)s guests %(minutes)s min", step[0]
        )
        found.append(text % {"size": step[0], "minutes": step[1]})
    return ", ".join(found) or _("the usual ones")


def _pacing(data: dict[str, Any], _reading: Reading) -> list[Change]:
    before, after = data.get("before"), data.get("after")
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return []
    del data["before"], data["after"]
    return [
        Change(
            _("Arriving %(time)s") % {"time": at},
            _limits(before.get(at)),
            _limits(after.get(at)),
            is_change=True,
        )
        for at in sorted({*before, *after})
        if before.get(at) != after.get(at)
    ]


def _limits(values: Any) -> str:
    """``Guests in all: 20, Parties online: 4``."""
    if not isinstance(values, list | tuple):
        return value_text(values) if values else _("as usual")
    pairs = zip(LIMITS, values, strict=False)
    told = [f"{field_text(name)}: {value}" for name, value in pairs if value is not None]
    return ", ".join(told) or _("as usual")


def _hours(data: dict[str, Any], _reading: Reading) -> list[Change]:
    if not _are_lists(data):
        return []
    before, after = _by_day(data.pop("before")), _by_day(data.pop("after"))

    def said(stretches: list[str] | None) -> str:
        return ", ".join(stretches or []) or _("closed")

    return [
        Change(_day(key), said(before.get(key)), said(after.get(key)), is_change=True)
        for key in sorted({*before, *after}, key=lambda key: (key[0] == "kitchen", key))
        if before.get(key) != after.get(key)
    ]


def _by_day(lines: Iterable[Any]) -> dict[tuple[str, str], list[str]]:
    """Of ``venue 0 12:00-15:00``: the stretches by part and weekday."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in map(str, lines):
        part, _gap, rest = line.partition(" ")
        weekday, _gap, stretch = rest.partition(" ")
        found.setdefault((part, weekday), []).append(stretch.replace("-", "–"))
    return found


def _day(key: tuple[str, str]) -> str:
    part, weekday = key
    is_known = weekday.isdecimal() and int(weekday) in WEEKDAYS
    name = str(WEEKDAYS[int(weekday)]) if is_known else weekday
    return f"{name}, {_('Kitchen')}" if part == "kitchen" else name


def _tag(data: dict[str, Any], reading: Reading) -> list[Change]:
    """A tag that was renamed; else its name is said like any other field."""
    before = data.pop("before", "")
    if not before or before == data.get("name"):
        return []
    after = value_text(data.pop("name", None), "name", reading)
    return [Change(field_text("name"), str(before), after, is_change=True)]


def _are_lists(data: Mapping[str, Any]) -> bool:
    return all(isinstance(data.get(name), list | tuple) for name in ("before", "after"))


_TELLERS: Mapping[str, Callable[[dict[str, Any], Reading], list[Change]]] = {
    "turntimes.changed": _turns,
    "pacing.changed": _pacing,
    "openinghours.changed": _hours,
    "guest_tag.saved": _tag,
    "floor.saved": log_floor.changes_of,
    "floor.save_undone": log_floor.changes_of,
}
