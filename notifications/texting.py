"""From a message's facts to the words of a text: short, plain, with the guest's link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from notifications.rendering import context_of
from notifications.segments import economical, measure
from notifications.wording import one_line, short_day_and_time

MOST_SEGMENTS = 2
"""What our words, a house's name and a link fit into."""
LONGEST_SEGMENTS = 4
"""No text is longer, whatever the house is called."""
_NAMES = (60, 30, 16)
"""Letters of the house's name, tried one after the other."""


def render_text(kind: str, payload: Mapping[str, Any], language: str = "en") -> str:
    """The text ``templates/messages/<kind>.sms.txt`` with these facts, in the reader's language.

    In at most ``MOST_SEGMENTS`` parts: with plain typography, then with a shorter name, then
    without accents that would cost a part. Raises what ``rendering.render`` raises.
    """
    text = ""
    with translation.override(language):
        context = context_of(kind, payload) | _short(payload)
        name = one_line(payload["restaurant"])
        for letters in _NAMES:
            context["restaurant"] = _shortened(name, letters)
            said = one_line(render_to_string(f"messages/{kind}.sms.txt", context))
            text = economical(said, MOST_SEGMENTS)
            if measure(text).segments <= MOST_SEGMENTS:
                break
    return text


def _short(payload: Mapping[str, Any]) -> dict[str, Any]:
    zone = payload.get("zone", "")
    times = {"when": payload.get("starts_at"), "until": payload.get("pay_until")}
    return {name: short_day_and_time(at, zone) for name, at in times.items() if at and zone}


def _shortened(name: str, letters: int) -> str:
    if len(name) <= letters:
        return name
    return name[: letters - 3].rsplit(" ", 1)[0].rstrip(" ,.-&") + "..."
