"""Why a slot is closed and what would open it: words for the house, and the page to change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from reservations.engine import types as e
from reservations.engine.changes import Change, ChangeKind
from reservations.engine.types import Reason
from restaurants.models import DiningService, Restaurant
from staff.access import house_url

_TEXTS: Mapping[Reason, str] = {
    Reason.PAST: gettext_noop("This time has passed."),
    Reason.LEAD_TIME: gettext_noop("Too soon: online it takes %(limit)s minutes of notice."),
    Reason.CUT_OFF: gettext_noop("Online booking for this day has closed."),
    Reason.BEYOND_WINDOW: gettext_noop("Too far ahead: guests may book %(limit)s days ahead."),
    Reason.NOT_A_SLOT: gettext_noop("No service has a slot at this time."),
    Reason.NO_SERVICE: gettext_noop("No service runs on this date."),
    Reason.CLOSED: gettext_noop("Outside the opening hours."),
    Reason.SPECIAL_DAY: gettext_noop("The special day closes it."),
    Reason.KITCHEN_CLOSED: gettext_noop("The kitchen is closed."),
    Reason.CLOSURE: gettext_noop("A closure shuts it."),
    Reason.PRIVATE: gettext_noop("The service is private: never offered online."),
    Reason.PREPAYMENT_NOT_SET_UP: gettext_noop(
        "The service is paid in advance, and no policy says how much."
    ),
    Reason.OFFER_OVER: gettext_noop("The offer is over."),
    Reason.OFFER_NOT_THEN: gettext_noop("The offer is not served then."),
    Reason.PARTY_TOO_SMALL: gettext_noop("Online parties begin with %(limit)s guests."),
    Reason.PARTY_TOO_LARGE: gettext_noop("Online parties end with %(limit)s guests."),
    Reason.SERVICE_FULL: gettext_noop(
        "The service is full: %(used)s of %(limit)s guests are booked."
    ),
    Reason.PACING_COVERS: gettext_noop(
        "Pacing: %(used)s of %(limit)s guests arrive in this quarter of an hour."
    ),
    Reason.PACING_PARTIES: gettext_noop(
        "Pacing: %(used)s of %(limit)s parties arrive in this quarter of an hour."
    ),
    Reason.ONLINE_PACING_COVERS: gettext_noop(
        "Online pacing: %(used)s of %(limit)s guests in this quarter of an hour."
    ),
    Reason.ONLINE_PACING_PARTIES: gettext_noop(
        "Online pacing: %(used)s of %(limit)s parties in this quarter of an hour."
    ),
    Reason.SEATS_TAKEN: gettext_noop("%(used)s of %(limit)s seats are taken."),
    Reason.NO_TABLE_FITS: gettext_noop("No table or combination is for %(asked)s guests."),
    Reason.OVERSIZE: gettext_noop(
        "Only tables that are too large are left for %(asked)s guests (from %(smallest)s)."
    ),
    Reason.TABLES_TAKEN: gettext_noop(
        "All %(places)s places for %(asked)s guests are taken or closed within the"
        " %(minutes)s minutes."
    ),
}

_RULES = (Reason.LEAD_TIME, Reason.CUT_OFF, Reason.BEYOND_WINDOW, Reason.OVERSIZE)
_PAGES: Mapping[Reason, tuple[str, Any]] = {
    **dict.fromkeys(_RULES, ("setup_rules", gettext_noop("Booking rules"))),
    Reason.SEATS_TAKEN: ("setup_rules", gettext_noop("Booking rules")),
    Reason.NO_SERVICE: ("setup_services", gettext_noop("Services")),
    Reason.NOT_A_SLOT: ("setup_services", gettext_noop("Services")),
    Reason.CLOSED: ("setup_hours", gettext_noop("Hours")),
    Reason.KITCHEN_CLOSED: ("setup_hours", gettext_noop("Hours")),
    Reason.SPECIAL_DAY: ("setup_days", gettext_noop("Special days")),
    Reason.CLOSURE: ("setup_closures", gettext_noop("Closures")),
    Reason.PREPAYMENT_NOT_SET_UP: ("policies", gettext_noop("Policies")),
    Reason.NO_TABLE_FITS: ("setup_floor", gettext_noop("Floor")),
    Reason.TABLES_TAKEN: ("setup_floor", gettext_noop("Floor")),
}
_OF_SERVICE = (Reason.PRIVATE, Reason.SERVICE_FULL)
_PACING = (
    Reason.PACING_COVERS,
    Reason.PACING_PARTIES,
    Reason.ONLINE_PACING_COVERS,
    Reason.ONLINE_PACING_PARTIES,
)
_PARTY = (Reason.PARTY_TOO_SMALL, Reason.PARTY_TOO_LARGE)


@dataclass(frozen=True, slots=True)
class Told:
    """A reason or a remedy: words, and where it is set."""

    text: str
    url: str = ""
    link: str = ""


def reason_told(refusal: e.Refusal, venue: Restaurant, slot: e.Slot | None = None) -> Told:
    """Why, with its figures and the house's own note."""
    text = _(_TEXTS[refusal.reason]) % _Facts(refusal.facts)
    note = refusal.facts.get("note")
    if note:
        text = f"{text} “{note}”"
    return Told(text, *place_of(refusal.reason, venue, slot))


