"""Offering tables that came free to who waits for them: a real hold each, one after the other.

Dates on which a table may have come free are marked (``wait_marks``), and each is looked at under
its lock (:func:`look`). Who is asked, and why, says ``engine.waiting``; what came of it is kept
with every entry, also where nothing was sent.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.db import transaction

from core import audit, clock
from core.actors import SYSTEM, Actor
from core.errors import DomainError
from core.locks import Space, again_if_undone, lock
from notifications.reach import Way
from notifications.services import queue as send
from reservations.details import NO_ORIGIN
from reservations.engine import types as e
from reservations.engine import waiting
from reservations.engine.waiting import Finding, Verdict, Wish
from reservations.engine.walltime import boundary_to_minute, datetime_to_minute, minute_to_datetime
from reservations.errors import NotAccepting, PaymentsUnavailable, SlotUnavailable
from reservations.guests import Guest
from reservations.ledger.holds import release_hold, release_lapsed_of_day
from reservations.messages import facts, way_for
from reservations.models import Reservation, WaitlistEntry, WaitLook, WaitOffer
from reservations.models.reservation import LIVE_STATUSES
from reservations.models.wait_offers import OPEN_OFFERS
from reservations.selectors.days import Day, read_day
from reservations.selectors.holds import HeldPlace
from reservations.services import wait_marks
from reservations.services.availability import check_open_to
from reservations.services.holds import HoldRequest, hold_for
from restaurants.errors import RestaurantNotFound

logger = logging.getLogger(__name__)

DAY_TURNS = 6 * 60
"""Clock readings before this are of the night before."""
NIGHT = (dt.time(22), dt.time(8))
"""On the restaurant's clock: nobody is written to about a table of another day."""
MOST_OFFERS = 20
"""Of one look; the next goes on."""

_Status = WaitlistEntry.Status
_Offer = WaitOffer.Status


def offer_tables(limit: int = 50) -> int:
    """Read what happened, look at the dates that are due, and make offers; how many.

    Safe to run twice and at once, and to die anywhere. One date that cannot be looked at keeps no
    other waiting: it stays marked.
    """
    wait_marks.read_feed()
    wait_marks.mark_lapsed()
    due = WaitLook.objects.order_by("since", "id").values_list(
        "restaurant_id", "restaurant__public_id", "service_date"
    )
    made = 0
    for pk, restaurant, date in list(due[:limit]):
        try:
            made += look(pk, restaurant, date)
        except DomainError:
            logger.warning("a date of the waitlist could not be looked at", exc_info=True)
    return made


# One date


@again_if_undone
def look(pk: int, restaurant: str, service_date: dt.date) -> int:
    """Settle the offers of a date, and offer what is free; how many offers were made.

    Under the day's lock, so that two looks, a guest who books and one who accepts come one after
    the other. Raises Busy.
    """
    with transaction.atomic():
        lock(Space.SERVICE_DAY, restaurant, service_date)
        WaitLook.objects.filter(restaurant_id=pk, service_date=service_date).delete()
        now = clock.now()
        _settle(pk, service_date, now)
        entries = list(
            WaitlistEntry.objects.select_for_update(of=("self",))
            .filter(restaurant_id=pk, service_date=service_date, status=_Status.WAITING)
            .order_by("id")
        )
        if not entries:
            return 0
        found = _Look(restaurant, service_date, now, entries)
        found.run()
        found.keep()
        return found.made


