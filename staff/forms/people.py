"""Who works at a house, and its tablets."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from restaurants.models import Role
from staff import wording

_ROLES = [(role, wording.ROLES[role]) for role in Role]


class PersonForm(forms.Form):
    """Somebody new."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        error_messages={"required": _("Enter an e-mail address.")},
        help_text=_("Who is new here gets a link to set a password, good for three days."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    full_name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        help_text=_("As it stands on the tablet and in the log."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=_ROLES, initial=Role.HOST, widget=forms.RadioSelect
    )
    language = forms.ChoiceField(
        label=_("Language of the mail"),
        choices=settings.LANGUAGES,
        widget=forms.Select(attrs={"class": "input"}),
    )


class RoleForm(forms.Form):
    """Another role."""

    role = forms.ChoiceField(label=_("Role"), choices=_ROLES, widget=forms.RadioSelect)


class RulesForm(forms.Form):
    """Whether a second factor is required."""

    required = forms.BooleanField(
        label=_("Owners and managers need a second factor"),
        required=False,
        help_text=_(
            "They sign in with a code from their telephone, too. Who has none yet sets it up at the"
            " next click."
        ),
    )


class TabletForm(forms.Form):
    """A browser that becomes the house's."""

    label = forms.CharField(
        label=_("Name of the tablet"),
        max_length=40,
        help_text=_("Stands in the log beside what is done on it, such as “Front desk”."),
        error_messages={"required": _("Give the tablet a name: it stands in the log.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class LockForm(forms.Form):
    """When tablets lock."""

    lock_after_minutes = forms.IntegerField(
        label=_("Lock after minutes without a touch"),
        min_value=1,
        max_value=120,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class NameForm(forms.Form):
    """How a person is called."""

    full_name = forms.CharField(
        label=_("Name"),
        max_length=120,
        error_messages={"required": _("Enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
