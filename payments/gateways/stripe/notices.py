"""Messages from Stripe: who really sent them, and what they are about."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from stripe import SignatureVerificationError, WebhookSignature

from core import clock
from payments.gateways.base import BadSignature
from payments.gateways.reports import Notice

TOLERANCE: Final = dt.timedelta(minutes=5)
"""How far a message's own time may be from ours, before or after: the SDK looks back only."""

_REFERENCES = ("id", "payment_intent", "setup_intent", "charge", "payment_method")
_REFERENCE = re.compile(r"[A-Za-z0-9_]{1,80}")
_TIME = re.compile(r"(?:^|,)\s*t=([0-9]{1,12})(?:,|$)")


def read_notice(body: bytes, headers: Mapping[str, str], secrets: Iterable[str]) -> Notice:
    """Verify the raw bytes with any of ``secrets`` (two while one is replaced), then read them."""
    header = next(
        (value for name, value in headers.items() if name.lower() == "stripe-signature"), ""
    )
    _refuse_unless_signed(body, header, secrets)
    try:
        event = json.loads(body)
        about = event["data"]["object"]
        return Notice(
            event_id=str(event["id"]),
            type=str(event["type"]),
            references=_references(about),
            occurred_at=_created(event),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise BadSignature("The message is signed, but cannot be read.") from error


def _refuse_unless_signed(body: bytes, header: str, secrets: Iterable[str]) -> None:
    stamp = _TIME.search(header)
    if stamp is None:
        raise BadSignature("The message is not signed.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadSignature("The message is not text.") from error
    if not any(_is_signed(text, header, secret) for secret in secrets if secret):
        raise BadSignature("The signature is not Stripe's.")
    if abs(clock.now().timestamp() - int(stamp[1])) > TOLERANCE.total_seconds():
        raise BadSignature("The message is too old, or from the future.")


def _is_signed(text: str, header: str, secret: str) -> bool:
    try:
        WebhookSignature.verify_header(text, header, secret, tolerance=None)
    except (SignatureVerificationError, ValueError):
        return False
    return True


def _references(about: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids in the object itself; an expanded one counts by its id."""
    found = []
    for name in _REFERENCES:
        value = about.get(name)
        value = value.get("id") if isinstance(value, Mapping) else value
        if isinstance(value, str) and _REFERENCE.fullmatch(value) and value not in found:
            found.append(value)
    return tuple(found)


def _created(event: Mapping[str, Any]) -> dt.datetime | None:
    created = event.get("created")
    return dt.datetime.fromtimestamp(created, dt.UTC) if isinstance(created, int) else None
