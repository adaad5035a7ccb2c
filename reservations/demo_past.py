"""Demo weeks that are over: who came to Maison Allo and The Anchor, and what is known of them.

Everything follows from the date and the house, so that a second run adds nothing. Written in bulk,
as the night would have left it: places that were free, given back since, with instants, bills and
the trail. Dates that have bookings already are left alone.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from core import clock
from core.actors import Actor, ActorKind
from core.ids import public_id
from core.models import AuditEntry
from customers.models import Customer
from reservations.demo_guests import build_guests
from reservations.engine import types as e
from reservations.engine.calendar import slots_of, turn_for
from reservations.engine.walltime import minute_to_datetime
from reservations.models import Reservation, ShiftServer, SourceRecord, TableClaim, VisitBill
from reservations.selectors.houses import house as compiled
from restaurants.models import Restaurant

WEEKS = 10
_HOST = Actor(ActorKind.STAFF, "demo", "Demo desk")
_GUEST = Actor(ActorKind.GUEST, "demo", "Guest")

_SIZES = (1, 2, 2, 2, 2, 2, 2, 3, 3, 4, 4, 4, 5, 6, 7)
_BUSY = (0.5, 0.55, 0.65, 0.75, 0.95, 1.0, 0.7)
"""How full, by weekday."""
_SOURCES = (
    ("website", "online", 0.40, None),
    ("phone", "in_house", 0.20, None),
    ("thefork", "online", 0.16, Decimal(2)),
    ("google", "online", 0.12, None),
    ("walk_in", "walk_in", 0.12, None),
)
"""Name, channel, share, and commission for each guest."""
_WISHES = ("", "", "", "", "", "Window seat please", "Anniversary dinner", "Pram, needs space")
_SERVERS = ("Camille", "Dounia", "Théo", "Rosa")
_PARTIES_A_SLOT = 2.2


@dataclass(slots=True)
class _Book:
    """What a house's past is made of, before it is written."""

    venue: Restaurant
    plan: e.Plan
    guests: Sequence[Customer]
    weights: Sequence[float]
    visits: list[Reservation] = field(default_factory=list)
    claims: list[TableClaim] = field(default_factory=list)
    bills: list[VisitBill] = field(default_factory=list)
    records: list[SourceRecord] = field(default_factory=list)
    trail: list[AuditEntry] = field(default_factory=list)
    servers: list[ShiftServer] = field(default_factory=list)
    """Who serves on the date that is being made."""
    all_servers: list[ShiftServer] = field(default_factory=list)


def build_past(venue: Restaurant) -> int:
    """Write the weeks before today that have no bookings yet; how many bookings were made."""
    plan = compiled(venue.pk, venue.plan_version).plan
    today = clock.now().astimezone(venue.tz).date()
    first = today - dt.timedelta(weeks=WEEKS)
    rows = Reservation.objects.filter(restaurant=venue, service_date__range=(first, today))
    taken = set(rows.values_list("service_date", flat=True))
    dates = [first + dt.timedelta(days=n) for n in range((today - first).days)]
    dates = [date for date in dates if date not in taken]
    if not dates:
        return 0
    with transaction.atomic():
        guests = build_guests(venue)
        weights = [1 / (place + 3) for place in range(len(guests))]
        book = _Book(venue, plan, guests, weights)
        for date in dates:
            _evening(book, date)
        _write(book)
    return len(book.visits)


def _write(book: _Book) -> None:
    ShiftServer.objects.bulk_create(book.all_servers, batch_size=500)
    Reservation.objects.bulk_create(book.visits, batch_size=500)
    TableClaim.objects.bulk_create(book.claims, batch_size=1000)
    VisitBill.objects.bulk_create(book.bills, batch_size=1000)
    SourceRecord.objects.bulk_create(book.records, batch_size=1000)
    # In the order in which it would have been written.
    book.trail.sort(key=lambda entry: entry.at)
    AuditEntry.objects.bulk_create(book.trail, batch_size=2000)


