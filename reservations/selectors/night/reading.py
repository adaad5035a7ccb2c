"""Reading a night: its statements, and rows made of what they bring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from customers.selectors import TagSight
from reservations.engine import stand
from reservations.engine import types as e
from reservations.engine.lifecycle import Status
from reservations.engine.stand import Owner
from reservations.engine.walltime import boundary_to_minute, datetime_to_minute, minute_to_datetime
from reservations.models import PaymentRequest, Reservation, TableBlock, WaitlistEntry
from reservations.models.payment_requests import SECURING
from reservations.models.waitlist import LIVE_WAITS
from reservations.selectors.houses import House, house
from reservations.selectors.night.rows import (
    VIP_TAG,
    Block,
    Brake,
    Note,
    PartyRow,
    Room,
    Stay,
    WaitRow,
    natural,
)
from restaurants.errors import RestaurantNotFound
from restaurants.models import DiningTable, TablePlacement

_SECURED = ("succeeded", "authorized", "saved")


def house_of(restaurant_id: int) -> House:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT plan_version FROM restaurants_restaurant WHERE id = %s", [restaurant_id]
        )
        row = cursor.fetchone()
    if row is None:
        raise RestaurantNotFound
    return house(restaurant_id, row[0])


def read_tables(found: House, taken: Iterable[int]) -> tuple[list[DiningTable], tuple[Room, ...]]:
    """The tables of the date's arrangement where they stand in it, and any other that is taken."""
    ids = {table.id for table in found.plan.tables} | set(taken)
    tables = DiningTable.objects.filter(restaurant_id=found.id, pk__in=ids)
    rows = list(tables.select_related("room").order_by("room__position", "room__name", "label"))
    _arrange(rows, found.plan.floor_id)
    rows.sort(key=lambda table: (table.room.position, table.room.name, natural(table.label)))
    rooms = {table.room_id: table.room for table in rows}
    return rows, tuple(Room(each.pk, each.public_id, each.name) for each in rooms.values())


def _arrange(rows: Iterable[DiningTable], floor_id: int) -> None:
    """Put tables where an arrangement has them; the standard one is where they are."""
    if floor_id == e.STANDARD_FLOOR:
        return
    places = {row.table_id: row for row in TablePlacement.objects.filter(plan_id=floor_id)}
    for table in rows:
        place = places.get(table.pk)
        if place is not None:
            table.x, table.y, table.rotation = place.x, place.y, place.rotation


def closed(plan: e.Plan) -> list[stand.Use]:
    """Single tables that the set-up has out of use for a while."""
    return [
        stand.Use(each.table_id, each.starts, each.ends, Owner.BLOCK, 0, each.note)
        for each in plan.closures
        if each.table_id is not None and not each.online_only
    ]


_USES = """
SELECT c.table_id, floor(date_part('epoch', lower(c.during)) / 60)::bigint,
       ceil(date_part('epoch', upper(c.during)) / 60)::bigint,
       c.reservation_id, c.hold_id, c.block_id, k.kind, k.note,
       coalesce(nullif(b.diner_name, ''), b.guest_name), h.party_size
FROM reservations_tableclaim c
LEFT JOIN reservations_reservation b ON b.id = c.reservation_id
LEFT JOIN reservations_hold h ON h.id = c.hold_id
LEFT JOIN reservations_tableblock k ON k.id = c.block_id
WHERE c.restaurant_id = %(id)s AND c.released_at IS NULL
  AND (c.expires_at IS NULL OR c.expires_at > %(now)s)
  AND c.service_date BETWEEN %(date)s::date - 1 AND %(date)s::date + 1
  AND upper(c.during) > %(begins)s
ORDER BY c.id
"""


