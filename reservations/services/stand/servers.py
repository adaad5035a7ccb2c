"""Who serves: on shift, cut, whose section which table is, and who has which party."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Max
from django.db.models.functions import Lower
from django.utils.translation import gettext

from core.actors import Actor
from core.errors import Invalid, NotFound
from core.models import AuditEntry
from reservations.errors import NotChangeable, StaleNight
from reservations.ledger import rewind
from reservations.models import Reservation, SectionTable, ShiftServer
from reservations.services.stand import places
from reservations.services.stand.acting import Acting, on_house, on_party
from reservations.services.stand.door import called
from reservations.services.stand.seating import server_named
from reservations.services.stand.undo_token import Undo
from restaurants.people import member_called


def put_on_shift(
    restaurant: str,
    service_date: dt.date,
    name: str,
    *,
    by: Actor,
    user_id: int | None = None,
    key: str = "",
) -> Undo:
    """Somebody serves on this date; last in the rotation. Raises Invalid for a name twice.

    Whose full name it is may take their own parties through their courses; anybody else may be on
    shift as well, and has no more than a name.
    """

    def deed(acting: Acting) -> tuple[str, str]:
        words = " ".join(name.split())[:60]
        mine = ShiftServer.objects.filter(
            restaurant_id=acting.house.id, service_date=acting.service_date
        )
        if not words:
            raise Invalid(name=gettext("Please enter a name."))
        if mine.annotate(low=Lower("name")).filter(low=words.lower()).exists():
            raise Invalid(name=gettext("%(name)s is on already.") % {"name": words})
        last = mine.aggregate(last=Max("position"))["last"]
        row = ShiftServer.objects.create(
            restaurant_id=acting.house.id,
            service_date=acting.service_date,
            user_id=user_id or member_called(acting.house.id, words),
            name=words,
            position=0 if last is None else last + 1,
            created_at=acting.at,
        )
        acting.make(rewind.SERVERS, row.pk)
        acting.record_server("server.on_shift", row)
        return row.public_id, gettext("%(name)s is on") % {"name": words}

    return on_house(restaurant, service_date, "put_on_shift", deed, by=by, key=key)


def cut(server: str, *, by: Actor, is_cut: bool = True, key: str = "") -> Undo:
    """They take no more tables, or take some again; what they have stays theirs."""

    def deed(acting: Acting) -> tuple[str, str]:
        row = server_named(acting, server)
        acting.remember(rewind.SERVERS, [row.pk])
        row.cut_at = acting.at if is_cut else None
        row.save(update_fields=["cut_at"])
        acting.record_server("server.cut" if is_cut else "server.back", row)
        said = gettext("%(name)s is cut") if is_cut else gettext("%(name)s is back")
        return row.public_id, said % {"name": row.name}

    return on_house(*_where(server), "cut", deed, by=by, key=key)


def give_section(
    server: str,
    tables: Sequence[str],
    *,
    by: Actor,
    expected: str | None = None,
    key: str = "",
) -> Undo:
    """These tables (public ids) are theirs on that date, and no others.

    Taken from whoever had them. Parties that sit stay with whom they have. ``expected`` is the mark
    of the sections that were shown (``Night.sections_mark``): raises StaleNight when tables have
    changed hands since. None takes them whoever has them.
    """

    def deed(acting: Acting) -> tuple[str, str]:
        row = server_named(acting, server)
        if expected is not None and expected != acting.night.sections_mark:
            raise _sections_changed(acting)
        chosen = places.table_ids(acting, tables) if tables else ()
        mine = SectionTable.objects.filter(
            restaurant_id=acting.house.id, service_date=acting.service_date
        )
        gone = mine.filter(server=row) | mine.filter(table_id__in=chosen)
        before = dict(gone.values_list("pk", "server_id"))
        acting.remember(rewind.SECTIONS, before)
        gone.delete()
        for table in chosen:
            made = SectionTable.objects.create(
                restaurant_id=acting.house.id,
                service_date=acting.service_date,
                table_id=table,
                server=row,
            )
            acting.make(rewind.SECTIONS, made.pk)
        labels = acting.night.labels(chosen)
        acting.record_server("server.section", row, also=before.values(), tables=list(labels))
        words = {"name": row.name, "tables": ", ".join(labels) or "–"}
        return row.public_id, gettext("%(name)s: tables %(tables)s") % words

    return on_house(*_where(server), "give_section", deed, by=by, key=key)


def _sections_changed(acting: Acting) -> StaleNight:
    """Who changed whose tables are whose last, as the error to raise."""
    ids = [each.public_id for each in acting.night.servers]
    lines = AuditEntry.objects.filter(target__in=ids, verb="server.section")
    line = lines.order_by("-id").first()
    if line is None:
        return StaleNight()
    local = line.at.astimezone(acting.house.zone)
    words = {
        "who": line.actor_label or gettext("Somebody"),
        "time": local.strftime("%H:%M"),
        "name": line.data.get("name", ""),
    }
    text = gettext("%(who)s changed the tables of %(name)s at %(time)s. Look at them again.")
    return StaleNight(text % words, who=line.actor_label, at=line.at.isoformat())


def relieve(
    server: str, successor: str, *, by: Actor, expected: str | None = None, key: str = ""
) -> Undo:
    """Another one takes over: the parties that are theirs now, and their tables; they are cut.

    Raises Invalid for the same person twice, for somebody who is not on that date or takes no more
    tables, and for who has nothing any more. ``expected`` as in :func:`give_section`.
    """

    def deed(acting: Acting) -> tuple[str, str]:
        row, other = server_named(acting, server), server_named(acting, successor)
        if row.pk == other.pk:
            raise Invalid(gettext("Choose somebody else to take over."))
        if expected is not None and expected != acting.night.sections_mark:
            raise _sections_changed(acting)
        if other.cut_at is not None:
            text = gettext("%(name)s takes no more tables. Choose somebody else to take over.")
            raise Invalid(text % {"name": other.name})
        parties = _hand_over_parties(acting, row, other)
        if not _hand_over_tables(acting, row, other) and not parties and row.cut_at:
            text = gettext("%(name)s has no parties and no tables any more.")
            raise Invalid(text % {"name": row.name})
        acting.remember(rewind.SERVERS, [row.pk])
        row.cut_at = row.cut_at or acting.at
        row.save(update_fields=["cut_at"])
        names = {"successor": other.name, "parties": parties}
        acting.record_server("server.relieved", row, also=[other.pk], **names)
        words = {"name": row.name, "successor": other.name}
        return row.public_id, gettext("%(successor)s takes over from %(name)s") % words

    return on_house(*_where(server), "relieve", deed, by=by, key=key)


def _hand_over_parties(acting: Acting, row: ShiftServer, other: ShiftServer) -> int:
    """Who comes or sits and is theirs is another's; how many."""
    mine = [
        party.id
        for party in acting.night.parties
        if party.server_id == row.pk and party.status in places.ON
    ]
    for pk in sorted(mine):
        party = acting.party(pk, None)
        party.server = other
        party.updated_at = acting.at
        party.save(update_fields=["server", "updated_at"])
        acting.record_party("reservation.server_assigned", party, server=other.name)
    return len(mine)


