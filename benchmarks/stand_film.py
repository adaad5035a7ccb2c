"""The film of a long evening: how long the page takes, and a step from one deed to the next.

``python -m benchmarks.stand_film``. The houses of ``benchmarks.stand`` with all that was done
there in the trail: held, booked, here, seated, bill, paid, gone, cleared. Asked through every layer
but the network. Nothing is asserted; a step has 200 ms, and must not take longer the more was done
than once for each deed.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from benchmarks.stack import started
from benchmarks.stand import DATE, NOW, SIZES, full_house
from benchmarks.stand_screen import _PLAIN, _asked, forget

if TYPE_CHECKING:
    from django.test import Client

    from core.models import AuditEntry
    from reservations.models import Reservation
    from restaurants.models import Restaurant

_MINUTE = 60
_STEPS = (
    ("arrived", "arrived", -2),
    ("seated", "seated", 0),
    ("check_dropped", "check_dropped", 80),
    ("paid", "paid", 95),
    ("completed", "completed", 105),
)
"""What becomes of a party: verb, status, minutes after it was to come."""


def main() -> None:
    """Print a line for each size and each thing that is asked for."""
    with started("bench-film") as stack:
        stack.manage("migrate", "-v", "0")
        found = stack.inside("benchmarks.stand_film", "inside")
    print("                                             on the clock, ms     processor, ms")
    print("tables  parties  deeds  what          queries  least  median   least  median      bytes")
    for tables, parties, deeds, what, queries, (took, usual), (own, own_usual), size in found:
        print(
            f"{tables:6d} {parties:8d} {deeds:6d}  {what:15s} {queries:5d} {took:6.0f} {usual:7.0f}"
            f" {own:7.0f} {own_usual:7.0f} {size:10d}"
        )


def inside() -> None:
    """Measure, with Couvert's settings; print a JSON list."""
    from django.db import transaction
    from django.test import Client, override_settings

    # As a web process is: what it has loaded is not looked through for garbage any more.
    import config.wsgi  # noqa: F401
    from accounts.models import User
    from core import clock

    clock.now = lambda: NOW
    lines: list[Any] = []
    for tables, parties in SIZES:
        with transaction.atomic(), override_settings(ALLOWED_HOSTS=["*"], STORAGES=_PLAIN):
            house = full_house(tables, parties)
            deeds = told(house)
            client = Client(headers={"host": "localhost"})
            client.force_login(User.objects.create_superuser(f"f{tables}@example.com"))
            lines += [[tables, parties, deeds, *line] for line in _measure(client, house, deeds)]
            transaction.set_rollback(True)
    print(json.dumps(lines))


def _measure(client: Client, house: Restaurant, deeds: int) -> Iterator[list[Any]]:
    """The page; a step at the beginning, in the middle and at the end; a jump across it all."""
    base = f"/staff/r/{house.slug}/stand/replay/"
    asked = {"date": DATE.isoformat()}
    yield ["page", *_asked(client, base, asked)]
    yield ["page anew", *_asked(client, base, asked, before=forget)]
    for what, number in (("first", 2), ("middle", deeds // 2), ("last", deeds)):
        yield [f"step, {what}", *_asked(client, f"{base}frame/", _from(client, base, number - 1))]
    jump = _from(client, base, 1) | {"n": str(deeds // 2)}
    yield ["jump", *_asked(client, f"{base}frame/", jump)]


def _from(client: Client, base: str, number: int) -> dict[str, str]:
    """What a browser that shows this deed asks for to show the next one."""
    asked = {"date": DATE.isoformat(), "n": str(number)}
    page = client.get(base, asked).content.decode()
    stamp = re.findall(r'data-stamp="([0-9a-f]+)"', page)[0]
    return asked | {"n": str(number + 1), "stamp": stamp}


def told(house: Restaurant) -> int:
    """Write the trail of the whole evening; how many deeds there are."""
    from django.db import connection

    from core.models import AuditEntry
    from reservations.models import Reservation

    entries: list[AuditEntry] = []
    for row in Reservation.objects.filter(restaurant=house).prefetch_related("claims"):
        entries += _deeds(house, row)
    entries.sort(key=lambda entry: entry.at)
    AuditEntry.objects.bulk_create(entries, batch_size=500)
    with connection.cursor() as cursor:
        # As the server does by itself after a while: the planner knows what there is.
        cursor.execute("ANALYZE")
    return len(entries)


def _deeds(house: Restaurant, row: Reservation) -> Iterator[AuditEntry]:
    """Of one party from its booking to the table that is free again; every second one was held."""
    from core.models import AuditEntry

    start = int(row.starts_at.timestamp())
    (claim,) = row.claims.all()
    place = {"tables": [claim.table_id], "from": start, "until": start + 110 * _MINUTE}
    party = {"date": DATE.isoformat(), "size": row.party_size, "starts": start}
    party |= {"ends": start + 110 * _MINUTE}

    def line(verb: str, target: str, seconds: int, state: Any) -> AuditEntry:
        at = dt.datetime.fromtimestamp(start + seconds + row.pk % 60, tz=dt.UTC)
        data = {"service_date": DATE.isoformat(), "state": state}
        fields = {"actor_kind": "staff", "actor_label": "Hanna Host", "restaurant_id": house.pk}
        return AuditEntry(at=at, verb=verb, target=target, data=data, **fields)

    if row.pk % 2:
        hold = f"hold_{row.public_id[4:]}"
        made = start - 3600 * (row.pk % 90)
        kept = {"date": DATE.isoformat(), "size": row.party_size, "expires": made, **place}
        yield _decided(house, hold, line("hold.placed", hold, made - 600 - start, {hold: kept}))
        yield line("hold.expired", hold, made - start, {hold: None})
    booked = party | place | {"status": "confirmed"}
    yield line("reservation.confirmed", row.public_id, -86_400, {row.public_id: booked})
    for verb, status, minutes in _STEPS:
        state = party | {"status": status, "arrived": start, "seated": start}
        state |= {} if status == "completed" else place
        told = {row.public_id: state}
        yield line(f"reservation.{verb}", row.public_id, minutes * _MINUTE, told)
    block = f"block_{row.public_id[4:]}"
    clearing = {"table": claim.table_id, "kind": "bussing", "starts": start + 105 * _MINUTE}
    clearing |= {"ends": start + 110 * _MINUTE}
    yield line("table.to_clear", block, 105 * _MINUTE, {block: clearing})
    yield line("table.cleared", block, 109 * _MINUTE, {block: None})


def _decided(house: Restaurant, hold: str, entry: AuditEntry) -> AuditEntry:
    """The decision of a hold, by which its lines are found."""
    from reservations.models import SeatingDecision

    SeatingDecision.objects.create(
        restaurant=house,
        service_date=DATE,
        subject=hold,
        at=entry.at,
        accepted=True,
        asked={},
        rule_version="best-fit/1",
        plan_version=1,
        actor_kind="guest",
    )
    return entry


if __name__ == "__main__":
    inside() if sys.argv[1:] == ["inside"] else main()
