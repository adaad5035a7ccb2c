"""Icons without the cost of a template for each: the stand shows thousands."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=200)
def icon(name: str) -> SafeString:
    """An icon of the set, as ``components/_icon.html`` draws it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
@lru_cache(maxsize=200)
def icon_at(name: str, corner: int, side: int) -> SafeString:
    """The same inside a drawing: its upper left corner at (corner, corner), so long and wide."""
    return format_html(
        '<svg class="icon" x="{0}" y="{0}" width="{1}" height="{1}" aria-hidden="true">'
        '<use href="{2}#{3}"/></svg>',
        corner,
        side,
        static("img/icons.svg"),
        name,
    )
