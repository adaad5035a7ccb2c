"""Checkboxes under headings, as templates draw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.forms import BoundField


@dataclass(frozen=True, slots=True)
class Box:
    """One checkbox."""

    id: str
    value: str
    label: Any
    is_checked: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The checkboxes under one heading."""

    title: Any
    boxes: list[Box]


def groups_of(field: BoundField) -> list[Group]:
    """What a CheckboxSelectMultiple with groups of choices would draw."""
    widget = field.field.widget
    context = widget.get_context(field.html_name, field.value(), {"id": field.auto_id})
    return [
        Group(
            title,
            [
                Box(
                    each["attrs"]["id"],
                    str(each["value"]),
                    each["label"],
                    bool(each["attrs"].get("checked")),
                )
                for each in options
            ],
        )
        for title, options, _ in context["widget"]["optgroups"]
    ]
