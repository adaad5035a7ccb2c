"""Form fields for what PostgreSQL keeps in arrays: weekdays to tick, words between commas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminExpandableTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from restaurants.models.hours import Weekday


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Days of the week as boxes to tick; none ticked is an empty list."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(choices=Weekday.choices, coerce=int, empty_value=[], **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as days, not as text."""
        return sorted(int(day) for day in initial or []) != sorted(int(day) for day in data or [])


class WordsField(forms.CharField):
    """A short list of words, written with commas between them."""

    separator = ","
    widget = UnfoldAdminTextInputWidget

    def __init__(self, *, longest: int, **kwargs: Any) -> None:
        self.longest = longest
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """What stands in the box."""
        return self.joined(value) if isinstance(value, list | tuple) else value

    def joined(self, words: Sequence[str]) -> str:
        """The list as text."""
        return ", ".join(words)

    def to_python(self, value: Any) -> Any:
        """The text as a list: trimmed, empty entries dropped."""
        text = super().to_python(value) or ""
        return [word.strip() for word in text.split(self.separator) if word.strip()]

    def validate(self, value: Any) -> None:
        """Each entry must fit."""
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        for word in value:
            if len(word) > self.longest:
                raise forms.ValidationError(f"“{word}” is longer than {self.longest} characters.")

    def run_validators(self, value: Any) -> None:
        """Text validators do not apply to a list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as lists."""
        return bool(list(initial or []) != self.to_python(data))


class LinesField(WordsField):
    """The same for longer entries, one per line."""

    separator = "\n"
    widget = UnfoldAdminExpandableTextareaWidget

    def joined(self, words: Sequence[str]) -> str:
        """One per line."""
        return "\n".join(words)
