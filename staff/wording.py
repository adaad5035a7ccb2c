"""The words of the staff area: roles, scopes, events, moments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.scopes import EVERYTHING
from reservations.models import Reservation
from reservations.views.wording import clock_time, short_day
from restaurants.models import Role

ROLES: Mapping[str, Any] = {
    Role.OWNER: gettext_lazy("Owner"),
    Role.MANAGER: gettext_lazy("Manager"),
    Role.HOST: gettext_lazy("Host"),
    Role.SERVER: gettext_lazy("Server"),
    Role.VIEWER: gettext_lazy("Viewer"),
}

STATES: Mapping[str, Any] = {
    Reservation.Status.REQUESTED: gettext_lazy("Asked for"),
    Reservation.Status.PENDING: gettext_lazy("Not confirmed yet"),
    Reservation.Status.PENDING_PAYMENT: gettext_lazy("Waits for payment"),
    Reservation.Status.CONFIRMED: gettext_lazy("Confirmed"),
    Reservation.Status.RECONFIRMED: gettext_lazy("Reconfirmed"),
    Reservation.Status.PARTIALLY_ARRIVED: gettext_lazy("Partly here"),
    Reservation.Status.ARRIVED: gettext_lazy("Here"),
    Reservation.Status.PARTIALLY_SEATED: gettext_lazy("Partly seated"),
    Reservation.Status.SEATED: gettext_lazy("Seated"),
    Reservation.Status.CHECK_DROPPED: gettext_lazy("Bill on the table"),
    Reservation.Status.PAID: gettext_lazy("Bill paid"),
    Reservation.Status.COMPLETED: gettext_lazy("Visit over"),
    Reservation.Status.CANCELLED: gettext_lazy("Cancelled"),
    Reservation.Status.NO_SHOW: gettext_lazy("Did not come"),
    Reservation.Status.DECLINED: gettext_lazy("Declined by the house"),
    Reservation.Status.EXPIRED: gettext_lazy("Expired"),
}
"""Of a booking."""

SOURCES: Mapping[str, Any] = {
    "direct": gettext_lazy("Direct"),
    "website": gettext_lazy("Website"),
    "phone": gettext_lazy("Telephone"),
    "walk_in": gettext_lazy("Walk-in"),
    "staff": gettext_lazy("In-house"),
    "api": gettext_lazy("Partner"),
    "mobile_app": gettext_lazy("App"),
    "import": gettext_lazy("Import"),
    "voice": gettext_lazy("Voice"),
    "opentable": "OpenTable",
    "resy": "Resy",
    "thefork": "TheFork",
    "google": "Google",
}
"""Where bookings come from, by the name in the book."""

MAY: Mapping[str, Any] = {
    Role.OWNER: gettext_lazy("Everything, also who works here."),
    Role.MANAGER: gettext_lazy("The book, the set-up, refunds, keys and webhooks."),
    Role.HOST: gettext_lazy("The book: cancel, release, resend, pause online booking."),
    Role.SERVER: gettext_lazy("See the floor, and take one’s own parties through the evening."),
    Role.VIEWER: gettext_lazy("Look at the book and the set-up, change nothing."),
}

SCOPES: Mapping[Any, Mapping[str, Any]] = {
    gettext_lazy("Table bookings"): {
        "read:table_bookings": gettext_lazy("See table bookings and free times"),
        "write:table_bookings": gettext_lazy("Make, change and cancel table bookings"),
        "create:bookings": gettext_lazy("Make bookings, and nothing else"),
    },
    gettext_lazy("Reservations of every source"): {
        "read:reservations": gettext_lazy("See reservations, wherever they come from"),
        "write:reservations": gettext_lazy("Make, change and cancel reservations"),
        "read:analytics": gettext_lazy("See figures by source"),
    },
    gettext_lazy("Payments"): {
        "write:payments": gettext_lazy("Charge the cards that guests give for a reservation"),
    },
    gettext_lazy("Guests"): {
        "read:customers": gettext_lazy("See names, contacts, allergies and visits"),
        "write:customers": gettext_lazy("Add, change, merge and erase guests"),
        "act:guests": gettext_lazy("Hold, confirm and cancel in a guest’s name"),
    },
    gettext_lazy("The house"): {
        "read:business": gettext_lazy("See hours, kitchen times and settings"),
        "manage:webhooks": gettext_lazy("Set up webhooks and read their log"),
    },
    gettext_lazy("Events"): {
        "read:events": gettext_lazy("See events"),
        "write:events": gettext_lazy("Make and change events"),
        "read:bookings": gettext_lazy("See bookings of events"),
        "write:bookings": gettext_lazy("Make bookings of events"),
    },
    gettext_lazy("Everything"): {
        EVERYTHING: gettext_lazy("All of the above, and whatever is added later"),
    },
}
"""Every scope once, by what it is about (a test compares with ``accounts.scopes``)."""

EVENTS: Mapping[Any, Mapping[str, Any]] = {
    gettext_lazy("Reservations"): {
        "reservation.created": gettext_lazy("A reservation came into the book"),
        "reservation.updated": gettext_lazy("Its date, time, party or wishes changed"),
        "reservation.status_changed": gettext_lazy("Accepted, arrived, seated, no-show …"),
        "reservation.cancelled": gettext_lazy("It was cancelled, by whomever"),
    },
    gettext_lazy("Payments"): {
        "payment.succeeded": gettext_lazy("A deposit was paid"),
        "payment.failed": gettext_lazy("A deposit was declined"),
        "payment.refunded": gettext_lazy("Money went back to the guest"),
        "payment.refund_failed": gettext_lazy("Money could not be given back"),
    },
    gettext_lazy("Tables"): {
        "table.created": gettext_lazy("A table was added"),
        "table.updated": gettext_lazy("A table was changed"),
        "table.deleted": gettext_lazy("A table was removed"),
    },
}
"""Every type of event once (a test compares with ``webhooks.events``)."""


def source(name: str) -> str:
    """A source as the whole staff area calls it; one it does not know as it is written."""
    return str(SOURCES.get(name.replace("-", "_"), name))


def moment(instant: dt.datetime | None, zone: ZoneInfo) -> str:
    """``Sat 28 Nov 2026, 19:00`` on the clocks of the house; empty for None."""
    if instant is None:
        return ""
    local = instant.astimezone(zone)
    return _("%(day)s %(year)s, %(time)s") % {
        "day": short_day(local.date()),
        "year": local.year,
        "time": clock_time(instant, zone),
    }


def ago(instant: dt.datetime | None, now: dt.datetime) -> str:
    """``3 hours ago``; empty when it never was."""
    if instant is None:
        return ""
    minutes = max(int((now - instant).total_seconds() // 60), 0)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    if minutes < 60 * 48:
        hours = minutes // 60
        return ngettext("%(n)d hour ago", "%(n)d hours ago", hours) % {"n": hours}
    days = minutes // (60 * 24)
    return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}
