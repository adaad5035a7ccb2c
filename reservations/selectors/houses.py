"""A restaurant's compiled rules: one query, one object per version, kept in the process.

Triggers raise ``plan_version`` whenever anything that decides about bookings changes
(migration ``0002_plan_version``), and every read of the book brings the current version along.
So a kept plan is never stale, and no cache needs to be told anything.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.db import connection

from notifications.selectors import may_text
from payments.gateways.registry import SANDBOX
from payments.gateways.units import unit_of
from reservations.engine import types as e
from reservations.engine.floors import on_date
from reservations.engine.money import DepositRule, RefundStep

_CAPACITY = 4096


@dataclass(frozen=True, slots=True, eq=False)
class House:
    """A restaurant as the book needs it: its plan, and the facts for answers and messages."""

    id: int
    public_id: str
    slug: str
    organization_id: int
    name: str
    address: str
    phone: str
    email: str
    country: str
    language: str
    """What it writes to guests in who chose no language, and is written to in."""
    image: str
    accent: str
    """The house's colour, ``#rrggbb`` or empty; see ``restaurants.colour``."""
    cuisine: tuple[str, ...]
    is_listed: bool
    accepts_reservations: bool
    hold_minutes: int
    max_hold_extensions: int
    code_prefix: str
    cancellation_policy: str
    """In the house's own words; empty when the refund ladder says it all."""
    latitude: float | None
    longitude: float | None
    rooms: dict[int, str]
    """Names of the rooms by id."""
    plan: e.Plan
    account_id: int | None = None
    """Its account with a payment provider; None pays through the sandbox, where there is one."""
    gateway: str = SANDBOX
    """The provider's name."""
    is_paying_for_real: bool = False
    """Whether real money moves."""
    pay_link_minutes: int = 30
    """How long a guest has to pay by a link."""
    keep_cards_days: int = 7
    """How long after a no-show a card is kept that no fee was charged to."""
    sms_account_id: int | None = None
    """Through which it sends texts."""
    reset_minutes: int = 0
    """How long a table is cleared after its party left."""
    offer_minutes: int = 15
    """How long a table that came free is kept for who waits; 0 offers none."""
    queue_keep_minutes: int = 10
    """How long a table is kept for a party of the queue that was called."""

    @property
    def zone(self) -> ZoneInfo:
        """The restaurant's time zone."""
        return self.plan.zone

    @property
    def can_text(self) -> bool:
        """Whether it sends texts."""
        return may_text(self.sms_account_id)

    @property
    def currency(self) -> str:
        """The currency of its deposits."""
        return self.plan.currency

    def on(self, date: dt.date) -> House:
        """The house with the tables of a date; itself where they are those of its plan."""
        plan = on_date(self.plan, date)
        return self if plan is self.plan else replace(self, plan=plan)