def read_uses(
    found: House, service_date: dt.date, now: dt.datetime
) -> tuple[tuple[stand.Use, ...], dict[int, list[int]]]:
    """Live claims around the date, and the tables of each party."""
    begins = minute_to_datetime(found.zone, boundary_to_minute(found.zone, service_date, 0))
    with connection.cursor() as cursor:
        cursor.execute(_USES, {"id": found.id, "now": now, "date": service_date, "begins": begins})
        rows = cursor.fetchall()
    uses: list[stand.Use] = []
    held: dict[int, list[int]] = {}
    for table, start, end, party, hold, block, kind, note, name, size in rows:
        if party is not None:
            uses.append(stand.Use(table, start, end, Owner.PARTY, party, name))
            held.setdefault(party, []).append(table)
        elif hold is not None:
            uses.append(stand.Use(table, start, end, Owner.HOLD, hold, str(size)))
        else:
            uses.append(stand.Use(table, start, end, Owner(kind), block, note))
    return tuple(uses), held


def read_blocks(found: House, service_date: dt.date, now: dt.datetime) -> tuple[Block, ...]:
    rows = TableBlock.objects.filter(
        restaurant_id=found.id, service_date=service_date, ended_at=None, ends_at__gt=now
    ).select_related("queue_entry")
    zone = found.zone
    return tuple(
        Block(
            row.pk,
            row.public_id,
            row.table_id,
            row.kind,
            row.starts_at.astimezone(zone),
            row.ends_at.astimezone(zone),
            row.note,
            row.made_by,
            row.queue_entry.public_id if row.queue_entry else "",
            row.queue_entry.name if row.queue_entry else "",
        )
        for row in rows
    )


