"""What a form showed, as text that it carries: by it a stale save is known.

Nothing secret and nothing trusted: whoever sends another text than was shown only changes what the
save is compared with.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

Shown = dict[str, str | list[str]]
"""By field: its text, or the chosen of several. Empty ones are left out."""

NAME = "shown"
"""Of the hidden field."""

SINCE = "_since"
"""In it, beside the fields: the last line of the audit trail when the form was opened."""

_MANY = (forms.SelectMultiple, forms.CheckboxSelectMultiple)
"""Widgets that send nothing at all where nothing is chosen."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that somebody else changed since."""

    label: str
    now: str
    yours: str
    """What was typed, if that was changed, too, and is something else."""


@dataclass(frozen=True, slots=True)
class Stale:
    """That somebody else was faster, as the page says it."""

    text: str
    """Who, and when."""
    advice: str
    """What can be done now."""
    lines: tuple[Difference, ...] = ()


def shown_by(form: forms.Form) -> Shown:
    """What an unbound form shows."""
    found = {name: _text(form[name].field, form[name].value()) for name in form.fields}
    return {name: value for name, value in found.items() if value}


def typed_in(form: forms.Form) -> Shown:
    """What was sent in a bound form."""
    found = {}
    for name, field in form.fields.items():
        raw = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
        found[name] = _text(field, raw)
    return {name: value for name, value in found.items() if value}


def touched(was: Shown, sent: forms.Form) -> set[str]:
    """The fields of a bound form in which something else was typed than it showed."""
    mine = typed_in(sent)
    return {name for name in sent.fields if mine.get(name, "") != was.get(name, "")}


def written(shown: Shown) -> str:
    """As the hidden field has it."""
    return json.dumps(shown, sort_keys=True)


def read(text: str) -> Shown:
    """What :func:`written` wrote; of anything else nothing, as if nothing had been shown."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: [str(each) for each in value] if isinstance(value, list) else str(value)
        for name, value in found.items()
    }


def line_in(text: str) -> int | None:
    """What a form carries as :data:`SINCE`; None for anything else."""
    is_key = text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if is_key else None


def merged(data: QueryDict, was: Shown, now: forms.Form, sent: forms.Form) -> QueryDict:
    """What was typed, on top of what is there now: a field that was not touched takes the new one.

    ``was`` is what the form showed, ``now`` an unbound one of this moment, ``sent`` the bound one.
    """
    mine, theirs = touched(was, sent), shown_by(now)
    found = data.copy()
    for name, field in now.fields.items():
        if name not in mine:
            _put(found, name, field.widget, theirs.get(name, ""))
    return found


def differences(was: Shown, now: forms.Form, sent: forms.Form) -> list[Difference]:
    """The fields that are not as they were shown, in the order of the form."""
    mine, theirs = typed_in(sent), shown_by(now)
    found = []
    for name, field in now.fields.items():
        there, typed, before = (each.get(name, "") for each in (theirs, mine, was))
        if there == before:
            continue
        is_mine = typed not in (before, there)
        yours = _words(field, typed) if is_mine else ""
        found.append(Difference(title_of(now, name), _words(field, there), yours))
    return found


def overtaken(text: str, was: Shown, now: forms.Form, sent: forms.Form) -> Stale:
    """What somebody else has changed since, for a form shown again with what :func:`merged` says.

    ``text`` says who was faster.
    """
    return Stale(
        text=text,
        advice=_("What you changed stands in the form, all else is as it is now. Save again."),
        lines=tuple(differences(was, now, sent)),
    )


def title_of(form: forms.Form, name: str) -> str:
    """How a field is called where it stands alone."""
    titles: Mapping[str, str] = getattr(form, "titles_alone", {})
    return titles.get(name) or str(form.fields[name].label or name)


def _put(data: QueryDict, name: str, widget: forms.Widget, value: str | list[str]) -> None:
    """As a browser sends it: two boxes of one field under two names, an empty tick not at all."""
    data.pop(name, None)
    if isinstance(widget, forms.MultiWidget):
        for place, part in enumerate(value or [""] * len(widget.widgets)):
            data[f"{name}_{place}"] = part
    elif isinstance(value, list):
        data.setlist(name, value)
    elif value or not isinstance(widget, (*_MANY, forms.CheckboxInput)):
        data[name] = value


def _text(field: forms.Field, value: Any) -> str | list[str]:
    if isinstance(field.widget, forms.CheckboxInput):
        return "on" if value else ""
    if isinstance(field.widget, _MANY):
        return sorted(str(each) for each in value or [])
    if isinstance(field.widget, forms.MultiWidget):
        parts = value if isinstance(value, list) else field.widget.decompress(value) or []
        return [str(part or "") for part in parts] if any(parts) else ""
    if value is None:
        return ""
    if isinstance(field.widget, forms.Select | forms.RadioSelect):
        return str(value)
    return str(field.widget.format_value(value) or "").strip()


def _words(field: forms.Field, value: str | list[str]) -> str:
    if isinstance(field.widget, forms.CheckboxInput):
        return _("yes") if value else _("no")
    if isinstance(field, forms.MultiValueField):
        return " ".join(map(_words, field.fields, value)) or "–"
    if isinstance(field, forms.ChoiceField):
        choices = cast("Iterable[tuple[Any, Any]]", field.choices)
        names = {str(key): str(name) for key, name in choices}
        many = value if isinstance(value, list) else [value]
        return ", ".join(names.get(each, each) for each in many) or "–"
    return str(value) or "–"
