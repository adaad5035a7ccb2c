"""One part of the screen: an id, a template, and what that says."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from threading import Lock
from typing import Any

import orjson
from django.template import Context, loader
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

FOLDER = "staff/stand/parts/"


class _Rendered:
    """HTML of pieces by what they say, the least recently used out first. Safe between threads.

    A piece says the same to nearly everybody who looks at a date in a view and a language, so most
    of a night is rendered once, not for each tablet and each minute. Who is told less, such as of
    tags for managers, gets another piece: nothing is kept by who looks.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[tuple[str, ...], SafeString] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[str, ...]) -> SafeString | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: tuple[str, ...], html: SafeString) -> None:
        with self._lock:
            self._kept[key] = html
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)


_rendered = _Rendered(6000)
"""About a kilobyte each."""


@dataclass(frozen=True)
class Piece:
    """One part of the page: its id, its template, and what that is given as ``it``."""

    key: str
    template: str
    data: Any

    @cached_property
    def mark(self) -> str:
        """A digest of what it says."""
        return blake2b(orjson.dumps(self.data), digest_size=12).hexdigest()

    def drawn(self, here: str) -> SafeString:
        """As it stands in the page, which is at the query ``here``: links in it begin with that.

        Numbers as programs write them: drawings have coordinates.
        """
        key = (self.template, self.key, self.mark, here, get_language() or "")
        found = _rendered.get(key)
        if found is None:
            template: Any = loader.get_template(f"{FOLDER}{self.template}.html")
            said = {"it": self.data, "key": self.key, "here": here}
            context = Context(said, use_l10n=False)
            found = mark_safe(template.template.render(context))  # noqa: S308  a template's output
            _rendered.keep(key, found)
        return found


def each(template: str, found: Iterable[Any]) -> tuple[Piece, ...]:
    """A piece for each of these, which know their own ``key``."""
    return tuple(Piece(one.key, template, one) for one in found)
