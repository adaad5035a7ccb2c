"""The OpenAPI document as a Postman collection (format 2.1), which other programs read as well.

Pure: a document in, a collection out. One folder per tag, one request per operation, with the
document's own examples as bodies; ``baseUrl``, ``apiKey`` and ``guestToken`` are variables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_METHODS = ("get", "post", "put", "patch", "delete")
_DEPTH = 6
"""How deep a made-up body goes; none of ours is deeper."""


def collection(document: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    """The collection for a server at ``base_url`` (without a slash at the end)."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for path, method, operation in _operations(document):
        tag = next(iter(operation.get("tags", ["api"])))
        folders.setdefault(tag, []).append(_request(document, path, method, operation))
    info = document["info"]
    return {
        "info": {"name": info["title"], "description": info["description"], "schema": SCHEMA},
        "variable": [
            {"key": "baseUrl", "value": base_url},
            {"key": "apiKey", "value": ""},
            {"key": "guestToken", "value": ""},
        ],
        "item": [{"name": tag, "item": items} for tag, items in sorted(folders.items())],
    }


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield path, method, methods[method]


def _request(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> dict[str, Any]:
    parameters = operation.get("parameters", [])
    pieces = [re.sub(r"^{(.+)}$", r":\1", piece) for piece in path.strip("/").split("/")]
    query = [_parameter(each) for each in parameters if each["in"] == "query"]
    request: dict[str, Any] = {
        "method": method.upper(),
        "description": operation.get("description", ""),
        "header": [_parameter(each) for each in parameters if each["in"] == "header"],
        "url": {
            "raw": "{{baseUrl}}/" + "/".join(pieces),
            "host": ["{{baseUrl}}"],
            "path": pieces,
            "query": query,
            "variable": [_parameter(each) for each in parameters if each["in"] == "path"],
        },
        "auth": _auth(operation.get("security", [])),
    }
    if body := _body(document, operation):
        request["header"].append({"key": "Content-Type", "value": "application/json"})
        request["body"] = {
            "mode": "raw",
            "raw": json.dumps(body, indent=2, ensure_ascii=False),
            "options": {"raw": {"language": "json"}},
        }
    return {"name": operation.get("summary") or operation["operationId"], "request": request}


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    shape = parameter.get("schema", {})
    value = parameter.get("example", shape.get("default", ""))
    return {
        "key": parameter["name"],
        "value": str(value),
        "description": parameter.get("description", ""),
        "disabled": not parameter.get("required", False),
    }


def _auth(security: list[Mapping[str, Any]]) -> dict[str, Any]:
    names = {name for each in security for name in each}
    if "apiKey" in names:
        header = [
            {"key": "key", "value": "X-API-Key"},
            {"key": "value", "value": "{{apiKey}}"},
            {"key": "in", "value": "header"},
        ]
        return {"type": "apikey", "apikey": header}
    if "guest" in names:
        return {"type": "bearer", "bearer": [{"key": "token", "value": "{{guestToken}}"}]}
    return {"type": "noauth"}


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    for example in content.get("examples", {}).values():
        return example.get("value")
    return _made_up(document, content.get("schema", {}))


def _made_up(document: Mapping[str, Any], shape: Mapping[str, Any], depth: int = 0) -> Any:
    """A value of this shape: its example or default, else the plainest there is."""
    if "$ref" in shape:
        shape = document["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    for name in ("example", "default"):
        if name in shape:
            return shape[name]
    if "enum" in shape:
        return shape["enum"][0]
    if parts := shape.get("allOf") or shape.get("oneOf") or shape.get("anyOf"):
        return _made_up(document, parts[0], depth)
    kind = shape.get("type")
    kind = next((each for each in kind if each != "null"), None) if isinstance(kind, list) else kind
    if kind == "object" and depth < _DEPTH:
        fields = shape.get("properties", {}).items()
        return {name: _made_up(document, field, depth + 1) for name, field in fields}
    if kind == "array" and depth < _DEPTH:
        return [_made_up(document, shape.get("items", {}), depth + 1)]
    plain = {"integer": 1, "number": 1, "boolean": False, "object": {}, "array": []}
    return plain.get(str(kind), _TEXTS.get(str(shape.get("format")), "text"))


_TEXTS = {"date": "2026-01-31", "date-time": "2026-01-31T19:00:00Z", "email": "ada@example.com"}
