"""A house's colour, made readable: whatever it is, text and buttons keep WCAG's contrast."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaurants.colour import (
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    READABLE,
    Tones,
    accent_of,
    contrast,
    is_colour,
)

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
TOKENS = Path(__file__).resolve().parents[2] / "static/css/tokens.css"


def readable(tones: Tones, grounds: tuple[str, ...]) -> bool:
    pairs = [(tones.accent, ground) for ground in (*grounds, tones.soft)]
    pairs += [(tones.on_accent, tones.accent), (tones.on_accent, tones.strong)]
    return all(contrast(*pair) >= READABLE for pair in pairs)


@given(colours)
def test_every_colour_becomes_readable_in_both_themes(colour: str) -> None:
    accent = accent_of(colour)
    assert readable(accent.light, LIGHT_GROUNDS)
    assert readable(accent.dark, DARK_GROUNDS)


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#ffff00", "#0000ff", "#808080"])
def test_the_hardest_colours_too(colour: str) -> None:
    accent = accent_of(colour)
    assert readable(accent.light, LIGHT_GROUNDS)
    assert readable(accent.dark, DARK_GROUNDS)


def test_a_readable_colour_stays_as_it_is() -> None:
    assert accent_of("#1d5c48").light.accent == "#1d5c48"
    assert accent_of("#8FD0B4").dark.accent == "#8fd0b4"


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#777777") == 1
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@pytest.mark.parametrize("text", ["", "1d5c48", "#1d5c4", "#1d5c48 ", "#1d5c4g", "red", "#1d5c48}"])
def test_what_is_no_colour(text: str) -> None:
    assert not is_colour(text)
    with pytest.raises(ValueError, match="not a colour"):
        accent_of(text)


def test_the_grounds_are_those_of_the_pages() -> None:
    tokens = TOKENS.read_text()
    for grounds, theme in ((LIGHT_GROUNDS, 0), (DARK_GROUNDS, 1)):
        named = [
            re.findall(rf"--{name}: (#[0-9a-f]{{6}});", tokens)[theme]
            for name in ("surface", "paper", "sunken")
        ]
        assert tuple(named) == grounds
