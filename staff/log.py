"""Reading the log of a house: narrowed down, a page at a time, however long it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, Q, QuerySet, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from django.utils.dateparse import parse_datetime

from accounts.models import User
from core.actors import ActorKind
from core.models import AuditEntry
from reservations.models import Reservation
from restaurants.models import Membership, Restaurant
from staff import log_setup, log_words
from staff.log_fields import NOTHING, Change, Reading, field_text, value_text

LONGEST_SEARCH = dt.timedelta(days=366)
"""Words are looked for in so much of the log, unless the days are given."""


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which entries. Empty parts narrow nothing down."""

    person: str = ""
    """A person's public id, or a kind of actor."""
    kind: str = ""
    target: str = ""
    """A public id, or a booking's code."""
    since: dt.date | None = None
    until: dt.date | None = None
    words: str = ""


def log_of(venue: Restaurant, query: LogQuery, now: dt.datetime) -> QuerySet[AuditEntry]:
    """The entries of one house, newest first."""
    rows = AuditEntry.objects.filter(restaurant_id=venue.pk).order_by("-at", "-id")
    rows = _within_days(rows, query, venue.tz, now)
    if query.person in set(ActorKind):
        rows = rows.filter(actor_kind=query.person)
    elif query.person:
        rows = rows.filter(Q(actor_id=query.person) | Q(target=query.person))
    if query.kind in log_words.KINDS:
        rows = rows.filter(_of_kind(query.kind))
    if query.target:
        rows = rows.filter(target__in=_targets(venue, query.target))
    if query.words:
        rows = rows.annotate(told=Cast("data", TextField())).filter(
            Q(told__icontains=query.words)
            | Q(actor_label__icontains=query.words)
            | Q(actor_id__in=_staff_called(query.words))
            | Q(origin__icontains=query.words)
            | Q(verb__in=_verbs_saying(query.words))
        )
    return rows


def _staff_called(words: str) -> QuerySet[User, str]:
    """Who of the staff is found so: entries say how people were called, and not their address."""
    named = Q(email__icontains=words) | Q(full_name__icontains=words)
    return User.objects.filter(named, is_staff=True).order_by().values_list("public_id", flat=True)


def page_of(rows: QuerySet[AuditEntry], place: str, size: int) -> tuple[list[AuditEntry], str]:
    """The entries after ``place`` and the place after them; empty when there are no more.

    By key, so that the thousandth page costs what the first does and nothing is shown twice while
    entries are added.
    """
    after = _read_place(place)
    if after is not None:
        # Written as rows are compared, for the index to be walked from there.
        compared = RawSQL("(at, id) < (%s, %s)", after, output_field=BooleanField())
        rows = rows.filter(compared)
    found = list(rows[: size + 1])
    if len(found) <= size:
        return found, ""
    last = found[size - 1]
    return found[:size], f"{last.at.isoformat()}~{last.pk}"


def changes_of(entry: AuditEntry, zone: ZoneInfo | None = None) -> list[Change]:
    """What an entry says, field by field; unchanged ones of a before and after are left out.

    ``zone`` is the house's, whose clocks say when.
    """
    # How everybody sat afterwards is for the film of the evening, not for people to read; and an
    # offer of the waitlist has no page and no name, only an id.
    untold = {"state", "names", *(["offer"] if entry.verb.startswith("waitlist.") else [])}
    data = {name: value for name, value in entry.data.items() if name not in untold}
    names = entry.data.get("names")
    reading = Reading(
        zone or ZoneInfo("UTC"),
        names if isinstance(names, dict) else {},
        hides_ids=log_words.kind_of(entry.verb) == log_words.SETUP,
    )
    found = log_setup.changes_of(entry.verb, data, reading)
    found += _before_and_after(entry, data, reading)
    texts = [(name, value_text(value, name, reading)) for name, value in data.items()]
    return found + [
        Change(field_text(name, entry.verb), "", text, is_change=False)
        for name, text in texts
        if text != NOTHING
    ]


