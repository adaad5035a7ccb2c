"""Which dates a report is about."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff.forms.payments import Day

LONGEST_RANGE = dt.timedelta(days=400)
USUAL = dt.timedelta(days=27)

NOTHING, BEFORE, YEAR = "none", "before", "year"


class ReportForm(forms.Form):
    """The dates, and what they are compared with. Without an answer: the last four weeks."""

    first = Day(gettext_lazy("From"))
    last = Day(gettext_lazy("To"))
    compare = forms.ChoiceField(
        label=gettext_lazy("Compare with"),
        required=False,
        choices=[
            (BEFORE, gettext_lazy("The days before")),
            (YEAR, gettext_lazy("The same weeks last year")),
            (NOTHING, gettext_lazy("Nothing")),
        ],
        widget=forms.Select(attrs={"class": "input"}),
    )

    def __init__(self, data: Any, *, yesterday: dt.date) -> None:
        super().__init__(data)
        self._yesterday = yesterday

    def clean(self) -> dict[str, Any]:
        """Up to yesterday unless something else was said; at most thirteen months."""
        said = self.cleaned_data
        said["last"] = said.get("last") or self._yesterday
        said["first"] = said.get("first") or said["last"] - USUAL
        said["compare"] = said.get("compare") or BEFORE
        if said["first"] > said["last"]:
            self.add_error("last", _("The last day must not be before the first."))
        elif said["last"] - said["first"] > LONGEST_RANGE:
            self.add_error("last", _("Choose at most 400 days."))
        return said
