"""Waiting for a table: joining the list of a date, and leaving it by the link."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from core import clock
from core.actors import Actor, ActorKind
from core.errors import DomainError, Invalid
from reservations.errors import (
    ActiveHoldExists,
    HoldConfirmed,
    HoldExpired,
    HoldNotFound,
    NotWaiting,
    OfferTaken,
    PaymentPending,
    ReservationNotFound,
)
from reservations.forms import WaitForm
from reservations.guests import Guest
from reservations.limits import Act
from reservations.models.waitlist import LIVE_WAITS, WaitlistEntry
from reservations.selectors.holds import PAYING, HeldPlace
from reservations.selectors.houses import House, house
from reservations.selectors.wait_offers import Offered, Stage, offer_of
from reservations.services.abuse import contact_keys
from reservations.services.wait_answers import (
    accept_offer,
    decline_offer,
    give_table_back,
    take_over,
)
from reservations.services.waitlist import (
    MOST_WAITS,
    WaitRequest,
    join_waitlist,
    leave_token,
    leave_waitlist,
    open_wait,
)
from reservations.views import visitor, wording
from reservations.views.base import GuestView, booked_page, hold_page, tell, warn
from reservations.views.held import problems
from reservations.views.protection import protect
from reservations.views.restaurant import find
from reservations.views.ticket import house_facts
from reservations.views.tokens import TokenView
from reservations.views.wishes import Wish, read_wish, search_page

_GUEST = Actor(ActorKind.GUEST, label="Guest")
_WAITED, _MINE = "waits_for", "waits"
"""Entries of the session: what the page after joining shows, and the entries made here."""

_AROUND = dt.timedelta(hours=1)


class JoinView(GuestView):
    """``/r/<slug>/waitlist/?date=2026-11-28&party=4&time=19:00``: who waits, for when."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The form, filled in as far as the address and this browser know."""
        _restaurant, rules = find(slug)
        wish = read_wish(request.GET, rules.plan)
        earliest, latest = _around(wish, rules)
        known = visitor.draft_of(request)
        initial = {name: known.get(name, "") for name in ("name", "email", "phone")} | {
            "date": wish.date or clock.now().astimezone(rules.zone).date(),
            "party": wish.party,
            "earliest": earliest,
            "latest": latest,
            "step_free": wish.step_free,
        }
        return _form(request, rules, WaitForm(country=rules.country, initial=initial))

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Join; the same again is the same entry."""
        restaurant, rules = find(slug)
        form = WaitForm(request.POST, country=rules.country)
        if not form.is_valid():
            return _form(request, rules, form)
        typed = form.cleaned_data
        keys = contact_keys(email=typed["email"], phone=typed["phone"], country=rules.country)
        protect(request, Act.WAITLIST, *keys, phone=rules.phone)
        is_theirs = partial(_has_proved, request)
        try:
            joined = join_waitlist(
                _request(restaurant.public_id, form), by=_GUEST, is_theirs=is_theirs
            )
        except Invalid as error:
            for name, text in error.details.items():
                form.add_error(name if name in form.fields else "email", str(text))
            return _form(request, rules, form)
        except DomainError as error:
            form.add_error(None, error.text)
            return _form(request, rules, form)
        entry = joined.entry
        if joined.is_new:
            request.session[_MINE] = [*request.session.get(_MINE, []), entry.public_id][
                -MOST_WAITS:
            ]
        elif not is_theirs(entry):
            # It may be somebody else's: its link, and what it says, go to its address alone.
            wanted = {} if joined.is_kept else _wanted(entry)
            request.session[_WAITED] = wanted | {"slug": slug, "has_email": bool(typed["email"])}
            return redirect("waitlist-done", slug)
        return redirect(f"{reverse('waitlist-leave', args=[leave_token(entry)])}?joined")


class DoneView(GuestView):
    """``GET /r/<slug>/waitlist/done/``: on the list, for who was on it before."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Safe to reload."""
        _restaurant, rules = find(slug)
        waited = request.session.get(_WAITED, {})
        if waited.get("slug") != slug:
            return redirect("waitlist-join", slug)
        context = house_facts(rules) | {
            "wait": waited,
            "is_live": True,
            "joined": True,
            "is_kept": "day" not in waited,
        }
        return render(request, "reservations/wait.html", context)


