"""Signing as a platform does, by the Standard Webhooks specification."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from django.test import Client

from core import clock


def headers_for(secret: str, body: bytes, *, name: str) -> dict[str, str]:
    """Id, time and signature."""
    timestamp = str(int(clock.now().timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{name}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": name,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def send(secret: str, event: Any, *, name: str = "msg_1", **headers: str) -> Any:
    """The event, signed with the secret; headers win over those of the signature."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return Client(raise_request_exception=False).post(
        "/api/webhooks/reservations",
        body,
        content_type="application/json",
        headers=headers_for(secret, body, name=name) | headers,
    )