def _evening(book: _Book, date: dt.date) -> None:
    """One service date: parties at the times guests like, as long as there is room."""
    dice = random.Random(f"past {book.venue.slug} {date}")  # noqa: S311  a pattern, not a secret
    names = dice.sample(_SERVERS, 3)
    book.servers = [
        ShiftServer(
            restaurant=book.venue,
            service_date=date,
            name=name,
            position=place,
            created_at=clock.now(),
        )
        for place, name in enumerate(names)
    ]
    until: dict[int, int] = {}
    pool: list[tuple[int, int, int]] = []
    slots = [slot for slot in slots_of(book.plan, date) if slot.closed_by is None]
    number = 0
    for place, slot in enumerate(slots):
        # Fewest at both ends of the day's slots, most in the middle of each service.
        own = [each for each in slots if each.service.id == slot.service.id]
        middle = 1 - abs(own.index(slot) / max(len(own) - 1, 1) - 0.45)
        wanted = _PARTIES_A_SLOT * _BUSY[date.weekday()] * middle
        for _party in range(int(wanted) + (dice.random() < wanted % 1)):
            size = min(dice.choice(_SIZES), slot.service.max_party or 12)
            stay = turn_for(book.plan, slot.service, size)
            seat = _seat(book, until, pool, slot, size, stay)
            if seat is not None:
                number += 1
                _visit(book, dice, date, slot, size, stay, seat, f"{date}:{place}:{number}")
    if number:
        book.all_servers += book.servers


def _seat(
    book: _Book,
    until: dict[int, int],
    pool: list[tuple[int, int, int]],
    slot: e.Slot,
    size: int,
    stay: int,
) -> tuple[e.Table, ...] | None:
    """The smallest table that is free, none in a house that counts seats; None when it is full."""
    plan = book.plan
    ends = slot.starts + stay
    if plan.capacity_mode is e.CapacityMode.SEATS:
        present = sum(s for a, b, s in pool if a < ends and b > slot.starts)
        if present + size > plan.seats:
            return None
        pool.append((slot.starts, ends, size))
        return ()
    rooms = slot.service.room_ids
    for table in sorted(plan.tables, key=lambda each: (each.max_seats, each.label)):
        fits = table.min_seats <= size <= table.max_seats
        if fits and (not rooms or table.room_id in rooms) and until.get(table.id, 0) <= slot.starts:
            until[table.id] = ends + plan.buffer_minutes + 30
            return (table,)
    return None


def _visit(
    book: _Book,
    dice: random.Random,
    date: dt.date,
    slot: e.Slot,
    size: int,
    stay: int,
    seat: tuple[e.Table, ...],
    key: str,
) -> None:
    venue = book.venue
    source, channel, _share, commission = dice.choices(_SOURCES, [s[2] for s in _SOURCES])[0]
    is_walk_in = channel == "walk_in"
    guest = None if is_walk_in and dice.random() < 0.7 else _guest(book, dice)
    starts = minute_to_datetime(book.plan.zone, slot.starts)
    made = _made_at(dice, starts, is_walk_in)
    status = _status(dice, is_walk_in, guest)
    row = Reservation(
        public_id=public_id("res"),
        code=f"{venue.code_prefix}-{dice.randrange(36**7):07d}{date:%j}",
        restaurant=venue,
        service_id=slot.service.id,
        room_id=seat[0].room_id if seat else None,
        service_date=date,
        starts_at=starts,
        ends_at=starts + dt.timedelta(minutes=stay),
        party_size=size,
        status=status,
        channel=channel,
        source=source,
        external_id=f"past:{venue.slug}:{key}",
        customer=guest,
        guest_name=guest.name if guest else "",
        guest_email=guest.email if guest else "",
        guest_phone=guest.phone if guest else "",
        special_requests="" if is_walk_in else dice.choice(_WISHES),
        language=venue.language,
        currency=venue.currency,
        refund_ladder=[],
        created_at=made,
        updated_at=starts,
        status_changed_at=starts,
    )
    book.visits.append(row)
    if not is_walk_in:
        book.trail.append(_entry(book, row, "confirmed", made, _GUEST, seat))
    if commission is not None:
        book.records.append(_record(row, commission, guest))
    if status == "completed":
        _stay(book, dice, row, seat, stay)
    else:
        _absence(book, dice, row)


def _guest(book: _Book, dice: random.Random) -> Customer:
    return dice.choices(book.guests, book.weights)[0]


def _made_at(dice: random.Random, starts: dt.datetime, is_walk_in: bool) -> dt.datetime:
    """A third on the day, the rest up to six weeks ahead."""
    if is_walk_in:
        return starts
    if dice.random() < 0.32:
        return starts - dt.timedelta(minutes=dice.randrange(60, 540))
    return starts - dt.timedelta(days=min(dice.expovariate(1 / 7) + 0.6, 42))


def _status(dice: random.Random, is_walk_in: bool, guest: Customer | None) -> str:
    if is_walk_in:
        return "completed"
    chance = dice.random()
    # Two guests who often do not come: somebody has to.
    unreliable = guest is not None and guest.pk % 53 == 0
    if chance < (0.3 if unreliable else 0.035):
        return "no_show"
    return "cancelled" if chance < (0.4 if unreliable else 0.125) else "completed"