class _Look:
    """One look at one date."""

    def __init__(
        self,
        restaurant: str,
        service_date: dt.date,
        now: dt.datetime,
        entries: Sequence[WaitlistEntry],
    ) -> None:
        self.restaurant, self.service_date, self.now = restaurant, service_date, now
        self.entries = {entry.pk: entry for entry in entries}
        self.findings: dict[int, Finding] = {}
        self.made = 0
        self.ways: dict[int, Way] = {}

    def run(self) -> None:
        """Round after round, until nothing is free for anybody who is left."""
        day = self._read()
        if self._is_off(day):
            return
        wishes = self._wishes(day)
        outrun: dict[int, int] = {}
        while wishes and self.made < MOST_OFFERS:
            found = waiting.choose(
                day.house.plan,
                day.ledger,
                wishes.values(),
                e.Query(self.service_date, 1, datetime_to_minute(self.now), e.Channel.ONLINE),
                not_before=datetime_to_minute(self.now) + day.house.offer_minutes,
            )
            self.findings.update(found.findings)
            self._say_outrun(found, outrun)
            if found.pick is None:
                return
            outrun |= dict.fromkeys(found.possible, found.pick.wish.id)
            del wishes[found.pick.wish.id]
            if self._offer(day, found.pick):
                day = self._read()

    def _read(self) -> Day:
        return read_day(self.restaurant, self.service_date, now=self.now)

    def _is_off(self, day: Day) -> bool:
        """Whether nobody is asked now, and why not."""
        finding = None
        try:
            check_open_to(day, e.Channel.ONLINE)
        except (NotAccepting, RestaurantNotFound):
            finding = Finding(Verdict.SWITCHED_OFF, {"online": False})
        local = self.now.astimezone(day.house.zone)
        is_night = local.time() >= NIGHT[0] or local.time() < NIGHT[1]
        if day.house.offer_minutes == 0:
            finding = Finding(Verdict.SWITCHED_OFF)
        elif finding is None and is_night and self.service_date > local.date():
            finding = Finding(Verdict.RESTING, {"until": f"{NIGHT[1]:%H:%M}"})
        if finding is not None:
            self.findings = dict.fromkeys(self.entries, finding)
        return finding is not None

    def _wishes(self, day: Day) -> dict[int, Wish]:
        asked: dict[int, set[int]] = {}
        rows = WaitOffer.objects.filter(entry__in=self.entries).values_list("entry_id", "starts_at")
        for entry_id, starts_at in rows:
            asked.setdefault(entry_id, set()).add(datetime_to_minute(starts_at))
        found = {}
        for pk, entry in self.entries.items():
            wish = _wish(entry, frozenset(asked.get(pk, ())))
            if self._booked_instead(day, entry, wish):
                self._has_booked(entry)
                continue
            way = way_for(
                day.house, "waitlist_offered", email=entry.email, phone=entry.phone, by_sms=True
            )
            if way is None:
                self.findings[pk] = Finding(Verdict.UNREACHABLE)
                continue
            self.ways[pk] = way
            found[pk] = wish
        return found

    def _booked_instead(self, day: Day, entry: WaitlistEntry, wish: Wish) -> bool:
        """Whether it has found a table since: a booking younger than its wish, at such a time."""
        zone, date = day.house.zone, self.service_date
        first = minute_to_datetime(zone, boundary_to_minute(zone, date, wish.earliest))
        last = minute_to_datetime(zone, boundary_to_minute(zone, date, wish.latest))
        return any(
            {entry.email, entry.phone} & contacts
            and made >= entry.created_at
            and starts <= last
            and ends > first
            for contacts, made, starts, ends in self._bookings
        )

    @cached_property
    def _bookings(self) -> list[tuple[set[str], dt.datetime, dt.datetime, dt.datetime]]:
        """Addresses and numbers that have a booking on the date; when it was made, and its time."""
        rows = Reservation.objects.filter(
            restaurant__public_id=self.restaurant,
            service_date=self.service_date,
            status__in=LIVE_STATUSES,
        ).values_list("guest_email", "guest_phone", "created_at", "starts_at", "ends_at")
        return [
            ({each.lower() for each in (email, phone) if each}, made, starts, ends)
            for email, phone, made, starts, ends in rows
        ]

    def _has_booked(self, entry: WaitlistEntry) -> None:
        self.findings[entry.pk] = Finding(Verdict.HAS_BOOKED)
        entry.status = _Status.BOOKED
        _record(entry, "waitlist.booked")

    def _say_outrun(self, found: waiting.Round, outrun: dict[int, int]) -> None:
        """Who could have had it before somebody else got it is told that, not that all is full."""
        for pk, finding in found.findings.items():
            if pk in outrun and finding.verdict is Verdict.FULL:
                by = self.entries[outrun[pk]]
                size = {"by": by.pk, "by_size": by.party_size}
                self.findings[pk] = Finding(Verdict.OUTRUN, size)

    def _offer(self, day: Day, pick: waiting.Pick) -> bool:
        """Hold the table and write to the guest; False where it cannot be paid for."""
        entry = self.entries[pick.wish.id]
        expires_at = self.now + dt.timedelta(minutes=day.house.offer_minutes)
        try:
            with transaction.atomic():
                held = hold_for(
                    day,
                    _request(self.restaurant, entry, pick.decision),
                    holder_of(entry),
                    pick.decision,
                    by=SYSTEM,
                    now=self.now,
                    expires_at=expires_at,
                )
        except PaymentsUnavailable:
            self.findings[entry.pk] = Finding(Verdict.CANNOT_PAY)
            return False
        except SlotUnavailable:
            self.findings[entry.pk] = Finding(Verdict.FULL)
            return False
        why = {
            "position": pick.position,
            "spare": pick.spare,
            # No names: they would outlast the entries.
            "passed": [self.entries[pk].party_size for pk in pick.passed],
        }
        offer = WaitOffer.objects.create(
            entry=entry,
            hold_id=held.id,
            starts_at=held.starts_at,
            why=why,
            made_at=self.now,
            expires_at=expires_at,
        )
        entry.status = _Status.OFFERED
        self.findings[entry.pk] = Finding(
            Verdict.OFFERED, {"time": held.wall_time, "until": expires_at.isoformat(), **why}
        )
        _record(
            entry,
            "waitlist.offered",
            offer=offer.public_id,
            time=held.wall_time,
            until=expires_at.isoformat(),
            position=pick.position,
        )
        _write(entry, offer, held, self.ways[entry.pk], self.now)
        self.made += 1
        return True

    def keep(self) -> None:
        """Keep with every entry what came of this look."""
        for pk, entry in self.entries.items():
            finding = self.findings.get(pk)
            if finding is None:
                continue
            entry.looked_at = self.now
            entry.verdict, entry.verdict_facts = str(finding.verdict), dict(finding.facts)
        names = ["status", "looked_at", "verdict", "verdict_facts"]
        WaitlistEntry.objects.bulk_update(self.entries.values(), names)