def clearing(blocks: Iterable[Block], uses: Iterable[stand.Use]) -> list[stand.Use]:
    """Tables being cleared after the next party's time has begun: they could claim nothing."""
    owned = {use.owner_id for use in uses if use.owner in (Owner.BLOCK, Owner.BUSSING)}
    return [
        stand.Use(
            block.table_id,
            datetime_to_minute(block.starts_at),
            -(-int(block.ends_at.timestamp()) // 60),
            Owner(block.kind),
            block.id,
            block.note,
        )
        for block in blocks
        if block.id not in owned
    ]


_EXTRAS = """
SELECT
  (SELECT jsonb_agg(jsonb_build_array(id, public_id, name, position, cut_at IS NOT NULL)
          ORDER BY position, id)
   FROM reservations_shiftserver WHERE restaurant_id = %(id)s AND service_date = %(date)s),
  (SELECT jsonb_agg(jsonb_build_array(table_id, server_id))
   FROM reservations_sectiontable WHERE restaurant_id = %(id)s AND service_date = %(date)s),
  (SELECT jsonb_agg(jsonb_build_array(service_id, text, written_by,
          extract(epoch FROM updated_at)) ORDER BY service_id NULLS FIRST)
   FROM reservations_nightnote WHERE restaurant_id = %(id)s AND service_date = %(date)s
     AND text <> ''),
  (SELECT jsonb_agg(b ORDER BY b->>0, b->>1) FROM (
     SELECT jsonb_build_array('pause', id, extract(epoch FROM starts_at),
            extract(epoch FROM ends_at), NULL, true) AS b
     FROM restaurants_closure
     WHERE restaurant_id = %(id)s AND pauses = %(date)s AND ends_at > %(now)s
     UNION ALL
     SELECT jsonb_build_array('cap', id, extract(epoch FROM starts_at),
            extract(epoch FROM ends_at), covers, online_only)
     FROM restaurants_pacingcap
     WHERE restaurant_id = %(id)s AND service_date = %(date)s AND ends_at > %(now)s) x),
  -- Claims that were given back before they sat down are of a table they never had.
  (SELECT jsonb_agg(jsonb_build_array(party, at_table, extract(epoch FROM since),
          extract(epoch FROM until)) ORDER BY since, party, at_table) FROM (
     SELECT b.id AS party, c.table_id AS at_table,
            min(greatest(b.seated_at, lower(c.during))) AS since,
            max(least(c.released_at, coalesce(b.left_at, b.expected_end, b.ends_at))) AS until
     FROM reservations_reservation b
     JOIN reservations_tableclaim c ON c.reservation_id = b.id AND c.released_at > b.seated_at
     WHERE b.restaurant_id = %(id)s AND b.service_date = %(date)s AND b.status = 'completed'
       AND b.merged_into_id IS NULL AND NOT b.is_test
     GROUP BY b.id, c.table_id) s WHERE until > since)
"""

_Extras = tuple[
    list[list[Any]], dict[int, int], tuple[Note, ...], tuple[Brake, ...], tuple[Stay, ...]
]


def read_extras(found: House, service_date: dt.date, now: dt.datetime) -> _Extras:
    """Servers, whose section each table is of, notes, what is paused or capped, who has left."""
    with connection.cursor() as cursor:
        cursor.execute(_EXTRAS, {"id": found.id, "date": service_date, "now": now})
        columns = [_json(column) for column in cursor.fetchone()]
    servers, sections, notes, brakes, stays = columns
    zone = found.zone
    return (
        servers,
        dict(sections),
        tuple(Note(service, text, by, _at(zone, at)) for service, text, by, at in notes),
        tuple(
            Brake(kind, pk, _at(zone, start), _at(zone, end), covers, online)
            for kind, pk, start, end, covers, online in brakes
        ),
        tuple(
            Stay(pk, table, _at(zone, since), _at(zone, until)) for pk, table, since, until in stays
        ),
    )


def _json(column: str | None) -> list[list[Any]]:
    return orjson.loads(column) if column else []


def _at(zone: ZoneInfo, epoch: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(epoch, tz=zone)


def read_waiting(restaurant_id: int, service_date: dt.date) -> tuple[WaitRow, ...]:
    rows = WaitlistEntry.objects.filter(
        restaurant_id=restaurant_id, service_date=service_date, status__in=LIVE_WAITS
    ).order_by("created_at", "id")
    names = (
        *("public_id", "name", "party_size", "earliest", "latest", "status", "step_free"),
        *("phone", "email", "source", "created_at", "verdict", "verdict_facts", "looked_at"),
    )
    return tuple(WaitRow(*row) for row in rows.values_list(*names))


# Parties

_FIELDS = (
    *("id", "public_id", "code", "version", "status", "party_size", "starts_at", "ends_at"),
    *("service_id", "room_id", "channel", "source", "arrived_at", "seated_at", "check_at"),
    *("paid_at", "left_at", "expected_end", "marked_late_at", "ready_at", "late_minutes"),
    *("status_changed_at", "server_id", "is_locked", "overbooked", "occasion", "celebration"),
    *("tags", "allergens", "allergy_note", "dietary", "special_requests", "high_chairs"),
    *("accessibility_needs", "step_free", "offer_name", "deposit_amount", "currency"),
    *("guest_name", "diner_name", "guest_phone", "guest_email"),
    *("customer__public_id", "customer__tags", "customer__notes", "customer__allergies"),
    *("customer__is_vip", "customer__birthday", "customer__anniversary", "customer__dietary"),
    *("payment__status", "visits", "is_asked"),
)
_INSTANTS = (
    *("starts_at", "ends_at", "arrived_at", "seated_at", "check_at", "paid_at", "left_at"),
    *("expected_end", "marked_late_at", "ready_at", "status_changed_at"),
)
_AS_IS = (
    *("id", "public_id", "code", "version", "party_size", "service_id", "room_id", "channel"),
    *("source", "late_minutes", "server_id", "is_locked", "occasion", "celebration"),
    *("special_requests", "high_chairs", "accessibility_needs", "step_free", "offer_name"),
    *("currency", "visits"),
)


def _plain(restaurant_id: int, of: Q) -> QuerySet[Reservation]:
    return Reservation.objects.filter(of, restaurant_id=restaurant_id, is_test=False)


def _rows(restaurant_id: int, of: Q) -> QuerySet[Reservation, dict[str, Any]]:
    earlier = (
        Reservation.objects.filter(
            restaurant_id=restaurant_id,
            customer=OuterRef("customer"),
            status=Status.COMPLETED,
            starts_at__lt=OuterRef("starts_at"),
        )
        .order_by()
        .values("customer")
        .annotate(number=Count("pk"))
        .values("number")
    )
    asked = PaymentRequest.objects.filter(
        reservation=OuterRef("pk"), status=PaymentRequest.Status.OPEN, kind__in=SECURING
    ).order_by()
    rows = _plain(restaurant_id, of).annotate(
        visits=Coalesce(Subquery(earlier), 0), is_asked=Exists(asked)
    )
    found: QuerySet[Reservation, dict[str, Any]] = rows.order_by("starts_at", "id").values(*_FIELDS)
    return found


def read_parties(
    found: House,
    service_date: dt.date,
    held: dict[int, list[int]],
    labels: dict[int, str],
    sight: TagSight,
) -> tuple[PartyRow, ...]:
    of = Q(service_date=service_date, merged_into=None)
    rows = _rows(found.id, of)
    return tuple(_party(row, found.zone, held.get(row["id"], []), labels, sight) for row in rows)


def read_named(found: House, public_ids: Iterable[str], sight: TagSight) -> tuple[PartyRow, ...]:
    """These parties as they are now, whatever has become of them.

    Without their tables, their earlier visits, and what they were asked to pay.
    """
    rows = _plain(found.id, Q(public_id__in=list(public_ids)))
    rows = rows.annotate(visits=Value(0), is_asked=Value(False))
    values = rows.order_by("starts_at", "id").values(*_FIELDS)
    return tuple(_party(row, found.zone, [], {}, sight) for row in values)


def _party(
    row: dict[str, Any],
    zone: ZoneInfo,
    table_ids: list[int],
    labels: dict[int, str],
    sight: TagSight,
) -> PartyRow:
    note = row["allergy_note"]
    # Who booked for somebody else: what the book knows is of the one who does not come.
    is_other = bool(row["diner_name"])
    own = () if is_other else tuple(row["customer__allergies"] or ())
    eats = () if is_other else tuple(row["customer__dietary"] or ())
    given = sight.of_guest(row["customer__tags"] or ())
    deposit = row["deposit_amount"]
    is_secured = bool(deposit) and row["payment__status"] in _SECURED
    tables = sorted(table_ids, key=lambda pk: natural(labels.get(pk, "")))
    return PartyRow(
        **{name: row[name] for name in _AS_IS},
        **{name: row[name] and row[name].astimezone(zone) for name in _INSTANTS},
        status=Status(row["status"]),
        name=row["diner_name"] or row["guest_name"],
        table_ids=tuple(tables),
        table_labels=tuple(labels[pk] for pk in tables if pk in labels),
        phone=row["guest_phone"],
        email=row["guest_email"],
        overbooked=tuple(row["overbooked"]),
        allergens=tuple(dict.fromkeys((*row["allergens"], *([note] if note else ()), *own))),
        dietary=tuple(dict.fromkeys((*row["dietary"], *eats))),
        customer_id=row["customer__public_id"],
        is_vip=bool(row["customer__is_vip"]) or any(tag.casefold() == VIP_TAG for tag in given),
        birthday="" if is_other else row["customer__birthday"] or "",
        anniversary="" if is_other else row["customer__anniversary"] or "",
        is_for_other=is_other,
        guest_tags=() if is_other else given,
        tags=sight.of_visit(row["tags"]),
        notes="" if is_other else row["customer__notes"] or "",
        deposit=str(deposit.normalize()) if deposit else "",
        is_secured=is_secured,
        owes=row["status"] == Status.PENDING_PAYMENT
        or row["is_asked"]
        or (bool(deposit) and not is_secured),
    )


def guest_of(party: PartyRow) -> stand.Guest:
    return stand.Guest(
        id=party.id,
        status=party.status,
        party_size=party.party_size,
        starts=datetime_to_minute(party.starts_at),
        ends=datetime_to_minute(party.ends_at),
        table_ids=party.table_ids,
        seated=_minute(party.seated_at),
        expected_end=_minute(party.expected_end),
        name=party.name,
        service_id=party.service_id,
        room_id=party.room_id,
        step_free=party.step_free,
        has_allergy=bool(party.allergens),
        is_vip=party.is_vip,
        owes=party.owes,
        is_online=party.channel == "online",
    )


def _minute(instant: dt.datetime | None) -> int | None:
    return None if instant is None else datetime_to_minute(instant)
