"""Small floors, services and ledgers for the engine's tests: plain functions with defaults."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from reservations.engine.types import (
    Cell,
    Channel,
    Decision,
    DiningService,
    Gauge,
    GaugeKey,
    Ledger,
    Minute,
    Plan,
    Query,
    Reason,
    Refusal,
    Table,
    TableUse,
    TurnTime,
    Used,
)

NEW_YORK = ZoneInfo("America/New_York")
FRIDAY = dt.date(2026, 5, 15)
EVERY_DAY = frozenset(range(7))


def minute(text: str, zone: ZoneInfo = NEW_YORK, fold: int = 0) -> Minute:
    """The instant of a local ISO time, by the standard library alone."""
    local = dt.datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)
    return int(local.timestamp()) // 60


def friday(clock: str) -> Minute:
    return minute(f"2026-05-15 {clock}")


NOW = friday("09:00")


def dinner(**overrides: Any) -> DiningService:
    """Dinner from 18:00 to 21:00, every half hour, every day."""
    values: dict[str, Any] = {
        "id": 1,
        "name": "Dinner",
        "first_seating": 18 * 60,
        "last_seating": 21 * 60,
        "interval": 30,
        "weekdays": EVERY_DAY,
    }
    return DiningService(**(values | overrides))


def table(number: int, seats: int = 2, **overrides: Any) -> Table:
    """Table ``T<number>`` for one to ``seats`` guests."""
    values: dict[str, Any] = {"label": f"T{number}", "min_seats": 1, "max_seats": seats}
    return Table(number, **(values | overrides))


def plan(**overrides: Any) -> Plan:
    """Two tables for two in New York, open for dinner, ninety minutes for everybody."""
    values: dict[str, Any] = {
        "restaurant_id": 1,
        "version": 1,
        "zone": NEW_YORK,
        "turn_times": (TurnTime(99, 90),),
        "tables": (table(1), table(2)),
        "services": (dinner(),),
    }
    return Plan(**(values | overrides))


def query(party_size: int = 2, **overrides: Any) -> Query:
    values: dict[str, Any] = {
        "service_date": FRIDAY,
        "now": NOW,
        "channel": Channel.ONLINE,
    }
    return Query(party_size=party_size, **(values | overrides))


def use(table_id: int, start: str, end: str) -> TableUse:
    """A claim on Friday between two clock times."""
    return TableUse(table_id, friday(start), friday(end))


def ledger(*uses: TableUse, **gauges: Any) -> Ledger:
    return Ledger(uses, **gauges)


def cell_of(gauge: Gauge, clock: str) -> Cell:
    """Where Friday counts an arrival at a clock time; a whole service at midnight in UTC."""
    if gauge is Gauge.SERVICE:
        return int(dt.datetime(2026, 5, 15, tzinfo=dt.UTC).timestamp()) // 900
    return friday(clock) // 15


def counted(gauge: Gauge, clock: str, covers: int, parties: int = 0, service_id: int = 1) -> Ledger:
    """A ledger in which one counter of Friday has counted."""
    key: GaugeKey = (gauge, service_id, cell_of(gauge, clock))
    return Ledger(gauges={key: Used(covers, parties)})


def reasons(answer: Decision | tuple[Refusal, ...]) -> list[Reason]:
    refusals = answer.refusals if isinstance(answer, Decision) else answer
    return [refusal.reason for refusal in refusals]


def booked(before: Ledger, decision: Decision) -> Ledger:
    """The ledger once the service layer has written an accepted decision."""
    assert decision.seating is not None
    seating = decision.seating
    gauges = dict(before.gauges)
    for claim in decision.gauges:
        key = (claim.gauge, claim.service_id, claim.cell)
        used = gauges.get(key, Used(0, 0))
        gauges[key] = Used(used.covers + decision.query.party_size, used.parties + 1)
    claims = tuple(
        TableUse(table_id, seating.starts, seating.claimed_until) for table_id in seating.table_ids
    )
    return Ledger(before.uses + claims, gauges)