class _HouseCache:
    """Houses by restaurant id, least recently loaded out first. Safe between threads."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._houses: OrderedDict[int, House] = OrderedDict()
        self._lock = Lock()

    def get(self, restaurant_id: int, version: int) -> House:
        """The house at ``version``, or newer if it changed since; loaded when not at hand."""
        house = self.get_all({restaurant_id: version}).get(restaurant_id)
        if house is None:
            raise LookupError(f"no restaurant {restaurant_id}")
        return house

    def get_all(self, versions: Mapping[int, int]) -> dict[int, House]:
        """The houses with these ids at these versions, or newer: one query for all not at hand."""
        found: dict[int, House | None] = {pk: self._houses.get(pk) for pk in versions}
        stale = [
            pk for pk, known in found.items() if known is None or known.plan.version != versions[pk]
        ]
        if stale:
            loaded = {each.id: each for each in load_houses(stale)}
            found |= loaded
            with self._lock:
                self._houses.update(loaded)
                while len(self._houses) > self._capacity:
                    self._houses.popitem(last=False)
        return {pk: known for pk, known in found.items() if known is not None}

    def clear(self) -> None:
        """Forget everything (tests start from scratch: ids repeat after a rollback)."""
        with self._lock:
            self._houses.clear()


_cache = _HouseCache(_CAPACITY)


def house(restaurant_id: int, version: int) -> House:
    """The compiled rules of a restaurant at ``version`` or newer; no query when at hand."""
    return _cache.get(restaurant_id, version)


def houses(versions: Mapping[int, int]) -> dict[int, House]:
    """The compiled rules of several restaurants, given and returned by id. At most one query.

    An id that no longer exists is left out.
    """
    return _cache.get_all(versions)


def forget_houses() -> None:
    """Drop all kept plans of this process."""
    _cache.clear()


_LOAD = """
SELECT to_jsonb(r) - 'description' || jsonb_build_object(
  'rooms', (SELECT jsonb_object_agg(id, name) FROM restaurants_diningroom
      WHERE restaurant_id = r.id),
  'tables', (SELECT jsonb_agg(jsonb_build_array(
        id, label, min_seats, max_seats, priority, room_id, access, step_free) ORDER BY label, id)
      FROM restaurants_diningtable WHERE restaurant_id = r.id AND is_active),
  'combinations', (SELECT jsonb_agg(jsonb_build_array(
        c.id, m.table_ids, c.min_seats, c.max_seats, c.priority) ORDER BY c.id)
      FROM restaurants_tablecombination c
      JOIN LATERAL (
        SELECT array_agg(x.diningtable_id ORDER BY x.diningtable_id) AS table_ids
        FROM restaurants_tablecombination_tables x
        WHERE x.tablecombination_id = c.id) m ON m.table_ids IS NOT NULL
      WHERE c.restaurant_id = r.id AND c.is_active),
  'floors', (SELECT jsonb_agg(jsonb_build_object(
        'id', f.id, 'name', f.name, 'weekdays', f.weekdays, 'valid_from', f.valid_from,
        'valid_until', f.valid_until, 'tables', (
          SELECT jsonb_agg(jsonb_build_array(t.id, t.label, t.min_seats, t.max_seats,
            t.priority, t.room_id, t.access, t.step_free) ORDER BY t.label, t.id)
          FROM restaurants_diningtable t
          LEFT JOIN restaurants_tableplacement p ON p.plan_id = f.id AND p.table_id = t.id
          WHERE t.restaurant_id = r.id AND coalesce(p.in_use, t.is_active)))
        ORDER BY f.position, f.id)
      FROM restaurants_floorplan f WHERE f.restaurant_id = r.id AND f.is_active),
  'services', (SELECT jsonb_agg(to_jsonb(s) || jsonb_build_object('room_ids', (
        SELECT array_agg(diningroom_id) FROM restaurants_diningservice_rooms
        WHERE diningservice_id = s.id), 'pacing', (
        SELECT jsonb_agg(jsonb_build_array(at, slot_covers, slot_parties, online_slot_covers,
          online_slot_parties) ORDER BY at)
        FROM restaurants_pacingstep WHERE service_id = s.id)) ORDER BY s.first_seating, s.id)
      FROM restaurants_diningservice s WHERE s.restaurant_id = r.id AND s.is_active),
  'turn_times', (SELECT jsonb_agg(jsonb_build_array(service_id, up_to, minutes) ORDER BY up_to)
      FROM restaurants_turntime WHERE restaurant_id = r.id),
  'opening_hours', (SELECT jsonb_agg(jsonb_build_array(part, weekday, opens, closes))
      FROM restaurants_openinghours WHERE restaurant_id = r.id),
  'special_days', (SELECT jsonb_agg(to_jsonb(d)) FROM restaurants_specialday d
      WHERE restaurant_id = r.id),
  'closures', (SELECT jsonb_agg(to_jsonb(c) || jsonb_build_object(
        'from_minute', floor(date_part('epoch', starts_at) / 60)::bigint,
        'to_minute', ceil(date_part('epoch', ends_at) / 60)::bigint))
      FROM restaurants_closure c WHERE restaurant_id = r.id),
  'caps', (SELECT jsonb_agg(jsonb_build_array(
        floor(date_part('epoch', starts_at) / 60)::bigint,
        ceil(date_part('epoch', ends_at) / 60)::bigint, covers, online_only) ORDER BY id)
      FROM restaurants_pacingcap WHERE restaurant_id = r.id),
  'offers', (SELECT jsonb_agg(to_jsonb(o) || jsonb_build_object(
        'price', o.price::text, 'service_ids', (
          SELECT array_agg(diningservice_id) FROM restaurants_offer_services
          WHERE offer_id = o.id)) ORDER BY o.name, o.id)
      FROM restaurants_offer o WHERE o.restaurant_id = r.id AND o.is_active AND o.is_bookable),
  'policies', (SELECT jsonb_agg(to_jsonb(p) || jsonb_build_object('amount', p.amount::text))
      FROM payments_policy p WHERE restaurant_id = r.id AND is_active),
  'account', (SELECT jsonb_build_array(id, provider, is_test) FROM payments_provideraccount
      WHERE restaurant_id = r.id AND is_active),
  'sms_account', (SELECT id FROM notifications_smsaccount
      WHERE restaurant_id = r.id AND is_active))
FROM restaurants_restaurant r WHERE r.id = ANY(%s)
"""


def load_houses(restaurant_ids: Sequence[int]) -> list[House]:
    """Read restaurants' rules in one statement, hence one snapshot, and compile them."""
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [list(restaurant_ids)])
        return [_house(orjson.loads(row[0])) for row in cursor.fetchall()]


