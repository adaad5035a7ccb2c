"""From a message's facts to its words: subject, plain text and HTML."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from notifications.wording import amount, day, day_and_time, lines, one_line, party

CALENDAR_METHODS = {
    "reservation_confirmed": "REQUEST",
    "reservation_pending": "",
    "reservation_declined": "CANCEL",
    "reservation_expired": "CANCEL",
    "reservation_changed": "REQUEST",
    "reservation_cancelled": "CANCEL",
    "reservation_reminder": "",
    "deposit_refunded": "",
}
"""Messages to guests about a booking, and the calendar method (RFC 5546) of those with an entry."""

TO_INTEGRATORS = ("webhook_failing", "webhook_disabled")
"""Messages to who looks after a webhook endpoint."""

ABOUT_PAYMENTS = ("payment_requested", "payment_received", "fee_charged", "hold_refused")
"""Messages about money asked for, or taken, besides the booking; the last is to the house."""

KINDS = (
    *CALENDAR_METHODS,
    "guest_running_late",
    "guest_wrote",
    "waitlist_joined",
    "waitlist_offered",
    "queue_joined",
    "table_ready",
    "answer_refused",
    "party_requested",
    "party_request_received",
    *ABOUT_PAYMENTS,
    "sign_in",
    "staff_invited",
    *TO_INTEGRATORS,
)
"""Every kind of message."""

LEADS_SOMEWHERE = frozenset(
    {
        "reservation_confirmed",
        "reservation_pending",
        "reservation_changed",
        "reservation_cancelled",
        "reservation_reminder",
        "waitlist_joined",
        "waitlist_offered",
        "queue_joined",
        "table_ready",
        "answer_refused",
        "sign_in",
        "staff_invited",
        "payment_requested",
    }
)
"""Messages with the address of a page that is their reader's alone."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words."""

    subject: str
    text: str
    html: str


def render(kind: str, payload: Mapping[str, Any], language: str = "en") -> Rendered:
    """The message ``templates/messages/<kind>.*`` with these facts, in the reader's language.

    Pure but for reading templates. Raises KeyError for a payload without what its kind cannot do
    without (restaurant, zone and start of a booking), and TemplateDoesNotExist for an unknown
    kind.
    """
    with translation.override(language):
        context = context_of(kind, payload) | {"language": language}
        return Rendered(
            subject=one_line(render_to_string(f"messages/{kind}.subject.txt", context)),
            text=_tidy(render_to_string(f"messages/{kind}.txt", context)),
            html=render_to_string(f"messages/{kind}.html", context),
        )


