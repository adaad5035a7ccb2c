"""A restaurant's own colour, made readable: text and buttons in it keep WCAG's contrast. Pure.

A house names one colour. From it follow, for the light and the dark theme, a colour for text,
links and buttons, a stronger one for pointing at them, a soft ground and the text on a button.
Only lightness is changed, as little as needed, so the house still recognises its colour.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Sequence
from dataclasses import dataclass

READABLE = 4.5
"""Contrast that WCAG 2.2 asks of text (1.4.3, level AA)."""

LIGHT_GROUNDS = ("#fffefb", "#faf7f2", "#f3ede3")
DARK_GROUNDS = ("#211d19", "#171411", "#120f0d")
"""Surface, paper and sunken ground of ``static/css/tokens.css``: what accents stand on."""

_WHITE, _BLACK = "#ffffff", "#120f0d"
_STEPS = 200
_HEX = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tones:
    """One theme's colours, as ``#rrggbb``."""

    accent: str
    """Readable on every ground and on ``soft``."""
    strong: str
    """More of it, for what is pointed at."""
    soft: str
    """A ground with a breath of it."""
    on_accent: str
    """Text on ``accent`` and on ``strong``."""


@dataclass(frozen=True, slots=True)
class Accent:
    """A house's colour for both themes."""

    light: Tones
    dark: Tones


def is_colour(text: str) -> bool:
    """Whether ``text`` is a colour as we keep them: ``#rrggbb``."""
    return _HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours: 1 for equal ones, 21 for black and white."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def accent_of(colour: str) -> Accent:
    """The readable variants of a house's colour. ValueError for what is no ``#rrggbb``."""
    if not is_colour(colour):
        raise ValueError(f"not a colour: {colour!r}")
    return Accent(
        light=_tones(colour, LIGHT_GROUNDS, darker=True, tint=0.1, on_accent=_WHITE),
        dark=_tones(colour, DARK_GROUNDS, darker=False, tint=0.16, on_accent=_BLACK),
    )


def _tones(
    colour: str, grounds: Sequence[str], *, darker: bool, tint: float, on_accent: str
) -> Tones:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    end = 0.0 if darker else 1.0
    for step in range(_STEPS + 1):
        accent = _hex(
            *colorsys.hls_to_rgb(hue, _between(lightness, end, step / _STEPS), saturation)
        )
        soft = _mixed(grounds[0], accent, tint)
        if (
            min(contrast(accent, ground) for ground in (*grounds, soft)) >= READABLE
            and contrast(accent, on_accent) >= READABLE
        ):
            break
    return Tones(accent, _mixed(accent, _BLACK if darker else _WHITE, 0.25), soft, on_accent)


def _between(start: float, end: float, share: float) -> float:
    return start + (end - start) * share


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return _hex(*(_between(a, b, share) for a, b in pairs))


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(red: float, green: float, blue: float) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in (red, green, blue))


def _luminance(colour: str) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