def _before_and_after(entry: AuditEntry, data: dict[str, Any], reading: Reading) -> list[Change]:
    """The values that became others; they are taken out of ``data``."""
    before, after = data.pop("before", None), data.pop("after", None)
    if isinstance(before, dict) and isinstance(after, dict):
        names = [*before, *(name for name in after if name not in before)]
        pairs = {name: (before.get(name), after.get(name)) for name in names}
        found = [_change(name, *pair, reading) for name, pair in pairs.items()]
        return [each for each in found if each.before != each.after]
    if before is None and after is None:
        return []
    name = _BARE.get(entry.verb) or _BARE_OF.get(log_words.kind_of(entry.verb), "status")
    is_deed = after is None and name in ("role", "status")
    new = _became(entry) if is_deed else after
    data.pop("role" if name == "role" else "", None)
    return [_change(name, before, new, reading)]


_BARE = {
    "reservation.billed": "amount",
    "reservation.source_promoted": "source",
    "reservation.tagged": "tags",
}
"""What a before and after without names are of, by verb …"""
_BARE_OF = {
    log_words.PEOPLE: "role",
    log_words.SETUP: "changes",
    log_words.CONNECTIONS: "changes",
    log_words.GUESTS: "changes",
}
"""… and by what the verb is about; all others are of a state."""


def people_of(entries: Sequence[AuditEntry]) -> dict[str, str]:
    """How the people who acted or were acted on are called now, by public id. One query."""
    ids = {entry.actor_id for entry in entries} | {entry.target for entry in entries}
    rows = User.objects.filter(public_id__in=[each for each in ids if each.startswith("user_")])
    return {row.public_id: row.called for row in rows}


def bookings_of(entries: Sequence[AuditEntry]) -> dict[str, str]:
    """The codes of the bookings among the targets, by public id. One query."""
    ids = [entry.target for entry in entries if entry.target.startswith("res_")]
    return dict(Reservation.objects.filter(public_id__in=ids).values_list("public_id", "code"))


def people_to_choose(venue: Restaurant) -> list[tuple[str, str]]:
    """Who works here, for the filter."""
    rows = Membership.objects.filter(restaurant=venue).select_related("user")
    return sorted(((row.user.public_id, row.user.called) for row in rows), key=lambda row: row[1])


def _change(name: str, before: Any, after: Any, reading: Reading) -> Change:
    texts = (value_text(before, name, reading), value_text(after, name, reading))
    return Change(field_text(name), *texts, is_change=True)


def _became(entry: AuditEntry) -> Any:
    """A deed's name is the new state, but where the entry says it."""
    if entry.verb == "staff.role_granted":
        return entry.data.get("role")
    return None if entry.verb == "staff.removed" else entry.verb.partition(".")[2]


def _within_days(
    rows: QuerySet[AuditEntry], query: LogQuery, zone: ZoneInfo, now: dt.datetime
) -> QuerySet[AuditEntry]:
    if query.since:
        rows = rows.filter(at__gte=dt.datetime.combine(query.since, dt.time.min, zone))
    elif query.words:
        rows = rows.filter(at__gte=now - LONGEST_SEARCH)
    if query.until:
        ends = query.until + dt.timedelta(days=1)
        rows = rows.filter(at__lt=dt.datetime.combine(ends, dt.time.min, zone))
    return rows


def _of_kind(kind: str) -> Q:
    """By the first word of the verb."""
    named = Q()
    for family, of in log_words.FAMILIES.items():
        if kind in (of, log_words.SETUP):
            named |= Q(verb__startswith=f"{family}.")
    return ~named if kind == log_words.SETUP else named


def _targets(venue: Restaurant, asked: str) -> list[str]:
    rows = Reservation.objects.filter(restaurant=venue, code__iexact=asked)
    return [asked, *rows.values_list("public_id", flat=True)]


def _verbs_saying(words: str) -> list[str]:
    wanted = words.casefold()
    return [verb for verb, text in log_words.VERBS.items() if wanted in str(text).casefold()]


def _read_place(place: str) -> tuple[dt.datetime, int] | None:
    at, mark, number = place.partition("~")
    try:
        moment = parse_datetime(at)
    except ValueError:
        return None
    if not mark or moment is None or moment.tzinfo is None or not number.isdecimal():
        return None
    return (moment, int(number)) if len(number) < 19 else None
