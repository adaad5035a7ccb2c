"""The drawer on the right: everything about one party, or one table, and all that can be done."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from customers.models import GuestTag
from customers.selectors import tags_of
from reservations.engine.lifecycle import STEPS, UPCOMING, ActorKind, Status, allowed
from reservations.engine.stand import TableState
from reservations.models import Reservation
from reservations.selectors.night import Night, PartyRow, TableRow
from reservations.selectors.queue import QueueRow
from reservations.services.stand.courses import NEXT
from reservations.views.wording import phone, short_day
from restaurants.access import Capability
from restaurants.models import Restaurant
from staff import once
from staff.access import StaffRequest, house_url, tag_sight
from staff.guest_words import tag_labels, visit_labels
from staff.views.stand import queue_drawer, shapes, words
from staff.views.stand.base import StandView
from staff.views.stand.lines import Line, log_of, messages_of, notes_of
from staff.views.stand.shapes import Flag, Press, do_value
from staff.views.stand.why import reasoned

_VISITS = 5


@dataclass(frozen=True, slots=True)
class Panel:
    """What the drawer shows; ``kind`` is ``party``, ``queued`` or ``table``."""

    kind: str
    title: str
    date: str
    view: str
    here: str
    """The query that every link in it begins with."""
    data: dict[str, Any]
    tab: str = ""
    """The list on the left that the party is in."""

    @property
    def template(self) -> str:
        """Its part of the page."""
        return f"staff/stand/drawer/{self.kind}.html"


class DrawerView(StandView):
    """The drawer alone, for a page that has the rest already."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The drawer; empty when the party or table is gone."""
        context = {
            "panel": panel_of(self),
            "once": once.fresh(),
            "may": self.rights,
        }
        return render(request, "staff/stand/_drawer.html", context)


def panel_of(view: StandView) -> Panel | None:
    """What is selected, if it is of this night."""
    night, asked = view.night, view.asked
    place = view.date.isoformat(), view.view, view.here
    party = night.party(asked.get("party", ""))
    if party is not None:
        title = party.name or _("Walk-in")
        return Panel("party", title, *place, _party(view, night, party), party.tab)
    queued = _queued(view)
    if queued is not None:
        facts = queue_drawer.facts_of(view, queued)
        return Panel("queued", queued.name, *place, facts, "waitlist")
    wanted = asked.get("table", "")
    table = next((each for each in night.tables if each.public_id == wanted), None)
    if table is None:
        return None
    title = _("Table %(label)s") % {"label": table.label}
    return Panel("table", title, *place, _table(view, night, table))


def _queued(view: StandView) -> QueueRow | None:
    """The party of the queue that is asked for; the queue is read for none else."""
    wanted = view.asked.get("party", "")
    return view.queue.row(wanted) if wanted.startswith("queue_") else None


def _party(view: StandView, night: Night, party: PartyRow) -> dict[str, Any]:
    venue = view.request.venue
    icon, word = words.state(party.status)
    return {
        "party": party,
        "icon": icon,
        "word": word,
        "time": words.clock(party.starts_at),
        "until": words.clock(party.until) if party.status in STEPS else "",
        "tables": words.tables(party.table_labels),
        "server": shapes.badge_of(night, party.server_id),
        "source": words.source(party),
        "phone": phone(party.phone) if party.phone else "",
        "allergens": words.allergens(party.allergens),
        "flags": shapes.flags_of(party),
        "alerts": [
            (*words.alert_kind(alert.kind), words.alert(night, alert)) for alert in party.alerts
        ],
        "visits": _visits_text(party),
        "presses": _presses(night, party),
        "steps": _steps(party) if night.is_tonight else [],
        "modes": _modes(night, party),
        "suggestions": _suggestions(night, party),
        "why": reasoned(night, party),
        "servers": [
            {"id": each.public_id, "name": each.name, "is": each.id == party.server_id}
            for each in night.servers
        ],
        **_tags(view, party),
        "known": notes_of(party),
        "sizes": range(1, 21),
        "may_change": party.status in UPCOMING or party.tab in ("arrived", "seated"),
        "is_coming": party.status in UPCOMING,
        "may_decline": party.status is Status.PENDING,
        "may_cancel": allowed(party.status, Status.CANCELLED, ActorKind.STAFF),
        "may_miss": allowed(party.status, Status.NO_SHOW, ActorKind.STAFF),
        "money_url": house_url(venue, "booking_money", party.public_id)
        if view.may(Capability.OPERATE)
        else "",
        "guest_url": _guest_url(venue, party),
        "has_fee": bool(party.deposit),
        "log": log_of(venue, party.public_id),
        "messages": messages_of(venue, party.public_id),
        "history": _history(venue, party),
        "may_operate": view.may(Capability.OPERATE),
    }


