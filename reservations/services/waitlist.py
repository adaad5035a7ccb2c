"""Waiting for a table on a date that is full: joining, leaving, and the end of the date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext

from core import audit, clock
from core.actors import SYSTEM, Actor, ActorKind
from core.errors import Invalid
from core.locks import Space, again_if_undone, lock, lock_all
from core.phone import to_e164
from core.tokens import derive, fingerprint, new_nonce
from notifications.models import Message
from notifications.services import queue
from notifications.wording import one_line
from reservations.details import language_of
from reservations.engine.types import DAY_MINUTES
from reservations.engine.waiting import is_backwards
from reservations.errors import LinkUnknown, NotWaiting, OfferTaken, TooMany
from reservations.messages import way_for
from reservations.models import WaitlistEntry
from reservations.models.waitlist import LIVE_WAITS
from reservations.selectors.houses import House
from reservations.selectors.wait_offers import Stage, offer_of
from reservations.services.availability import offers_of_day
from reservations.services.contacts import email_of
from reservations.services.links import page_address
from reservations.services.wait_offers import DAY_TURNS, give_back, wall_reading

MOST_WAITS = 20
"""Live entries of one address or number, in all restaurants."""
MESSAGES_PER_HOUR = 5
DAY_ENDS = dt.time(6)
"""On the restaurant's clock the morning after: nobody waits for that night any more."""

_PURPOSE = "waitlist"
_GUEST = Actor(ActorKind.GUEST, label="Guest, by link")
_Status = WaitlistEntry.Status


