"""Every deed of the stand by its verb: the service it calls, and who may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.errors import Invalid
from notifications.wording import amount
from reservations.errors import StaleParty
from reservations.models import Reservation
from reservations.selectors.bookings import Booking
from reservations.selectors.houses import house
from reservations.selectors.night import is_tonight
from reservations.services import stand
from reservations.services.cancellation import cancel_reservation
from reservations.services.progress import accept, decline
from reservations.services.stand import Undo
from restaurants.access import Capability
from staff.views.stand.asked import Asked

Done = Undo | str
"""What was done: with the way back, or in words where there is none."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to do."""

    run: Callable[[Asked], Done]
    needs: Capability = Capability.OPERATE
    heeds: frozenset[str] = frozenset()
    """The fields with which it does all the same what it refused: nothing else is offered."""


LIMITS = frozenset({"overbook"})
SEATING = LIMITS | {"insist"}


def _party(
    action: Callable[..., Undo], heeds: frozenset[str] = frozenset()
) -> Callable[[Asked], Done]:
    """An action on a party that needs nothing else but what it ``heeds``."""

    def run(asked: Asked) -> Done:
        aside = {name: getattr(asked, name) for name in heeds}
        return action(asked.party, expected=asked.expected, by=asked.by, key=asked.key, **aside)

    return run


def _house(action: Callable[..., Undo]) -> Callable[[Asked], Done]:
    def run(asked: Asked) -> Done:
        return action(asked.restaurant, asked.date, by=asked.by, key=asked.key)

    return run


def _seat(asked: Asked) -> Done:
    tables = asked.some_tables
    return stand.seat(
        asked.party,
        expected=asked.expected,
        by=asked.by,
        tables=tables or None,
        suggested=not tables,
        partly=bool(asked.text("partly")),
        server=asked.server,
        insist=asked.insist,
        overbook=asked.overbook,
        key=asked.key,
    )


def _set_state(asked: Asked) -> Done:
    return stand.set_state(
        asked.party,
        asked.text("to"),
        expected=asked.expected,
        by=asked.by,
        insist=asked.insist,
        overbook=asked.overbook,
        key=asked.key,
    )


def _walk_in(asked: Asked) -> Done:
    return stand.walk_in(
        asked.restaurant,
        asked.date,
        asked.number("size", 1, 99),
        by=asked.by,
        tables=asked.some_tables or None,
        name=asked.text("name", 100),
        phone=asked.text("phone", 40),
        server=asked.server,
        insist=asked.insist,
        overbook=asked.overbook,
        key=asked.key,
    )


def _who_waits(asked: Asked) -> dict[str, Any]:
    """What the form of the queue says of a party."""
    quoted = asked.number("quoted", 0, 600, -1)
    return {
        "name": asked.text("name", 100),
        "phone": asked.text("phone", 40),
        "email": asked.text("email", 254),
        "room_id": asked.number("room", 0, 2**31 - 1, 0) or None,
        "step_free": bool(asked.text("step_free")),
        "note": asked.text("note"),
        "quoted": None if quoted < 0 else quoted,
        "by": asked.by,
        "key": asked.key,
    }


def _join(asked: Asked) -> Done:
    size = asked.number("size", 1, 99)
    return stand.join_queue(asked.restaurant, asked.date, size, **_who_waits(asked))


def _requeue(asked: Asked) -> Done:
    size = asked.number("size", 1, 99)
    return stand.change_queued(
        asked.queued, expected=asked.expected, party_size=size, **_who_waits(asked)
    )


def _call(asked: Asked) -> Done:
    return stand.call_party(
        asked.queued,
        expected=asked.expected,
        by=asked.by,
        tables=asked.some_tables or None,
        key=asked.key,
    )


def _seat_queued(asked: Asked) -> Done:
    return stand.seat_queued(
        asked.queued,
        expected=asked.expected,
        by=asked.by,
        tables=asked.some_tables or None,
        server=asked.server,
        insist=asked.insist,
        overbook=asked.overbook,
        key=asked.key,
    )


