"""Fields that forms of set-up share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS

CLOCK = "%H:%M"


def day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    """A date."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def clock(label: Any, *, required: bool = True, help_text: Any = "") -> forms.TimeField:
    """A reading of the clock."""
    return forms.TimeField(
        label=label,
        required=required,
        help_text=help_text,
        input_formats=[CLOCK, "%H:%M:%S"],
        widget=forms.TimeInput(attrs={"type": "time"}, format=CLOCK),
    )


def whole(
    label: Any, low: int, high: int, *, required: bool = True, help_text: Any = ""
) -> forms.IntegerField:
    """A count."""
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(
        label=label,
        min_value=low,
        max_value=high,
        required=required,
        help_text=help_text,
        widget=widget,
    )


def choice(
    label: Any, *, required: bool = True, help_text: Any = "", choices: Any = ()
) -> forms.ChoiceField:
    """One of a list."""
    return forms.ChoiceField(
        label=label,
        required=required,
        help_text=help_text,
        choices=choices,
        widget=forms.Select(attrs={"class": "input"}),
    )


def boxes(label: Any, *, help_text: Any = "", choices: Any = ()) -> forms.MultipleChoiceField:
    """Any of a list."""
    return forms.MultipleChoiceField(
        label=label,
        required=False,
        help_text=help_text,
        choices=choices,
        widget=forms.CheckboxSelectMultiple,
    )


def tick(label: Any, *, help_text: Any = "") -> forms.BooleanField:
    """Yes or no."""
    return forms.BooleanField(label=label, required=False, help_text=help_text)


def weekdays(label: Any, *, help_text: Any = "") -> forms.TypedMultipleChoiceField:
    """Days of the week, Monday is 0."""
    return forms.TypedMultipleChoiceField(
        label=label,
        required=False,
        help_text=help_text,
        coerce=int,
        choices=[(number, name) for number, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
