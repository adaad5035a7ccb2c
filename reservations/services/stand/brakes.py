"""The house for a while: online booking paused, arrivals capped, and the notes of the night."""

from __future__ import annotations

import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext

from core.actors import Actor
from core.errors import Invalid
from reservations.errors import NotChangeable, StaleNight
from reservations.ledger import rewind
from reservations.models import NightNote
from reservations.selectors.night import is_tonight, note_mark
from reservations.services.stand.acting import Acting, on_house
from reservations.services.stand.undo_token import Undo
from restaurants.models import Closure, DiningService, PacingCap

LONGEST_NOTE = 2000
_UNIT = dt.timedelta(minutes=15)


def pause_online(
    restaurant: str,
    service_date: dt.date,
    *,
    by: Actor,
    until: dt.datetime | None = None,
    key: str = "",
) -> Undo:
    """No bookings online for times of this date: all that are left, or those before ``until``.

    Binds at once, as any closure does: a guest who holds a table may still finish. Staff go on.
    Paused again, it lasts as the last word says. Raises NotChangeable for what has passed, and for
    an ``until`` on another date than tonight's: it would begin now.
    """

    def deed(acting: Acting) -> tuple[str, str]:
        if until is not None:
            _check_from_now_on(acting)
        ends = until or acting.night.closes
        if ends <= acting.at:
            raise NotChangeable(gettext("That time has passed."))
        start = acting.at if until else acting.night.opens
        _end_pauses(acting)
        row = Closure.objects.create(
            restaurant_id=acting.house.id,
            starts_at=start,
            ends_at=ends,
            online_only=True,
            pauses=acting.service_date,
        )
        acting.make(rewind.CLOSURES, row.pk)
        acting.record("house.online_paused", acting.house.public_id, until=ends.isoformat())
        words = {"time": ends.astimezone(acting.house.zone).strftime("%H:%M")}
        said = (
            gettext("Online booking paused")
            if until is None
            else gettext("Online booking paused for times before %(time)s")
        )
        return acting.house.public_id, said % words if until else said

    return on_house(restaurant, service_date, "pause_online", deed, by=by, key=key)


def _check_from_now_on(acting: Acting) -> None:
    """Raise NotChangeable unless it is the evening of that date now: the brake is for now."""
    if not is_tonight(acting.house, acting.service_date, acting.at):
        text = gettext(
            "This is the list of %(date)s, not tonight's: nothing can begin there now. Hours of"
            " that date are closed in the set-up, under “Special days” and “Closures”."
        )
        raise NotChangeable(text % {"date": date_format(acting.service_date, "j F")})


def resume_online(restaurant: str, service_date: dt.date, *, by: Actor, key: str = "") -> Undo:
    """Bookings online again. Raises NotChangeable when they were not paused."""

    def deed(acting: Acting) -> tuple[str, str]:
        if not _end_pauses(acting):
            raise NotChangeable(gettext("Online booking is not paused."))
        acting.record("house.online_resumed", acting.house.public_id)
        return acting.house.public_id, gettext("Online booking resumed")

    return on_house(restaurant, service_date, "resume_online", deed, by=by, key=key)


def _end_pauses(acting: Acting) -> int:
    rows = Closure.objects.filter(restaurant_id=acting.house.id, pauses=acting.service_date)
    keys = list(rows.values_list("pk", flat=True))
    acting.remember(rewind.CLOSURES, keys)
    rows.filter(pk__in=keys).delete()
    return len(keys)


