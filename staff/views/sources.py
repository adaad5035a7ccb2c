"""Partner sources of a house: the secrets with which they sign what they send."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from core import clock
from core.errors import DomainError, NotFound
from reservations.models import SourceSecret
from reservations.services.source_secrets import (
    create_source_secret,
    revoke_source_secret,
    rotate_source_secret,
)
from reservations.views.held import problems
from restaurants.access import Capability
from staff import once, wording
from staff.access import HouseView, StaffRequest, house_url
from staff.forms import errors
from staff.forms.sources import SourceForm
from staff.selectors import last_heard, secret_at, secrets_at
from staff.views.shown_once import Usage, sent_before, show_once


@dataclass(frozen=True, slots=True)
class SecretLine:
    """A secret as the list shows it."""

    row: SourceSecret
    state: str
    state_text: str
    is_open: bool
    can_rotate: bool
    """Not one that a rotation has replaced already."""
    made: str
    until: str
    heard: str
    """When the source's last message came."""


class SourcesView(HouseView):
    """Every secret: those that are good, and below them those that are not any more."""

    needs = Capability.CONNECT

    def get(self, request: StaffRequest) -> HttpResponse:
        """The list. Two queries."""
        now, zone, heard = clock.now(), request.venue.tz, last_heard(request.venue)
        lines = []
        for row in secrets_at(request.venue):
            is_good = row.expires_at is None or row.expires_at > now
            is_open = row.revoked_at is None and is_good
            lines.append(
                SecretLine(
                    row,
                    *_state(row, is_open=is_open),
                    is_open=is_open,
                    can_rotate=is_open and row.expires_at is None,
                    made=wording.moment(row.created_at, zone),
                    until=wording.moment(row.expires_at, zone),
                    heard=wording.ago(heard.get(row.source), now),
                )
            )
        context = {
            "open": [line for line in lines if line.is_open],
            "over": [line for line in lines if not line.is_open],
            "address": _address(),
        }
        return render(request, "staff/sources.html", context)


def _state(row: SourceSecret, *, is_open: bool) -> tuple[str, str]:
    if row.revoked_at is not None:
        return "off", _("Withdrawn")
    if not is_open:
        return "off", _("Replaced")
    if row.expires_at is not None:
        return "warning", _("Being replaced")
    return ("test", _("Test")) if row.is_test else ("ok", _("In use"))


def _address() -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}/api/webhooks/reservations"


class NewSecretView(HouseView):
    """A secret for a source, and the page that shows it once."""

    needs = Capability.CONNECT

    def get(self, request: StaffRequest) -> HttpResponse:
        """The form."""
        return self._page(request, SourceForm())

    @method_decorator(sensitive_variables("secret"))
    def post(self, request: StaffRequest) -> HttpResponse:
        """Make it. The same form sent again makes nothing more."""
        form = SourceForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        if not once.is_first(request):
            sent_before(request)
            return self.to("sources")
        said = form.cleaned_data
        try:
            secret = create_source_secret(
                request.venue, said["source"], is_test=said["is_test"], by=request.actor
            )
        except DomainError as error:
            errors.add(form, error)
            return self._page(request, form, 422)
        return _show(request, said["source"].strip().lower(), secret)

    def _page(self, request: StaffRequest, form: SourceForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "once": once.fresh(),
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/source_form.html", context, status=status)


class RotateView(HouseView):
    """A new secret in place of this one, which is good for another day."""

    needs = Capability.CONNECT

    def get(self, request: StaffRequest, secret_id: str) -> HttpResponse:
        """The question."""
        row = secret_at(request.venue, secret_id)
        context = {
            "title": _("Rotate the secret of %(source)s") % {"source": row.source},
            "about": _("The new one is good at once, the one in use for another day."),
            "submit": _("Make a new secret"),
            "back": house_url(request.venue, "sources"),
            "once": once.fresh(),
        }
        return render(request, "staff/rotate.html", context)

    @method_decorator(sensitive_variables("secret"))
    def post(self, request: StaffRequest, secret_id: str) -> HttpResponse:
        """Make it, and show it once."""
        row = secret_at(request.venue, secret_id)
        if not once.is_first(request):
            sent_before(request)
            return self.to("sources")
        return _show(request, row.source, rotate_source_secret(secret_id, by=request.actor))


class WithdrawView(HouseView):
    """Not believed any more, after a question."""

    needs = Capability.CONNECT

    def get(self, request: StaffRequest, secret_id: str) -> HttpResponse:
        """The question."""
        row = secret_at(request.venue, secret_id)
        context = {
            "title": _("Withdraw the secret of %(source)s?") % {"source": row.source},
            "about": _("What is signed with it is refused from now on. This cannot be undone."),
            "submit": _("Withdraw the secret"),
            "back": house_url(request.venue, "sources"),
        }
        return render(request, "staff/confirm.html", context)

    def post(self, request: StaffRequest, secret_id: str) -> HttpResponse:
        """Withdraw it; sent twice, it stays withdrawn."""
        row = secret_at(request.venue, secret_id)
        # Withdrawn or run out meanwhile: as wished.
        with suppress(NotFound):
            revoke_source_secret(row.public_id, by=request.actor)
        said = _("The secret of %(source)s is withdrawn.") % {"source": row.source}
        messages.success(request, said)
        return self.to("sources")


@sensitive_variables("secret")
def _show(request: StaffRequest, source: str, secret: str) -> HttpResponse:
    return show_once(
        request,
        title=source,
        about=_("The source signs every message with it, as Standard Webhooks says."),
        text=secret,
        back=house_url(request.venue, "sources"),
        usage=[Usage(_("Where it sends them"), _address())],
    )
