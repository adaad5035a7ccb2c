"""A booking as its pages show it: the facts, the calendar, the code to scan, the way there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import segno
from django.http import HttpResponse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.allergens import Allergen
from notifications.ics import calendar_for
from notifications.wording import amount
from reservations.details import Details, Occasion
from reservations.engine.lifecycle import UPCOMING, Status, allowed
from reservations.engine.lifecycle import ActorKind as Mover
from reservations.messages import facts
from reservations.selectors.bookings import Booking
from reservations.selectors.houses import House
from reservations.terms import refund_lines
from reservations.views import pay_words, wording
from reservations.views.home import picture_of
from reservations.views.offers import offer_line, offer_total
from reservations.views.restaurant import directions_to
from reservations.views.wishes import search_page

WAITING = frozenset({Status.REQUESTED, Status.PENDING, Status.PENDING_PAYMENT})
TURNED_AWAY = frozenset({Status.DECLINED, Status.EXPIRED})
COMING = frozenset({Status.CONFIRMED, Status.RECONFIRMED})


def ticket_of(found: Booking, *, manage_url: str) -> dict[str, Any]:
    """What the templates of a booking show. No queries."""
    now = clock.now()
    zone = found.house.zone
    local = found.starts_at.astimezone(zone).date()
    status = Status(found.status)
    paid = found.deposit if pay_words.is_refundable(found) else None
    has_terms = paid is not None or pay_words.is_chargeable(found)
    is_over = found.starts_at <= now
    return {
        "booking": found,
        **house_facts(found.house),
        "when": wording.moment(found.starts_at, zone),
        "evening_of": wording.day(found.service_date) if local != found.service_date else "",
        "party": wording.guests(found.party_size),
        "told": _with_table(found) + told(found.details, step_free=found.step_free),
        "deposit": amount(paid, found.currency) if paid else "",
        "secured": pay_words.secured_of(found),
        "card_after": pay_words.cancelled(found),
        "refunded": amount(found.refunded, found.currency) if found.refunded else "",
        "is_cancelled": status is Status.CANCELLED,
        "is_turned_away": status in TURNED_AWAY,
        "is_waiting": status in WAITING and not is_over,
        "is_coming": status in COMING and not is_over,
        "may_cancel": may_cancel(found),
        "may_change": status in UPCOMING and not is_over,
        "refunds": _refunds(found, now) if has_terms else [],
        "again_url": search_page(found.house.slug, party=found.party_size),
        "manage_url": manage_url,
        "calendars": calendar_links(found),
        "qr": qr_code(manage_url) if manage_url else "",
        "late": _late(found),
    }


def house_facts(house: House) -> dict[str, Any]:
    """The house, on every page about something at it."""
    return {
        "house": house,
        "picture": picture_of(house.image),
        "phone": wording.phone(house.phone),
        "directions": directions_to(house),
        "place": wording.place_of(house.zone),
    }


def may_cancel(found: Booking) -> bool:
    """Whether the guest can still cancel: not in the past, and by the lifecycle's rules."""
    return found.starts_at > clock.now() and allowed(
        Status(found.status), Status.CANCELLED, Mover.GUEST
    )


@dataclass(frozen=True, slots=True)
class Told:
    """One thing the guest has told the house."""

    name: str
    text: str


def _with_table(found: Booking) -> list[Told]:
    """Who comes, if somebody else booked; and the offer, with what it comes to."""
    lines = [Told(_("Booked for"), diner_line(found.details))]
    offer = offer_line(found.offer, found.currency)
    total = offer_total(found.offer, found.party_size, found.currency)
    if offer and total and found.offer.offer_per_person and found.party_size > 1:
        with_total = _("%(offer)s: %(total)s for %(party)s")
        offer = with_total % {
            "offer": offer,
            "total": total,
            "party": wording.guests(found.party_size),
        }
    lines.append(Told(_("Offer"), offer))
    return [line for line in lines if line.text]


def diner_line(details: Details) -> str:
    """Who comes and how they are reached; empty for whoever booked."""
    phone = wording.phone(details.diner_phone) if details.diner_phone else ""
    return ", ".join(filter(None, (details.diner_name, details.diner_email, phone)))


