"""A secret for a partner source."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from reservations.engine.sources import LONGEST_SOURCE


class SourceForm(forms.Form):
    """Who will sign with it."""

    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=LONGEST_SOURCE,
        help_text=gettext_lazy("Its short name, such as opentable, resy or partner_hotel."),
        error_messages={"required": gettext_lazy("Name the source.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    is_test = forms.BooleanField(
        label=gettext_lazy("For trying out"),
        required=False,
        help_text=gettext_lazy("What it signs are test bookings: marked, and taken back."),
    )