def _visits_text(party: PartyRow) -> str:
    if party.customer_id is None:
        return ""
    if not party.visits:
        return _("First visit")
    return ngettext("%(n)d earlier visit", "%(n)d earlier visits", party.visits) % {
        "n": party.visits
    }


def _presses(night: Night, party: PartyRow) -> list[Press]:
    """The big buttons: the next step first."""
    found: list[Press] = []
    first = shapes.press_of(night, party)
    if first is not None:
        found.append(first)
    may_sit = allowed(party.status, Status.SEATED, ActorKind.STAFF) and night.is_tonight
    if party.status in UPCOMING and may_sit:
        seat = shapes.seat_press(night, party)
        if seat is not None:
            found.append(seat)
    return found


def _steps(party: PartyRow) -> list[Press]:
    """Everything else of one tap that the lifecycle allows now."""
    wanted = (
        (Status.PARTIALLY_ARRIVED, "partly", _("Some are here"), "door"),
        (Status.ARRIVED, "arrive", _("All are here"), "door"),
        (Status.CHECK_DROPPED, "state", _("Bill"), "bill"),
        (Status.PAID, "state", _("Paid"), "card"),
        (Status.COMPLETED, "leave", pgettext("of a party", "Left"), "check"),
    )
    found = []
    for status, verb, text, icon in wanted:
        if not allowed(party.status, status, ActorKind.STAFF):
            continue
        is_first = status is NEXT.get(party.status) and party.sits
        if is_first or (party.status in UPCOMING and verb == "arrive"):
            # The big button does that.
            continue
        found.append(Press(do_value(verb, party), text, icon, status.value))
    if party.tab == "arrived":
        found.append(Press(do_value("ready", party), _("Table ready"), "bell"))
    if party.sits:
        found.append(Press(do_value("extend", party), _("+15 min"), "clock"))
    return found


def _modes(night: Night, party: PartyRow) -> list[tuple[str, str, str]]:
    """What takes a second tap on the floor."""
    found = []
    if night.is_tonight and (party.status in UPCOMING or party.tab == "arrived"):
        found.append(("seat", _("Seat at…"), "chair"))
    if party.tab == "done":
        return []
    found.append(("move", _("Move…"), "move"))
    if party.table_ids:
        found += [("swap", _("Swap…"), "swap"), ("merge", _("Add a table…"), "plus")]
    if len(party.table_ids) > 1:
        found.append(("split", _("Give a table back…"), "minus"))
    return found


def _suggestions(night: Night, party: PartyRow) -> list[dict[str, str]]:
    """Where it could sit down now, with the reasons."""
    if party.sits or party.tab == "done" or not night.is_tonight:
        return []
    found = []
    for each in night.suggestions(party.public_id, limit=4):
        tables = ",".join(night.table_by_id[pk].public_id for pk in each.table_ids)
        until = words.clock(night.instant(each.until)) if each.until is not None else ""
        found.append(
            {
                "value": do_value("seat", party, tables),
                "tables": words.tables(night.labels(each.table_ids)),
                "until": until,
                "why": ", ".join(words.why(code) for code in each.reasons),
            }
        )
    return found


