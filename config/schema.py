"""What the OpenAPI document leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def without_version_prefix(endpoints: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Drop the ``/api/v1/`` twins of the ``/api/`` paths."""
    return [endpoint for endpoint in endpoints if not str(endpoint[0]).startswith("/api/v1/")]