def _queued(action: Callable[..., Undo]) -> Callable[[Asked], Done]:
    """An action on a party of the queue that needs nothing else."""

    def run(asked: Asked) -> Done:
        return action(asked.queued, expected=asked.expected, by=asked.by, key=asked.key)

    return run


def _move(asked: Asked) -> Done:
    return stand.move(
        asked.party,
        asked.tables,
        expected=asked.expected,
        by=asked.by,
        starts_at=asked.instant("time") if asked.text("time") else None,
        overbook=asked.overbook,
        key=asked.key,
    )


def _swap(asked: Asked) -> Done:
    return stand.swap(
        asked.party,
        asked.other,
        expected=asked.expected,
        other_expected=asked.number("other_expected", 0, 2**31 - 1),
        by=asked.by,
        overbook=asked.overbook,
        key=asked.key,
    )


def _tables(action: Callable[..., Undo]) -> Callable[[Asked], Done]:
    """One table more or fewer for a party."""

    def run(asked: Asked) -> Done:
        return action(
            asked.party,
            asked.tables[0],
            expected=asked.expected,
            by=asked.by,
            overbook=asked.overbook,
            key=asked.key,
        )

    return run


def _extend(asked: Asked) -> Done:
    minutes = asked.number("minutes", -240, 240, 15)
    return stand.extend(
        asked.party,
        expected=asked.expected,
        by=asked.by,
        minutes=minutes,
        overbook=asked.overbook,
        key=asked.key,
    )


def _size(asked: Asked) -> Done:
    return stand.change_size(
        asked.party,
        asked.number("size", 1, 99),
        expected=asked.expected,
        by=asked.by,
        overbook=asked.overbook,
        key=asked.key,
    )


def _time(asked: Asked) -> Done:
    return stand.change_time(
        asked.party,
        asked.instant("time"),
        expected=asked.expected,
        by=asked.by,
        overbook=asked.overbook,
        key=asked.key,
    )


def _assign(asked: Asked) -> Done:
    return stand.assign_server(
        asked.party, asked.server, expected=asked.expected, by=asked.by, key=asked.key
    )


def _tag(asked: Asked) -> Done:
    return stand.tag(
        asked.party,
        asked.names("tag"),
        expected=asked.expected,
        by=asked.by,
        sees_all=asked.sees_all_tags,
        key=asked.key,
    )


def _block(asked: Asked) -> Done:
    starts = asked.instant("time") if asked.text("time") else _now(asked)
    return stand.block(
        asked.restaurant,
        asked.date,
        asked.tables,
        starts,
        starts + dt.timedelta(minutes=asked.minutes),
        by=asked.by,
        note=asked.text("note"),
        key=asked.key,
    )


def _now(asked: Asked) -> dt.datetime:
    """This moment, where the date is tonight's. Raises Invalid: another date needs a time."""
    at_house = house(asked.venue.pk, asked.venue.plan_version)
    if not is_tonight(at_house, asked.date, asked.at):
        raise Invalid(_("Choose from when the table is blocked: this is not tonight's list."))
    return asked.at


def _unblock(asked: Asked) -> Done:
    return stand.unblock(asked.block, by=asked.by, key=asked.key)


def _cleared(asked: Asked) -> Done:
    table = asked.tables[0]
    return stand.cleared(asked.restaurant, asked.date, table, by=asked.by, key=asked.key)


def _pause(asked: Asked) -> Done:
    minutes = asked.number("minutes", 0, 1440, 0)
    until = asked.at + dt.timedelta(minutes=minutes) if minutes else None
    return stand.pause_online(asked.restaurant, asked.date, by=asked.by, until=until, key=asked.key)


def _cap(asked: Asked) -> Done:
    return stand.cap_next_hour(
        asked.restaurant,
        asked.date,
        asked.number("covers", 0, 999),
        by=asked.by,
        online_only=not asked.text("everybody"),
        key=asked.key,
    )


def _note(asked: Asked) -> Done:
    service = asked.number("service", 0, 2**31 - 1, 0) or None
    text = asked.text("text", 2000)
    return stand.write_note(
        asked.restaurant,
        asked.date,
        text,
        by=asked.by,
        service=service,
        expected=asked.values().get("shown"),
        key=asked.key,
    )


