"""What guests type on the pages, checked before a service sees it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.allergens import Allergen
from core.errors import Invalid
from core.phone import to_e164
from notifications.wording import lines, one_line
from reservations.details import LONGEST_NAME, LONGEST_NOTE, MOST_HIGH_CHAIRS, Occasion
from reservations.models.house_messages import LONGEST_MESSAGE
from reservations.services.by_link import LATE_MINUTES
from reservations.services.confirmation import Particulars

LONGEST_REQUEST = 500

_EMAIL = _("E-mail")
_TELEPHONE = _("Telephone")
_NO_NAME = _("Please enter your name.")
_NO_DINER = _("Please enter the name of the guest you are booking for.")
_NO_NUMBER = _("Please enter the number that we may text.")
_NO_ADDRESS = _("Please enter an e-mail address like name@example.com.")
_NO_DATE = _("Please choose a date.")
_NO_TIME = _("Please choose a time.")
_NO_PARTY = _("How many are you?")
_NO_CONTACT = _("Please enter an e-mail address or a telephone number.")


def _name(help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=_("Your name"),
        max_length=120,
        help_text=help_text,
        error_messages={"required": _NO_NAME},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


def _email(
    help_text: Any,
    *,
    required: bool = False,
    label: Any = _EMAIL,
    autocomplete: str = "email",
) -> forms.EmailField:
    return forms.EmailField(
        label=label,
        max_length=254,
        required=required,
        help_text=help_text,
        error_messages={"required": _NO_ADDRESS, "invalid": _NO_ADDRESS},
        widget=forms.EmailInput(attrs={"autocomplete": autocomplete, "inputmode": "email"}),
    )


def _phone(
    help_text: Any, *, label: Any = _TELEPHONE, autocomplete: str = "tel"
) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=40,
        required=False,
        help_text=help_text,
        widget=forms.TextInput(
            attrs={"type": "tel", "autocomplete": autocomplete, "inputmode": "tel"}
        ),
    )


def _date() -> forms.DateField:
    return forms.DateField(
        label=_("Date"),
        error_messages={"required": _NO_DATE, "invalid": _NO_DATE},
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
    )


def _party() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Guests"),
        min_value=1,
        error_messages={"required": _NO_PARTY, "invalid": _NO_PARTY},
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class ContactForm(forms.Form):
    """A name and one way to reach it, read as somebody at the restaurant would."""

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country

    def clean_name(self) -> str:
        """The name on one line; nothing but invisible characters is no name."""
        name = one_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_NO_NAME)
        return name

    def clean_phone(self) -> str:
        """The number as E.164, read as somebody at the restaurant would dial it."""
        return self._number("phone")

    def _number(self, field: str) -> str:
        typed = self.cleaned_data[field]
        try:
            return to_e164(typed, self.country) if typed else ""
        except Invalid as error:
            raise forms.ValidationError(error.details["phone"]) from error

    def clean(self) -> dict[str, Any]:
        """One of the two is enough, none is not."""
        typed = super().clean() or {}
        wrote = any(str(self.data.get(name, "")).strip() for name in ("email", "phone"))
        if not wrote:
            self.add_error("email", _NO_CONTACT)
        return typed


class DetailsForm(ContactForm):
    """Who is coming, and what the house should know about them."""

    name = _name()
    email = _email(_("Your confirmation and the link to change it go here."))
    phone = _phone(_("For anything that comes up on the day."))
    special_requests = forms.CharField(
        label=_("Anything the restaurant should know?"),
        max_length=LONGEST_REQUEST,
        required=False,
        help_text=_("A quiet corner, a surprise, a tight schedule…"),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    allergens = forms.MultipleChoiceField(
        label=_("Allergies"),
        choices=Allergen.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Please choose allergens from the list.")},
    )
    allergy_note = forms.CharField(
        label=_("Anything else you cannot eat?"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    high_chairs = forms.TypedChoiceField(
        label=_("High chairs"),
        coerce=int,
        empty_value="0",
        required=False,
        choices=[("", _("None"))] + [(n, str(n)) for n in range(1, MOST_HIGH_CHAIRS + 1)],
        widget=forms.Select(attrs={"class": "input", "autocomplete": "off"}),
    )
    accessibility_needs = forms.CharField(
        label=_("What would make your visit easier?"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_("A wheelchair, a guide dog, poor hearing…"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    occasion = forms.ChoiceField(
        label=_("Is there an occasion?"),
        choices=[("", _("None")), *Occasion.choices],
        required=False,
        widget=forms.Select(attrs={"class": "input", "autocomplete": "off"}),
    )
    marketing_consent = forms.BooleanField(required=False)
    by_sms = forms.BooleanField(required=False)
    diner_name = forms.CharField(
        label=_("Name of the guest"),
        max_length=LONGEST_NAME,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    diner_email = _email("", label=_("E-mail of the guest"), autocomplete="off")
    diner_phone = _phone("", label=_("Telephone of the guest"), autocomplete="off")

    DINER = ("diner_name", "diner_email", "diner_phone")
    """Shown folded up unless somebody books for somebody else."""
    MORE = ("high_chairs", "accessibility_needs", "occasion")
    """Shown folded up until one of them says something."""

    def clean_special_requests(self) -> str:
        """The guest's own lines, without what could disturb others."""
        return lines(self.cleaned_data["special_requests"])

    def clean_diner_name(self) -> str:
        """The name on one line."""
        return one_line(self.cleaned_data["diner_name"])

    def clean_diner_phone(self) -> str:
        """The number as E.164."""
        return self._number("diner_phone")

    def clean(self) -> dict[str, Any]:
        """A way to reach somebody has to say whom."""
        typed = super().clean()
        reached = typed.get("diner_email") or typed.get("diner_phone")
        if reached and not typed.get("diner_name") and not self.has_error("diner_name"):
            self.add_error("diner_name", _NO_DINER)
        if typed.get("by_sms") and not typed.get("phone") and not self.has_error("phone"):
            self.add_error("phone", _NO_NUMBER)
        return typed

    def particulars(self, *, language: str) -> Particulars:
        """What was typed, for the service; call it when the form is valid."""
        typed = self.cleaned_data
        return Particulars(
            name=typed["name"],
            email=typed["email"],
            phone=typed["phone"],
            special_requests=typed["special_requests"],
            occasion=typed["occasion"],
            allergens=tuple(typed["allergens"]),
            allergy_note=one_line(typed["allergy_note"]),
            high_chairs=int(typed["high_chairs"]),
            accessibility_needs=one_line(typed["accessibility_needs"]),
            marketing_consent=typed["marketing_consent"],
            by_sms=typed["by_sms"],
            language=language,
            diner_name=typed["diner_name"],
            diner_email=typed["diner_email"],
            diner_phone=typed["diner_phone"],
        )

    @property
    def says_allergies(self) -> bool:
        """Whether the folded list of allergens must be open: something in it is filled in."""
        return bool(self["allergens"].value() or self["allergy_note"].value()) or any(
            self.has_error(name) for name in ("allergens", "allergy_note")
        )

    @property
    def says_diner(self) -> bool:
        """The same for whom the table is booked."""
        return any(self[name].value() or self.has_error(name) for name in self.DINER)

    @property
    def says_more(self) -> bool:
        """The same for the rest that is folded up."""
        return any(self[name].value() or self.has_error(name) for name in self.MORE)


