"""Square's messages: whether they are Square's, and what they are about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from square.utils.webhooks_helper import verify_signature

from payments.gateways.base import BadSignature
from payments.gateways.reports import Notice
from payments.gateways.square.answers import instant


def read(body: bytes, headers: Mapping[str, str], *, url: str, keys: Sequence[str]) -> Notice:
    """The message, if one of ``keys`` signed these bytes for this address; else BadSignature."""
    given = {name.lower(): value for name, value in headers.items()}
    signature = given.get("x-square-hmacsha256-signature", "")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadSignature from error
    if not any(
        verify_signature(
            request_body=text, signature_header=signature, signature_key=key, notification_url=url
        )
        for key in keys
    ):
        raise BadSignature
    return notice_of(text)


def notice_of(text: str) -> Notice:
    """What a message is about; BadSignature when it does not say."""
    try:
        event = json.loads(text)
        data = event.get("data") or {}
        inner = data.get("object") or {}
        found = [data.get("id")]
        for part in inner.values() if isinstance(inner, dict) else ():
            if isinstance(part, dict):
                disputed = part.get("disputed_payment") or {}
                found += [part.get("id"), part.get("payment_id"), disputed.get("payment_id")]
        return Notice(
            event_id=str(event["event_id"]),
            type=str(event["type"]),
            references=tuple(dict.fromkeys(str(each) for each in found if each)),
            occurred_at=instant(event.get("created_at")),
        )
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadSignature from error
