"""Holding a table: place, extend, release, and the sweep of holds that lapsed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext

from accounts.errors import SessionEnded
from core import clock
from core.actors import SYSTEM, Actor
from core.ids import public_id
from core.locks import Space, again_if_undone, lock
from payments.gateways.registry import is_usable
from reservations.details import NO_OFFER, NO_ORIGIN, ChosenOffer, Origin
from reservations.engine import availability
from reservations.engine import types as e
from reservations.engine.money import DEFAULT_REFUND_LADDER, RefundStep
from reservations.engine.policies import deposit_for
from reservations.engine.walltime import datetime_to_minute, minute_to_datetime
from reservations.errors import (
    ActiveHoldExists,
    AlreadyBooked,
    HoldAtLimit,
    HoldConfirmed,
    NotBookable,
    PaymentsUnavailable,
    SlotUnavailable,
)
from reservations.guests import Guest
from reservations.ledger.decisions import record_decision
from reservations.ledger.holds import (
    extend_hold as write_extension,
)
from reservations.ledger.holds import (
    insert_hold,
    release_lapsed,
    release_lapsed_of_day,
)
from reservations.ledger.holds import (
    release_hold as write_release,
)
from reservations.ledger.place import Place
from reservations.models import Hold
from reservations.selectors.days import Day, read_day
from reservations.selectors.guests import GuestState
from reservations.selectors.holds import HeldPlace, hold_of
from reservations.selectors.houses import House
from reservations.sentences import FULL, NO_TABLE, sentence
from reservations.services.abuse import check_address
from reservations.services.availability import alternatives, check_open_to, not_bookable
from reservations.services.given_back import call_off_approval, why_gone
from reservations.services.taking import kind_for

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """What a guest wants to hold."""

    restaurant: str
    """Public id."""
    service_date: dt.date
    time: str
    """The label of the slot, ``HH:MM``."""
    party_size: int
    channel: e.Channel = e.Channel.ONLINE
    source: str = "website"
    room_id: int | None = None
    step_free: bool = False
    service_id: int | None = None
    """The dining service, where two have the same time."""
    origin: Origin = NO_ORIGIN
    waived: frozenset[e.Reason] = frozenset()
    """Rules set aside for this request, by staff or because the guest asked in time."""
    turn_minutes: int | None = None
    """How long the table is needed, where that was agreed; None is the house's rule."""
    offer_id: int | None = None
    """The offer to book with the table."""


@again_if_undone
def place_hold(request: HoldRequest, guest: Guest, *, by: Actor) -> HeldPlace:
    """Keep a table for the guest for as long as the restaurant allows (ten minutes by default).

    Takes the lock of the restaurant's service date; seats, counts, decision and audit entry
    are one statement. Not repeatable: a second call finds the first hold and raises
    ActiveHoldExists. Raises RestaurantNotFound, NotAccepting, SessionEnded, AlreadyBooked,
    NotBookable, Busy, TooManyHolds, and SlotUnavailable with reasons and bookable
    ``suggested_times``.
    """
    with transaction.atomic():
        lock(Space.SERVICE_DAY, request.restaurant, request.service_date)
        now = clock.now()
        day = read_day(request.restaurant, request.service_date, now=now, guest=guest)
        check_open_to(day, request.channel)
        state = _check_guest(guest, day, now)
        check_address(guest, day.house, now)
        decision = decide_for(day, request, now)
        if decision.accepted:
            until = now + dt.timedelta(minutes=day.house.hold_minutes)
            return _write_hold(day, request, guest, state, decision, by, now, until)
        record_decision(
            decision,
            restaurant_id=day.house.id,
            plan_version=day.house.plan.version,
            subject="",
            by=by,
            now=now,
        )
    raise refused(day, decision)


def is_as_wished(held: HeldPlace, request: HoldRequest) -> bool:
    """Whether the hold is what this request would have placed."""
    names = (held.house.public_id, held.house.slug)
    return request.restaurant in names and (
        held.service_date,
        held.wall_time,
        held.party_size,
        held.offer.wanted_id,
    ) == (request.service_date, request.time, request.party_size, request.offer_id)


def decide_for(day: Day, request: HoldRequest, now: dt.datetime) -> e.Decision:
    """The engine's answer to a request on a day that was just read."""
    query = e.Query(
        service_date=request.service_date,
        party_size=request.party_size,
        now=datetime_to_minute(now),
        channel=request.channel,
        room_id=request.room_id,
        service_id=request.service_id,
        step_free=request.step_free,
        waived=request.waived,
        turn_minutes=request.turn_minutes,
        offer_id=request.offer_id,
    )
    return availability.decide(day.house.plan, day.ledger, query, request.time)


