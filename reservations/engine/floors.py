"""Which tables there are on a date: the arrangement that holds then, or the standard one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from reservations.engine.memo import per_plan
from reservations.engine.types import STANDARD_FLOOR, Floor, Plan


def on_date(plan: Plan, date: dt.date) -> Plan:
    """The plan with the tables of a date.

    The same object for the same plan and arrangement, so that what is remembered of it serves all
    its dates; the given plan itself where it has that arrangement already.
    """
    if not plan.floors:
        return plan
    floor = next(floor for floor in plan.floors if holds_on(floor, date))
    return plan if floor.id == plan.floor_id else _arranged(plan, floor.id)


def holds_on(floor: Floor, date: dt.date) -> bool:
    """Whether an arrangement is meant for a date; the standard one is for all."""
    return floor.id == STANDARD_FLOOR or (
        (not floor.weekdays or date.weekday() in floor.weekdays)
        and (floor.valid_from is None or floor.valid_from <= date)
        and (floor.valid_until is None or date <= floor.valid_until)
    )


@per_plan(bound=100)
def _arranged(plan: Plan, floor_id: int) -> Plan:
    floor = next(floor for floor in plan.floors if floor.id == floor_id)
    return replace(plan, tables=floor.tables, combinations=floor.combinations, floor_id=floor_id)