def told(details: Details, *, step_free: bool) -> list[Told]:
    """What the guest said about the visit, to read it once more. Without what they did not say."""
    allergies = [str(Allergen(code).label) for code in details.allergens]
    if details.allergy_note:
        allergies.append(details.allergy_note)
    occasion = str(Occasion(details.occasion).label) if details.occasion else ""
    needs = [_("Step-free table")] if step_free else []
    if details.high_chairs:
        chairs = ngettext("%(number)d high chair", "%(number)d high chairs", details.high_chairs)
        needs.append(chairs % {"number": details.high_chairs})
    if details.accessibility_needs:
        needs.append(details.accessibility_needs)
    lines = [
        Told(_("Your wishes"), details.special_requests),
        Told(_("Allergies"), ", ".join(allergies)),
        Told(_("Needs"), ", ".join(needs)),
        Told(_("Occasion"), occasion),
    ]
    return [line for line in lines if line.text]


def _refunds(found: Booking, now: dt.datetime) -> list[str]:
    return refund_lines(
        [(hours, min(percent, found.refund_cap)) for hours, percent in found.refund_ladder],
        found.starts_at,
        found.house.zone,
        total=found.deposit,
        currency=found.currency,
        now=now,
        kind=found.payment_kind,
        unit=found.money_unit,
    )


def _late(found: Booking) -> str:
    """What the party said of being late."""
    if not found.late_minutes:
        return ""
    text = ngettext("%(number)d minute late", "%(number)d minutes late", found.late_minutes)
    return text % {"number": found.late_minutes}


# --- Calendar, code ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CalendarLink:
    """A calendar on the web that can be told of the booking."""

    name: str
    url: str


def calendar_links(found: Booking) -> list[CalendarLink]:
    """Plain links. They carry no link to the booking: the address would tell it to others."""
    title = _("Table at %(restaurant)s") % {"restaurant": found.house.name}
    about = _("%(party)s. Code: %(code)s") % {
        "party": wording.guests(found.party_size),
        "code": found.code,
    }
    where = ", ".join(filter(None, (found.house.name, found.house.address)))
    starts, ends = found.starts_at.astimezone(dt.UTC), found.ends_at.astimezone(dt.UTC)
    google = {
        "action": "TEMPLATE",
        "text": title,
        "dates": f"{starts:%Y%m%dT%H%M%SZ}/{ends:%Y%m%dT%H%M%SZ}",
        "details": about,
        "location": where,
        "ctz": found.house.zone.key,
    }
    outlook = {
        "rru": "addevent",
        "subject": title,
        "startdt": f"{starts:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        "body": about,
        "location": where,
    }
    return [
        CalendarLink("Google", f"https://calendar.google.com/calendar/render?{urlencode(google)}"),
        CalendarLink(
            "Outlook", f"https://outlook.live.com/calendar/0/deeplink/compose?{urlencode(outlook)}"
        ),
    ]


def calendar_file(found: Booking, manage_url: str) -> HttpResponse:
    """The booking as a file for any calendar; adding it again updates the entry."""
    payload = facts(
        found.house,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        party_size=found.party_size,
        guest_name=found.guest_name,
        deposit=found.deposit,
        payment_kind=found.payment_kind,
        special_requests=found.special_requests,
        sequence=found.sequence,
        offer=found.offer,
        details=found.details,
        reservation_id=found.public_id,
        code=found.code,
        manage_url=manage_url,
    )
    is_off = found.status in TURNED_AWAY | {Status.CANCELLED}
    return HttpResponse(
        calendar_for(payload, "CANCEL" if is_off else "PUBLISH"),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{found.code}.ics"'},
    )


def qr_code(address: str) -> SafeString:
    """The address as an SVG to scan; its colours come from the style sheet."""
    drawing = segno.make(address, error="m", micro=False).svg_inline(
        border=3, omitsize=True, svgclass="qr__code", lineclass=None, light=None
    )
    return mark_safe(drawing)  # noqa: S308 - drawn here, of squares only
