"""What the OpenAPI document leaves out, and what it says of every path."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def without_version_prefix(endpoints: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Drop the ``/api/v1/`` twins of the ``/api/`` paths."""
    return [endpoint for endpoint in endpoints if not str(endpoint[0]).startswith("/api/v1/")]


def with_ids_and_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of every id in a path what it can be made of, and show what the contracts print."""
    # Once Django is up.
    from api.printed import add_examples
    from api.schema import PUBLIC_ID
    from api.webhooks.messages import add_messages

    for path in result["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    parameter["schema"].setdefault("pattern", PUBLIC_ID)
    add_examples(result)
    add_messages(result)
    return result
