"""Asking the house for a party that is larger than it takes online."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation

from core import clock
from core.actors import Actor, ActorKind
from core.errors import DomainError, Invalid
from reservations.forms import PartyForm
from reservations.limits import Act
from reservations.models.party_requests import LARGEST_PARTY
from reservations.selectors.houses import House
from reservations.services.abuse import contact_keys
from reservations.services.party_requests import (
    FURTHEST,
    PartyWish,
    ask_for_party,
    may_ask,
    most_online,
    smallest_large_party,
)
from reservations.views import visitor, wording
from reservations.views.base import GuestView
from reservations.views.held import problems
from reservations.views.protection import protect
from reservations.views.restaurant import find
from reservations.views.ticket import house_facts
from reservations.views.wishes import Wish, read_wish

_GUEST = Actor(ActorKind.GUEST, label="Guest")
_ASKED = "asked_for"
"""Entry of the session: what the page after asking shows."""


class AskView(GuestView):
    """``/r/<slug>/large-party/?date=2026-11-28&party=20``: how many, when, and who asks."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The form, filled in as far as the address and this browser know."""
        _restaurant, rules = find(slug)
        if not may_ask(rules):
            return redirect("restaurant", slug)
        wish = read_wish(request.GET, rules.plan)
        most = _most(rules, wish)
        known = visitor.draft_of(request)
        initial = {name: known.get(name, "") for name in ("name", "email", "phone")} | {
            "date": wish.date,
            "time": wish.time,
            "party": min(max(wish.party, most + 1), LARGEST_PARTY),
        }
        return _form(request, rules, PartyForm(country=rules.country, initial=initial), most)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Ask; the same again is the same request."""
        _restaurant, rules = find(slug)
        form = PartyForm(request.POST, country=rules.country)
        if not form.is_valid():
            return _form(request, rules, form)
        typed = form.cleaned_data
        keys = contact_keys(email=typed["email"], phone=typed["phone"], country=rules.country)
        protect(request, Act.PARTY_REQUEST, *keys, phone=rules.phone)
        try:
            asked = ask_for_party(rules, _wish(form), by=_GUEST)
        except Invalid as error:
            for name, text in error.details.items():
                form.add_error(name if name in form.fields else "email", str(text))
            return _form(request, rules, form)
        except DomainError as error:
            form.add_error(None, error.text)
            return _form(request, rules, form)
        request.session[_ASKED] = {
            "slug": slug,
            "day": wording.day(asked.date),
            "time": f"{asked.time:%H:%M}",
            "party": wording.guests(asked.party_size),
            "email": asked.email,
        }
        return redirect("party-asked", slug)


class AskedView(GuestView):
    """``GET /r/<slug>/large-party/done/``: the house has the request."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Safe to reload."""
        _restaurant, rules = find(slug)
        asked = request.session.get(_ASKED, {})
        if asked.get("slug") != slug:
            return redirect("party-ask", slug)
        return render(
            request, "reservations/party_asked.html", house_facts(rules) | {"asked": asked}
        )


def _wish(form: PartyForm) -> PartyWish:
    typed = form.cleaned_data
    return PartyWish(
        date=typed["date"],
        time=typed["time"],
        party_size=typed["party"],
        name=typed["name"],
        email=typed["email"],
        phone=typed["phone"],
        text=typed["text"],
        language=translation.get_language() or "",
    )


def _most(rules: House, wish: Wish) -> int:
    """The largest party that books online when the guest would like to come."""
    if wish.date is None:
        return rules.plan.max_party
    time = dt.time.fromisoformat(wish.time) if wish.time else None
    return most_online(rules, wish.date, time)


def _form(
    request: HttpRequest, rules: House, form: PartyForm, most: int | None = None
) -> HttpResponse:
    today = clock.now().astimezone(rules.zone).date()
    form.fields["date"].widget.attrs |= _between(today, today + FURTHEST)
    form.fields["party"].widget.attrs |= {
        "min": smallest_large_party(rules),
        "max": LARGEST_PARTY,
    }
    context = house_facts(rules) | {
        "form": form,
        "problems": problems(form) if form.is_bound else [],
        "most": rules.plan.max_party if most is None else most,
    }
    status = 422 if form.errors else 200
    return render(request, "reservations/party.html", context, status=status)


def _between(first: dt.date, last: dt.date) -> dict[str, str]:
    return {"min": first.isoformat(), "max": last.isoformat()}
