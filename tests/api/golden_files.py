"""Comparing an answer with the one a contract prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import api

_FOLDER = Path(api.__file__).parent / "examples"


def golden(dialect: str, name: str) -> dict[str, Any]:
    """The request and answer the contract prints for one endpoint."""
    found: dict[str, Any] = json.loads((_FOLDER / dialect / f"{name}.json").read_text())
    return found


def assert_like(actual: Any, printed: Any, *, aside: set[str], path: str = "answer") -> None:
    """``actual`` has the printed fields, no other ones, and the printed values.

    Fields named in ``aside`` (ids, codes, times, pictures) only need the same JSON type; a
    list is compared by its first element, because documents print one example.
    """
    assert type(actual) is type(printed), f"{path}: {actual!r} is no {type(printed).__name__}"
    if isinstance(printed, dict):
        assert set(actual) == set(printed), f"{path}: other fields"
        for name, value in printed.items():
            if name in aside and not isinstance(value, dict | list):
                assert type(actual[name]) is type(value), f"{path}.{name}: {actual[name]!r}"
            else:
                assert_like(actual[name], value, aside=aside, path=f"{path}.{name}")
    elif isinstance(printed, list) and printed and isinstance(printed[0], dict):
        assert actual, f"{path}: empty"
        assert_like(actual[0], printed[0], aside=aside, path=f"{path}[0]")
    else:
        assert actual == printed, f"{path}: {actual!r} is not {printed!r}"