def _stay(
    book: _Book, dice: random.Random, row: Reservation, seat: tuple[e.Table, ...], stay: int
) -> None:
    """A party that came: a little early or late, sat about as long as planned, paid its bill."""
    arrived = row.starts_at + dt.timedelta(minutes=round(dice.gauss(1, 7)))
    seated = arrived + dt.timedelta(minutes=max(round(dice.gauss(4, 3)), 0))
    minutes = round(stay * dice.gauss(0.98 + 0.012 * row.party_size, 0.13))
    left = seated + dt.timedelta(minutes=max(min(minutes, stay + 25), 35))
    row.status_changed_at = row.updated_at = left
    row.arrived_at, row.seated_at, row.left_at = arrived, seated, left
    row.server = dice.choice(book.servers)
    row.expected_end = seated + (row.ends_at - row.starts_at)
    for verb, at, has in (
        ("arrived", arrived, seat),
        ("seated", seated, seat),
        ("completed", left, ()),
    ):
        book.trail.append(_entry(book, row, verb, at, _HOST, has))
    spend = book.venue.average_spend or Decimal(40)
    if dice.random() < 0.92:
        total = float(spend) * row.party_size * max(dice.gauss(1, 0.22), 0.4)
        book.bills.append(
            VisitBill(reservation=row, total=round(Decimal(total), 2), told_by="Demo till", at=left)
        )
    buffer = dt.timedelta(minutes=book.plan.buffer_minutes)
    book.claims += [
        TableClaim(
            table_id=table.id,
            restaurant=book.venue,
            service_date=row.service_date,
            during=DateTimeTZRange(row.starts_at, row.ends_at + buffer),
            reservation=row,
            released_at=left,
        )
        for table in seat
    ]


def _absence(book: _Book, dice: random.Random, row: Reservation) -> None:
    if row.status == "no_show":
        at, by = row.starts_at + dt.timedelta(minutes=35), _HOST
    else:
        ahead = (row.starts_at - row.created_at) * dice.random() * 0.9
        at, by = row.starts_at - ahead, _GUEST
        row.cancelled_at = at
    row.status_changed_at = row.updated_at = at
    book.trail.append(_entry(book, row, row.status, at, by))


_KNOWN = {
    "arrived": ("arrived",),
    "seated": ("arrived", "seated", "expected"),
    "completed": ("arrived", "seated", "expected"),
}
"""Which instants of a visit have come with each step."""


def _entry(
    book: _Book,
    row: Reservation,
    verb: str,
    at: dt.datetime,
    by: Actor,
    seat: Sequence[e.Table] = (),
) -> AuditEntry:
    """A line of the trail, with how the party stood afterwards (``ledger.states``)."""
    buffer = dt.timedelta(minutes=book.plan.buffer_minutes)
    been = {"arrived": row.arrived_at, "seated": row.seated_at, "expected": row.expected_end}
    known = _KNOWN.get(verb, ())
    state = {
        "date": row.service_date.isoformat(),
        "status": verb,
        "size": row.party_size,
        "starts": int(row.starts_at.timestamp()),
        "ends": int(row.ends_at.timestamp()),
        **{
            name: int(when.timestamp())
            for name, when in been.items()
            if when is not None and name in known
        },
    }
    if seat:
        state |= {
            "tables": sorted(table.id for table in seat),
            "from": int(row.starts_at.timestamp()),
            "until": int((row.ends_at + buffer).timestamp()),
        }
    data: dict[str, Any] = {
        "service_date": row.service_date.isoformat(),
        "state": {row.public_id: state},
    }
    return AuditEntry(
        at=at,
        verb=f"reservation.{verb}",
        target=row.public_id,
        restaurant_id=row.restaurant_id,
        actor_kind=by.kind,
        actor_id=by.id,
        actor_label=by.label,
        data=data,
    )


def _record(row: Reservation, commission: Decimal, guest: Customer | None) -> SourceRecord:
    is_over = row.status == "cancelled"
    return SourceRecord(
        restaurant=row.restaurant,
        reservation=row,
        source=row.source,
        external_id=row.external_id,
        is_primary=True,
        status=SourceRecord.Status.CANCELLED if is_over else SourceRecord.Status.LIVE,
        guest_name=guest.name if guest else "",
        service_date=row.service_date,
        party_size=row.party_size,
        commission=commission * row.party_size,
        created_at=row.created_at,
        updated_at=row.created_at,
    )