def place_of(reason: Reason, venue: Restaurant, slot: e.Slot | None) -> tuple[str, str]:
    """The page where a rule is set, and its name; empty where nothing can be set."""
    if slot and reason in (*_OF_SERVICE, *_PACING, *_PARTY):
        service = DiningService.objects.filter(restaurant=venue, pk=slot.service.id).first()
        if service is not None and reason in _PACING:
            title = _("Pacing of %(name)s") % {"name": service.name}
            return house_url(venue, "setup_pacing", service.public_id), title
        is_house = reason in _PARTY and not _is_services_own(reason, service, venue)
        if service is not None and not is_house:
            return house_url(venue, "setup_service", service.public_id), service.name
    if reason in _PARTY:
        return house_url(venue, "setup_rules"), _("Booking rules")
    page, title = _PAGES.get(reason, ("", ""))
    return (house_url(venue, page), _(title)) if page else ("", "")


def _is_services_own(reason: Reason, service: DiningService | None, venue: Restaurant) -> bool:
    """Whether the narrower of the two party limits is the service's."""
    if service is None:
        return False
    if reason is Reason.PARTY_TOO_SMALL:
        return service.min_party > venue.min_party
    return service.max_party is not None and service.max_party < venue.max_party


def remedy_told(change: Change, plan: e.Plan, venue: Restaurant, slot: e.Slot | None) -> Told:
    """One of the house's changes that together open the slot."""
    reason = change.reason or Reason.NOT_A_SLOT
    where = place_of(reason, venue, slot)
    value = {"value": change.value}
    if change.kind is ChangeKind.OPEN_TABLE:
        label = next((t.label for t in plan.tables if t.id == change.value), "")
        text = _("Give table %(label)s to this kind of booking.") % {"label": label}
        return Told(text, house_url(venue, "setup_floor"), _("Floor"))
    if change.kind is ChangeKind.SHORTER_TURN:
        text = _("Agree on a turn of %(value)s minutes with this party.") % value
        return Told(text, house_url(venue, "setup_turns"), _("Turn times"))
    if change.kind is ChangeKind.WAIVE:
        return Told(_("Set this rule aside for the party:") + " " + rule_name(reason), *where)
    return Told(_RAISES[change.kind]() % value, *where)


_RAISES = {
    ChangeKind.RAISE_SERVICE_COVERS: lambda: _("Let the service take %(value)s guests."),
    ChangeKind.RAISE_SLOT_COVERS: lambda: _(
        "Let %(value)s guests arrive in this quarter of an hour."
    ),
    ChangeKind.RAISE_SLOT_PARTIES: lambda: _(
        "Let %(value)s parties arrive in this quarter of an hour."
    ),
    ChangeKind.RAISE_ONLINE_SLOT_COVERS: lambda: _(
        "Let %(value)s guests book this quarter of an hour online."
    ),
    ChangeKind.RAISE_ONLINE_SLOT_PARTIES: lambda: _(
        "Let %(value)s parties book this quarter of an hour online."
    ),
    ChangeKind.RAISE_SEATS: lambda: _("Count %(value)s seats in the house."),
    ChangeKind.SPARE_SEATS: lambda: _("Let a party leave %(value)s chairs empty."),
}


def rule_name(reason: Reason) -> str:
    """What a rule of the book is called, within a sentence."""
    return {
        Reason.PAST: _("no booking in the past"),
        Reason.LEAD_TIME: _("the shortest notice"),
        Reason.CUT_OFF: _("the hour at which online booking closes"),
        Reason.BEYOND_WINDOW: _("the days ahead"),
        Reason.NOT_A_SLOT: _("the times of the slots"),
        Reason.CLOSED: _("the opening hours"),
        Reason.SPECIAL_DAY: _("the special day"),
        Reason.KITCHEN_CLOSED: _("the kitchen’s hours"),
        Reason.CLOSURE: _("the closure"),
        Reason.PRIVATE: _("private"),
        Reason.PREPAYMENT_NOT_SET_UP: _("payment in advance"),
        Reason.PARTY_TOO_SMALL: _("the smallest party"),
        Reason.PARTY_TOO_LARGE: _("the largest party"),
        Reason.OVERSIZE: _("the smallest party of the table"),
        Reason.NO_SERVICE: _("a service on this date"),
        Reason.OFFER_OVER: _("the days of the offer"),
        Reason.OFFER_NOT_THEN: _("the times of the offer"),
        Reason.NO_TABLE_FITS: _("a table that is large enough"),
        Reason.SERVICE_FULL: _("most guests in the service"),
        Reason.SEATS_TAKEN: _("seats that are free"),
        Reason.TABLES_TAKEN: _("a table that is free"),
        Reason.PACING_COVERS: _("guests who arrive in the quarter of an hour"),
        Reason.PACING_PARTIES: _("parties that arrive in the quarter of an hour"),
        Reason.ONLINE_PACING_COVERS: _("guests online in the quarter of an hour"),
        Reason.ONLINE_PACING_PARTIES: _("parties online in the quarter of an hour"),
    }.get(reason, "")


def free_text(offer: e.Offer) -> str:
    """How much is free at a slot: ``3 of 5 tables``."""
    text = ngettext("%(free)d of %(total)d table", "%(free)d of %(total)d tables", offer.total)
    return text % {"free": offer.free, "total": offer.total}


class _Facts(dict[str, object]):
    """A figure that is missing must not break a sentence."""

    def __missing__(self, key: str) -> str:
        return "…"
