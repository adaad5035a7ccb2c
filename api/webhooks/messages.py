"""The messages that endpoints are sent, as the ``webhooks`` of the OpenAPI document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from webhooks.events import TEST, TYPES

_FOLDER = Path(__file__).parents[1] / "examples/webhooks"
_SHAPE = "WebhookMessage"
_TEXT = {"type": "string"}

MESSAGE: dict[str, Any] = {
    "type": "object",
    "description": "Fields may be added within a version: ignore those you do not know.",
    "properties": {
        "id": _TEXT | {"description": "The event; the same in every repeat, and `webhook-id`"},
        "type": _TEXT | {"enum": [*TYPES, TEST]},
        "version": {"type": "integer", "enum": [1]},
        "order": {"type": "integer", "description": "Grows with time; 0 in a test"},
        "occurredAt": _TEXT | {"format": "date-time"},
        "restaurantId": {"type": ["string", "null"]},
        "test": {"type": "boolean", "description": "Made with a test key"},
        "data": {"type": "object", "additionalProperties": True},
    },
    "required": ["id", "type", "version", "order", "occurredAt", "restaurantId", "test", "data"],
}
"""What all of them have in common; what ``data`` holds is in docs/contracts/webhooks.md."""

_HEADERS = {
    "webhook-id": "Of this event; the same when it is sent again",
    "webhook-timestamp": "Seconds since 1970",
    "webhook-signature": "v1,base64(HMAC-SHA256(secret, id.timestamp.body)); two while rotating",
}


def add_messages(document: dict[str, Any]) -> None:
    """Put every type of message into the document, with the example that is kept of it."""
    document.setdefault("components", {}).setdefault("schemas", {})[_SHAPE] = MESSAGE
    told = TYPES | {TEST: "You asked for it"}
    document["webhooks"] = {name: {"post": _message(name, told[name])} for name in told}


def _message(name: str, summary: str) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{_SHAPE}"}}
    file = _FOLDER / f"{name.replace('.', '_')}.json"
    if file.exists():
        content["examples"] = {name: {"value": json.loads(file.read_text())}}
    return {
        "summary": summary,
        "tags": ["webhooks"],
        "parameters": [
            {
                "name": header,
                "in": "header",
                "required": True,
                "description": text,
                "schema": _TEXT,
            }
            for header, text in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {"2XX": {"description": "You have it; anything else is sent again"}},
    }
