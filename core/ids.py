"""Public identifiers and booking codes: what leaves the house instead of integer keys."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import models

_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0/O or 1/I: codes are read out over the telephone."""


def public_id(prefix: str) -> str:
    """A new unguessable identifier such as ``hold_7m2k…`` (80 random bits)."""
    number = secrets.randbits(80)
    letters = [_ID_ALPHABET[(number >> shift) & 31] for shift in range(0, 80, 5)]
    return f"{prefix}_{''.join(letters)}"


def booking_code(prefix: str = "FT", length: int = 6) -> str:
    """A new code such as ``FT-K7M2QX``: not secret, proof of nothing, unique by constraint."""
    return f"{prefix}-{''.join(secrets.choice(_CODE_ALPHABET) for _ in range(length))}"


def numbered_codes(prefix: str, year: int) -> Callable[[], str]:
    """Draws codes such as ``TB-2024-1234``; with each draw that was taken the numbers grow."""
    widths = itertools.chain((4, 4, 5, 5, 6), itertools.repeat(8))

    def draw() -> str:
        width = next(widths)
        return f"{prefix}-{year}-{secrets.randbelow(10**width):0{width}d}"

    return draw


class PublicIdField(models.CharField[str, str]):
    """A unique, immutable outward identifier with a fixed prefix, made on creation."""

    def __init__(self, prefix: str = "id", **kwargs: Any) -> None:
        self.prefix = prefix
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("unique", True)
        kwargs.setdefault("editable", False)
        kwargs.setdefault("default", partial(public_id, prefix))
        super().__init__(**kwargs)

    def db_type(self, connection: Any) -> str:
        """The long spelling, so that Django does not add a second index for LIKE searches."""
        return f"character varying({self.max_length})"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs["prefix"] = self.prefix
        return name, path, list(args), kwargs
