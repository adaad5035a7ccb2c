"""The sandbox's messages about what happened there, signed as real providers sign theirs."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Mapping

from django.conf import settings

from core import clock
from core.ids import public_id
from payments.gateways.base import BadSignature
from payments.gateways.reports import Notice

HEADER = "Sandbox-Signature"
TOLERANCE = dt.timedelta(minutes=5)


def make(kind: str, reference: str) -> tuple[bytes, dict[str, str]]:
    """A message about a charge, and the headers it travels with."""
    now = clock.now()
    body = json.dumps(
        {"id": public_id("evt"), "type": kind, "reference": reference, "at": now.isoformat()}
    ).encode()
    return body, sign(body, int(now.timestamp()))


def sign(body: bytes, timestamp: int) -> dict[str, str]:
    """The signature header for a body."""
    return {HEADER: f"t={timestamp},v1={_digest(body, timestamp)}"}


def read(body: bytes, headers: Mapping[str, str]) -> Notice:
    """Verify a message; raises BadSignature for one that is forged, altered or too old."""
    given = {name.lower(): value for name, value in headers.items()}.get(HEADER.lower(), "")
    match = re.fullmatch(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", given)
    if match is None:
        raise BadSignature("no signature")
    timestamp = int(match[1])
    if not hmac.compare_digest(match[2], _digest(body, timestamp)):
        raise BadSignature("wrong signature")
    if abs(clock.now().timestamp() - timestamp) > TOLERANCE.total_seconds():
        raise BadSignature("too old, or from the future")
    try:
        told = json.loads(body)
        return Notice(
            event_id=str(told["id"]),
            type=str(told["type"]),
            references=(str(told["reference"]),),
            occurred_at=dt.datetime.fromisoformat(told["at"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadSignature("not a message of ours") from error


def _digest(body: bytes, timestamp: int) -> str:
    key = hashlib.sha256(f"sandbox-notices:{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
