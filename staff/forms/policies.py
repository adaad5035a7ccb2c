"""What would a party pay?"""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy

from restaurants.models import DiningService, Offer, Restaurant
from staff.forms.payments import Day


class PreviewForm(forms.Form):
    """A party that does not exist yet."""

    date = Day(gettext_lazy("Date"), required=True)
    party = forms.IntegerField(
        label=gettext_lazy("Guests"),
        min_value=1,
        max_value=999,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    service = forms.ModelChoiceField(
        label=gettext_lazy("Service"),
        queryset=DiningService.objects.none(),
        widget=forms.Select(attrs={"class": "input"}),
        empty_label=None,
    )
    offer = forms.ModelChoiceField(
        label=gettext_lazy("Offer"),
        queryset=Offer.objects.none(),
        required=False,
        widget=forms.Select(attrs={"class": "input"}),
        empty_label=gettext_lazy("None"),
    )

    def __init__(self, data: Any, *, venue: Restaurant, today: dt.date) -> None:
        super().__init__(data, initial={"date": today, "party": 2})
        choices = {
            "service": DiningService.objects.filter(restaurant=venue, is_active=True),
            "offer": Offer.objects.filter(restaurant=venue, is_active=True),
        }
        for name, rows in choices.items():
            field = cast("forms.ModelChoiceField", self.fields[name])
            field.queryset = rows
