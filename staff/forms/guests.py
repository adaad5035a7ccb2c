"""Looking for guests and keeping their records."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from core.errors import Invalid
from core.phone import to_e164
from customers.models import Customer, GuestTag
from customers.selectors import TagSight
from customers.services.notes import LONGEST_NOTE
from customers.services.records import CustomerChange
from customers.tag_names import tag_key, tag_name
from restaurants.models.venue import languages
from staff.guest_words import tag_labels

_LONGEST_ENTRY = 60
_MOST_ENTRIES = 30


class GuestSearchForm(forms.Form):
    """Whom to show. A part that cannot be is as if it were empty."""

    q = forms.CharField(
        label=gettext_lazy("Name, telephone or e-mail"), required=False, max_length=100
    )
    tag = forms.ChoiceField(
        label=gettext_lazy("Tag"),
        required=False,
        widget=forms.Select(attrs={"class": "input"}),
    )
    vip = forms.BooleanField(label=gettext_lazy("VIPs only"), required=False)

    def __init__(self, data: Any, *, tags: Iterable[str]) -> None:
        super().__init__(data)
        field = cast("forms.ChoiceField", self.fields["tag"])
        field.choices = [("", gettext_lazy("All")), *((name, name) for name in tags)]

    def told(self) -> dict[str, str]:
        """What was asked, for an address."""
        self.is_valid()
        said = {name: value for name, value in self.cleaned_data.items() if value}
        return {name: "1" if value is True else str(value) for name, value in said.items()}


class _Entries(forms.CharField):
    """Words between commas or on lines of their own, as a list."""

    def __init__(self, label: Any, help_text: Any = "", longest: int = _LONGEST_ENTRY) -> None:
        super().__init__(label=label, required=False, help_text=help_text, max_length=2000)
        self._longest = longest

    def prepare_value(self, value: Any) -> Any:
        """The list as it is typed."""
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        """Without blanks and doubles, in order."""
        text = super().to_python(value) or ""
        found = [" ".join(part.split()) for part in re.split(r"[,;\n]", text)]
        return tuple(dict.fromkeys(filter(None, found)))

    def validate(self, value: Any) -> None:
        """None too long, and not too many."""
        super().validate(value)
        if len(value) > _MOST_ENTRIES or any(len(each) > self._longest for each in value):
            raise forms.ValidationError(_("Write fewer or shorter words, with commas between."))


class _DayOfYear(forms.MultiValueField):
    """A month and a day, or neither."""

    def __init__(self, label: Any) -> None:
        days = [("", gettext_lazy("Day")), *((f"{n:02d}", str(n)) for n in range(1, 32))]
        months = [("", gettext_lazy("Month")), *((f"{n:02d}", MONTHS[n]) for n in MONTHS)]
        fields = (
            forms.ChoiceField(choices=days, required=False),
            forms.ChoiceField(choices=months, required=False),
        )
        super().__init__(
            fields, label=label, required=False, require_all_fields=False, widget=_Two(days, months)
        )

    def compress(self, data_list: list[str]) -> str:
        """``11-28``."""
        day, month = data_list or ["", ""]
        if not (day or month):
            return ""
        try:
            # A leap year: nobody asks for the year, and some are born on 29 February.
            dt.date(2000, int(month), int(day))
        except ValueError as error:
            raise forms.ValidationError(_("This day does not exist.")) from error
        return f"{month}-{day}"


class _Two(forms.MultiWidget):
    def __init__(self, days: Sequence[Any], months: Sequence[Any]) -> None:
        widgets = [
            forms.Select(attrs={"class": "input", "aria-label": label}, choices=choices)
            for label, choices in ((gettext_lazy("Day"), days), (gettext_lazy("Month"), months))
        ]
        super().__init__(widgets)

    def decompress(self, value: Any) -> list[str]:
        """Day and month."""
        month, _sep, day = (value or "").partition("-")
        return [day, month]


class GuestForm(forms.Form):
    """A guest's record."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        error_messages={"required": gettext_lazy("Write a name.")},
    )
    family_name = forms.CharField(
        label=gettext_lazy("Family name"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("The end of the name, where it has more than one word."),
    )
    phone = forms.CharField(label=gettext_lazy("Telephone"), max_length=40, required=False)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        required=False,
        error_messages={"invalid": gettext_lazy("This is not an e-mail address.")},
    )
    is_vip = forms.BooleanField(label=gettext_lazy("VIP"), required=False)
    tags = forms.MultipleChoiceField(
        label=gettext_lazy("Tags"), required=False, widget=forms.CheckboxSelectMultiple
    )
    allergies = _Entries(gettext_lazy("Allergies"), gettext_lazy("With commas between."), 200)
    dietary = _Entries(gettext_lazy("Diet"), gettext_lazy("Vegetarian, halal, no pork …"))
    birthday = _DayOfYear(gettext_lazy("Birthday"))
    anniversary = _DayOfYear(gettext_lazy("Anniversary"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        widget=forms.Select(attrs={"class": "input"}),
    )
    favourite_tables = forms.MultipleChoiceField(
        label=gettext_lazy("Favourite tables"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self,
        data: Any,
        guest: Customer,
        *,
        tags: Iterable[GuestTag],
        sight: TagSight,
        tables: Iterable[tuple[str, str]],
        country: str,
    ) -> None:
        names = [field for field in self.base_fields if hasattr(guest, field)]
        values = {name: getattr(guest, name) for name in names}
        values["tags"] = sight.of_guest(guest.tags)
        super().__init__(data, initial=values)
        self._sees_all_tags = sight.sees_all
        self._country = country
        self.elsewhere = [each for each in guest.favourite_tables if each not in dict(tables)]
        """The favourite tables that are not this house's."""
        described = list(tags)
        known = [tag.name for tag in described if tag.kind == GuestTag.Kind.GUEST]
        own = [name for name in values["tags"] if name not in known]
        labels = tag_labels((*known, *own), described)
        self.for_managers = {label.text: label.why for label in labels if label.for_managers}
        for name, choices in (
            ("tags", [(each, each) for each in (*known, *own)]),
            ("favourite_tables", list(tables)),
            ("language", _languages(guest.language)),
        ):
            cast("forms.ChoiceField", self.fields[name]).choices = choices

    def clean_phone(self) -> str:
        """Any form a caller of the house's country writes."""
        number = str(self.cleaned_data["phone"]).strip()
        if not number:
            return ""
        try:
            return to_e164(number, self._country)
        except Invalid as error:
            raise forms.ValidationError(error.details["phone"]) from error

    def clean(self) -> dict[str, Any]:
        """Somebody must be reachable, and the family's name is the end of the name."""
        said = super().clean() or self.cleaned_data
        if not (said.get("phone") or said.get("email") or self.errors):
            self.add_error("phone", _("Leave an e-mail address or a telephone number."))
        family = said.get("family_name", "")
        if family and not said.get("name", family).endswith(family):
            self.add_error("family_name", _("This is not the end of the name."))
        return said

    def change(self, names: Iterable[str]) -> CustomerChange:
        """Of these fields; favourite tables of other houses stay, and tags that were not shown."""
        said: dict[str, Any] = {name: self.cleaned_data[name] for name in names}
        if "tags" in said:
            said["tags"] = tuple(said["tags"])
        if "favourite_tables" in said:
            said["favourite_tables"] = (*said["favourite_tables"], *self.elsewhere)
        return CustomerChange(**said, keeps_hidden=not self._sees_all_tags)


def _languages(own: str) -> list[tuple[str, Any]]:
    known = dict(languages())
    if own and own not in known:
        known[own] = own
    return [
        ("", gettext_lazy("Not known")),
        *((code, _local(code, str(n))) for code, n in known.items()),
    ]


def _local(code: str, name: str) -> str:
    try:
        return str(get_language_info(code)["name_local"]).capitalize()
    except KeyError:
        return name


class NoteTextForm(forms.Form):
    """A note about a guest."""

    text = forms.CharField(
        label=gettext_lazy("New note"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3, "class": "input"}),
        error_messages={"required": gettext_lazy("Write something.")},
    )
    pin = forms.BooleanField(
        label=gettext_lazy("Pin it to the top, and to the sheet of the evening"), required=False
    )


class ConsentForm(forms.Form):
    """How a guest gave or took back consent, in the team's words."""

    words = forms.CharField(
        label=gettext_lazy("How the guest said so"),
        max_length=300,
        help_text=gettext_lazy("Such as: by telephone, or the words on the card they signed."),
        error_messages={"required": gettext_lazy("Say how: it is the proof.")},
    )


class _TagName(forms.CharField):
    """A name as it is kept: what is counted is what is stored."""

    def to_python(self, value: Any) -> str:
        """Composed, with single blanks; nothing where nobody would see anything."""
        name = tag_name(super().to_python(value) or "")
        return name if tag_key(name) else ""


class TagForm(forms.Form):
    """A tag of the group, as it may be changed."""

    name = _TagName(
        label=gettext_lazy("Name"),
        max_length=40,
        error_messages={"required": gettext_lazy("Give the tag a name.")},
    )
    category = _TagName(label=gettext_lazy("Category"), max_length=40, required=False)
    colour = forms.ChoiceField(
        label=gettext_lazy("Colour"),
        choices=[
            (GuestTag.Colour.SAND, gettext_lazy("Sand")),
            (GuestTag.Colour.GREEN, gettext_lazy("Green")),
            (GuestTag.Colour.BLUE, gettext_lazy("Blue")),
            (GuestTag.Colour.PLUM, gettext_lazy("Plum")),
            (GuestTag.Colour.GOLD, gettext_lazy("Gold")),
            (GuestTag.Colour.RED, gettext_lazy("Red")),
        ],
        widget=forms.Select(attrs={"class": "input"}),
    )
    for_managers = forms.BooleanField(
        label=gettext_lazy("Only managers see it"),
        required=False,
        help_text=gettext_lazy(
            "Hosts, servers and viewers then meet this tag nowhere, and can neither give it nor"
            " take it off; when they save a guest or a visit that has it, it stays."
        ),
    )


class NewTagForm(TagForm):
    """A tag that is not there yet: what it is said of does not change later."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Said of"),
        choices=[
            (GuestTag.Kind.GUEST, gettext_lazy("A guest, on every visit")),
            (GuestTag.Kind.VISIT, gettext_lazy("One visit")),
        ],
        widget=forms.Select(attrs={"class": "input"}),
    )
    field_order = ("name", "kind", "category", "colour", "for_managers")


class EraseForm(forms.Form):
    """The guest's name, typed again."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Type the name to confirm.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("For the record, such as: asked by letter."),
    )

    def __init__(self, data: Any, guest: Customer) -> None:
        super().__init__(data)
        self._name = guest.name

    def clean_name(self) -> str:
        """The same, however it is capitalised."""
        said = " ".join(str(self.cleaned_data["name"]).split())
        if said.casefold() != " ".join(self._name.split()).casefold():
            raise forms.ValidationError(_("This is not the name of this guest."))
        return said