def _hand_over_tables(acting: Acting, row: ShiftServer, other: ShiftServer) -> int:
    """Their section is added to another's; how many tables."""
    sections = SectionTable.objects.filter(server=row)
    acting.remember(rewind.SECTIONS, sections.values_list("pk", flat=True))
    number = sections.update(server=other)
    if number:
        theirs = SectionTable.objects.filter(server=other).values_list("table_id", flat=True)
        labels = acting.night.labels(theirs)
        acting.record_server("server.section", other, also=[row.pk], tables=list(labels))
    return number


def assign_server(
    party: str, server: str | None, *, expected: int, by: Actor, key: str = ""
) -> Undo:
    """Who serves this party (public id); None for nobody."""

    def deed(acting: Acting, row: Reservation) -> str:
        if row.status not in places.ON:
            raise NotChangeable(status=row.status)
        chosen = server_named(acting, server) if server else None
        row.server = chosen
        row.updated_at = acting.at
        row.save(update_fields=["server", "updated_at"])
        name = chosen.name if chosen else ""
        acting.record_party("reservation.server_assigned", row, server=name)
        words = {"party": called(row), "name": name or gettext("nobody")}
        return gettext("%(party)s: %(name)s serves") % words

    return on_party(party, "assign_server", deed, expected=expected, by=by, key=key)


def _where(server: str) -> tuple[str, dt.date]:
    """House and date of somebody on shift (public id); raises NotFound."""
    rows = ShiftServer.objects.filter(public_id=server)
    found = rows.values_list("restaurant__public_id", "service_date").first()
    if found is None:
        raise NotFound
    return found[0], found[1]
