"""What is kept of a provider's answer: only what is named, so that nothing new slips in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Shape = Mapping[str, Any]
"""Field → True (kept as it is, if it is text, a number or a flag) or the shape of what it holds."""

MONEY: Shape = {"amount": True, "currency": True}


def kept(answer: Any, shape: Shape) -> dict[str, Any]:
    """The fields of ``answer`` that ``shape`` names. Of lists, that of every element."""
    if not isinstance(answer, Mapping):
        return {}
    found = {name: _kept(answer[name], inner) for name, inner in shape.items() if name in answer}
    return {name: value for name, value in found.items() if value not in (None, {}, [])}


def _kept(value: Any, shape: Any) -> Any:
    if isinstance(value, list | tuple):
        return [part for part in (_kept(each, shape) for each in value) if part not in (None, {})]
    if shape is True:
        return value if isinstance(value, str | int | float | bool) else None
    return kept(value, shape)
