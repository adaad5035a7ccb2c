"""API keys of a house: listed, made, rotated, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.models import ApiKey
from accounts.services import keys
from core import clock
from core.errors import DomainError
from reservations.views.held import problems
from restaurants.access import Capability
from staff import once, wording
from staff.access import HouseView, StaffRequest, house_url
from staff.forms import errors
from staff.forms.boxes import groups_of
from staff.forms.keys import KeyForm, OverlapForm
from staff.selectors import key_at, keys_at
from staff.views.shown_once import Usage, sent_before, show_once


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key as its list and its page show it."""

    key: ApiKey
    state: str
    """In use, test, expired, revoked: the name of a style."""
    state_text: str
    prefixes: list[tuple[str, str]]
    """The beginning of each secret that works, and until when; newest first."""
    last_used: str
    expires: str
    is_open: bool


def key_line(row: ApiKey, request: StaffRequest) -> KeyLine:
    """What is worth knowing of a key now."""
    now, zone = clock.now(), request.venue.tz
    state, text = _state(row)
    kind = "test" if row.is_test else "live"
    alive = [each for each in row.secrets.all() if each.expires_at is None or each.expires_at > now]
    return KeyLine(
        key=row,
        state=state,
        state_text=text,
        prefixes=[
            (f"{keys.PREFIX}{kind}_{each.lookup}_…", wording.moment(each.expires_at, zone))
            for each in alive
        ],
        last_used=wording.ago(row.last_used_at, now),
        expires=wording.moment(row.expires_at, zone),
        is_open=row.is_open(now),
    )


def _state(row: ApiKey) -> tuple[str, str]:
    if row.revoked_at is not None:
        return "off", _("Revoked")
    if not row.is_open(clock.now()):
        return "off", _("Expired")
    return ("test", _("Test")) if row.is_test else ("ok", _("In use"))


class _KeyPage(HouseView):
    """A page of one key."""

    needs = Capability.CONNECT

    def line(self, key_id: str) -> KeyLine:
        """The key of this house with this id; 404 otherwise."""
        return key_line(key_at(self.request.venue, self.request.access, key_id), self.request)


class KeysView(HouseView):
    """Every key of the house: those that work, and below them those that do not any more."""

    needs = Capability.CONNECT

    def get(self, request: StaffRequest) -> HttpResponse:
        """The list. Two queries, however many keys."""
        lines = [key_line(row, request) for row in keys_at(request.venue, request.access)]
        context = {
            "open": [line for line in lines if line.is_open],
            "over": [line for line in lines if not line.is_open],
        }
        return render(request, "staff/keys.html", context)


class NewKeyView(HouseView):
    """A new key, and the page that shows it once."""

    needs = Capability.CONNECT

    def get(self, request: StaffRequest) -> HttpResponse:
        """The form."""
        return self._page(request, self._form(None))

    @method_decorator(sensitive_variables("made"))
    def post(self, request: StaffRequest) -> HttpResponse:
        """Make it. The same form sent again makes nothing more."""
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        if not once.is_first(request):
            sent_before(request)
            return self.to("keys")
        said = form.cleaned_data
        try:
            made = keys.create_key(
                said["name"],
                by=request.actor,
                scopes=said["scopes"],
                restaurant_id=None if form.is_for_all else request.venue.pk,
                source=said["source"],
                is_test=said["is_test"],
                allowed_networks=said["allowed_networks"],
                rate_per_hour=said["rate_per_hour"],
                expires_at=said["last_day"],
            )
        except DomainError as error:
            errors.add(form, error)
            return self._page(request, form, 422)
        return show_key(request, made)

    def _form(self, data: Any) -> KeyForm:
        request = self.request
        return KeyForm(data, zone=request.venue.tz, everywhere=request.access.sees_all)

    def _page(self, request: StaffRequest, form: KeyForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "groups": groups_of(form["scopes"]),
            "once": once.fresh(),
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/key_form.html", context, status=status)


class KeyView(_KeyPage):
    """All about one key but its secret."""

    def get(self, request: StaffRequest, key_id: str) -> HttpResponse:
        """The page."""
        line = self.line(key_id)
        described = [
            (group, [(name, about) for name, about in scopes.items() if name in line.key.scopes])
            for group, scopes in wording.SCOPES.items()
        ]
        context = {
            "line": line,
            "scopes": [(group, granted) for group, granted in described if granted],
            "made": wording.moment(line.key.created_at, request.venue.tz),
            "change_url": reverse("admin:accounts_apikey_change", args=[line.key.pk]),
        }
        return render(request, "staff/key.html", context)


class RotateKeyView(_KeyPage):
    """A new secret beside the old one."""

    def get(self, request: StaffRequest, key_id: str) -> HttpResponse:
        """How long the old one goes on."""
        return self._page(request, self.line(key_id), OverlapForm())

    @method_decorator(sensitive_variables("made"))
    def post(self, request: StaffRequest, key_id: str) -> HttpResponse:
        """Make it, and show it once."""
        line, form = self.line(key_id), OverlapForm(request.POST)
        if not form.is_valid():
            return self._page(request, line, form, 422)
        if not once.is_first(request):
            sent_before(request)
            return self.to("key", key_id)
        try:
            made = keys.rotate_key(line.key, by=request.actor, overlap=form.overlap)
        except DomainError as error:
            errors.add(form, error)
            return self._page(request, line, form, 422)
        return show_key(request, made)

    def _page(
        self, request: StaffRequest, line: KeyLine, form: OverlapForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "title": _("Rotate “%(name)s”") % {"name": line.key.name},
            "about": _("A new secret works at once. Choose how long the one in use goes on."),
            "form": form,
            "submit": _("Make a new secret"),
            "back": house_url(request.venue, "key", line.key.public_id),
            "once": once.fresh(),
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/rotate.html", context, status=status)


class RevokeKeyView(_KeyPage):
    """Shut for good, after a question."""

    def get(self, request: StaffRequest, key_id: str) -> HttpResponse:
        """The question."""
        line = self.line(key_id)
        context = {
            "title": _("Revoke “%(name)s”?") % {"name": line.key.name},
            "about": _(
                "Programs that use it are refused from now on. This cannot be undone; its bookings"
                " stay."
            ),
            "hint": _("Last used: %(when)s.") % {"when": line.last_used} if line.last_used else "",
            "submit": _("Revoke the key"),
            "back": house_url(request.venue, "key", key_id),
        }
        return render(request, "staff/confirm.html", context)

    def post(self, request: StaffRequest, key_id: str) -> HttpResponse:
        """Shut it; may be sent twice."""
        line = self.line(key_id)
        keys.revoke_key(line.key, by=request.actor)
        messages.success(request, _("The key “%(name)s” is revoked.") % {"name": line.key.name})
        return self.to("keys")


@sensitive_variables("made")
def show_key(request: StaffRequest, made: keys.NewKey) -> HttpResponse:
    """The page with a new secret."""
    return show_once(
        request,
        title=made.key.name,
        about=_("Programs send it with every request, from a server, never from a web page."),
        text=made.text,
        back=house_url(request.venue, "key", made.key.public_id),
        usage=[
            Usage(_("The header of a request"), "X-API-Key: …"),
            Usage(_("Where the API is described"), f"{settings.PUBLIC_URL.rstrip('/')}/api/docs"),
        ],
    )
