"""The night as the screen shows it: rows, tables, alerts and figures in words, nothing to compute.

Everything here is text, numbers and codes, so that a piece of the page can be compared with what
a screen shows already (``pieces``). Nothing depends on the minute: what counts up or down is an
instant that the browser counts from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservations.engine.lifecycle import UPCOMING, ActorKind, Status, allowed
from reservations.engine.stand import AlertKind
from reservations.selectors.night import Night, PartyRow, Server, WaitRow
from reservations.views.wording import phone
from staff import wording
from staff.guest_words import special_dates
from staff.views.stand import queue_words, words

TABS = ("upcoming", "arrived", "seated", "waitlist", "done")
PALETTE = 8
"""Colours of servers there are; the initials tell apart who shares one."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something about a party to know at a glance; ``icon`` with ``text`` for who cannot see."""

    icon: str
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Badge:
    """Who serves: initials, and a colour of the palette."""

    initials: str
    name: str
    tone: int


@dataclass(frozen=True, slots=True)
class Press:
    """A button for one tap: what it sends, and what it says."""

    value: str
    text: str
    icon: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A party in the list on the left."""

    key: str
    party: str
    version: int
    tab: str
    time: str
    time_key: int
    """The same as an instant, to sort by."""
    name: str
    size: int
    tables: str
    table_keys: str
    state: str
    icon: str
    word: str
    tick: str
    """What the browser counts: ``due``, ``wait``, ``since``, ``left``; empty for nothing."""
    tick_at: int
    tick_text: str
    tone: str
    """``late``, ``over`` or ``vip``: how the row stands out; its alerts say so in words too."""
    alerts: tuple[Flag, ...]
    flags: tuple[Flag, ...]
    tags: tuple[str, ...]
    """Of this visit."""
    server: Badge | None
    source: str
    service: int
    press: Press | None
    find: str
    """What the search looks in."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody on the waitlist."""

    key: str
    party: str
    name: str
    size: int
    window: str
    since: int
    since_text: str
    flags: tuple[Flag, ...]
    source: str
    find: str
    why: str = ""
    """What came of looking for a table for it, in words."""
    is_offered: bool = False
    phone: str = ""
    phone_text: str = ""


def do_value(verb: str, party: PartyRow, *more: object) -> str:
    """What a button of one tap sends: the deed, whose, and which version was shown."""
    return " ".join((verb, party.public_id, str(party.version), *map(str, more)))


def badge_of(night: Night, server_id: int | None) -> Badge | None:
    """Who serves, for the edge of a table and the end of a row."""
    for index, server in enumerate(night.servers):
        if server.id == server_id:
            return badge(server, index)
    return None


def badge(server: Server, index: int) -> Badge:
    """The badge of the server at this place of the night's list."""
    return Badge(words.initials(server.name), server.name, index % PALETTE + 1)


def rows_of(night: Night, *, may_act: bool) -> list[Row]:
    """Every party of the night, in the order of each list: who sits longest, who comes next."""
    badges = {each.id: badge(each, index) for index, each in enumerate(night.servers)}
    sat = _sat_last(night)
    return [
        _row(night, party, badges, may_act, night.labels(sat.get(party.id, ())))
        for party in _in_order(night)
    ]


def _sat_last(night: Night) -> dict[int, list[int]]:
    """The tables that each party gave up when it left."""
    left: dict[int, dt.datetime] = {}
    for stay in night.stays:
        left[stay.party_id] = max(stay.until, left.get(stay.party_id, stay.until))
    found: dict[int, list[int]] = {}
    for stay in night.stays:
        if stay.until == left[stay.party_id]:
            found.setdefault(stay.party_id, []).append(stay.table_id)
    return found


def _in_order(night: Night) -> list[PartyRow]:
    """Who waits longest, who leaves first, who comes next, who left last."""

    def place(party: PartyRow) -> tuple[float, int]:
        if party.tab == "arrived":
            return (party.arrived_at or party.starts_at).timestamp(), party.id
        if party.tab == "seated":
            return party.until.timestamp(), party.id
        if party.tab == "done":
            return -(party.left_at or party.status_changed_at).timestamp(), party.id
        return party.starts_at.timestamp(), party.id

    return sorted(night.parties, key=place)


def _row(
    night: Night,
    party: PartyRow,
    badges: dict[int, Badge],
    may_act: bool,
    sat: tuple[str, ...],
) -> Row:
    """``sat`` are the tables that a party had which has left."""
    icon, word = words.state(party.status)
    tick, at = tick_of(party)
    kinds = {alert.kind for alert in party.alerts}
    labels = words.tables(party.table_labels or sat)
    return Row(
        key=f"p-{party.id}",
        party=party.public_id,
        version=party.version,
        tab=party.tab,
        time=words.clock(party.starts_at),
        time_key=int(party.starts_at.timestamp()),
        name=party.name or _("Walk-in"),
        size=party.party_size,
        tables=labels,
        table_keys=" ".join(f"t-{pk}" for pk in party.table_ids),
        state=party.status.value,
        icon=icon,
        word=word,
        tick=tick,
        tick_at=int(at.timestamp()) if at else 0,
        tick_text=words.clock(at),
        tone=_tone(kinds),
        alerts=_alerts(kinds),
        flags=flags_of(party),
        tags=party.tags,
        server=badges.get(party.server_id or 0),
        source=words.source(party),
        service=party.service_id,
        press=press_of(night, party) if may_act else None,
        find=" ".join((party.name, party.phone, party.code, labels, *party.tags)).casefold(),
    )