@dataclass(frozen=True, slots=True)
class WaitRequest:
    """What a guest would like, if it came free."""

    restaurant: str
    """Public id."""
    service_date: dt.date
    earliest: dt.time
    latest: dt.time
    """On the restaurant's clock, both included; before ``earliest`` it is after midnight."""
    party_size: int
    name: str
    email: str = ""
    phone: str = ""
    """One of the two; a national number is read as of the restaurant's country."""
    language: str = ""
    step_free: bool = False
    source: str = "website"


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of joining."""

    entry: WaitlistEntry
    is_new: bool
    """Made by this very call, so whoever asked may have its link."""
    is_kept: bool = False
    """Something else was asked for, by somebody who may not change the entry that was there."""


def _nobodys(_: WaitlistEntry) -> bool:
    return False


@again_if_undone
def join_waitlist(
    request: WaitRequest, *, by: Actor, is_theirs: Callable[[WaitlistEntry], bool] = _nobodys
) -> Joined:
    """Put a party on the waitlist of a date; the guest gets a mail with the link to leave it.

    Whoever is on that list already, by address or number, keeps the one entry. It takes the new
    times and size if ``is_theirs`` says that whoever asks has proved it: an address or a number
    is no secret. For others it stays as it was, and its own address gets the link once more. The
    same again changes nothing and writes no mail. Nothing is promised or held. Raises Invalid by
    field (also for a latest time before the earliest), RestaurantNotFound, NotAccepting,
    NotBookable (a date or party that can never be booked there) and TooMany.
    """
    day = offers_of_day(
        request.restaurant, request.service_date, request.party_size, step_free=request.step_free
    ).day
    house = day.house
    _check_window(request, house)
    email, phone = _contact(request, house)
    now = clock.now()
    with transaction.atomic():
        names = [("wait", contact) for contact in (email, phone) if contact]
        lock_all(Space.GUEST, names)
        mine = WaitlistEntry.objects.filter(_of(email, phone), status__in=LIVE_WAITS)
        entry = (
            mine.filter(restaurant_id=house.id, service_date=request.service_date)
            .order_by("id")
            .first()
        )
        wishes = _wishes(request, house)
        if is_new := entry is None:
            if mine.count() >= MOST_WAITS:
                raise TooMany
            entry = _new(house, request, email, phone, now, wishes)
            verb = "waitlist.joined"
        else:
            if all(getattr(entry, name) == wish for name, wish in wishes.items()):
                return Joined(entry, is_new=False)
            if not is_theirs(entry):
                _remind(entry, house, now)
                return Joined(entry, is_new=False, is_kept=True)
            verb = "waitlist.changed"
            _update(entry, now, **wishes)
        audit.record(verb, entry.public_id, by=by, restaurant_id=house.id, **_facts(entry))
        _confirm(entry, house, now)
    return Joined(entry, is_new)


def _check_window(request: WaitRequest, house: House) -> None:
    """Raise Invalid where the latest time is before the earliest.

    A house that seats guests through the night and the morning has evenings that end later than
    others': there every pair of readings may be meant.
    """
    has_mornings = any(
        service.last_seating >= DAY_MINUTES + DAY_TURNS for service in house.plan.services
    )
    readings = wall_reading(request.earliest), wall_reading(request.latest)
    if is_backwards(*readings, DAY_TURNS) and not has_mornings:
        raise Invalid(
            latest=gettext(
                "This is before the earliest time that suits you. Please choose a later one; times"
                " before 06:00 count as after midnight."
            )
        )


def _contact(request: WaitRequest, house: House) -> tuple[str, str]:
    if not one_line(request.name):
        raise Invalid(name=gettext("Please enter your name."))
    email = email_of(request.email) if request.email.strip() else ""
    phone = to_e164(request.phone, house.country) if request.phone.strip() else ""
    if not (email or phone):
        raise Invalid(contact=gettext("Please enter an e-mail address or a telephone number."))
    return email, phone


def _of(email: str, phone: str) -> Q:
    mine = Q()
    if email:
        mine |= Q(email=email)
    if phone:
        mine |= Q(phone=phone)
    return mine


def _wishes(request: WaitRequest, house: House) -> dict[str, Any]:
    return {
        "earliest": request.earliest,
        "latest": request.latest,
        "party_size": request.party_size,
        "step_free": request.step_free,
        "name": one_line(request.name)[:120],
        "language": language_of(request.language, house.language),
    }


def _new(
    house: House,
    request: WaitRequest,
    email: str,
    phone: str,
    now: dt.datetime,
    wishes: dict[str, Any],
) -> WaitlistEntry:
    nonce = new_nonce()
    return WaitlistEntry.objects.create(
        restaurant_id=house.id,
        service_date=request.service_date,
        email=email,
        phone=phone,
        source=request.source,
        nonce=nonce,
        digest=fingerprint(_PURPOSE, derive(_PURPOSE, nonce)),
        created_at=now,
        updated_at=now,
        **wishes,
    )


def _update(entry: WaitlistEntry, now: dt.datetime, **values: Any) -> None:
    for name, value in values.items():
        setattr(entry, name, value)
    entry.updated_at = now
    entry.save(update_fields=[*values, "updated_at"])


def _facts(entry: WaitlistEntry) -> dict[str, Any]:
    return {
        "date": entry.service_date.isoformat(),
        "earliest": f"{entry.earliest:%H:%M}",
        "latest": f"{entry.latest:%H:%M}",
        "party_size": entry.party_size,
    }


def _remind(entry: WaitlistEntry, house: House, now: dt.datetime) -> None:
    """The mail once more to whoever is on the list; who asked in their name learns nothing."""
    with suppress(TooMany):
        _confirm(entry, house, now)


def _confirm(entry: WaitlistEntry, house: House, now: dt.datetime) -> None:
    way = way_for(house, "waitlist_joined", email=entry.email, phone=entry.phone)
    if way is None:
        return
    recent = Message.objects.filter(
        about=entry.public_id, created_at__gt=now - dt.timedelta(hours=1)
    )
    if recent.count() >= MESSAGES_PER_HOUR:
        raise TooMany
    payload = _facts(entry) | {
        "restaurant": house.name,
        "address": house.address,
        "phone": house.phone,
        "reply_to": house.email,
        "guest_name": entry.name,
        "service_date": entry.service_date.isoformat(),
    }
    queue(
        "waitlist_joined",
        restaurant_id=house.id,
        about=entry.public_id,
        channel=way.channel,
        recipient=way.recipient,
        payload=payload | way.kept(),
        language=entry.language,
        at=now,
    )


def leave_token(entry: WaitlistEntry) -> str:
    """The token by which the guest sees and leaves the list."""
    return derive(_PURPOSE, entry.nonce)


def message_address(about: str) -> str:
    """The address of the page to leave the list, for the message about an entry."""
    entry = WaitlistEntry.objects.filter(public_id=about).first()
    return page_address("waitlist", leave_token(entry)) if entry else ""


def open_wait(token: str) -> WaitlistEntry:
    """The entry behind a token, whatever became of it, with its restaurant; LinkUnknown."""
    entry = (
        WaitlistEntry.objects.select_related("restaurant")
        .filter(digest=fingerprint(_PURPOSE, token))
        .first()
    )
    if entry is None:
        raise LinkUnknown
    return entry


@again_if_undone
def leave_waitlist(token: str) -> WaitlistEntry:
    """Take the party off the list; a table that is offered to it goes to the next. May be repeated.

    Raises LinkUnknown, OfferTaken while the party books a table that it took, and NotWaiting when
    it got one or the date has passed.
    """
    found = open_wait(token)
    with transaction.atomic():
        lock(Space.SERVICE_DAY, found.restaurant.public_id, found.service_date)
        now = clock.now()
        offered = offer_of(found, now)
        if offered is not None and offered.stage is Stage.TAKEN:
            raise OfferTaken
        if offered is not None and offered.stage is Stage.BOOKED:
            raise NotWaiting(status=_Status.BOOKED)
        give_back(found, now, by=_GUEST)
        entry = WaitlistEntry.objects.select_for_update().get(pk=found.pk)
        if entry.status == _Status.CANCELLED:
            return entry
        if entry.status not in LIVE_WAITS:
            raise NotWaiting(status=entry.status)
        _update(entry, clock.now(), status=_Status.CANCELLED)
        audit.record("waitlist.left", entry.public_id, by=_GUEST, restaurant_id=entry.restaurant_id)
    return entry


_OVER = """
SELECT w.id FROM reservations_waitlistentry w
JOIN restaurants_restaurant r ON r.id = w.restaurant_id
WHERE w.status = ANY(%(live)s::text[])
  AND (w.service_date + 1 + %(ends)s::time) AT TIME ZONE r.zone <= %(now)s
ORDER BY w.id LIMIT %(limit)s
FOR UPDATE OF w SKIP LOCKED
"""


def expire_waitlist(limit: int = 500) -> int:
    """End the entries whose date has passed at their restaurant; how many.

    Safe to run twice and at once.
    """
    now = clock.now()
    with transaction.atomic():
        parameters: dict[str, Any] = {
            "live": LIVE_WAITS,
            "ends": str(DAY_ENDS),
            "now": now,
            "limit": limit,
        }
        with connection.cursor() as cursor:
            cursor.execute(_OVER, parameters)
            over = [row[0] for row in cursor.fetchall()]
        for entry in WaitlistEntry.objects.filter(pk__in=over):
            _update(entry, now, status=_Status.EXPIRED)
            audit.record(
                "waitlist.expired", entry.public_id, by=SYSTEM, restaurant_id=entry.restaurant_id
            )
    return len(over)
