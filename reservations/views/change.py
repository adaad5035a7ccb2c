"""Changing a booking by its link: another day, time or party, the old place kept until then."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError
from notifications.wording import amount
from reservations.errors import SlotUnavailable
from reservations.selectors.bookings import Booking
from reservations.services.by_link import change_for_link
from reservations.services.cancellation import quote_cancellation
from reservations.services.change_options import ChangeOption, change_options
from reservations.services.changes import Change
from reservations.services.links import open_link
from reservations.services.outlook import Month
from reservations.views import wording
from reservations.views.base import manage_page, tell, warn, with_query
from reservations.views.manage import LINK_WRONG
from reservations.views.month import MonthPage, month_page, times_text
from reservations.views.offers import offer_line
from reservations.views.ticket import ticket_of
from reservations.views.times import Choice, Sitting
from reservations.views.tokens import TokenView
from reservations.views.wishes import Wish, read_wish

_DAY = dt.timedelta(days=1)
NO_OFFER = "no"
"""In an address: the booking without its offer. Saying nothing keeps it."""
_GIVEN_UP = -1
"""The same in a wish."""
_FAR = dt.timedelta(days=1000)


class ChangeView(TokenView):
    """``/booking/<token>/change/?date=2026-11-28&party=4``: what it could become."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The times of a date for a party, counting the booking's own table as free."""
        found = open_link(token)
        context = ticket_of(found, manage_url="")
        if not context["may_change"]:
            return redirect(manage_page(token))
        wish = _wish(found, request)
        now = clock.now()
        today = now.astimezone(found.house.zone).date()
        date = _sensible(wish.date, today) or found.service_date
        last = today + dt.timedelta(days=found.house.plan.window_days)
        turned = min(max(wish.month or date, today), last)
        answer = change_options(
            found,
            service_date=date,
            party_size=wish.party,
            month=turned,
            without_offer=_gives_up(wish),
        )
        context |= {
            "token": token,
            "date": date.isoformat(),
            "date_text": wording.day(date),
            "party_size": wish.party,
            "party_text": wording.guests(wish.party),
            "plan": found.house.plan,
            "month": _calendar(token, answer.month, date, wish, today),
            "earlier": _to(token, date - _DAY, wish) if date > today else None,
            "later": _to(token, date + _DAY, wish) if date < last else None,
            "sittings": _sittings(answer.options, wish.time or found.wall_time),
            "whys": _whys(answer.options),
            "why_not": answer.why_not,
            "is_same": (date, wish.party) == (found.service_date, found.party_size),
            "problems": wish.problems,
            "forfeit": _forfeit(found, now),
            "offer": offer_line(found.offer, found.currency),
            "offer_value": str(found.offer.wanted_id),
            "gives_up_offer": _gives_up(wish),
        }
        context["free"] = times_text(sum(option.available for option in answer.options))
        return render(request, "reservations/change.html", context)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Move it, or leave it exactly as it was and say why."""
        found = open_link(token)
        wish = _wish(found, request)
        page = _page(token, wish.date, wish)
        if not wish.time:
            warn(request, _("Please choose a time first."))
            return redirect(page)
        if wish.problems:
            warn(request, " ".join(wish.problems))
            return redirect(page)
        try:
            changed = change_for_link(
                token,
                Change(
                    service_date=wish.date,
                    time=wish.time,
                    party_size=wish.party,
                    without_offer=_gives_up(wish),
                ),
            )
        except LINK_WRONG:
            raise
        except SlotUnavailable as error:
            warn(request, _refusal(error, wish.time))
            return redirect(page)
        except DomainError as error:
            warn(request, error)
            return redirect(page)
        if changed.sequence == found.sequence:
            tell(request, _("Nothing has changed: your booking was just like that."))
        else:
            tell(request, _("Your booking has been changed."))
        return redirect(manage_page(token))


def _wish(found: Booking, request: HttpRequest) -> Wish:
    """What is asked for; what is not is as the booking has it."""
    asked = request.POST if request.method == "POST" else request.GET
    now = {"date": found.service_date.isoformat(), "party": str(found.party_size)}
    if found.offer.wanted_id is not None:
        now["offer"] = str(found.offer.wanted_id)
    wish = read_wish(now | asked.dict(), found.house.plan)
    gives_up = bool(found.offer.offer_name) and asked.get("offer") == NO_OFFER
    return replace(wish, offer_id=_GIVEN_UP) if gives_up else wish


def _gives_up(wish: Wish) -> bool:
    """Whether the offer that was booked is to go."""
    return wish.offer_id == _GIVEN_UP


def _sensible(date: dt.date | None, today: dt.date) -> dt.date | None:
    """The date, unless nobody can mean it: calendars end, and so do their sums."""
    return date if date and abs(date - today) < _FAR else None


def _page(token: str, date: dt.date | None, wish: Wish, month: dt.date | None = None) -> str:
    page = manage_page(token, "manage_change")
    turned = f"{month:%Y-%m}" if month else ""
    offer = NO_OFFER if _gives_up(wish) else wish.offer_id
    return with_query(
        page, date=date or "", party=wish.party, time=wish.time, month=turned, offer=offer
    )


def _calendar(
    token: str, month: Month | None, date: dt.date, wish: Wish, today: dt.date
) -> MonthPage | None:
    """The month with the days this booking could move to; None when it can move nowhere."""
    if month is None:
        return None

    def page(date: dt.date, month: dt.date | None = None) -> str:
        return f"{_page(token, date, wish, month)}#times"

    return month_page(month, date, page, today=today)


@dataclass(frozen=True, slots=True)
class Day:
    """Another date to look at."""

    text: str
    url: str


def _to(token: str, date: dt.date, wish: Wish) -> Day:
    return Day(wording.short_day(date), f"{_page(token, date, wish)}#times")


def _sittings(options: tuple[ChangeOption, ...], chosen: str) -> list[Sitting]:
    """The times that can be had, by dining service, in the order they come."""
    by_service: dict[str, list[Choice]] = {}
    for option in options:
        if option.available:
            choice = Choice(option.time, option.time, is_chosen=option.time == chosen)
            by_service.setdefault(option.service, []).append(choice)
    return [
        Sitting(name, tuple(choices), free="", deposit="", refund="")
        for name, choices in by_service.items()
    ]


@dataclass(frozen=True, slots=True)
class Why:
    """A reason, and the times it stands against."""

    sentence: str
    times: str


def _whys(options: tuple[ChangeOption, ...]) -> list[Why]:
    reasons: dict[str, list[str]] = {}
    for option in options:
        if not option.available:
            reasons.setdefault(option.why_not, []).append(option.time)
    return [Why(sentence, ", ".join(times)) for sentence, times in reasons.items()]


def _refusal(error: SlotUnavailable, time: str) -> str:
    """In words, with what is free near it. The old table is still the guest's."""
    sentence = _("%(time)s has just been taken. Your booking is as it was.") % {"time": time}
    near: Any = error.details.get("suggested_times") or []
    if not near:
        return sentence
    return f"{sentence} {_('Free near it: %s.') % ', '.join(near)}"


def _forfeit(found: Booking, now: dt.datetime) -> str:
    """A change does not win back what late notice has cost; said before, not after."""
    quoted = quote_cancellation(found, now)
    if not quoted.was_paid or quoted.percent == 100:
        return ""
    if not quoted.amount:
        return _(
            "The time to get your deposit back has passed. If you change the booking now, that"
            " stays so, whatever the new date."
        )
    back = amount(quoted.amount, quoted.currency)
    return (
        _(
            "Cancelling now would give %s back. If you change the booking, it is never more than"
            " that, whatever the new date."
        )
        % back
    )