class LeaveView(TokenView):
    """``/waitlist/<token>/``: the entry, and leaving the list."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Reads only: mail programs may look ahead."""
        entry = open_wait(token)
        rules = house(entry.restaurant_id, entry.restaurant.plan_version)
        found = offer_of(entry, clock.now())
        stage = found.stage if found else None
        is_booked = Stage.BOOKED in (stage, entry.status)
        is_live = entry.status in LIVE_WAITS and not is_booked
        context = house_facts(rules) | {
            "wait": _wanted(entry),
            "is_live": is_live,
            "has_left": entry.status == WaitlistEntry.Status.CANCELLED,
            "is_booked": is_booked,
            "joined": "joined" in request.GET and is_live,
            "token": token,
            "offer": _in_words(request, found) if found and stage is not Stage.BOOKED else None,
            "booking": _booking_of(request, found.held) if found and is_booked else None,
            "times_url": search_page(rules.slug, party=entry.party_size, date=entry.service_date),
        }
        return render(request, "reservations/wait.html", context)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Leave. May be repeated."""
        try:
            leave_waitlist(token)
            tell(request, _("You are off the waitlist. Thank you for telling us."))
        except (NotWaiting, OfferTaken) as error:
            warn(request, error)
        return redirect("waitlist-leave", token)


class AnswerView(TokenView):
    """``POST /waitlist/<token>/offer/``: take the table that is offered, or let it go.

    Once it is taken: go on with it in this browser, or give it back.
    """

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Nothing is answered by looking: the offer is on the entry's page."""
        return redirect("waitlist-leave", token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Taken, it is this browser's to book; else it is offered to the next."""
        answer = request.POST.get("answer")
        try:
            if answer in ("yes", "here"):
                return _take(request, token, accept_offer if answer == "yes" else take_over)
            if answer == "back":
                give_table_back(token)
                tell(request, _("You gave the table back. You stay on the list."))
            else:
                decline_offer(token)
                tell(request, _("Thank you. You stay on the list."))
        except (HoldExpired, HoldNotFound):
            warn(request, _("This table is not kept for you any more. You stay on the list."))
        except HoldConfirmed:
            pass  # The page says that it is booked, and leads there.
        except (ActiveHoldExists, OfferTaken, PaymentPending) as error:
            warn(request, error)
        return redirect("waitlist-leave", token)


def _take(
    request: HttpRequest, token: str, take: Callable[[str, Guest], HeldPlace]
) -> HttpResponse:
    """To the page of the hold, now this browser's; the guest need not type again who they are."""
    entry = open_wait(token)
    found = offer_of(entry, clock.now())
    if found is not None and _is_here(request, found.held):
        return redirect(hold_page(found.held.public_id))
    try:
        held = take(token, visitor.guest_of(request))
    except OfferTaken:
        return redirect("waitlist-leave", token)  # Its page says that it is, and where.
    visitor.add_to_draft(request, name=entry.name, email=entry.email, phone=entry.phone)
    return redirect(hold_page(held.public_id))


def _is_here(request: HttpRequest, held: HeldPlace) -> bool:
    """Whether it is this browser that has the hold, and so may open its page."""
    return held.guest_key in {guest.key for guest in visitor.guests_here(request)}


def _in_words(request: HttpRequest, found: Offered) -> dict[str, Any]:
    """What is kept for the party now, and what can be done about it here."""
    held = found.held
    is_here = _is_here(request, held)
    return {
        "time": held.wall_time,
        "until": wording.clock_time(held.expires_at, held.house.zone),
        "is_taken": found.stage is Stage.TAKEN,
        "hold_url": hold_page(held.public_id) if is_here else "",
        "is_paying": held.payment_status in PAYING,
        "visitor": "" if visitor.known_guest(request) else visitor.offer_token(),
    }


def _booking_of(request: HttpRequest, held: HeldPlace) -> dict[str, str]:
    """Where the booking is that the table became; no address for who may not see it here."""
    if held.reservation is None or _is_here(request, held):
        return {"url": hold_page(held.public_id)}
    try:
        visitor.own_booking(request, held.reservation)
    except ReservationNotFound:
        return {"url": ""}
    return {"url": booked_page(held.reservation)}


def _has_proved(request: HttpRequest, entry: WaitlistEntry) -> bool:
    """Whether the entry was made in this browser, or its address was proved here."""
    if entry.public_id in request.session.get(_MINE, []):
        return True
    return bool(entry.email) and entry.email == visitor.signed_in_email(request)


def _around(wish: Wish, rules: House) -> tuple[dt.time | None, dt.time | None]:
    """An hour before and after the wanted time; without one, from first to last seating."""
    if wish.time:
        wanted = dt.datetime.combine(dt.date(2000, 1, 2), dt.time.fromisoformat(wish.time))
        return (wanted - _AROUND).time(), (wanted + _AROUND).time()
    seatings = [
        (service.first_seating, service.last_seating)
        for service in rules.plan.services
        if not service.is_private
    ]
    if not seatings:
        return None, None
    first, last = min(first for first, _ in seatings), max(last for _, last in seatings)
    return _clock(first), _clock(last)


def _clock(minute: int) -> dt.time:
    """Minutes of a service date as a clock shows them; after midnight it begins anew."""
    return dt.time(minute // 60 % 24, minute % 60)


def _request(restaurant: str, form: WaitForm) -> WaitRequest:
    typed = form.cleaned_data
    return WaitRequest(
        restaurant=restaurant,
        service_date=typed["date"],
        earliest=typed["earliest"],
        latest=typed["latest"],
        party_size=typed["party"],
        name=typed["name"],
        email=typed["email"],
        phone=typed["phone"],
        language=translation.get_language() or "",
        step_free=typed["step_free"],
    )


def _times(entry: WaitlistEntry) -> str:
    earliest, latest = f"{entry.earliest:%H:%M}", f"{entry.latest:%H:%M}"
    if earliest == latest:
        return earliest
    return _("%(earliest)s to %(latest)s") % {"earliest": earliest, "latest": latest}


def _wanted(entry: WaitlistEntry) -> dict[str, Any]:
    """What the guest waits for, as text."""
    return {
        "day": wording.day(entry.service_date),
        "times": _times(entry),
        "party": wording.guests(entry.party_size),
        "step_free": entry.step_free,
        "has_email": bool(entry.email),
    }


def _form(request: HttpRequest, rules: House, form: WaitForm) -> HttpResponse:
    today = clock.now().astimezone(rules.zone).date()
    context = house_facts(rules) | {
        "form": form,
        "problems": problems(form) if form.is_bound else [],
        "today": today.isoformat(),
        "last_day": (today + dt.timedelta(days=rules.plan.window_days)).isoformat(),
    }
    status = 422 if form.errors else 200
    return render(request, "reservations/waitlist.html", context, status=status)