def _shift(asked: Asked) -> Done:
    name = asked.text("name", 60)
    return stand.put_on_shift(asked.restaurant, asked.date, name, by=asked.by, key=asked.key)


def _cut(asked: Asked) -> Done:
    is_cut = asked.verb == "cut"
    return stand.cut(asked.server or "", by=asked.by, is_cut=is_cut, key=asked.key)


def _relieve(asked: Asked) -> Done:
    return stand.relieve(
        asked.server or "",
        asked.successor,
        by=asked.by,
        expected=asked.values().get("shown"),
        key=asked.key,
    )


def _section(asked: Asked) -> Done:
    return stand.give_section(
        asked.server or "",
        asked.some_tables,
        by=asked.by,
        expected=asked.values().get("shown"),
        key=asked.key,
    )


def _cancel(asked: Asked) -> Done:
    def permit(found: Booking) -> None:
        version = Reservation.objects.values_list("version", flat=True).get(pk=found.id)
        if version != asked.expected:
            raise StaleParty

    done = cancel_reservation(
        asked.party,
        by=asked.by,
        reason=asked.text("reason"),
        by_ladder=bool(asked.text("by_guest")),
        permit=permit,
    )
    name = {"name": done.booking.guest_name or done.booking.code}
    if done.amount > 0:
        name["money"] = amount(done.amount, done.booking.currency)
        return _("%(name)s is cancelled; %(money)s goes back.") % name
    return _("%(name)s is cancelled.") % name


def _accept(asked: Asked) -> Done:
    accept(asked.party, by=asked.by)
    return _("Confirmed. The guest is told.")


def _decline(asked: Asked) -> Done:
    decline(asked.party, by=asked.by, reason=asked.text("reason"))
    return _("Declined. The guest is told.")


DEEDS: Mapping[str, Deed] = {
    "arrive": Deed(_party(stand.arrive, LIMITS), heeds=LIMITS),
    "partly": Deed(_party(stand.partly_arrived)),
    "ready": Deed(_party(stand.table_ready)),
    "no_show": Deed(_party(stand.no_show)),
    "seat": Deed(_seat, heeds=SEATING),
    "next": Deed(_party(stand.next_state, SEATING), Capability.SERVE, SEATING),
    "state": Deed(_set_state, Capability.SERVE, SEATING),
    "leave": Deed(_party(stand.leave), Capability.SERVE),
    "walk_in": Deed(_walk_in, heeds=SEATING),
    "move": Deed(_move, heeds=LIMITS),
    "swap": Deed(_swap, heeds=LIMITS),
    "merge": Deed(_tables(stand.merge), heeds=LIMITS),
    "split": Deed(_tables(stand.split), heeds=LIMITS),
    "extend": Deed(_extend, heeds=LIMITS),
    "size": Deed(_size, heeds=LIMITS),
    "time": Deed(_time, heeds=LIMITS),
    "assign": Deed(_assign),
    "tag": Deed(_tag),
    "block": Deed(_block),
    "unblock": Deed(_unblock),
    "cleared": Deed(_cleared, Capability.SERVE),
    "pause": Deed(_pause),
    "resume": Deed(_house(stand.resume_online)),
    "cap": Deed(_cap),
    "lift": Deed(_house(stand.lift_cap)),
    "note": Deed(_note),
    "shift": Deed(_shift),
    "cut": Deed(_cut),
    "back": Deed(_cut),
    "section": Deed(_section),
    "relieve": Deed(_relieve),
    "cancel": Deed(_cancel),
    "accept": Deed(_accept),
    "decline": Deed(_decline),
    "queue_add": Deed(_join),
    "queue_change": Deed(_requeue),
    "queue_call": Deed(_call),
    "queue_seat": Deed(_seat_queued, heeds=SEATING),
    "queue_coming": Deed(_queued(stand.coming)),
    "queue_left": Deed(_queued(stand.leave_queue)),
    "queue_no_answer": Deed(_queued(stand.no_answer)),
}
"""By verb."""
OF_OWN_PARTIES = frozenset({"next", "state", "leave"})
"""What somebody who serves does with the parties they serve, and with no others."""
