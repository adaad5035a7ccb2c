"""A new API key, and how long the old secret goes on after a rotation."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models.keys import DEFAULT_RATE
from accounts.services import keys
from core import clock
from staff import wording
from staff.forms.errors import checked

LARGEST_RATE = 1_000_000
HERE, EVERYWHERE = "here", "everywhere"


class KeyForm(forms.Form):
    """Name, rights and limits of a key. ``everywhere``: may it be for every restaurant?"""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("Stands in the log beside all that it does, such as “Website”."),
        error_messages={"required": gettext_lazy("Give the key a name: it stands in the log.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=[(group, list(scopes.items())) for group, scopes in wording.SCOPES.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    is_test = forms.BooleanField(
        label=gettext_lazy("A test key"),
        required=False,
        help_text=gettext_lazy(
            "Its bookings are marked, notify nobody and are taken back after a day."
        ),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=30,
        required=False,
        help_text=gettext_lazy(
            "The source its bookings are told from, such as opentable. Empty: the caller says so."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    allowed_networks = forms.CharField(
        label=gettext_lazy("Networks it may call from"),
        required=False,
        max_length=2_000,
        help_text=gettext_lazy(
            "Addresses or networks, one on each line, such as 192.0.2.0/24. Empty: from anywhere."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )
    rate_per_hour = forms.IntegerField(
        label=gettext_lazy("Requests an hour"),
        min_value=1,
        max_value=LARGEST_RATE,
        initial=DEFAULT_RATE,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Until its end the key works. Empty: until it is revoked."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    works_for = forms.ChoiceField(
        label=gettext_lazy("Works for"),
        choices=[
            (HERE, gettext_lazy("This restaurant only")),
            (EVERYWHERE, gettext_lazy("Every restaurant of this installation")),
        ],
        initial=HERE,
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, zone: ZoneInfo, everywhere: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone = zone
        if not everywhere:
            del self.fields["works_for"]

    def clean_source(self) -> str:
        """In small letters."""
        return checked(keys.check_source, self.cleaned_data["source"])

    def clean_allowed_networks(self) -> list[str]:
        """In one form."""
        return checked(keys.check_networks, self.cleaned_data["allowed_networks"].splitlines())

    def clean_last_day(self) -> dt.datetime | None:
        """The end of that day on the house's clocks."""
        date: dt.date | None = self.cleaned_data["last_day"]
        if date is None:
            return None
        if not dt.date(2000, 1, 1) <= date < dt.date(2200, 1, 1):
            raise ValidationError(_("Enter a date of this century."))
        ends = dt.datetime.combine(date + dt.timedelta(days=1), dt.time.min, self._zone)
        if ends <= clock.now():
            raise ValidationError(_("That day is over. Choose a later one, or none."))
        return ends

    @property
    def is_for_all(self) -> bool:
        """Whether it was asked to work for every restaurant."""
        return self.cleaned_data.get("works_for") == EVERYWHERE


class OverlapForm(forms.Form):
    """How long the old secret works beside the new one."""

    hours = forms.TypedChoiceField(
        label=gettext_lazy("The old secret"),
        coerce=int,
        choices=[
            (1, gettext_lazy("works for another hour")),
            (24, gettext_lazy("works for another day")),
            (168, gettext_lazy("works for another week")),
            (0, gettext_lazy("stops at once")),
        ],
        initial=24,
        widget=forms.RadioSelect,
    )

    @property
    def overlap(self) -> dt.timedelta:
        """As the services take it."""
        return dt.timedelta(hours=self.cleaned_data["hours"])
