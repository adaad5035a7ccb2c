"""Through whose account the house sends texts, and when it keeps quiet."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from core import clock
from core.errors import DomainError, Forbidden, NotFound
from notifications.models import Message, SmsAccount, SmsReply
from notifications.selectors import active_sms_account
from notifications.services.sms_accounts import (
    SECRETS,
    connect_sms,
    disconnect_sms,
    stored_sms_secrets,
)
from reservations.views.held import problems
from restaurants.access import Capability
from restaurants.models import Restaurant
from staff.access import HouseView, StaffRequest, house_url
from staff.forms import errors
from staff.forms.texts import LABELS, TextsForm

SHOWN = dt.timedelta(days=30)


class TextsView(HouseView):
    """The account in use, its addresses, and how texts went of late."""

    needs = Capability.CONNECT

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page; of secrets it says whether they are there, and never what they are."""
        account = active_sms_account(request.venue.pk)
        stored = stored_sms_secrets(account) if account else frozenset()
        context = {
            "account": account,
            "public": _public(account) if account else [],
            "secrets": [(LABELS[name], name in stored) for name in SECRETS],
            "addresses": addresses(account) if account else [],
            "figures": _figures(request.venue),
            "is_printed": account is None and settings.SMS_CONSOLE,
        }
        return render(request, "staff/texts.html", context)


def addresses(account: SmsAccount) -> list[tuple[str, str, Any]]:
    """What to enter at Twilio: an id for the page, the address, and where it belongs."""
    base = f"{settings.PUBLIC_URL.rstrip('/')}/api/webhooks/sms/{account.public_id}"
    return [
        ("inbound", f"{base}/inbound", _("Incoming messages, at the messaging service or number")),
        ("status", f"{base}/status", _("Delivery status, at the messaging service (we also ask)")),
    ]


def _public(account: SmsAccount) -> list[tuple[Any, str]]:
    names = ("account_sid", "messaging_service_sid", "sender", "api_key_sid")
    rows = [(LABELS[name], getattr(account, name)) for name in names]
    quiet = ""
    if account.quiet_from and account.quiet_until:
        quiet = f"{account.quiet_from:%H:%M} – {account.quiet_until:%H:%M}"
    return [
        *((label, value) for label, value in rows if value),
        (_("Quiet hours"), quiet or _("none")),
        (_("Most texts in 24 hours"), str(account.daily_limit)),
    ]


def _figures(venue: Restaurant) -> list[tuple[str, int]]:
    since = clock.now() - SHOWN
    texts = Message.objects.filter(
        restaurant=venue, channel=Message.Channel.SMS, created_at__gt=since
    )
    states = list(texts.values_list("status", "delivery"))
    gone = SmsReply.objects.filter(restaurant=venue, what=SmsReply.What.OUT, at__gt=since)
    delivered = sum(1 for _state, delivery in states if delivery in ("delivered", "read"))
    return [
        (_("Texts in 30 days"), len(states)),
        (_("Delivered"), delivered),
        (_("Not delivered"), sum(1 for state, _delivery in states if state == "failed")),
        (_("Answered STOP"), gone.values("phone_key").distinct().count()),
    ]


class ConnectTextsView(HouseView):
    """Connect an account, or change the one there is."""

    needs = Capability.CONNECT

    def get(self, request: StaffRequest) -> HttpResponse:
        """The form; secrets are never in it."""
        return self._page(request, self._form(request.venue, None))

    @method_decorator(sensitive_post_parameters())
    @method_decorator(sensitive_variables("form"))
    def post(self, request: StaffRequest) -> HttpResponse:
        """Store it; sent twice it is the same."""
        form = self._form(request.venue, request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        try:
            connect_sms(request.venue, form.setup(), form.secrets(), by=request.actor)
        except Forbidden as error:
            raise PermissionDenied from error
        except DomainError as error:
            errors.add(form, error)
            return self._page(request, form, 422)
        messages.success(request, _("The house sends its texts through this account now."))
        return self.to("texts")

    def _form(self, venue: Restaurant, data: Any) -> TextsForm:
        account = active_sms_account(venue.pk)
        initial: dict[str, Any] = {
            "mode": "test",
            "quiet_from": dt.time(21),
            "quiet_until": dt.time(9),
            "daily_limit": 500,
        }
        if account is not None:
            names = ("account_sid", "messaging_service_sid", "sender", "api_key_sid")
            more = ("quiet_from", "quiet_until", "daily_limit")
            initial = {name: getattr(account, name) for name in (*names, *more)}
            initial["mode"] = "test" if account.is_test else "live"
        stored = stored_sms_secrets(account) if account else frozenset()
        return TextsForm(data, stored=stored, initial=initial)

    def _page(self, request: StaffRequest, form: TextsForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "problems": problems(form), "others": form.non_field_errors()}
        return render(request, "staff/texts_form.html", context, status=status)


class DisconnectTextsView(HouseView):
    """No more texts, after a question."""

    needs = Capability.CONNECT

    def get(self, request: StaffRequest) -> HttpResponse:
        """The question."""
        if active_sms_account(request.venue.pk) is None:
            raise NotFound
        context = {
            "title": _("Send no more texts?"),
            "about": _(
                "Guests who left an e-mail address are written to there. Who left a number only is"
                " told nothing any more."
            ),
            "submit": _("Send no more texts"),
            "back": house_url(request.venue, "texts"),
        }
        return render(request, "staff/confirm.html", context)

    def post(self, request: StaffRequest) -> HttpResponse:
        """Switch it off; sent twice it stays off."""
        disconnect_sms(request.venue, by=request.actor)
        messages.success(request, _("No more texts are sent."))
        return self.to("texts")