class EmailForm(forms.Form):
    """An address to send a link to."""

    email = _email("", required=True)


class MessageForm(forms.Form):
    """A note to the house."""

    text = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST_MESSAGE,
        error_messages={"required": _("Please write something.")},
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )


class LateForm(forms.Form):
    """How many minutes a party will be late."""

    STEPS = (10, 15, 20, 30, 45, 60)

    minutes = forms.TypedChoiceField(
        coerce=int,
        choices=[(n, n) for n in STEPS if LATE_MINUTES[0] <= n <= LATE_MINUTES[1]],
        error_messages={
            "required": _("Please choose how late you will be."),
            "invalid_choice": _("Please choose how late you will be."),
        },
    )


class WaitForm(ContactForm):
    """What a guest would like if it came free."""

    date = _date()
    party = _party()
    earliest = forms.TimeField(
        label=_("From"),
        error_messages={"required": _("Please choose the earliest time that suits you.")},
        widget=forms.TimeInput(attrs={"type": "time", "autocomplete": "off"}, format="%H:%M"),
    )
    latest = forms.TimeField(
        label=_("Until"),
        error_messages={"required": _("Please choose the latest time that suits you.")},
        widget=forms.TimeInput(attrs={"type": "time", "autocomplete": "off"}, format="%H:%M"),
    )
    name = _name()
    email = _email(_("We write here, with a link to leave the list."))
    phone = _phone(_("Where the restaurant can reach you quickly."))
    step_free = forms.BooleanField(label=_("Step-free table"), required=False)


class PartyForm(ContactForm):
    """What a party would like that is larger than the house takes online."""

    date = _date()
    time = forms.TimeField(
        label=_("Time"),
        error_messages={"required": _NO_TIME, "invalid": _NO_TIME},
        widget=forms.TimeInput(attrs={"type": "time", "autocomplete": "off"}, format="%H:%M"),
    )
    party = _party()
    name = _name()
    email = _email(_("The restaurant answers here."))
    phone = _phone(_("Where the restaurant can reach you quickly."))
    text = forms.CharField(
        label=_("What should the restaurant know?"),
        max_length=LONGEST_MESSAGE,
        required=False,
        help_text=_("The occasion, a menu, a room of your own…"),
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )


def first_error(form: forms.Form) -> str:
    """The first thing that is wrong, as a sentence; for a form of a single question."""
    for problems in form.errors.values():
        return str(problems[0])
    return gettext("Please look at this again.")
