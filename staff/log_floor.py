"""The words of the log for a save of the floor: what was added, removed, changed and moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from restaurants.floor import DRAWN, name_key
from staff import floor_words
from staff.log_fields import Change, Reading, field_text, value_text

_UNNAMED: Mapping[str, Any] = {
    "rooms": gettext_lazy("Room"),
    "tables": gettext_lazy("Table"),
    "combinations": gettext_lazy("Combination of tables"),
    "fixtures": gettext_lazy("Fixture"),
    "plans": gettext_lazy("Plan"),
}
_NAMED: Mapping[str, Any] = {
    "rooms": gettext_lazy("Room %(name)s"),
    "tables": gettext_lazy("Table %(name)s"),
    "combinations": gettext_lazy("Combination %(name)s"),
    "fixtures": gettext_lazy("Fixture %(name)s"),
    "plans": gettext_lazy("Plan %(name)s"),
}
_ORDERS: Mapping[str, Any] = {
    "rooms": gettext_lazy("Order of the rooms"),
    "plans": gettext_lazy("Order of the plans"),
}


def changes_of(data: dict[str, Any], reading: Reading) -> list[Change]:
    """One line for all that was added, one for all that was removed, and one for each change."""
    rows = [row for row in data.pop("changes", None) or [] if isinstance(row, dict)]
    # What was added or removed says its own name, also in entries that name nothing besides.
    names = {**_own_names(rows), **reading.names}
    reading = replace(reading, names=names, hides_ids=True)
    found = []
    for title, what in ((_("Added"), "added"), (_("Removed"), "removed")):
        things = [
            _thing(row, row[what], reading) for row in rows if isinstance(row.get(what), dict)
        ]
        if things:
            found.append(Change(title, "", ", ".join(things), is_change=False))
    moved = []
    for row in rows:
        if isinstance(row.get("before"), dict) and isinstance(row.get("after"), dict):
            found += _fields(row, reading)
            moved += [_name(row, reading)] if DRAWN & row["after"].keys() else []
        elif "order" in row:
            order = value_text(row["order"], "", reading)
            found.append(Change(str(_ORDERS.get(row.get("kind", ""), "")), "", order, False))
    if moved:
        found.append(Change(_("Moved or drawn otherwise"), "", ", ".join(moved), is_change=False))
    return found


def _own_names(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    found = {}
    for row in rows:
        for said in (row.get("added"), row.get("removed"), row.get("before"), row.get("after")):
            if isinstance(said, dict) and (name := said.get("name") or said.get("label")):
                found[name_key(row.get("kind", ""), said.get("id") or row.get("id", ""))] = name
    return found


def _fields(row: Mapping[str, Any], reading: Reading) -> list[Change]:
    """What of a thing is not drawing alone, before and after."""
    before, after = row["before"], row["after"]
    names = [name for name in after if name not in DRAWN and name not in ("spots", "id")]
    found = []
    if names:
        was, now = (
            ", ".join(
                f"{_field(row, name)}: {value_text(of.get(name), name, reading)}" for name in names
            )
            for of in (before, after)
        )
        found.append(Change(_name(row, reading), was, now, is_change=True))
    if "spots" in after:
        told = _spots(before.get("spots") or [], after["spots"] or [], reading)
        found.append(Change(_name(row, reading), "", told, is_change=False))
    return found


def _field(row: Mapping[str, Any], name: str) -> str:
    return _("Number") if (row.get("kind"), name) == ("tables", "label") else field_text(name)


def _spots(before: list[Any], after: list[Any], reading: Reading) -> str:
    """Which tables stand elsewhere in a plan, and which are used there or no longer."""
    had, has = ({each["table"]: each for each in spots} for spots in (before, after))
    tables: dict[str, list[str]] = {"moved": [], "used": [], "unused": []}
    for key in {**had, **has}:
        was, now = had.get(key), has.get(key)
        name = value_text(key, "", reading)
        if was is None or now is None or any(was.get(n) != now.get(n) for n in DRAWN):
            tables["moved"].append(name)
        if was and now and was.get("in_use") != now.get("in_use"):
            tables["used" if now.get("in_use") else "unused"].append(name)
    texts = {
        "moved": _("other place: %(tables)s"),
        "used": _("in use: %(tables)s"),
        "unused": _("not in use: %(tables)s"),
    }
    return "; ".join(
        texts[what] % {"tables": ", ".join(names)} for what, names in tables.items() if names
    )


def _thing(row: Mapping[str, Any], said: Mapping[str, Any], reading: Reading) -> str:
    """Something that came or went: what it is called, and for how many it is."""
    name = _name({**row, "id": said.get("id", ""), "said": said}, reading)
    if "max_seats" not in said:
        return name
    size = {"low": said.get("min_seats"), "high": said["max_seats"]}
    return f"{name} ({_('%(low)s to %(high)s guests') % size})"


def _name(row: Mapping[str, Any], reading: Reading) -> str:
    """``Table 5``; only ``Table`` where the entry does not say which."""
    kind, said = str(row.get("kind", "")), row.get("said") or {}
    known = reading.names.get(name_key(kind, str(row.get("id", ""))))
    if kind == "fixtures":
        word = floor_words.fixtures().get(str(known or said.get("kind") or ""))
        if word:
            return word
    if kind == "combinations" and not known and said.get("tables"):
        known = " + ".join(value_text(each, "", reading) for each in said["tables"])
    if known:
        return str(_NAMED.get(kind, "%(name)s")) % {"name": known}
    return str(_UNNAMED.get(kind, kind))
