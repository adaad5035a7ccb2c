"""Tags of the host stand's templates."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from staff.views.stand.board import Board

register = template.Library()


@register.simple_tag
def part(board: Board, key: str) -> SafeString:
    """One piece of the screen, by its key."""
    return board.drawn(key)


@register.simple_tag
def pieces(board: Board, box: str) -> SafeString:
    """All pieces of one list, in order."""
    return board.html_of(box)
