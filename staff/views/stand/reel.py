"""The deeds of a film in words, and the list of them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservations.models import QueueEntry
from reservations.selectors.night.deeds import Line
from reservations.selectors.night.then import Film
from reservations.views.wording import short_day
from staff import log_words
from staff.views.stand import words


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the film in words."""

    number: int
    """From one."""
    clock: str
    day: str
    """Said only of deeds of another day than the evening's."""
    what: str
    who: str
    """The party, with its tables as they were afterwards; or the table, or the server."""
    by: str


@dataclass
class Teller:
    """Puts the lines of one film into words, in one language; what is said often is kept."""

    film: Film
    labels: Mapping[int, str] = field(init=False)
    """Of tables."""
    names: dict[str, str] = field(init=False)
    """Of parties, those of the queue too, as they are called now."""
    _verbs: dict[str, str] = field(default_factory=dict)
    _tables: dict[tuple[int, ...], str] = field(default_factory=dict)
    _days: dict[dt.date, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.labels = {table.pk: table.label for table in self.film.tables}
        walk_in = _("Walk-in")
        self.names = {party.public_id: party.name or walk_in for party in self.film.parties}
        queued = {each.event.target for each in self.film.lines if _is_queued(each)}
        if queued:
            rows = QueueEntry.objects.filter(public_id__in=queued)
            self.names.update(rows.values_list("public_id", "name"))
        self._days[self.film.service_date] = ""

    def deed(self, number: int) -> Deed:
        """The line with this number, from nought."""
        line = self.film.lines[number]
        at = line.at
        verb, date = line.event.verb, at.date()
        if verb not in self._verbs:
            self._verbs[verb] = log_words.verb_text(verb)
        if date not in self._days:
            self._days[date] = short_day(date)
        return Deed(
            number=number + 1,
            clock=words.clock(at),
            day=self._days[date],
            what=self._verbs[verb],
            who=self._who(line),
            by=_by(line),
        )

    def _who(self, line: Line) -> str:
        target = line.event.target
        state = line.event.states.get(target)
        if target.startswith("res_"):
            return self._party(self.names.get(target, ""), state or {})
        if target.startswith("hold_"):
            return self._party("", state or self.film.held.get(target, {}))
        labels = [str(label) for label in line.data.get("tables", ())]
        if _is_queued(line):
            return _joined([self.names.get(target, ""), _table(labels)])
        if target.startswith("srv_"):
            section = _section(labels) if "tables" in line.data else ""
            return _joined([str(line.data.get("name", "")), section])
        return _table(labels) or str(line.data.get("name", ""))

    def _party(self, name: str, state: Mapping[str, Any]) -> str:
        tables = tuple(state.get("tables", ()))
        if tables not in self._tables:
            self._tables[tables] = _table(self.labels.get(pk, "") for pk in tables)
        return _joined([name, str(state.get("size", "")), self._tables[tables]])


def _is_queued(line: Line) -> bool:
    """Whether it is about a party at the door."""
    return line.event.target.startswith("queue_")


def deed_list(deeds: Iterable[Deed], shown: int, date: dt.date) -> SafeString:
    """The items of the list: thousands on a long evening, for which a template takes five times
    as long. ``shown`` is the number of the one the page stands at."""
    return mark_safe("".join(_item(deed, deed.number == shown, date) for deed in deeds))  # noqa: S308  all of it escaped


def _item(deed: Deed, is_shown: bool, date: dt.date) -> str:
    day = f"<small>{escape(deed.day)}</small>" if deed.day else ""
    who = f"<span>{escape(deed.who)}</span>" if deed.who else ""
    current = ' aria-current="step"' if is_shown else ""
    address = f"?date={date.isoformat()}&amp;n={deed.number}"
    return (
        f'<li><a href="{address}" data-n="{deed.number}"{current}>'
        f"<time>{deed.clock}</time>{day}<b>{escape(deed.what)}</b>{who}"
        f"<small>{escape(deed.by)}</small></a></li>"
    )


def unknown_texts(unknown: Iterable[str]) -> list[str]:
    """What the film does not know of an evening, by the public ids of what it is about."""
    number = Counter(key.partition("_")[0] for key in unknown)
    found = []
    if n := number["res"]:
        text = ngettext(
            "Of %(n)d party it was not written down yet where it sat: it is not shown.",
            "Of %(n)d parties it was not written down yet where they sat: they are not shown.",
            n,
        )
        found.append(text % {"n": n})
    if n := number["hold"]:
        text = ngettext(
            "Of %(n)d table held online it was not written down yet which it was.",
            "Of %(n)d tables held online it was not written down yet which they were.",
            n,
        )
        found.append(text % {"n": n})
    if number["block"]:
        found.append(_("Not every table out of use was written down yet."))
    if number["srv"]:
        found.append(_("Whose tables were whose was not written down yet."))
    return found


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)


def _table(labels: Iterable[str]) -> str:
    """Tables that belong together."""
    found = words.tables(tuple(label for label in labels if label))
    return _("table %(label)s") % {"label": found} if found else ""


def _section(labels: Sequence[str]) -> str:
    if not labels:
        return _("no tables")
    text = ngettext("table %(labels)s", "tables %(labels)s", len(labels))
    return text % {"labels": ", ".join(labels)}


def _by(line: Line) -> str:
    if line.actor_kind == "guest":
        return str(log_words.ACTORS["guest"])
    return line.actor or str(log_words.ACTORS.get(line.actor_kind, line.actor_kind))