def _wish(entry: WaitlistEntry, asked: frozenset[int]) -> Wish:
    low, high = waiting.window_of(
        wall_reading(entry.earliest), wall_reading(entry.latest), DAY_TURNS
    )
    return Wish(
        entry.pk,
        entry.party_size,
        low,
        high,
        joined=entry.created_at.timestamp(),
        step_free=entry.step_free,
        lapsed=entry.lapsed_offers,
        asked=asked,
    )


def wall_reading(reading: dt.time) -> int:
    """What a clock shows, in minutes from midnight."""
    return reading.hour * 60 + reading.minute


def holder_of(entry: WaitlistEntry) -> Guest:
    """Who holds a table that is offered: nobody's browser can be this, until it is accepted."""
    return Guest(f"wait:{entry.public_id}")


def _request(restaurant: str, entry: WaitlistEntry, decision: e.Decision) -> HoldRequest:
    return HoldRequest(
        restaurant=restaurant,
        service_date=entry.service_date,
        time=decision.slot.label if decision.slot else "",
        party_size=entry.party_size,
        source=entry.source,
        step_free=entry.step_free,
        origin=NO_ORIGIN,
    )


def _write(
    entry: WaitlistEntry, offer: WaitOffer, held: HeldPlace, way: Way, now: dt.datetime
) -> None:
    minutes = int((offer.expires_at - now).total_seconds()) // 60
    payload = facts(
        held.house,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        party_size=held.party_size,
        guest_name=entry.name,
        deposit=held.deposit,
        minutes=minutes,
        offer_until=offer.expires_at.isoformat(),
    )
    send(
        "waitlist_offered",
        restaurant_id=entry.restaurant_id,
        about=entry.public_id,
        channel=way.channel,
        recipient=way.recipient,
        payload=payload | way.kept(),
        language=entry.language,
        at=now,
    )


def _record(entry: WaitlistEntry, verb: str, **data: Any) -> None:
    audit.record(
        verb,
        entry.public_id,
        by=SYSTEM,
        restaurant_id=entry.restaurant_id,
        service_date=entry.service_date.isoformat(),
        **data,
    )


# What became of offers


def _settle(pk: int, service_date: dt.date, now: dt.datetime) -> None:
    """Close the offers whose hold is over, and put their parties back in the line or at a table."""
    release_lapsed_of_day(pk, service_date, by=SYSTEM, now=now)
    offers = (
        WaitOffer.objects.select_for_update(of=("self",))
        .select_related("hold", "entry")
        .filter(entry__restaurant_id=pk, entry__service_date=service_date, status__in=OPEN_OFFERS)
        .order_by("id")
    )
    for offer in offers:
        status = _BY_HOLD.get(offer.hold.status)
        if status is not None:
            close_offer(offer, status, now)


_BY_HOLD = {
    "confirmed": _Offer.BOOKED,
    "released": _Offer.DECLINED,
    "expired": _Offer.LAPSED,
}


def close_offer(offer: WaitOffer, status: str, now: dt.datetime) -> None:
    """End an offer, in the caller's transaction; who did not answer goes behind who had none."""
    offer.status, offer.closed_at = status, now
    offer.save(update_fields=["status", "closed_at"])
    entry = WaitlistEntry.objects.select_for_update(of=("self",)).get(pk=offer.entry_id)
    if entry.status == _Status.OFFERED:
        entry.status = _Status.BOOKED if status == _Offer.BOOKED else _Status.WAITING
    entry.lapsed_offers += status == _Offer.LAPSED
    entry.updated_at = now
    entry.save(update_fields=["status", "lapsed_offers", "updated_at"])
    _record(entry, _VERBS[_Offer(status)], offer=offer.public_id)


_VERBS = {
    _Offer.BOOKED: "waitlist.booked",
    _Offer.DECLINED: "waitlist.declined",
    _Offer.LAPSED: "waitlist.lapsed",
}


def give_back(entry: WaitlistEntry, now: dt.datetime, *, by: Actor) -> None:
    """Release what is kept for a party, in the caller's transaction, under the day's lock."""
    offers = WaitOffer.objects.select_for_update(of=("self",)).select_related("hold")
    for offer in offers.filter(entry=entry, status__in=OPEN_OFFERS):
        if release_hold(offer.hold_id, status="released", by=by, now=now):
            close_offer(offer, _Offer.DECLINED, now)