def _tone(kinds: set[AlertKind]) -> str:
    if kinds & {AlertKind.CONFLICT, AlertKind.OVERSTAY}:
        return "over"
    if AlertKind.LATE in kinds:
        return "late"
    return "vip" if AlertKind.VIP_SOON in kinds else ""


def _alerts(kinds: set[AlertKind]) -> tuple[Flag, ...]:
    shown = [kind for kind in AlertKind if kind in kinds and kind is not AlertKind.VIP_SOON]
    return tuple(Flag(*words.alert_kind(kind), kind.value) for kind in shown)


def tick_of(party: PartyRow) -> tuple[str, dt.datetime | None]:
    """What counts for a party now: until it comes, since it waits, since it sits."""
    if party.status in UPCOMING:
        return "due", party.starts_at
    if party.tab == "arrived":
        return "wait", party.arrived_at or party.status_changed_at
    if party.sits:
        return "since", party.seated_at or party.status_changed_at
    return "", party.left_at or (
        party.status_changed_at if party.status is Status.COMPLETED else None
    )


def flags_of(party: PartyRow) -> tuple[Flag, ...]:
    """Everything a host should know before the party stands at the door, most pressing first."""
    return (*_pressing(party), *_good_to_know(party))


def _pressing(party: PartyRow) -> Iterator[Flag]:
    """One after the other: a word is only looked up where it is said."""
    if party.allergens:
        what = {"what": words.allergens(party.allergens)}
        yield Flag("allergy", _("Allergy: %(what)s") % what, "allergy")
    if party.is_vip:
        yield Flag("star", _("VIP"), "vip")
    if occasion := party.celebration or party.occasion.replace("_", " "):
        yield Flag("cake", occasion, "gold")
    for date in special_dates(party, party.starts_at.date()):
        yield Flag("cake", date, "gold")


def _good_to_know(party: PartyRow) -> Iterator[Flag]:
    if party.step_free or party.accessibility_needs:
        yield Flag("step-free", party.accessibility_needs or _("Step-free"))
    if party.high_chairs:
        chairs = ngettext("%(n)d high chair", "%(n)d high chairs", party.high_chairs)
        yield Flag("high-chair", chairs % {"n": party.high_chairs})
    if wishes := party.special_requests or party.notes:
        yield Flag("note", wishes)
    if party.is_secured:
        yield Flag("card", _("Deposit paid"), "ok")
    if party.is_first_visit:
        yield Flag("spark", _("First visit"))
    if party.late_minutes:
        late = _("Said: %(time)s late") % {"time": words.span(party.late_minutes)}
        yield Flag("clock", late, "late")
    if party.is_locked:
        yield Flag("lock", _("Stays at its table"))


def press_of(night: Night, party: PartyRow) -> Press | None:
    """The one step a row offers without opening anything; on other dates only an answer."""
    if party.status is Status.PENDING:
        return Press(do_value("accept", party), _("Accept"), "check", _("The guest is told."))
    if not night.is_tonight:
        return None
    if party.status in UPCOMING:
        if not allowed(party.status, Status.ARRIVED, ActorKind.STAFF):
            return None
        return Press(do_value("arrive", party), _("Arrive"), "door")
    if party.tab == "arrived":
        return seat_press(night, party)
    if party.sits:
        return Press(do_value("next", party), words.next_step(party.status), "right")
    return None


def seat_press(night: Night, party: PartyRow) -> Press | None:
    """Seat at the place that is best now, which the button names, with why in its hint."""
    best = next(iter(night.suggestions(party.public_id, limit=1)), None)
    if best is None:
        return None
    where = words.tables(night.labels(best.table_ids))
    tables = ",".join(night.table_by_id[pk].public_id for pk in best.table_ids)
    reasons = (words.why(code) for code in best.reasons)
    return Press(
        do_value("seat", party, tables),
        _("Seat · %(tables)s") % {"tables": where},
        "chair",
        ", ".join((*reasons, *_pressed(night, party, best.table_ids))),
    )


def _pressed(night: Night, party: PartyRow, table_ids: Iterable[int]) -> Iterator[str]:
    """That who would serve there has just got a party, or two."""
    server = night.server_for(table_ids, assigned=party.server_id)
    if server is not None and (pressure := words.pressure(server.pressure)):
        yield f"{server.name}: {pressure}"


def waits_of(night: Night) -> list[Wait]:
    """The waitlist, longest wait first."""
    return [_wait(each, night) for each in night.waiting]


def _wait(entry: WaitRow, night: Night) -> Wait:
    at = entry.created_at.astimezone(night.zone)
    return Wait(
        key=f"w-{entry.public_id}",
        party=entry.public_id,
        name=entry.name,
        size=entry.party_size,
        window=f"{entry.earliest:%H:%M}–{entry.latest:%H:%M}",
        since=int(at.timestamp()),
        since_text=words.clock(at),
        flags=(Flag("step-free", _("Step-free")),) if entry.step_free else (),
        source=wording.source(entry.source),
        find=f"{entry.name} {entry.phone}".casefold(),
        why=queue_words.offer_words(entry, night),
        is_offered=entry.status == "offered",
        phone=entry.phone,
        phone_text=phone(entry.phone) if entry.phone else "",
    )
