"""How pages look: a house's colour as a style sheet, and every component on one page."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from reservations.views import wording
from reservations.views.base import GuestView
from reservations.views.home import Card, picture_of
from reservations.views.month import CalendarDay, MonthPage, Turn, Weekday, times_text
from reservations.views.rooms import RoomChoice
from reservations.views.times import Choice, Link, Sitting
from restaurants.colour import Tones, accent_of, is_colour

_A_YEAR = 365 * 86_400

_SHEET = """:root{%(light)s}
@media (prefers-color-scheme:dark){:root:not([data-theme="light"]){%(dark)s}}
:root[data-theme="dark"]{%(dark)s}
"""


_TOKENS = (
    "paper surface sunken ink ink-soft accent accent-strong accent-soft on-accent gold"
    " ok-ground info-ground warning-ground danger danger-ground line line-strong focus"
)
_ICONS = (
    "search pin locate heart cross minus plus calendar clock guests left right step-free"
    " high-chair bell phone wallet way check spark star"
)


@require_safe
def accent(request: HttpRequest, colour: str) -> HttpResponse:  # noqa: ARG001
    """``GET /accent/1d5c48.css``: the readable variants of a colour. Asks nobody, never changes.

    A sheet of its own because the browser policy allows no inline style; whoever links it after
    the others gets the house's colour.
    """
    if not is_colour(f"#{colour}"):
        raise Http404("Not a colour.")
    tones = accent_of(f"#{colour}")
    sheet = _SHEET % {"light": _declared(tones.light), "dark": _declared(tones.dark)}
    response = HttpResponse(sheet, content_type="text/css; charset=utf-8")
    patch_cache_control(response, public=True, max_age=_A_YEAR, immutable=True)
    return response


def _declared(tones: Tones) -> str:
    return (
        f"--accent:{tones.accent};--accent-strong:{tones.strong};"
        f"--accent-soft:{tones.soft};--on-accent:{tones.on_accent}"
    )


class StyleguideView(GuestView):
    """``GET /styleguide/``: every component in every state, for whoever works on the pages."""

    is_embeddable = False

    def get(self, request: HttpRequest) -> HttpResponse:
        """Only while developing (``DEBUG``)."""
        if not settings.DEBUG:
            raise Http404("Only with DEBUG.")
        return render(request, "reservations/styleguide.html", samples())


class SampleForm(forms.Form):
    """Fields as forms of the pages have them."""

    name = forms.CharField(label=_("Your name"))
    phone = forms.CharField(label=_("Telephone"), required=False, help_text=_("If we must call."))
    message = forms.CharField(label=_("A message"), required=False, widget=forms.Textarea)


def samples() -> dict[str, Any]:
    """Made-up content for every component; asks no database."""
    return {
        "tokens": _TOKENS.split(),
        "icons": _ICONS.split(),
        "form": SampleForm({"name": "", "phone": "+44 20 7946 0018"}),
        "month": _sample_month(),
        "sittings": [_sample_sitting()],
        "rooms": [
            RoomChoice(str(_("No preference")), "", "#", True, True),
            RoomChoice("Terrasse", times_text(9), "#", False, True),
            RoomChoice("Bar", times_text(0), "#", False, False),
        ],
        "cards": [_sample_card(), _sample_card(liked=True, times=()), _sample_card(picture="x")],
    }


def _sample_month() -> MonthPage:
    kinds = ["off", "free", "few", "full", "free", "off", "free"]
    reasons = {"off": "Closed: Christmas Day", "full": "Fully booked"}
    days = []
    for number in range(1, 29):
        date, kind = dt.date(2027, 2, number), kinds[number % 7]
        label = f"{wording.day(date)}, {reasons.get(kind, times_text(number))}"
        days.append(
            CalendarDay(
                date,
                label,
                reasons.get(kind, ""),
                "" if kind == "off" else "#",
                kind,
                is_chosen=number == 12,
                is_today=number == 11,
            )
        )
    weekdays = tuple(Weekday(name[:2], name) for name in calendar.day_name)
    weeks = tuple(tuple(days[row : row + 7]) for row in range(0, 28, 7))
    notes = ("Thu 25 Feb: closed: staff outing",)
    return MonthPage(
        "February 2027", "2027-02", weekdays, weeks, None, Turn("March", "#", ""), notes
    )


def _sample_sitting() -> Sitting:
    choices = (
        Choice("18:00", "18:00"),
        Choice("18:30", "18:30", is_chosen=True),
        Choice("19:00", "19:00", why_not="Full", why_url="#"),
        Choice("19:30", "19:30", why_not="No kitchen", why_url="#"),
        Choice("00:30", "00:30", is_next_day=True),
    )
    refund = wording.refund_in_short([(24, 100), (4, 50)])
    return Sitting("Dinner", choices, times_text(3), "$50.00 ($25.00 per guest)", refund)


def _sample_card(**changes: Any) -> Card:
    facts: dict[str, Any] = {
        "name": "Bella Notte",
        "slug": "bella-notte",
        "picture": static("img/demo/bella-notte.svg"),
        "line": "Italian, Mediterranean · $$",
        "city": "New York",
        "distance": "0.8 mi",
        "rating": "4.7",
        "reviews": 342,
        "about": "Fresh pasta rolled every morning, fish from the Fulton market.",
        "language": "en",
        "reason": "Highly rated",
        "accepts_reservations": True,
        "liked": None,
        "day": "Today",
        "times": (Link("18:30", "#"), Link("19:00", "#"), Link("19:30", "#")),
        "no_times": "No table for 2 guests: fully booked",
    }
    if changes.get("picture"):
        changes["picture"] = picture_of()
    return Card(**(facts | changes))