def cap_next_hour(
    restaurant: str,
    service_date: dt.date,
    covers: int,
    *,
    by: Actor,
    minutes: int = 60,
    online_only: bool = True,
    key: str = "",
) -> Undo:
    """At most so many covers per quarter of an hour arrive in the next hour, or ``minutes``.

    Binds what guests are offered and what they may hold, at once, besides the usual pacing;
    ``online_only`` False binds staff too. What is booked already stays. The last cap counts.
    Raises NotChangeable on another date than tonight's.
    """

    def deed(acting: Acting) -> tuple[str, str]:
        _check_from_now_on(acting)
        if not (0 <= covers <= 999 and 15 <= minutes <= 600):
            raise Invalid(covers=gettext("Please choose a number of covers per quarter."))
        _end_caps(acting)
        start = acting.at.replace(
            minute=acting.at.minute - acting.at.minute % 15, second=0, microsecond=0
        )
        row = PacingCap.objects.create(
            restaurant_id=acting.house.id,
            service_date=acting.service_date,
            starts_at=start,
            ends_at=start
            + dt.timedelta(minutes=minutes)
            + (_UNIT if start < acting.at else dt.timedelta(0)),
            covers=covers,
            online_only=online_only,
        )
        acting.make(rewind.CAPS, row.pk)
        until = row.ends_at.astimezone(acting.house.zone)
        acting.record(
            "house.capped",
            acting.house.public_id,
            covers=covers,
            until=until.isoformat(),
            online_only=online_only,
        )
        words = {"covers": covers, "time": until.strftime("%H:%M")}
        said = gettext("At most %(covers)s covers per quarter until %(time)s") % words
        return acting.house.public_id, said

    return on_house(restaurant, service_date, "cap_next_hour", deed, by=by, key=key)


def lift_cap(restaurant: str, service_date: dt.date, *, by: Actor, key: str = "") -> Undo:
    """The usual limits again. Raises NotChangeable when there was no cap."""

    def deed(acting: Acting) -> tuple[str, str]:
        if not _end_caps(acting):
            raise NotChangeable(gettext("Arrivals are not capped."))
        acting.record("house.uncapped", acting.house.public_id)
        return acting.house.public_id, gettext("The usual limits again")

    return on_house(restaurant, service_date, "lift_cap", deed, by=by, key=key)


def _end_caps(acting: Acting) -> int:
    rows = PacingCap.objects.filter(restaurant_id=acting.house.id, service_date=acting.service_date)
    keys = list(rows.values_list("pk", flat=True))
    acting.remember(rewind.CAPS, keys)
    rows.filter(pk__in=keys).delete()
    return len(keys)


def write_note(
    restaurant: str,
    service_date: dt.date,
    text: str,
    *,
    by: Actor,
    service: int | None = None,
    expected: str | None = None,
    key: str = "",
) -> Undo:
    """The note of the day, or of one dining service (primary key); empty text removes it.

    ``expected`` is the mark of the note that was shown (``Note.mark``), empty for none. Raises
    StaleNight when it is another by now; None overwrites whatever there is.
    """

    def deed(acting: Acting) -> tuple[str, str]:
        known = DiningService.objects.filter(restaurant_id=acting.house.id)
        if service is not None and not known.filter(pk=service).exists():
            raise Invalid(service=gettext("This service does not exist any more."))
        place = {
            "restaurant_id": acting.house.id,
            "service_date": acting.service_date,
            "service_id": service,
        }
        row = NightNote.objects.filter(**place).first()
        if expected is not None:
            _check_shown(acting, row, expected)
        values = {
            "text": text.strip()[:LONGEST_NOTE],
            "written_by": acting.by.label[:120],
            "updated_at": acting.at,
        }
        if row is None:
            row = NightNote.objects.create(**place, **values)
            acting.make(rewind.NOTES, row.pk)
        else:
            acting.remember(rewind.NOTES, [row.pk])
            NightNote.objects.filter(pk=row.pk).update(**values)
        acting.record("house.note_written", acting.house.public_id, service=service)
        return acting.house.public_id, gettext("Note saved")

    return on_house(restaurant, service_date, "write_note", deed, by=by, key=key)


def _check_shown(acting: Acting, row: NightNote | None, expected: str) -> None:
    """Raise StaleNight unless the note is the one that was shown."""
    if (note_mark(row.text, row.updated_at) if row else "") == expected:
        return
    if row is None:
        raise StaleNight(gettext("This note was taken away on another screen."))
    local = row.updated_at.astimezone(acting.house.zone)
    words = {"who": row.written_by or gettext("Somebody"), "time": local.strftime("%H:%M")}
    raise StaleNight(
        gettext("%(who)s changed this note at %(time)s. Look at it again.") % words,
        who=row.written_by,
        at=row.updated_at.isoformat(),
    )
