"""Half-open intervals ``[start, end)``: the only place that decides whether two of them meet.

Works for anything ordered: instants, minutes, dates. An interval that ends when another
starts does not overlap it, so tables can be given away back to back. An empty interval
(``start >= end``) holds no point, hence overlaps nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar


class Ordered(Protocol):
    """Anything that can be compared with its own kind."""

    def __lt__(self, other: Any, /) -> bool: ...

    def __le__(self, other: Any, /) -> bool: ...


T = TypeVar("T", bound=Ordered)


def contains(start: T, end: T, point: T) -> bool:
    """Whether ``point`` lies in ``[start, end)``: the start does, the end does not."""
    return start <= point and point < end


def overlaps(a_start: T, a_end: T, b_start: T, b_end: T) -> bool:
    """Whether two half-open intervals share at least one point."""
    return max(a_start, b_start) < min(a_end, b_end)


def intersection(a: tuple[T, T], b: tuple[T, T]) -> tuple[T, T] | None:
    """The part two intervals share; None when they share nothing."""
    start, end = max(a[0], b[0]), min(a[1], b[1])
    return (start, end) if start < end else None


def merge(intervals: Iterable[tuple[T, T]]) -> list[tuple[T, T]]:
    """The same points as few ordered intervals: overlapping and touching ones become one."""
    merged: list[tuple[T, T]] = []
    for start, end in sorted(part for part in intervals if part[0] < part[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def subtract(whole: tuple[T, T], taken: Iterable[tuple[T, T]]) -> list[tuple[T, T]]:
    """What is left of ``whole``, in order, when every interval of ``taken`` is cut out."""
    left: list[tuple[T, T]] = []
    cursor = whole[0]
    for start, end in merge(taken):
        if cursor < min(start, whole[1]):
            left.append((cursor, min(start, whole[1])))
        cursor = max(cursor, end)
    if cursor < whole[1]:
        left.append((cursor, whole[1]))
    return left
