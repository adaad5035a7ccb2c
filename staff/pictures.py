"""Pictures of reports, drawn here as plain shapes: no script, good on paper, light and dark.

A picture says in words what it shows (``title``, ``told``) and always has a table beside it. What
it draws is told apart by pattern, dash or place as well as by colour; colours are classes of
``static/css/reports.css``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 760, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 14, 30
_INNER = WIDTH - _LEFT - _RIGHT
_DEEP = HEIGHT - _TOP - _BOTTOM
_MOST_LABELS = 16
_HEAT_STEPS = 6


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled rectangle; ``title`` is shown to who points at it."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points."""

    points: str
    kind: str


@dataclass(frozen=True, slots=True)
class Text:
    """A label."""

    x: float
    y: float
    text: str
    anchor: str = "middle"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A line of the legend."""

    kind: str
    text: str


@dataclass(slots=True)
class Picture:
    """Shapes in a box of ``width`` by ``height``."""

    title: str
    told: str
    width: int = WIDTH
    height: int = HEIGHT
    rects: list[Rect] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    legend: list[Key] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one kind, one for each label. The kind is a class of the style sheet."""

    name: str
    values: Sequence[float]
    kind: str


def stacked(
    title: str,
    told: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    line: Series | None = None,
    limit: Series | None = None,
) -> Picture:
    """Bars for each label, one series on the other; ``line`` and ``limit`` are drawn across."""
    picture = Picture(title, told)
    sums = [sum(each.values[n] for each in series) for n in range(len(labels))]
    across = [*(line.values if line else ()), *(limit.values if limit else ())]
    top = _scale(picture, max([*sums, *across, 0.0]))
    step = _INNER / max(len(labels), 1)
    width = min(step * 0.72, 46)
    for n, label in enumerate(labels):
        base, x = 0.0, _LEFT + step * n + (step - width) / 2
        for each in series:
            value = each.values[n]
            if value > 0:
                rect = _column(x, base, value, top, width)
                words = f"{label}: {each.name} {_number(value)}"
                picture.rects.append(Rect(*rect, each.kind, words))
            base += value
    _labels(picture, labels, step)
    if limit is not None:
        picture.strokes += _steps(limit, top, step)
    if line is not None:
        picture.strokes.append(Stroke(_through(line.values, top, step), line.kind))
    drawn = [*series, *(each for each in (line, limit) if each)]
    picture.legend = [Key(each.kind, each.name) for each in drawn]
    return picture


def curves(title: str, told: str, labels: Sequence[str], series: Sequence[Series]) -> Picture:
    """A line for each series, on one scale."""
    picture = Picture(title, told)
    top = _scale(picture, max((max(each.values, default=0) for each in series), default=0))
    step = _INNER / max(len(labels), 1)
    picture.strokes = [
        *picture.strokes,
        *(Stroke(_through(each.values, top, step), each.kind) for each in series if each.values),
    ]
    _labels(picture, labels, step)
    picture.legend = [Key(each.kind, each.name) for each in series]
    return picture


def pairs(title: str, told: str, labels: Sequence[str], series: Sequence[Series]) -> Picture:
    """Bars that lie, those of a label under each other: for names of any length."""
    thick, gap, side = 16, 16, 150
    tall = len(series) * thick + gap
    picture = Picture(title, told, height=max(len(labels), 1) * tall + 12)
    most = max((value for each in series for value in each.values), default=0) or 1
    room = WIDTH - side - 70
    for n, label in enumerate(labels):
        y = n * tall + 8
        middle = y + len(series) * thick / 2 + 4
        picture.texts.append(Text(side - 10, middle, _short(label, 20), "end"))
        for place, each in enumerate(series):
            value = each.values[n]
            long = round(room * value / most, 1)
            at = y + place * thick
            if long:
                words = f"{label}: {each.name} {_number(value)}"
                picture.rects.append(Rect(side, at, long, thick - 2, each.kind, words))
            picture.texts.append(Text(side + long + 6, at + 12, _number(value), "start", "value"))
    picture.legend = [Key(each.kind, each.name) for each in series]
    return picture


def heat(
    title: str,
    told: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Mapping[tuple[int, int], float],
    unit: str,
) -> Picture:
    """A field of cells, the fuller the darker, in six steps that the legend names."""
    side, tall, top = 64, 30, 22
    wide = (WIDTH - side - 4) / max(len(columns), 1)
    picture = Picture(title, told, height=top + len(rows) * tall + 6)
    most = max(values.values(), default=0)
    for n, name in enumerate(rows):
        picture.texts.append(Text(side - 8, top + n * tall + 20, name, "end"))
        for place, column in enumerate(columns):
            value = values.get((n, place), 0)
            kind = f"heat-{_heat(value, most)}"
            words = f"{name} {column}: {_number(value)} {unit}"
            x, y = round(side + place * wide, 2), top + n * tall
            picture.rects.append(Rect(x, y, round(max(wide - 1, 0.5), 2), tall - 2, kind, words))
    for place, column in enumerate(columns):
        if column.endswith(":00"):
            picture.texts.append(Text(round(side + place * wide, 2), 14, column[:2], "start"))
    bounds = [most * step / _HEAT_STEPS for step in range(_HEAT_STEPS + 1)]
    picture.legend = [
        Key(f"heat-{step}", f"{_number(bounds[step - 1])}–{_number(bounds[step])}")
        for step in range(1, _HEAT_STEPS + 1)
    ]
    return picture


def _heat(value: float, most: float) -> int:
    return min(math.ceil(value / most * _HEAT_STEPS), _HEAT_STEPS) if value > 0 else 0


def _scale(picture: Picture, most: float) -> float:
    """Lines across at round numbers; the value at the top."""
    step = _round_step(most / 4)
    top = max(math.ceil(most / step) * step, step)
    for number in range(round(top / step) + 1):
        value = step * number
        y = round(_y(value, top), 1)
        picture.strokes.append(Stroke(f"{_LEFT},{y} {WIDTH - _RIGHT},{y}", "grid"))
        picture.texts.append(Text(_LEFT - 6, y + 4, _number(value), "end"))
    return top


def _round_step(rough: float) -> float:
    if rough <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(rough))
    return next(each * size for each in (1, 2, 2.5, 5, 10) if each * size >= rough)


def _y(value: float, top: float) -> float:
    return _TOP + _DEEP * (1 - value / top)


def _column(
    x: float, base: float, value: float, top: float, width: float
) -> tuple[float, float, float, float]:
    y = _y(base + value, top)
    return round(x, 2), round(y, 2), round(width, 2), round(_DEEP * value / top, 2)


def _through(values: Sequence[float], top: float, step: float) -> str:
    return " ".join(
        f"{_LEFT + step * (n + 0.5):.1f},{_y(value, top):.1f}" for n, value in enumerate(values)
    )


def _steps(limit: Series, top: float, step: float) -> list[Stroke]:
    """A short line over each bar that has a limit."""
    return [
        Stroke(
            f"{_LEFT + step * n:.1f},{_y(value, top):.1f}"
            f" {_LEFT + step * (n + 1):.1f},{_y(value, top):.1f}",
            limit.kind,
        )
        for n, value in enumerate(limit.values)
        if value > 0
    ]


def _labels(picture: Picture, labels: Sequence[str], step: float) -> None:
    every = max(math.ceil(len(labels) / _MOST_LABELS), 1)
    for n in range(0, len(labels), every):
        x = round(_LEFT + step * (n + 0.5), 1)
        picture.texts.append(Text(x, HEIGHT - 10, labels[n]))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _number(value: float) -> str:
    """At most one decimal."""
    return f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"
