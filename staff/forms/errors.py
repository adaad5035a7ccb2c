"""Saying beside a field, or in one line, what a service found wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError

from core.errors import DomainError, Invalid

T = TypeVar("T")


def said(error: DomainError) -> str:
    """A refusal where there are no fields to put it beside: what is wrong with each, else why."""
    if not isinstance(error, Invalid):
        return error.text
    return " ".join(str(text) for text in error.details.values()) or error.text


def checked(check: Callable[[Any], T], value: Any) -> T:
    """``check(value)``, with what the service refuses as the form's own error."""
    try:
        return check(value)
    except Invalid as error:
        raise ValidationError([str(text) for text in error.details.values()]) from None


def add(form: forms.BaseForm, error: DomainError, names: Mapping[str, str] | None = None) -> None:
    """Put a refusal beside the fields it names (``names`` translates), or above the form."""
    placed = False
    for name, text in error.details.items() if isinstance(error, Invalid) else ():
        field = (names or {}).get(name, name)
        form.add_error(field if field in form.fields else None, str(text))
        placed = True
    if not placed:
        form.add_error(None, error.text)
