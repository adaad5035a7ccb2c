"""Tables out of use: blocked for a while, given back, and cleared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import F, QuerySet
from django.db.models.functions import Least
from django.utils.translation import gettext

from core.actors import Actor
from core.errors import Invalid, NotFound
from reservations.engine.walltime import datetime_to_minute
from reservations.ledger import rewind
from reservations.ledger.seating import claim_block, end_blocks
from reservations.models import QueueEntry, TableBlock, TableClaim
from reservations.services.stand import places
from reservations.services.stand.acting import Acting, on_house
from reservations.services.stand.undo_token import Undo

LONGEST = dt.timedelta(days=2)


def block(
    restaurant: str,
    service_date: dt.date,
    tables: Sequence[str],
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    *,
    by: Actor,
    note: str = "",
    key: str = "",
) -> Undo:
    """Take tables out of use from one instant to another; all of them or none.

    Raises PlaceTaken with who has one of them then, Invalid for an odd stretch of time.
    """

    def deed(acting: Acting) -> tuple[str, str]:
        start, end = _stretch(starts_at, ends_at)
        chosen = places.table_ids(acting, tables)
        for table in chosen:
            use = acting.floor.taken(table, start, end)
            if use is not None:
                raise places.taken(acting, places.BY_OWNER[use.owner], use, table)
        rows = [write_block(acting, table, starts_at, ends_at, note) for table in chosen]
        words = {"table": ", ".join(acting.night.labels(chosen))}
        return rows[0].public_id, gettext("Table %(table)s blocked") % words

    return on_house(restaurant, service_date, "block", deed, by=by, key=key)


def _stretch(starts_at: dt.datetime, ends_at: dt.datetime) -> tuple[int, int]:
    if not dt.timedelta(0) < ends_at - starts_at <= LONGEST:
        raise Invalid(ends_at=gettext("Please choose an end after the beginning."))
    return datetime_to_minute(starts_at), -(-int(ends_at.timestamp()) // 60)


def write_block(
    acting: Acting,
    table_id: int,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    note: str,
    queue_entry: QueueEntry | None = None,
) -> TableBlock:
    """Keep a table from everybody, or for a party of the queue. The caller asked the floor."""
    row = TableBlock.objects.create(
        restaurant_id=acting.house.id,
        service_date=acting.service_date,
        table_id=table_id,
        kind=TableBlock.Kind.BLOCK,
        starts_at=starts_at,
        ends_at=ends_at,
        note=note.strip()[:200],
        made_by=acting.by.label[:120],
        queue_entry=queue_entry,
        created_at=acting.at,
    )
    acting.make(rewind.BLOCKS, row.pk)
    claim_block(
        row.pk,
        table_id=table_id,
        restaurant_id=acting.house.id,
        service_date=acting.service_date,
        start=starts_at,
        until=ends_at,
    )
    acting.make(rewind.CLAIMS, TableClaim.objects.get(block_id=row.pk).pk)
    acting.record_table(
        "table.blocked",
        row,
        tables=list(acting.night.labels([table_id])),
        until=ends_at.isoformat(),
        # The note about a party of the queue is its name, which the trail would keep for ever.
        **({"queue": queue_entry.public_id} if queue_entry else {"note": row.note}),
    )
    return row


def unblock(block: str, *, by: Actor, key: str = "") -> Undo:
    """Give a blocked table (public id of the block) back at once. Raises NotFound."""
    found = (
        TableBlock.objects.filter(public_id=block)
        .values_list("restaurant__public_id", "service_date")
        .first()
    )
    if found is None:
        raise NotFound

    def deed(acting: Acting) -> tuple[str, str]:
        rows = list(_live().filter(public_id=block))
        if not rows:
            raise NotFound(gettext("This table is not blocked any more."))
        return block, end_blocks_of(acting, rows)

    return on_house(*found, "unblock", deed, by=by, key=key)


def cleared(
    restaurant: str, service_date: dt.date, table: str, *, by: Actor, key: str = ""
) -> Undo:
    """A table (public id) that was being cleared is free. Raises NotFound when it was not."""

    def deed(acting: Acting) -> tuple[str, str]:
        chosen = places.table_ids(acting, [table])
        rows = list(
            _live().filter(
                restaurant_id=acting.house.id,
                table_id__in=chosen,
                kind=TableBlock.Kind.BUSSING,
            )
        )
        if not rows:
            raise NotFound(gettext("This table is not being cleared."))
        return table, end_blocks_of(acting, rows)

    return on_house(restaurant, service_date, "cleared", deed, by=by, key=key)


def _live() -> QuerySet[TableBlock]:
    """Tables out of use, their rows locked: what ends them by itself holds no lock of the day."""
    return TableBlock.objects.select_for_update(of=("self",)).filter(ended_at=None).order_by("id")


def end_blocks_of(acting: Acting, rows: Sequence[TableBlock]) -> str:
    """Give blocked tables back at once; what was done in words."""
    keys = [row.pk for row in rows]
    claims = TableClaim.objects.filter(block_id__in=keys, released_at=None)
    acting.remember(rewind.BLOCKS, keys)
    acting.remember(rewind.CLAIMS, claims.values_list("pk", flat=True))
    # One whose time was over before anybody said so ended then.
    TableBlock.objects.filter(pk__in=keys).update(ended_at=Least(acting.at, F("ends_at")))
    end_blocks(keys, now=acting.at)
    labels = acting.night.labels([row.table_id for row in rows])
    for row in rows:
        verb = "table.cleared" if row.kind == TableBlock.Kind.BUSSING else "table.unblocked"
        acting.record_table(verb, row, tables=list(acting.night.labels([row.table_id])))
    return gettext("Table %(table)s is free") % {"table": ", ".join(labels)}
