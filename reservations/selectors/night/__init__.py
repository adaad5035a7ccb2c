"""One service date of one house as the host stand shows it: read at once, in a few queries.

Eight at most (seven when the rules are at hand), whatever the number of tables and parties. What
can be worked out from the rows is (``engine.stand``): states of tables, alerts, pacing, and on
demand where a party could sit or move to, without another query.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from customers.selectors import EVERY_TAG, TagSight
from reservations.engine import stand
from reservations.engine.calendar import services_on
from reservations.engine.floors import on_date
from reservations.engine.lifecycle import HOLDS_TABLE
from reservations.engine.walltime import datetime_to_minute, minute_to_datetime
from reservations.selectors.night.reading import (
    clearing,
    closed,
    guest_of,
    house_of,
    read_blocks,
    read_extras,
    read_parties,
    read_tables,
    read_uses,
    read_waiting,
)
from reservations.selectors.night.rows import (
    VIP_TAG,
    Block,
    Brake,
    Figures,
    Night,
    Note,
    PartyRow,
    Room,
    Server,
    Stay,
    TableRow,
    WaitRow,
    natural,
    note_mark,
    service_at,
)
from reservations.selectors.night.shaping import (
    bounds_of,
    figures_of,
    is_tonight,
    loads_of,
    pacing_of,
    server_rows,
    span_of,
    table_rows,
    with_alerts,
)

__all__ = [
    "VIP_TAG",
    "Block",
    "Brake",
    "Figures",
    "Night",
    "Note",
    "PartyRow",
    "Room",
    "Server",
    "Stay",
    "TableRow",
    "WaitRow",
    "is_tonight",
    "natural",
    "night_of",
    "note_mark",
    "service_at",
]


def night_of(
    restaurant_id: int, service_date: dt.date, now: dt.datetime, sight: TagSight = EVERY_TAG
) -> Night:
    """The night of a restaurant, as of ``now`` (aware), with the tags that ``sight`` tells.

    Raises RestaurantNotFound. Seven queries, one more when this process has not seen the current
    rules; takes no lock.
    """
    seen = house_of(restaurant_id)
    found = replace(seen, plan=on_date(seen.plan, service_date))
    local = now.astimezone(found.zone)
    uses, held = read_uses(found, service_date, now)
    tables, rooms = read_tables(found, (use.table_id for use in uses))
    blocks = read_blocks(found, service_date, now)
    servers, sections, notes, brakes, stays = read_extras(found, service_date, now)
    labels = {table.pk: table.label for table in tables}
    parties = read_parties(found, service_date, held, labels, sight)
    waiting = read_waiting(restaurant_id, service_date)
    guests = tuple(guest_of(party) for party in parties)
    present = [guest for guest in guests if guest.status in HOLDS_TABLE]
    minute = datetime_to_minute(now)
    all_uses = (*uses, *clearing(blocks, uses), *closed(found.plan))
    opens, closes = span_of(found, service_date)
    tonight = is_tonight(found, service_date, now)
    bounds = bounds_of((opens, closes), present, blocks, minute if tonight else None)
    floor = stand.floor_of(found.plan, all_uses, present, minute, found.reset_minutes, bounds)
    alerts = stand.alerts_of(floor, guests)
    parties = with_alerts(parties, alerts)
    loads = loads_of(servers, parties, minute)
    return Night(
        house=found,
        service_date=service_date,
        now=local,
        opens=minute_to_datetime(found.zone, opens),
        closes=minute_to_datetime(found.zone, closes),
        is_tonight=tonight,
        services=services_on(found.plan, service_date),
        rooms=rooms,
        tables=table_rows(tables, floor, parties, blocks, sections, alerts, found.zone),
        parties=parties,
        waiting=waiting,
        figures=figures_of(parties, waiting),
        pacing=pacing_of(found, service_date, guests, opens, closes),
        alerts=alerts,
        servers=server_rows(servers, sections, loads, found.zone),
        rotation=stand.next_up(loads),
        notes=notes,
        brakes=brakes,
        uses=all_uses,
        blocks=blocks,
        floor=floor,
        guests=guests,
        stays=stays,
    )
