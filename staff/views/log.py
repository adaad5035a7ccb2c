"""The log of a house: who did what, when and from where. To be read, never changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode

from core import clock
from core.models import AuditEntry
from reservations.views.wording import clock_time, day
from restaurants.access import Capability
from staff import log_words
from staff.access import HouseView, StaffRequest, house_url
from staff.forms.log import LogForm
from staff.log import (
    bookings_of,
    changes_of,
    log_of,
    page_of,
    people_of,
    people_to_choose,
)
from staff.log_fields import Change
from staff.tables import as_csv, told

PER_PAGE = 50
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class LogLine:
    """An entry as the page shows it."""

    at: dt.datetime
    time: str
    what: str
    who: str
    origin: str
    about: str
    """Who or what it was done to."""
    url: str
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class LogDay:
    """The entries of one day by the house's clocks."""

    title: str
    lines: list[LogLine]


class LogView(HouseView):
    """A page of it, newest first."""

    needs = Capability.MANAGE

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page. Five queries, however long the log is."""
        venue, form = request.venue, log_form(request)
        rows = log_of(venue, form.query(), clock.now())
        entries, older = page_of(rows, request.GET.get("after", ""), PER_PAGE)
        asked = form.told()
        context = {
            "form": form,
            "is_filtered": bool(set(asked) - {"q"}),
            "is_asked": bool(asked),
            "days": _by_day(request, entries),
            "older": urlencode({**asked, "after": older}) if older else "",
            "is_first": not request.GET.get("after"),
            "newest": urlencode(asked),
            "export": f"{house_url(venue, 'log_csv')}?{urlencode(asked)}",
        }
        return render(request, "staff/log.html", context)


def log_form(request: StaffRequest) -> LogForm:
    """The filters."""
    data = request.GET.copy()
    for name in list(data):
        data[name] = str(request.GET.get(name, "")).replace("\0", "")
    return LogForm(data, people=people_to_choose(request.venue))


def _by_day(request: StaffRequest, entries: list[AuditEntry]) -> list[LogDay]:
    zone, days = request.venue.tz, dict[dt.date, list[LogLine]]()
    people, codes = people_of(entries), bookings_of(entries)
    for entry in entries:
        line = _line(request, entry, people, codes)
        days.setdefault(entry.at.astimezone(zone).date(), []).append(line)
    return [LogDay(day(date), lines) for date, lines in days.items()]


def _line(
    request: StaffRequest, entry: AuditEntry, people: dict[str, str], codes: dict[str, str]
) -> LogLine:
    is_self = entry.target == entry.actor_id
    return LogLine(
        at=entry.at,
        time=clock_time(entry.at, request.venue.tz),
        what=log_words.verb_text(entry.verb),
        who=who_of(entry, people),
        origin=entry.origin,
        about="" if is_self else codes.get(entry.target) or people.get(entry.target, ""),
        url="" if is_self else _url(request, entry.target),
        changes=changes_of(entry, request.venue.tz),
    )


def who_of(entry: AuditEntry, people: dict[str, str]) -> str:
    """The person's name of now, or what was written down then."""
    known = people.get(entry.actor_id) or entry.actor_label
    if entry.actor_kind == "guest":
        # Links and ids name no guest.
        return str(log_words.ACTORS["guest"])
    return known or str(log_words.ACTORS.get(entry.actor_kind, entry.actor_kind))


_PAGES = {
    "res": ("booking_money", Capability.OPERATE),
    "pay": ("payment", Capability.OPERATE),
    "key": ("key", Capability.CONNECT),
    "whe": ("webhook", Capability.CONNECT),
    "user": ("person", Capability.OWN),
}
"""The page about a target, by the prefix of its public id, and who may open it."""


def _url(request: StaffRequest, target: str) -> str:
    page, needs = _PAGES.get(target.partition("_")[0], ("", Capability.SEE))
    if not page or not request.access.allows(needs, request.venue.pk):
        return ""
    return house_url(request.venue, page, target)


class LogTableView(HouseView):
    """The same entries as a table to save."""

    needs = Capability.MANAGE

    def get(self, request: StaffRequest) -> HttpResponseBase:
        """Streamed, so that a year needs no more memory than a day."""
        venue, now = request.venue, clock.now()
        rows = log_of(venue, log_form(request).query(), now)
        name = f"log-{venue.slug}-{now.astimezone(venue.tz).date()}.csv"
        return as_csv(name, _HEADING, _cells(request, rows.iterator(chunk_size=_CHUNK)))


_HEADING = ("at", "verb", "what", "who", "kind", "origin", "target", "booking", "changes")


def _cells(request: StaffRequest, found: Iterator[AuditEntry]) -> Iterator[list[object]]:
    zone = request.venue.tz
    while chunk := list(islice(found, _CHUNK)):
        people, codes = people_of(chunk), bookings_of(chunk)
        for entry in chunk:
            changes = "; ".join(
                f"{each.name}: {each.before} → {each.after}"
                if each.is_change
                else f"{each.name}: {each.after}"
                for each in changes_of(entry, zone)
            )
            yield [
                entry.at.astimezone(zone).isoformat(timespec="seconds"),
                entry.verb,
                log_words.verb_text(entry.verb),
                told(who_of(entry, people)),
                entry.actor_kind,
                told(entry.origin),
                told(entry.target),
                codes.get(entry.target, ""),
                told(changes),
            ]