def refused(day: Day, decision: e.Decision) -> SlotUnavailable | NotBookable:
    """A refusal as the error to raise: full now, or never possible as asked."""
    first = decision.refusals[0]
    if first.reason not in FULL:
        return not_bookable(first)
    times = alternatives(day, decision.query, decision.slot.wall) if decision.slot else []
    return SlotUnavailable(
        gettext(NO_TABLE) if first.reason is not e.Reason.CLOSURE else sentence(first),
        reasons=[str(refusal.reason) for refusal in decision.refusals],
        suggested_times=times,
    )


def place_of(day: Day, decision: e.Decision) -> Place:
    """An accepted decision as the ledger writes it."""
    slot, seating = decision.slot, decision.seating
    if slot is None or seating is None:
        raise ValueError("a refused decision has no place")
    return Place(
        restaurant_id=day.house.id,
        service_id=slot.service.id,
        service_date=day.service_date,
        starts_at=minute_to_datetime(_UTC, seating.starts),
        ends_at=minute_to_datetime(_UTC, seating.ends),
        claimed_until=minute_to_datetime(_UTC, seating.claimed_until),
        table_ids=seating.table_ids,
        gauges=decision.gauges,
        party_size=decision.query.party_size,
    )


def _check_guest(guest: Guest, day: Day, now: dt.datetime) -> GuestState:
    """What is known of the guest, once it is sure that they may hold a table."""
    state = day.guest
    if state is None:
        raise ValueError("the day was read without its guest")
    if guest.user_public_id and state.user_id is None:
        raise SessionEnded
    if state.hold_id is not None and state.hold_expires_at is not None:
        if state.hold_expires_at > now:
            raise ActiveHoldExists(hold_id=state.hold_public_id)
        write_release(state.hold_id, status="expired", by=SYSTEM, now=now)
    return state


def hold_for(
    day: Day,
    request: HoldRequest,
    guest: Guest,
    decision: e.Decision,
    *,
    by: Actor,
    now: dt.datetime,
    expires_at: dt.datetime,
) -> HeldPlace:
    """Keep a place for somebody who did not ask in person, as an accepted decision says.

    The caller holds the day's lock and has read the day under it. Raises PaymentsUnavailable where
    the guest could not pay, SlotUnavailable.
    """
    state = GuestState(None, None, None, None, {})
    return _write_hold(day, request, guest, state, decision, by, now, expires_at)


def _write_hold(
    day: Day,
    request: HoldRequest,
    guest: Guest,
    state: GuestState,
    decision: e.Decision,
    by: Actor,
    now: dt.datetime,
    expires_at: dt.datetime,
) -> HeldPlace:
    house, place = day.house, place_of(day, decision)
    if booked := state.booked.get(place.starts_at):
        raise AlreadyBooked(reservation_id=booked)
    if day.has_lapsed:
        release_lapsed_of_day(house.id, day.service_date, by=SYSTEM, now=now)
    terms = terms_for(day, decision, now)
    _check_payable(terms, request, house)
    identifier = public_id("hold")
    offer = chosen_offer(house.plan, request.offer_id)
    pk = insert_hold(
        place,
        public_id=identifier,
        guest_key=guest.key,
        address_key=guest.address,
        user_id=state.user_id,
        room_id=request.room_id,
        source=request.source,
        origin=request.origin,
        offer=offer,
        **terms.columns(),
        currency=house.currency,
        decision=decision,
        plan_version=house.plan.version,
        by=by,
        now=now,
        expires_at=expires_at,
    )
    return HeldPlace(
        id=pk,
        public_id=identifier,
        status="live",
        house=house,
        service_id=place.service_id,
        service_date=place.service_date,
        starts_at=place.starts_at,
        ends_at=place.ends_at,
        party_size=place.party_size,
        deposit=terms.amount,
        payment_kind=terms.kind,
        currency=house.currency,
        created_at=now,
        expires_at=expires_at,
        extensions=0,
        refund_ladder=[[step.hours, step.percent] for step in terms.ladder],
        step_free=request.step_free,
        origin=request.origin,
        offer=offer,
    )