def _house(raw: dict[str, Any]) -> House:
    account_id, gateway, is_test = _account(raw)
    return House(
        id=raw["id"],
        public_id=raw["public_id"],
        slug=raw["slug"],
        organization_id=raw["organization_id"],
        name=raw["name"],
        address=", ".join(filter(None, (raw["address"], raw["city"]))),
        phone=raw["phone"],
        email=raw["email"],
        country=raw["country"],
        language=raw["language"],
        image=next(iter(raw["images"]), ""),
        accent=raw["accent"],
        cuisine=tuple(raw["cuisine"]),
        is_listed=raw["is_listed"],
        accepts_reservations=raw["accepts_reservations"],
        hold_minutes=raw["hold_minutes"],
        max_hold_extensions=raw["max_hold_extensions"],
        code_prefix=raw["code_prefix"],
        cancellation_policy=raw["cancellation_policy"],
        latitude=raw["latitude"],
        longitude=raw["longitude"],
        rooms={int(key): name for key, name in (raw["rooms"] or {}).items()},
        plan=_plan(raw),
        account_id=account_id,
        gateway=gateway,
        is_paying_for_real=not is_test,
        pay_link_minutes=raw["pay_link_minutes"],
        keep_cards_days=raw["keep_cards_days"],
        sms_account_id=raw["sms_account"],
        reset_minutes=(
            raw["buffer_minutes"] if raw["reset_minutes"] is None else raw["reset_minutes"]
        ),
        offer_minutes=raw["offer_minutes"],
        queue_keep_minutes=raw["queue_keep_minutes"],
    )


def _account(raw: dict[str, Any]) -> tuple[int | None, str, bool]:
    """Through whom the house is paid: its account, the provider, whether it only tries."""
    account, gateway, is_test = raw["account"] or (None, SANDBOX, True)
    return account, gateway, is_test


def _plan(raw: dict[str, Any]) -> e.Plan:
    turn_times = raw["turn_times"] or []
    hours = raw["opening_hours"] or []
    own_turns = _turns(turn_times, None)
    # Without any, the engine's own.
    turns: dict[str, Any] = {"turn_times": own_turns} if own_turns else {}
    tables, combinations = _tables(raw["tables"]), raw["combinations"] or []
    together = _combinations(combinations, tables)
    return e.Plan(
        restaurant_id=raw["id"],
        version=raw["plan_version"],
        zone=ZoneInfo(raw["zone"]),
        currency=raw["currency"],
        money_unit=unit_of(_account(raw)[1], raw["currency"]),
        capacity_mode=e.CapacityMode(raw["capacity_mode"]),
        seats=raw["seats"],
        min_party=raw["min_party"],
        max_party=raw["max_party"],
        window_days=raw["window_days"],
        lead_minutes=raw["lead_minutes"],
        cut_off=None if raw["cut_off"] is None else _wall(raw["cut_off"]),
        buffer_minutes=raw["buffer_minutes"],
        max_spare_seats=raw["max_spare_seats"],
        **turns,
        tables=tables,
        combinations=together,
        services=tuple(_service(s, _turns(turn_times, s["id"])) for s in raw["services"] or []),
        openings=_openings(hours, "venue"),
        kitchen=_openings(hours, "kitchen"),
        special_days=tuple(_special_day(d) for d in raw["special_days"] or []),
        closures=tuple(_closure(c) for c in raw["closures"] or []),
        deposit_rules=tuple(_deposit_rule(p) for p in raw["policies"] or []),
        bookable_offers=tuple(_offer(o) for o in raw["offers"] or []),
        caps=tuple(e.Cap(*each) for each in raw["caps"] or []),
        floors=_floors(raw["floors"] or [], combinations, tables, together),
    )


def _tables(rows: list[list[Any]] | None) -> tuple[e.Table, ...]:
    return tuple(
        e.Table(id_, label, low, high, priority, room, e.Access(access), step_free)
        for id_, label, low, high, priority, room, access, step_free in rows or []
    )


def _combinations(rows: list[list[Any]], tables: tuple[e.Table, ...]) -> tuple[e.Combination, ...]:
    """Those of which every table is in use."""
    there = {table.id for table in tables}
    return tuple(
        e.Combination(id_, tuple(ids), low, high, priority)
        for id_, ids, low, high, priority in rows
        if there.issuperset(ids)
    )


def _floors(
    rows: list[dict[str, Any]],
    combinations: list[list[Any]],
    tables: tuple[e.Table, ...],
    together: tuple[e.Combination, ...],
) -> tuple[e.Floor, ...]:
    """The arrangements in order, the standard one last; none where there is no other."""
    if not rows:
        return ()
    found = []
    for raw in rows:
        its = _tables(raw["tables"])
        found.append(
            e.Floor(
                id=raw["id"],
                name=raw["name"],
                tables=its,
                combinations=_combinations(combinations, its),
                weekdays=frozenset(raw["weekdays"]),
                valid_from=_date(raw["valid_from"]),
                valid_until=_date(raw["valid_until"]),
            )
        )
    return (*found, e.Floor(e.STANDARD_FLOOR, "", tables, together))


