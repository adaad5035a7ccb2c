"""What the page of a hold shows, in whatever state the hold is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core import clock
from core.errors import DomainError
from notifications.wording import amount
from payments.selectors import action_of
from payments.services.errands import SECURED_STATUSES
from reservations.engine.types import Channel
from reservations.forms import DetailsForm
from reservations.payment_forms import PaymentForm, takes_payments, to_pay_of
from reservations.selectors.holds import PAYING, HeldPlace
from reservations.services.availability import alternatives, offers_of_day
from reservations.terms import refund_lines
from reservations.views import pay_words, wording
from reservations.views.base import from_here
from reservations.views.offers import offer_line, offer_total
from reservations.views.ticket import house_facts
from reservations.views.wishes import Wish, search_page


class State(StrEnum):
    """Where a hold stands, as its page tells it."""

    OPEN = "open"
    PENDING = "pending"
    """A payment was sent and its answer is missing; the table is still kept."""
    CHECKING = "checking"
    """The same, but the table is not kept any more: the sweep seats the guest or refunds."""
    REFUNDED = "refunded"
    """Paid too late."""
    LAPSED = "lapsed"
    RELEASED = "released"


def state_of(held: HeldPlace, now: dt.datetime) -> State:
    """Where a hold that is no reservation stands at ``now``."""
    if held.status == "live" and held.payment_status in PAYING:
        return State.PENDING
    if held.is_live(now):
        return State.OPEN
    if held.payment_status in PAYING:
        return State.CHECKING
    if held.payment_status in ("succeeded", *SECURED_STATUSES):
        return State.REFUNDED
    return State.RELEASED if held.status == "released" else State.LAPSED


def times_of(held: HeldPlace) -> str:
    """The address with the times of the restaurant, for the same wish."""
    return search_page(
        held.house.slug,
        party=held.party_size,
        date=held.service_date,
        time=held.wall_time,
        like=Wish(held.party_size, offer_id=held.offer.wanted_id),
    )


@dataclass(frozen=True, slots=True)
class Left:
    """What can still be had once a hold is over."""

    is_free: bool
    """The same time, for the same party and place."""
    near: tuple[str, ...] = ()
    """Other times of the day, nearest first; as labels, when the same one is gone."""


def left_of(held: HeldPlace) -> Left:
    """Whether the same time is free, else what is near. Two queries, no promise."""
    try:
        answer = offers_of_day(
            held.house.public_id,
            held.service_date,
            held.party_size,
            channel=Channel(held.channel),
            room_id=held.room_id,
            step_free=held.step_free,
            offer_id=held.offer.wanted_id,
        )
    except DomainError:
        return Left(is_free=False)
    asked = (held.wall_time, held.service_id)
    for offer in answer.offers:
        if (offer.slot.label, offer.slot.service.id) == asked:
            if offer.available:
                return Left(is_free=True)
            near = alternatives(answer.day, answer.query, offer.slot.wall)
            return Left(is_free=False, near=tuple(dict.fromkeys(near)))
    return Left(is_free=False)


def hold_context(held: HeldPlace, details: DetailsForm, payment: PaymentForm) -> dict[str, Any]:
    """What the template needs."""
    now = clock.now()
    state = state_of(held, now)
    seconds = max(0.0, (held.expires_at - now).total_seconds())
    zone = held.house.zone
    asked = (details, payment) if held.deposit > 0 else (details,)
    return {
        "held": held,
        **house_facts(held.house),
        "state": state.value,
        "form": details,
        "payment": payment,
        "when": wording.moment(held.starts_at, zone),
        "evening_of": _evening_of(held),
        "party": wording.guests(held.party_size),
        "room": held.house.rooms.get(held.room_id, "") if held.room_id is not None else "",
        "until": wording.clock_time(held.expires_at, zone),
        "seconds_left": round(seconds),
        "time_left": wording.minutes(seconds),
        "may_extend": held.extensions < held.house.max_hold_extensions,
        "deposit": amount(held.deposit, held.currency) if held.deposit > 0 else "",
        "asked": pay_words.asked_of(held),
        "refunds": refund_lines(
            held.refund_ladder,
            held.starts_at,
            zone,
            total=held.deposit,
            currency=held.currency,
            now=now,
            kind=held.payment_kind,
            unit=held.house.plan.money_unit,
        ),
        "offer": offer_line(held.offer, held.currency),
        "offer_total": offer_total(held.offer, held.party_size, held.currency),
        "takes_payments": takes_payments(held.house),
        "component": payment.component(to_pay_of(held)) if held.deposit > 0 else {},
        "action": _action(held),
        "times_url": times_of(held),
        "left": left_of(held) if state in (State.LAPSED, State.RELEASED) else None,
        "again": {
            "party": held.party_size,
            "date": held.service_date.isoformat(),
            "room": held.room_id or "",
            "step_free": "1" if held.step_free else "",
            "offer": "" if held.offer.wanted_id is None else held.offer.wanted_id,
        },
        "problems": problems(*asked) if details.is_bound else [],
    }


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to correct, and where."""

    text: str
    anchor: str


def _action(held: HeldPlace) -> dict[str, str]:
    """What the card's owner has to do before the booking; empty: nothing."""
    if held.payment_status != "action" or held.status == "released":
        return {}
    action = action_of(held.public_id)
    return {**action, "url": from_here(action.get("url", ""))}


def problems(*forms: Any) -> list[Problem]:
    """What is wrong with bound forms, in the order of their fields, each with its field's id.

    Of a group of radio buttons or checkboxes it is the first one's.
    """
    return [
        Problem(str(field.errors[0]), _anchor(field))
        for form in forms
        for field in form
        if field.errors
    ]


def _anchor(field: Any) -> str:
    return f"{field.auto_id}_0" if field.field.widget.use_fieldset else str(field.auto_id)


def _evening_of(held: HeldPlace) -> str:
    """The evening a time after midnight belongs to; empty for all other times."""
    local = held.starts_at.astimezone(held.house.zone).date()
    return wording.day(held.service_date) if local != held.service_date else ""


def show(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The page of a hold. Hosts of a payment component are allowed where money is asked for."""
    answer = render(request, "reservations/hold.html", context)
    return allow_component(request, answer, context["payment"] if context["deposit"] else None)


def allow_component(
    request: HttpRequest, answer: HttpResponse, payment: PaymentForm | None
) -> HttpResponse:
    """The answer, with the hosts of its form's component in the page's security policy."""
    if payment is not None and payment.sources:
        allow: Any = csp_update(dict(payment.sources))
        allow(lambda _: answer)(request)
    return answer
