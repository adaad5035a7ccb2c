"""From a message's facts to its words: subject, plain text and HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from notifications.wording import amount, day_and_time, lines, one_line

CALENDAR_METHODS = {
    "reservation_confirmed": "REQUEST",
    "reservation_pending": "",
    "reservation_declined": "CANCEL",
    "reservation_expired": "CANCEL",
    "reservation_changed": "REQUEST",
    "reservation_cancelled": "CANCEL",
    "deposit_refunded": "",
}
"""Every kind of message, and the calendar method (RFC 5546) of those that carry an entry."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words."""

    subject: str
    text: str
    html: str


def render(kind: str, payload: Mapping[str, Any]) -> Rendered:
    """The message ``templates/messages/<kind>.*`` with these facts, in English.

    Pure but for reading templates. Raises KeyError for a payload without restaurant, zone or
    start, and TemplateDoesNotExist for an unknown kind.
    """
    with translation.override("en"):
        context = _context(payload)
        return Rendered(
            subject=one_line(render_to_string(f"messages/{kind}.subject.txt", context)),
            text=_tidy(render_to_string(f"messages/{kind}.txt", context)),
            html=render_to_string(f"messages/{kind}.html", context),
        )


def _tidy(text: str) -> str:
    """Without the blank lines that a left-out paragraph leaves behind."""
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def _context(payload: Mapping[str, Any]) -> dict[str, Any]:
    currency = one_line(payload.get("currency", ""))
    deposit = Decimal(payload.get("deposit") or 0)
    refund = Decimal(payload.get("refund_amount") or 0)
    guests = int(payload["party_size"])
    address = one_line(payload.get("manage_url", ""))
    return {
        "restaurant": one_line(payload["restaurant"]),
        "address": one_line(payload.get("address", "")),
        "phone": one_line(payload.get("phone", "")),
        "guest_name": one_line(payload.get("guest_name", "")),
        "code": one_line(payload.get("code", "")),
        "when": day_and_time(payload["starts_at"], payload["zone"]),
        "party": "1 guest" if guests == 1 else f"{guests} guests",
        "requests": lines(payload.get("special_requests", "")),
        "deposit": amount(deposit, currency) if deposit else "",
        "refund": amount(refund, currency) if refund else "",
        "refund_percent": payload.get("refund_percent"),
        # Only addresses of pages: a mail program may run others.
        "manage_url": address if address.startswith(("https://", "http://")) else "",
    }
