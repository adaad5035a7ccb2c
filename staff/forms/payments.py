"""Looking for payments, and moving money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import money
from payments.models.policy import PolicyKind
from reservations.selectors.house_money import PaymentQuery
from staff import money_words, wording

LONGEST_RANGE = dt.timedelta(days=366)


class Day(forms.DateField):
    """A date of this century: what lies at the ends of the calendar has no day before or after."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, label: Any, *, required: bool = False) -> None:
        super().__init__(
            label=label,
            required=required,
            input_formats=["%Y-%m-%d"],
            validators=[
                MinValueValidator(dt.date(2000, 1, 1)),
                MaxValueValidator(dt.date(2099, 12, 31)),
            ],
        )


def _choice(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, widget=forms.Select(attrs={"class": "input"})
    )


class SearchForm(forms.Form):
    """Which payments. A part that cannot be is as if it were empty."""

    q = forms.CharField(
        label=gettext_lazy("Code, name or last four digits"), required=False, max_length=80
    )
    since = Day(gettext_lazy("From"))
    until = Day(gettext_lazy("To"))
    status = _choice(gettext_lazy("State"))
    kind = _choice(gettext_lazy("Kind"))
    provider = _choice(gettext_lazy("Provider"))
    source = _choice(gettext_lazy("Source"))
    attention = forms.BooleanField(label=gettext_lazy("Only what needs you"), required=False)

    def __init__(self, data: Any, *, providers: Iterable[str], sources: Iterable[str]) -> None:
        super().__init__(data)
        anything = ("", gettext_lazy("All"))
        words = money_words.PROVIDERS
        for name, choices in (
            ("status", [(key, word) for key, (_colour, word) in money_words.STATES.items()]),
            ("kind", list(money_words.KINDS.items())),
            ("provider", [(name, words.get(name, name)) for name in providers]),
            ("source", [(name, wording.source(name)) for name in sources]),
        ):
            field = cast("forms.ChoiceField", self.fields[name])
            field.choices = [anything, *choices]

    def query(self) -> PaymentQuery:
        """What was asked for, as far as it can be understood."""
        self.is_valid()
        said = self.cleaned_data
        return PaymentQuery(
            since=said.get("since"),
            until=said.get("until"),
            status=said.get("status", ""),
            kind=said.get("kind", ""),
            provider=said.get("provider", ""),
            source=said.get("source", ""),
            words=said.get("q", "").strip(),
            attention=bool(said.get("attention")),
        )

    def told(self) -> dict[str, str]:
        """The same for an address."""
        self.is_valid()
        names = {name: str(value) for name, value in self.cleaned_data.items() if value}
        return {name: "1" if name == "attention" else value for name, value in names.items()}


class RangeForm(forms.Form):
    """The days of a report, and whose money."""

    first = Day(gettext_lazy("From"))
    last = Day(gettext_lazy("To"))
    provider = _choice(gettext_lazy("Provider"))
    money = forms.ChoiceField(
        label=gettext_lazy("Money"),
        required=False,
        choices=[("live", gettext_lazy("Real")), ("test", gettext_lazy("Test"))],
        widget=forms.Select(attrs={"class": "input"}),
    )

    def __init__(self, data: Any, *, providers: Iterable[str], today: dt.date) -> None:
        super().__init__(data)
        self._today = today
        words = money_words.PROVIDERS
        field = cast("forms.ChoiceField", self.fields["provider"])
        field.choices = [("", gettext_lazy("All"))] + [(n, words.get(n, n)) for n in providers]

    def clean(self) -> dict[str, Any]:
        """This month unless something else was said; at most a year."""
        said = self.cleaned_data
        said["last"] = said.get("last") or self._today
        said["first"] = said.get("first") or said["last"].replace(day=1)
        if said["first"] > said["last"]:
            self.add_error("last", _("The last day must not be before the first."))
        elif said["last"] - said["first"] > LONGEST_RANGE:
            self.add_error("last", _("Choose at most a year."))
        return said


class _MoneyField(forms.DecimalField):
    def __init__(self, label: Any, *, required: bool = True, help_text: Any = "") -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            min_value=Decimal("0.001"),
            max_digits=12,
            decimal_places=3,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            error_messages={
                "required": gettext_lazy("Say how much."),
                "invalid": gettext_lazy("Write an amount, such as 12.50."),
                "min_value": gettext_lazy("The amount must be more than zero."),
            },
        )

    def to_python(self, value: Any) -> Any:
        """Both ``12.50`` and ``12,50``."""
        return super().to_python(str(value).replace(",", ".") if value else value)


class AmountForm(forms.Form):
    """How much."""

    amount = _MoneyField(gettext_lazy("Amount"))

    def __init__(self, data: Any = None, *, currency: str, most: Decimal | None = None) -> None:
        initial = {} if most is None else {"amount": money_words.plain(most, currency)}
        super().__init__(data, initial=initial)
        self._currency, self._most = currency, most
        if most is not None:
            left = {"amount": money_words.money_text(most, currency)}
            self.fields["amount"].help_text = _("At most %(amount)s.") % left

    def clean_amount(self) -> Decimal:
        """In the currency's units, and no more than there is."""
        value: Decimal = self.cleaned_data["amount"]
        if money.quantize(value, self._currency) != value:
            text = _("%(currency)s has no amounts as small as this.")
            raise forms.ValidationError(text % {"currency": self._currency})
        if self._most is not None and value > self._most:
            left = {"amount": money_words.money_text(self._most, self._currency)}
            raise forms.ValidationError(_("There is %(amount)s at most.") % left)
        return money.quantize(value, self._currency)


class RefundForm(AmountForm):
    """How much goes back, and why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=60,
        help_text=gettext_lazy("For your books; the guest does not see it."),
        error_messages={"required": gettext_lazy("Say why the money goes back.")},
    )


class RedeemForm(AmountForm):
    """How much comes off which bill."""

    bill = forms.CharField(label=gettext_lazy("Number of the bill"), max_length=60, required=False)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=60,
        error_messages={"required": gettext_lazy("Say why.")},
    )


class AskForm(forms.Form):
    """What to ask a guest for by a link."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What for"),
        required=False,
        choices=[
            ("", gettext_lazy("What the policies say")),
            *((kind.value, money_words.KINDS[kind.value]) for kind in PolicyKind),
        ],
        widget=forms.Select(attrs={"class": "input"}),
    )
    amount = _MoneyField(
        gettext_lazy("Amount"),
        required=False,
        help_text=gettext_lazy("Leave it empty for the amount of the policies."),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Good for (minutes)"),
        required=False,
        min_value=5,
        max_value=60 * 24 * 60,
        help_text=gettext_lazy("Leave it empty for the usual time."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class NoteForm(forms.Form):
    """Why a difference may stay."""

    note = forms.CharField(
        label=gettext_lazy("Why it may stay"),
        max_length=300,
        error_messages={"required": gettext_lazy("Say why this difference may stay.")},
    )
