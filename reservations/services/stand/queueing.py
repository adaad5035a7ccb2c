"""The queue at the door: parties without a booking that wait for a table.

Everything here is an action of the stand: under the day's lock, on the record, undone in ten
seconds. A party that is called has its table kept by a claim in the ledger, as a blocked table has
one, so that nobody else is given it meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext, ngettext

from core.actors import Actor
from core.errors import Invalid, NotFound
from core.models import AuditEntry
from core.phone import to_e164
from core.tokens import derive, fingerprint, new_nonce
from notifications.services import queue as send
from notifications.wording import one_line
from reservations.details import language_of
from reservations.engine import stand
from reservations.engine.lifecycle import Status as PartyStatus
from reservations.errors import NotChangeable, StaleParty
from reservations.ledger import rewind
from reservations.ledger.confirm import Contact
from reservations.messages import way_for
from reservations.models import QueueEntry, TableBlock
from reservations.models.queue import LIVE_QUEUE
from reservations.selectors.houses import House
from reservations.selectors.queue import queue_of
from reservations.services.contacts import email_of
from reservations.services.stand import places
from reservations.services.stand.acting import UNDO_WITHIN, Acting, on_house
from reservations.services.stand.seating import seated_words, write_walk_in
from reservations.services.stand.tables import end_blocks_of, write_block
from reservations.services.stand.tonight import check_tonight
from reservations.services.stand.undo_token import Undo

PURPOSE = "queue"
MOST_GUESTS = 99
MOST_MINUTES = 600
Status = QueueEntry.Status


def join_queue(
    restaurant: str,
    service_date: dt.date,
    party_size: int,
    *,
    name: str,
    by: Actor,
    phone: str = "",
    email: str = "",
    room_id: int | None = None,
    step_free: bool = False,
    note: str = "",
    language: str = "",
    quoted: int | None = None,
    key: str = "",
) -> Undo:
    """Put a party at the end of the queue, and tell it how long it will wait.

    ``quoted`` are the minutes the host says; None is what the engine works out. With a number or
    an address it gets its own page by message, when undo is over. Raises Invalid by field, and
    NotChangeable for a number that waits already.
    """

    def deed(acting: Acting) -> tuple[str, str]:
        check_tonight(acting)
        house = acting.house
        values = _particulars(house, name, party_size, phone, email, room_id, note)
        minutes = quoted if quoted is not None else _quote(acting, party_size, room_id, step_free)
        nonce = new_nonce()
        entry = QueueEntry(
            restaurant_id=house.id,
            service_date=service_date,
            step_free=step_free,
            language=language_of(language, house.language),
            joined_at=acting.at,
            updated_at=acting.at,
            nonce=nonce,
            digest=fingerprint(PURPOSE, derive(PURPOSE, nonce)),
            **values,
            **_promise(acting, minutes),
        )
        _save(entry)
        acting.make(rewind.QUEUE, entry.pk)
        acting.record("queue.joined", entry.public_id, party_size=party_size, quoted=minutes)
        _write(acting, entry, "queue_joined", minutes=minutes or 0)
        return entry.public_id, _joined_words(entry)

    return on_house(restaurant, service_date, "queue_add", deed, by=by, key=key)


def change_queued(
    party: str,
    *,
    expected: int,
    by: Actor,
    name: str,
    party_size: int,
    phone: str = "",
    email: str = "",
    room_id: int | None = None,
    step_free: bool = False,
    note: str = "",
    quoted: int | None = None,
    key: str = "",
) -> Undo:
    """Change what is known of a party, and what it is told. It keeps its place.

    ``quoted`` are minutes from now. Without them it keeps its promise, unless its size changed.
    Raises as :func:`join_queue`, and StaleParty, NotChangeable for one that waits no more.
    """

    def deed(acting: Acting, entry: QueueEntry) -> str:
        values = _particulars(acting.house, name, party_size, phone, email, room_id, note)
        if quoted is not None:
            values |= _promise(acting, quoted)
        elif entry.party_size != party_size and entry.status == Status.WAITING:
            found = _quote(acting, party_size, room_id, step_free, entry.pk)
            values |= _promise(acting, found)
        entry.step_free = step_free
        for column, value in values.items():
            setattr(entry, column, value)
        _close(acting, entry, "queue.changed", party_size=party_size, quoted=entry.quoted_minutes)
        return gettext("%(party)s changed") % {"party": entry.name}

    return _on_entry(party, "queue_change", deed, expected=expected, by=by, key=key)


def call_party(
    party: str,
    *,
    expected: int,
    by: Actor,
    tables: Sequence[str] | None = None,
    key: str = "",
) -> Undo:
    """Their table is ready: keep it for the house's minutes, and tell them, when undo is over.

    The best free place, or ``tables`` (public ids). Called again they have the whole time anew.
    Raises PlaceTaken when nothing is free for them.
    """

    def deed(acting: Acting, entry: QueueEntry) -> str:
        check_tonight(acting)
        kept = _let_go(acting, entry)
        until = acting.at + dt.timedelta(minutes=acting.house.queue_keep_minutes)
        chosen = _chosen(acting, entry, tables, kept)
        for table in chosen:
            _check_free(acting, table, until)
            note = f"{entry.name} ({entry.party_size})"
            write_block(acting, table, acting.at, until, note, queue_entry=entry)
        entry.status, entry.called_at, entry.keep_until = Status.CALLED, acting.at, until
        entry.answered_at = None
        labels = list(acting.night.labels(chosen))
        _close(acting, entry, "queue.called", tables=labels, until=until.isoformat())
        is_told = _write(acting, entry, "table_ready", minutes=acting.house.queue_keep_minutes)
        words = {"party": entry.name, "table": " + ".join(labels)}
        if not is_told:
            return gettext("%(party)s: table %(table)s is kept. Call the name.") % words
        return gettext("%(party)s: table %(table)s is kept, message sent") % words

    return _on_entry(party, "queue_call", deed, expected=expected, by=by, key=key)


def seat_queued(
    party: str,
    *,
    expected: int,
    by: Actor,
    tables: Sequence[str] | None = None,
    server: str | None = None,
    insist: bool = False,
    overbook: bool = False,
    key: str = "",
) -> Undo:
    """They sit down: a walk-in in the book, at the table kept for them, or the best, or ``tables``.

    Undone, the walk-in is cancelled and they wait as before. Raises what a walk-in raises.
    """

    def deed(acting: Acting, entry: QueueEntry) -> str:
        check_tonight(acting)
        kept = _let_go(acting, entry)
        chosen = _chosen(acting, entry, tables, kept)
        labels = {table.id: table.public_id for table in acting.night.tables}
        contact = Contact(entry.name, entry.email, entry.phone)
        row = write_walk_in(
            acting,
            entry.party_size,
            [labels[pk] for pk in chosen],
            contact,
            server=server,
            insist=insist,
            overbook=overbook,
            step_free=entry.step_free,
        )
        row.step_free, row.special_requests = entry.step_free, entry.note
        row.save(update_fields=["step_free", "special_requests"])
        entry.status, entry.closed_at, entry.reservation = Status.SEATED, acting.at, row
        waited = int((acting.at - entry.joined_at).total_seconds()) // 60
        _close(acting, entry, "queue.seated", reservation=row.public_id, waited=waited)
        return seated_words(acting, row)

    return _on_entry(party, "queue_seat", deed, expected=expected, by=by, key=key)


def coming(party: str, *, expected: int | None, by: Actor, key: str = "") -> Undo:
    """They said that they come to the table that is kept for them. May be repeated.

    One that is kept no more is kept anew while it is free. Raises NotChangeable when it is not.
    """

    def deed(acting: Acting, entry: QueueEntry) -> str:
        if entry.status == Status.WAITING:
            raise NotChangeable(gettext("Their table is not ready yet."), status=entry.status)
        if not is_kept(entry, acting.at):
            _keep_anew(acting, entry)
        entry.status, entry.answered_at = Status.COMING, acting.at
        _close(acting, entry, "queue.coming")
        return gettext("%(party)s is coming") % {"party": entry.name}

    return _on_entry(party, "queue_coming", deed, expected=expected, by=by, key=key)


def is_kept(entry: QueueEntry, now: dt.datetime) -> bool:
    """Whether all that was kept for a party that was called still is."""
    if entry.keep_until is None or entry.keep_until <= now:
        return False
    last = _last_kept(entry)
    return all(row.ended_at is None and row.ends_at > now for row in last)


def _last_kept(entry: QueueEntry) -> list[TableBlock]:
    """The tables that were kept for it when it was called last; none in a house without tables."""
    rows = list(TableBlock.objects.filter(queue_entry=entry).order_by("id"))
    latest = max((row.starts_at for row in rows), default=None)
    return [row for row in rows if row.starts_at == latest]


def _keep_anew(acting: Acting, entry: QueueEntry) -> None:
    """The same tables once more, for the house's minutes; raises NotChangeable for one taken."""
    check_tonight(acting)
    tables = [row.table_id for row in _last_kept(entry)]
    _let_go(acting, entry)
    until = acting.at + dt.timedelta(minutes=acting.house.queue_keep_minutes)
    end = -(-int(until.timestamp()) // 60)
    for table in tables:
        is_there = table in acting.night.table_by_id
        if not is_there or acting.floor.taken(table, acting.floor.now, end) is not None:
            raise NotChangeable(
                gettext("The table could not be kept any longer. Please see the host."),
                status=entry.status,
            )
    for table in tables:
        note = f"{entry.name} ({entry.party_size})"
        write_block(acting, table, acting.at, until, note, queue_entry=entry)
    entry.keep_until = until


def leave_queue(party: str, *, expected: int | None, by: Actor, key: str = "") -> Undo:
    """They wait no longer; what was kept for them is free at once."""
    return _end(party, Status.LEFT, "queue.left", expected=expected, by=by, key=key)


def no_answer(party: str, *, expected: int, by: Actor, key: str = "") -> Undo:
    """They were called and did not come; what was kept for them is free at once."""
    return _end(party, Status.NO_ANSWER, "queue.no_answer", expected=expected, by=by, key=key)


def _end(party: str, status: str, verb: str, *, expected: int | None, by: Actor, key: str) -> Undo:
    def deed(acting: Acting, entry: QueueEntry) -> str:
        if status == Status.NO_ANSWER and entry.status == Status.WAITING:
            raise NotChangeable(gettext("They have not been called yet."), status=entry.status)
        _let_go(acting, entry)
        entry.status, entry.closed_at = status, acting.at
        _close(acting, entry, verb)
        words = {"party": entry.name}
        if status == Status.LEFT:
            return gettext("%(party)s left the queue") % words
        return gettext("%(party)s did not answer") % words

    return _on_entry(party, verb.replace(".", "_"), deed, expected=expected, by=by, key=key)


EntryDeed = Callable[[Acting, QueueEntry], str]


def _on_entry(
    party: str, verb: str, deed: EntryDeed, *, expected: int | None, by: Actor, key: str
) -> Undo:
    """Run an action on a party of the queue (public id), its row locked and remembered."""
    seen = (
        QueueEntry.objects.filter(public_id=party)
        .values_list("pk", "restaurant__public_id", "service_date")
        .first()
    )
    if seen is None:
        raise NotFound

    def on_row(acting: Acting) -> tuple[str, str]:
        entry = QueueEntry.objects.select_for_update(of=("self",)).get(pk=seen[0])
        if expected is not None and entry.version != expected:
            raise _stale(acting, entry)
        if entry.status not in LIVE_QUEUE:
            words = {"party": entry.name, "status": gettext(entry.get_status_display())}
            raise NotChangeable(
                gettext("%(party)s is “%(status)s”: that cannot be done now.") % words,
                status=entry.status,
            )
        acting.remember(rewind.QUEUE, [entry.pk])
        return entry.public_id, deed(acting, entry)

    tapped = f"{party}:{key}" if key else ""
    return on_house(seen[1], seen[2], verb, on_row, by=by, key=tapped)


def _stale(acting: Acting, entry: QueueEntry) -> StaleParty:
    line = AuditEntry.objects.filter(target=entry.public_id).order_by("-id").first()
    if line is None:
        return StaleParty(version=entry.version)
    local = line.at.astimezone(acting.house.zone)
    text = gettext("%(party)s was changed by %(who)s at %(time)s on another screen.") % {
        "party": entry.name,
        "who": line.actor_label or gettext("somebody"),
        "time": local.strftime("%H:%M"),
    }
    return StaleParty(text, version=entry.version, who=line.actor_label, verb=line.verb)


def _particulars(
    house: House,
    name: str,
    party_size: int,
    phone: str,
    email: str,
    room_id: int | None,
    note: str,
) -> dict[str, Any]:
    if not one_line(name):
        raise Invalid(name=gettext("Whom shall we call?"))
    if not 1 <= party_size <= MOST_GUESTS:
        raise Invalid(party_size=gettext("How many are they?"))
    if room_id is not None and room_id not in house.rooms:
        raise Invalid(room=gettext("This room is not in the house any more."))
    return {
        "name": one_line(name)[:120],
        "party_size": party_size,
        "phone": to_e164(phone, house.country) if phone.strip() else "",
        "email": email_of(email) if email.strip() else "",
        "room_id": room_id,
        "note": one_line(note)[:200],
    }


def _quote(
    acting: Acting, size: int, room_id: int | None, step_free: bool, place: int | None = None
) -> int | None:
    """What the engine says: at the end of the queue, or at the place of a party that is in it."""
    found = queue_of(acting.night)
    return found.quote(size, room_id=room_id, step_free=step_free, place=place).minutes


def _promise(acting: Acting, minutes: int | None) -> dict[str, Any]:
    if minutes is None:
        return {"quoted_minutes": None, "promised_at": None}
    if not 0 <= minutes <= MOST_MINUTES:
        raise Invalid(quoted=gettext("Please enter minutes up to ten hours."))
    promised = acting.at + dt.timedelta(minutes=minutes)
    return {"quoted_minutes": minutes, "promised_at": promised}


def _save(entry: QueueEntry) -> None:
    try:
        with transaction.atomic():
            entry.save()
    except IntegrityError as error:
        raise NotChangeable(gettext("Somebody with this number waits already.")) from error
    entry.refresh_from_db(fields=["version"])


def _close(acting: Acting, entry: QueueEntry, verb: str, **data: Any) -> None:
    """Write the row and the line of the trail."""
    entry.updated_at = acting.at
    _save(entry)
    acting.record(verb, entry.public_id, **data)


def _let_go(acting: Acting, entry: QueueEntry) -> tuple[int, ...]:
    """Give back what is kept for the party; the tables it was, while it was still kept."""
    live = TableBlock.objects.select_for_update(of=("self",)).order_by("id")
    rows = list(live.filter(queue_entry=entry, ended_at=None))
    if not rows:
        return ()
    end_blocks_of(acting, rows)
    acting.look_again()
    return tuple(row.table_id for row in rows if row.ends_at > acting.at)


def _chosen(
    acting: Acting, entry: QueueEntry, tables: Sequence[str] | None, kept: Sequence[int]
) -> tuple[int, ...]:
    if tables:
        return places.table_ids(acting, tables)
    if kept or not acting.house.plan.tables:
        return tuple(kept)
    now = acting.floor.now
    turn = stand.turn_now(acting.house.plan, acting.night.service_now, entry.party_size)
    guest = stand.Guest(
        0,
        PartyStatus.ARRIVED,
        entry.party_size,
        now,
        now + turn,
        room_id=entry.room_id,
        step_free=entry.step_free,
    )
    return places.best_now(acting, guest, turn).table_ids


def _check_free(acting: Acting, table: int, until: dt.datetime) -> None:
    end = -(-int(until.timestamp()) // 60)
    use = acting.floor.taken(table, acting.floor.now, end)
    if use is not None:
        raise places.taken(acting, places.BY_OWNER[use.owner], use, table)


def _joined_words(entry: QueueEntry) -> str:
    if entry.quoted_minutes is None:
        return gettext("%(party)s waits, no time said") % {"party": entry.name}
    if entry.quoted_minutes == 0:
        return gettext("%(party)s waits; a table is free") % {"party": entry.name}
    text = ngettext(
        "%(party)s waits, about %(minutes)s minute",
        "%(party)s waits, about %(minutes)s minutes",
        entry.quoted_minutes,
    )
    return text % {"party": entry.name, "minutes": entry.quoted_minutes}


def _write(acting: Acting, entry: QueueEntry, kind: str, *, minutes: int) -> bool:
    """Message the party, when undo is over; False where there is no way."""
    house = acting.house
    way = way_for(house, kind, email=entry.email, phone=entry.phone, by_sms=True)
    if way is None:
        return False
    payload = {
        "restaurant": house.name,
        "address": house.address,
        "phone": house.phone,
        "reply_to": house.email,
        "guest_name": entry.name,
        "party_size": entry.party_size,
        "minutes": minutes,
        "can_reply": way.channel == "sms",
    }
    message = send(
        kind,
        restaurant_id=house.id,
        about=entry.public_id,
        channel=way.channel,
        recipient=way.recipient,
        payload=payload | way.kept(),
        language=entry.language,
        at=acting.at + UNDO_WITHIN,
    )
    acting.make(rewind.MESSAGES, message.pk)
    return True
