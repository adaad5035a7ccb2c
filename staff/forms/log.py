"""Narrowing the log down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from core.actors import ActorKind
from staff import log_words
from staff.forms.setup.fields import day
from staff.log import LogQuery


def _choice(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, widget=forms.Select(attrs={"class": "input"})
    )


class LogForm(forms.Form):
    """Which entries. A part that cannot be is as if it were empty."""

    q = forms.CharField(label=_("Words"), required=False, max_length=80)
    person = _choice(_("Who"))
    kind = _choice(_("What about"))
    target = forms.CharField(label=_("Booking code or id"), required=False, max_length=40)
    since = day(_("From"), required=False)
    until = day(_("To"), required=False)

    def __init__(self, data: Any, *, people: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        anybody = [("", _("All"))]
        kinds = [(kind, log_words.ACTORS[kind]) for kind in ActorKind if kind != ActorKind.STAFF]
        person = cast("forms.ChoiceField", self.fields["person"])
        person.choices = [*anybody, *people, (ActorKind.STAFF, _("All staff")), *kinds]
        kind = cast("forms.ChoiceField", self.fields["kind"])
        kind.choices = [*anybody, *log_words.KINDS.items()]
        self.is_valid()

    def query(self) -> LogQuery:
        """What was asked for, as far as it can be understood."""
        said = self.cleaned_data
        return LogQuery(
            person=said.get("person", ""),
            kind=said.get("kind", ""),
            target=said.get("target", "").strip(),
            since=said.get("since"),
            until=said.get("until"),
            words=said.get("q", "").strip(),
        )

    def told(self) -> dict[str, str]:
        """The same for an address."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}