def context_of(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the templates of this kind say, in the language that is active."""
    return _CONTEXTS.get(kind, _of_booking)(payload)


def _tidy(text: str) -> str:
    """Without the blank lines that a left-out paragraph leaves behind."""
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def _of_house(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Who writes, to whom, and the page the message leads to."""
    address = one_line(payload.get("manage_url", ""))
    return {
        "restaurant": one_line(payload["restaurant"]),
        "address": one_line(payload.get("address", "")),
        "phone": one_line(payload.get("phone", "")),
        "guest_name": one_line(payload.get("guest_name", "")),
        # Only addresses of pages: a mail program may run others.
        "manage_url": address if address.startswith(("https://", "http://")) else "",
    }


def _of_booking(payload: Mapping[str, Any]) -> dict[str, Any]:
    currency = one_line(payload.get("currency", ""))
    deposit = Decimal(payload.get("deposit") or 0)
    refund = Decimal(payload.get("refund_amount") or 0)
    kind = payload.get("payment_kind", "deposit")
    left = 100 - int(payload.get("refund_percent") or 0)
    is_at_stake = kind in _NOTHING_TAKEN and deposit > 0
    return _of_house(payload) | {
        "code": one_line(payload.get("code", "")),
        "when": day_and_time(payload["starts_at"], payload["zone"]),
        "party": party(int(payload["party_size"])),
        "diner": one_line(payload.get("diner_name", "")),
        "offer": _offer(payload, currency),
        "requests": lines(payload.get("special_requests", "")),
        "deposit": amount(deposit, currency) if deposit else "",
        "deposit_name": _deposit_name(kind),
        "is_at_stake": is_at_stake,
        "is_deposit": kind == "deposit",
        "fee": amount(deposit * left / 100, currency) if is_at_stake and left else "",
        "refund": amount(refund, currency) if refund else "",
        "refund_percent": payload.get("refund_percent"),
        "minutes": payload.get("minutes"),
        "guest_phone": one_line(payload.get("guest_phone", "")),
        "note": lines(payload.get("note", "")),
        "can_answer": bool(payload.get("reply_to")),
        "is_unpaid": bool(payload.get("is_unpaid")),
    }


def _of_payment(payload: Mapping[str, Any]) -> dict[str, Any]:
    until = payload.get("pay_until")
    kind = payload.get("payment_kind", "")
    return _of_booking(payload) | {
        "payment": amount(Decimal(payload["payment"]), one_line(payload.get("currency", ""))),
        "until": day_and_time(until, payload["zone"]) if until else "",
        "keeps_table": bool(payload.get("keeps_table")),
        "is_no_show": kind == "no_show_fee",
        "is_late_cancel": kind == "late_cancel",
        "is_secured": kind in ("hold", "card"),
        "terms": lines(payload.get("terms", "")),
    }


_NOTHING_TAKEN = frozenset({"hold", "card"})
"""How a table can be protected without money being taken."""


def _deposit_name(kind: str) -> str:
    """What the amount of a booking is, by how its table is protected."""
    return {
        "prepayment": gettext("Price"),
        "hold": gettext("Set aside on your card"),
        "card": gettext("Your card is kept, for fees up to"),
    }.get(kind, gettext("Deposit"))


def _offer(payload: Mapping[str, Any], currency: str) -> str:
    """``Menu dégustation, €75.00 a head``: as it was told when booking."""
    name, price = one_line(payload.get("offer", "")), payload.get("offer_price")
    if not name or not price:
        return name
    text = amount(Decimal(price), currency)
    if payload.get("offer_per_person"):
        text = gettext("%(price)s a head") % {"price": text}
    return f"{name}, {text}"


def _of_wait(payload: Mapping[str, Any]) -> dict[str, Any]:
    date = dt.date.fromisoformat(payload["service_date"])
    return _of_house(payload) | {
        "date": day(date),
        "earliest": one_line(payload["earliest"]),
        "latest": one_line(payload["latest"]),
        "party": party(int(payload["party_size"])),
    }


def _of_ready_table(payload: Mapping[str, Any]) -> dict[str, Any]:
    return _of_house(payload) | {
        "party": party(int(payload["party_size"])),
        "minutes": int(payload.get("minutes") or 0),
        "can_reply": bool(payload.get("can_reply")),
    }


def _of_refusal(payload: Mapping[str, Any]) -> dict[str, Any]:
    return _of_house(payload) | {
        "reason": one_line(payload.get("reason", "")),
        "minutes": int(payload.get("minutes") or 0),
    }


def _of_offer(payload: Mapping[str, Any]) -> dict[str, Any]:
    return _of_booking(payload) | {"minutes": int(payload["minutes"])}


def _of_sign_in(payload: Mapping[str, Any]) -> dict[str, Any]:
    return _of_house(payload) | {"minutes": int(payload["minutes"])}


def _of_invitation(payload: Mapping[str, Any]) -> dict[str, Any]:
    return _of_house(payload) | {
        "days": int(payload["days"]),
        "installation": one_line(payload["installation"]),
        "needs_link": not payload.get("has_password"),
    }


def _of_webhook(payload: Mapping[str, Any]) -> dict[str, Any]:
    words = ("endpoint", "url", "reason", "installation")
    return _of_house(payload) | {word: one_line(payload[word]) for word in words}


_CONTEXTS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "waitlist_joined": _of_wait,
    "waitlist_offered": _of_offer,
    "queue_joined": _of_ready_table,
    "table_ready": _of_ready_table,
    "answer_refused": _of_refusal,
    "sign_in": _of_sign_in,
    "staff_invited": _of_invitation,
    **dict.fromkeys(ABOUT_PAYMENTS, _of_payment),
    **dict.fromkeys(TO_INTEGRATORS, _of_webhook),
}
"""How a payload becomes what its templates say; all others are about a booking."""
