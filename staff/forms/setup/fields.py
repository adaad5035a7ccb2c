"""Fields that forms of set-up share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

CLOCK = "%H:%M"
FIRST_DAY, LAST_DAY = dt.date(1970, 1, 1), dt.date(2199, 12, 31)


def _in_calendar(value: dt.date) -> None:
    """Raise for a date beyond any calendar here: the days around it have to exist, too."""
    if not FIRST_DAY <= value <= LAST_DAY:
        years = {"first": FIRST_DAY.year, "last": LAST_DAY.year}
        text = _("Please choose a date between %(first)s and %(last)s.")
        raise forms.ValidationError(text, params=years)


def day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    """A date."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        input_formats=["%Y-%m-%d"],
        validators=[_in_calendar],
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
