"""When two names of tags are the same one, and what a list of them becomes by a renaming."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

_DOTS = (("i\u0307", "i"), ("\u0131", "i"))
"""What is left of a capital with a dot, and the small letter without one."""

RENAMED = """(
  SELECT coalesce(array_agg(word ORDER BY place), '{}') FROM (
    SELECT CASE WHEN w = ANY(%(same)s::varchar[]) THEN %(after)s::varchar ELSE w END AS word,
           min(n) AS place
    FROM unnest(b.tags) WITH ORDINALITY AS t(w, n) GROUP BY 1
  ) named WHERE word <> ''
)"""
"""What :func:`renamed` does, in SQL: to the column ``tags`` of a row called ``b``."""


def tag_name(text: str) -> str:
    """A name as it is kept: composed (NFC), with single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).split())


@lru_cache(maxsize=4096)
def tag_key(name: str) -> str:
    """What two names have in common that people read as one; empty for a name nobody sees.

    Capitals, the way accents are written, blanks, letters that only look different in print and
    signs of no width make no other name, nor do the dots of a Turkish i.
    """
    text = unicodedata.normalize("NFKC", name)
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    text = unicodedata.normalize("NFKC", text.casefold())
    for one, other in _DOTS:
        text = text.replace(one, other)
    return " ".join(text.split())


def renamed(words: Iterable[str], same: Collection[str], after: str) -> list[str]:
    """The words, with ``after`` where one of ``same`` stood, or nothing when that is empty.

    In their order and none twice.
    """
    named = dict.fromkeys(after if word in same else word for word in words)
    return [word for word in named if word]