def _guest_url(venue: Restaurant, party: PartyRow) -> str:
    """The guest's own page, where this house has one."""
    if party.customer_id is None:
        return ""
    try:
        return house_url(venue, "guest", party.customer_id)
    except NoReverseMatch:
        return ""


def _tags(view: StandView, party: PartyRow) -> dict[str, Any]:
    """Every tag the person may give this visit, then those the group has no more, and whether this
    one has it; the tags of the visit and of the guest. Those for managers are marked.
    """
    group, sight = view.request.venue.organization_id, tag_sight(view.request)
    # Who gives none sees none that is marked.
    may = view.may(Capability.OPERATE)
    tags = tags_of(group, None, sight) if may else []
    known = [each.name for each in tags if each.kind == GuestTag.Kind.VISIT]
    own = [name for name in party.tags if name not in known] if may else []
    marked = visit_labels if sight.sees_all else tag_labels
    return {
        "tags": [(each, each.text in party.tags) for each in marked((*known, *own), tags)],
        "visit_tags": marked(party.tags, tags),
        "guest_tags": tag_labels(party.guest_tags, tags),
    }


def _history(venue: Restaurant, party: PartyRow) -> list[Line]:
    if party.customer_id is None:
        return []
    rows = Reservation.objects.filter(
        restaurant=venue, customer__public_id=party.customer_id, starts_at__lt=party.starts_at
    ).order_by("-starts_at")
    return [
        Line(
            f"{short_day(row.service_date)} {row.service_date.year}",
            words.state(Status(row.status))[1],
            ngettext("%(n)d guest", "%(n)d guests", row.party_size) % {"n": row.party_size},
        )
        for row in rows.only("service_date", "status", "party_size")[:_VISITS]
    ]


def _table(view: StandView, night: Night, table: TableRow) -> dict[str, Any]:
    coming = [
        party
        for party in night.parties
        if table.id in party.table_ids and (party.tab in ("upcoming", "arrived") or party.sits)
    ]
    return {
        "table": table,
        "state": words.table_state(table.state),
        "seats": ngettext("%(n)d seat", "%(n)d seats", table.max_seats) % {"n": table.max_seats},
        "room": next((room.name for room in night.rooms if room.id == table.room_id), ""),
        "server": shapes.badge_of(night, table.server_id),
        "until": words.clock(table.until),
        "coming": [
            {
                "id": party.public_id,
                "time": words.clock(party.starts_at),
                "name": party.name or _("Walk-in"),
                "size": party.party_size,
                "word": words.state(party.status)[1],
            }
            for party in coming
        ],
        "is_bussing": table.state is TableState.BUSSING,
        "block": table.block if table.state is TableState.BLOCKED else None,
        "may_block": table.block is None and not table.sitting,
        "walk_ins": range(max(1, table.min_seats), table.max_seats + 1)
        if table.state in (TableState.FREE, TableState.SOON) and night.is_tonight
        else (),
        "flags": [Flag("step-free", _("Step-free"))] if table.step_free else [],
        "free_until": words.clock(table.next_at),
        "lengths": _lengths(night),
        # On another date nothing begins now.
        "block_from": "" if night.is_tonight else _first(night),
        "may_operate": view.may(Capability.OPERATE),
    }


def _lengths(night: Night) -> tuple[tuple[int, str], ...]:
    """For how long a table may be blocked: minutes, and in words."""
    rest = (_rest(night), _("Tonight") if night.is_tonight else _("All evening"))
    return (30, _("30 min")), (60, _("1 h")), (120, _("2 h")), rest


def _first(night: Night) -> str:
    """When the doors open; noon where they do not."""
    return f"{night.opens:%H:%M}" if night.services else "12:00"


def _rest(night: Night) -> int:
    """Minutes until the house closes, an hour at least."""
    since = night.now if night.is_tonight else night.opens
    left = (night.closes - since) // dt.timedelta(minutes=1)
    return min(max(left, 60), 24 * 60)
