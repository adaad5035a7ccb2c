"""How long a text is, as networks count: GSM 03.38 where it goes, UCS-2 where it does not."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = set("^{}\\[~]|€\f")
"""Each takes the room of two."""

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a", "'"),
        **dict.fromkeys("\u201c\u201d\u201e«»", '"'),
        **dict.fromkeys("\u2010\u2011\u2013\u2014•·", "-"),
        **dict.fromkeys("\u00a0\u202f\u2009\t", " "),
        **dict.fromkeys("\u200b\u00ad", ""),
        "…": "...",
        "\u00d7": "x",
        "œ": "oe",
        "Œ": "OE",
    }
)
"""Typography that costs a text more than half of its room, and what people type instead."""

SINGLE_GSM, PART_GSM = 160, 153
SINGLE_UCS2, PART_UCS2 = 70, 67


@dataclass(frozen=True, slots=True)
class Length:
    """What a text takes."""

    encoding: str
    """``gsm7`` or ``ucs2``."""
    units: int
    segments: int


def measure(text: str) -> Length:
    """The length of ``text`` and the parts it is sent, and paid for, in. Empty has none."""
    if all(char in _BASIC or char in _EXTENDED for char in text):
        sizes = [2 if char in _EXTENDED else 1 for char in text]
        return Length("gsm7", sum(sizes), _parts(sizes, SINGLE_GSM, PART_GSM))
    # A sign beyond the first plane is a pair of units, which is never parted.
    sizes = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return Length("ucs2", sum(sizes), _parts(sizes, SINGLE_UCS2, PART_UCS2))


def _parts(sizes: list[int], single: int, part: int) -> int:
    """How many parts: one that takes two units is not parted, so a part may stay short of one."""
    if sum(sizes) <= single:
        return 1 if sizes else 0
    parts, used = 1, 0
    for size in sizes:
        if used + size > part:
            parts, used = parts + 1, 0
        used += size
    return parts


def economical(text: str, most: int) -> str:
    """``text`` with plain typography; without accents too, if only so it fits ``most`` parts.

    ``Le Chêne`` stays as it is where there is room, and becomes ``Le Chene`` where it would cost
    another part. A script without a form in GSM 03.38 stays.
    """
    plain = text.translate(_PLAIN)
    if measure(plain).segments <= most:
        return plain
    return "".join(char if char in _BASIC | _EXTENDED else _bare(char) for char in plain)


def _bare(char: str) -> str:
    bare = "".join(
        part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)
    )
    return bare if bare and all(part in _BASIC for part in bare) else char