def chosen_offer(plan: e.Plan, offer_id: int | None) -> ChosenOffer:
    """The offer as it is told now: what is kept with the booking."""
    offer = plan.bookable_offer(offer_id)
    if offer is None:
        return NO_OFFER
    return ChosenOffer(offer.id, offer.name, offer.price, offer.per_person)


def _check_payable(terms: PaymentTerms, request: HoldRequest, house: House) -> None:
    """Raise where a guest would hold a table online that they could not pay for."""
    is_online = request.channel is e.Channel.ONLINE
    if terms.amount > 0 and is_online and not is_usable(house.account_id):
        raise PaymentsUnavailable


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """What a party secures its table with: fixed when it is held, whatever changes later."""

    amount: Decimal
    kind: str = "deposit"
    ladder: tuple[RefundStep, ...] = DEFAULT_REFUND_LADDER
    policy_id: int | None = None
    """The policy that asks for it; None: a person said how much."""
    policy_name: str = ""

    def columns(self) -> dict[str, Any]:
        """For the row of a hold."""
        return {
            "deposit": self.amount,
            "payment_kind": self.kind,
            "ladder": self.ladder,
            "policy_id": self.policy_id,
            "policy_name": self.policy_name,
        }


def terms_for(day: Day, decision: e.Decision, now: dt.datetime) -> PaymentTerms:
    """What the party pays in advance and what it gets back, fixed now for this booking."""
    slot, seating = decision.slot, decision.seating
    starts_at = minute_to_datetime(_UTC, seating.starts) if seating else now
    return terms_of(
        day.house,
        slot.service.id if slot else None,
        day.service_date,
        decision.query.party_size,
        starts_at=starts_at,
        now=now,
        offer_id=decision.query.offer_id,
    )


def terms_of(
    house: House,
    service_id: int | None,
    service_date: dt.date,
    party_size: int,
    *,
    starts_at: dt.datetime,
    now: dt.datetime,
    offer_id: int | None = None,
) -> PaymentTerms:
    """What the house's policies ask of a party at ``now``, by the provider it is paid through.

    Pure but for the class of the provider. An amount of zero asks nothing.
    """
    plan = house.plan
    service = next((one for one in plan.services if one.id == service_id), None)
    amount, rule = deposit_for(plan, service, service_date, party_size, offer_id)
    if rule is None:
        return PaymentTerms(amount)
    kind = kind_for(rule.kind, house, starts_at, now)
    return PaymentTerms(amount, kind, rule.refund_ladder, rule.id, rule.name)


def extend_hold(identifier: str, guest: Guest, *, by: Actor) -> HeldPlace:
    """Give the guest a full new span of time, as often as the restaurant allows.

    Raises HoldNotFound, HoldExpired, HoldAtLimit, HoldConfirmed, and PaidTooLate of a hold that was
    given back while its guest paid; no day lock, the hold's row decides.
    """
    held = hold_of(guest, identifier)
    now = clock.now()
    with transaction.atomic():
        extended = write_extension(
            identifier,
            guest.key,
            expires_at=now + dt.timedelta(minutes=held.house.hold_minutes),
            limit=held.house.max_hold_extensions,
            by=by,
            now=now,
        )
        after = hold_of(guest, identifier)
    if extended:
        return after
    if after.reservation is not None:
        raise HoldConfirmed(reservation_id=after.reservation)
    raise HoldAtLimit() if after.is_live(now) else why_gone(after)


@again_if_undone
def release_hold(identifier: str, guest: Guest, *, by: Actor) -> bool:
    """Give the table back at once, and call off a payment that waits for its owner's approval.

    Locks the hold's row. False if it was given back before, or has lapsed. Outside of any
    transaction; may be repeated. Raises HoldNotFound and HoldConfirmed.
    """
    held = hold_of(guest, identifier)
    with transaction.atomic():
        # Whoever confirms or extends it just now is waited for: the ledger would pass it over.
        Hold.objects.select_for_update(no_key=True, of=("self",)).get(pk=held.id)
        is_released = write_release(held.id, status="released", by=by, now=clock.now())
    if not is_released and (booked := hold_of(guest, identifier).reservation) is not None:
        raise HoldConfirmed(reservation_id=booked)
    if held.deposit > 0:
        call_off_approval(identifier)
    return is_released


@again_if_undone
def expire_holds(limit: int = 500) -> int:
    """Release up to ``limit`` lapsed holds and say how many. Safe to run twice and at once.

    Only tidies: every read leaves lapsed holds out by itself.
    """
    return release_lapsed(limit=limit, by=SYSTEM, now=clock.now())