def _wall(text: str) -> e.WallMinute:
    return int(text[0:2]) * 60 + int(text[3:5])


def _stretch(opens: str, closes: str) -> tuple[e.WallMinute, e.WallMinute]:
    start, end = _wall(opens), _wall(closes)
    return start, end if end > start else end + e.DAY_MINUTES


def _both(
    opens: str | None, closes: str | None
) -> tuple[e.WallMinute, e.WallMinute] | tuple[None, None]:
    return (None, None) if opens is None or closes is None else _stretch(opens, closes)


def _date(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _turns(rows: list[list[int]], service_id: int | None) -> tuple[e.TurnTime, ...]:
    return tuple(
        e.TurnTime(up_to, minutes) for service, up_to, minutes in rows if service == service_id
    )


def _openings(rows: list[list[Any]], part: str) -> tuple[e.Opening, ...]:
    return tuple(
        e.Opening(weekday, *_stretch(opens, closes))
        for of, weekday, opens, closes in rows
        if of == part
    )


def _service(raw: dict[str, Any], turn_times: tuple[e.TurnTime, ...]) -> e.DiningService:
    first, last = _wall(raw["first_seating"]), _wall(raw["last_seating"])
    quarter = first // e.CELL_MINUTES * e.CELL_MINUTES
    return e.DiningService(
        id=raw["id"],
        name=raw["name"],
        first_seating=first,
        last_seating=last if last >= first else last + e.DAY_MINUTES,
        interval=raw["slot_minutes"],
        weekdays=frozenset(raw["weekdays"]),
        on_date=_date(raw["date"]),
        valid_from=_date(raw["valid_from"]),
        valid_until=_date(raw["valid_until"]),
        turn_times=turn_times,
        min_party=raw["min_party"],
        max_party=raw["max_party"],
        max_covers=raw["max_covers"],
        slot_covers=raw["slot_covers"],
        slot_parties=raw["slot_parties"],
        online_slot_covers=raw["online_slot_covers"],
        online_slot_parties=raw["online_slot_parties"],
        room_ids=frozenset(raw["room_ids"] or ()),
        requires_prepayment=raw["requires_prepayment"],
        auto_confirm=raw["auto_confirm"],
        is_private=raw["is_private"],
        pacing=tuple(
            e.Pacing(wall if wall >= quarter else wall + e.DAY_MINUTES, *limits)
            for at, *limits in raw["pacing"] or []
            for wall in [_wall(at)]
        ),
    )


def _special_day(raw: dict[str, Any]) -> e.SpecialDay:
    opens, closes = _both(raw["opens"], raw["closes"])
    kitchen_opens, kitchen_closes = _both(raw["kitchen_opens"], raw["kitchen_closes"])
    return e.SpecialDay(
        date=dt.date.fromisoformat(raw["date"]),
        is_closed=raw["is_closed"],
        opens=opens,
        closes=closes,
        kitchen_closed=raw["kitchen_closed"],
        note=raw["note"],
        kitchen_opens=kitchen_opens,
        kitchen_closes=kitchen_closes,
    )


def _closure(raw: dict[str, Any]) -> e.Closure:
    return e.Closure(
        id=raw["id"],
        starts=raw["from_minute"],
        ends=raw["to_minute"],
        service_id=raw["service_id"],
        room_id=raw["room_id"],
        online_only=raw["online_only"],
        note=raw["note"],
        table_id=raw["table_id"],
    )


def _offer(raw: dict[str, Any]) -> e.BookableOffer:
    return e.BookableOffer(
        id=raw["id"],
        name=raw["name"],
        price=None if raw["price"] is None else Decimal(raw["price"]),
        per_person=raw["per_person"],
        service_ids=frozenset(raw["service_ids"] or ()),
        valid_from=_date(raw["valid_from"]),
        valid_until=_date(raw["valid_until"]),
    )


def _deposit_rule(raw: dict[str, Any]) -> DepositRule:
    return DepositRule(
        id=raw["id"],
        amount=Decimal(raw["amount"]),
        name=raw["name"],
        kind=raw["kind"],
        per_person=raw["per_person"],
        min_party=raw["min_party"],
        max_party=raw["max_party"],
        service_id=raw["service_id"],
        offer_id=raw["offer_id"],
        weekdays=frozenset(raw["weekdays"]),
        valid_from=_date(raw["valid_from"]),
        valid_until=_date(raw["valid_until"]),
        priority=raw["priority"],
        refund_ladder=tuple(RefundStep(hours, percent) for hours, percent in raw["refund_ladder"]),
    )
