"""Through whom the house is paid. For owners: whoever sets this decides where the money goes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from core.errors import DomainError, Forbidden, NotFound
from payments.models import ProviderAccount
from payments.services.accounts import (
    NEEDS,
    active_account,
    connect_account,
    disconnect_account,
    stored_secrets,
)
from reservations.views.held import problems
from restaurants.access import Capability
from restaurants.models import Restaurant
from staff import money_words
from staff.access import HouseView, StaffRequest, house_url
from staff.attention import last_comparison
from staff.forms import errors
from staff.forms.accounts import LABELS, AccountForm
from staff.money_places import money_places


class AccountView(HouseView):
    """The account in use, its webhook address, and the others there are."""

    needs = Capability.OWN

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page; of secrets it says whether they are there, and never what they are."""
        account = active_account(request.venue.pk)
        rows = ProviderAccount.objects.filter(restaurant=request.venue, is_active=False)
        stored = stored_secrets(account) if account else frozenset()
        context = {
            "places": money_places(request),
            "account": account,
            "name": money_words.PROVIDERS[account.provider] if account else "",
            "public": _public(account) if account else [],
            "secrets": _secrets(account, stored) if account else [],
            "address": notice_address(account) if account else "",
            "older": list(rows),
            "providers": [(name, money_words.PROVIDERS[name]) for name in NEEDS],
            "compared": last_comparison(request.venue),
            "is_sandbox": account is None and getattr(settings, "SANDBOX_ENABLED", False),
        }
        return render(request, "staff/payment_account.html", context)


def notice_address(account: ProviderAccount) -> str:
    """Where the provider sends its messages about this account."""
    site = settings.PUBLIC_URL.rstrip("/")
    return f"{site}/api/webhooks/payments/{account.provider}/{account.public_id}"


def _public(account: ProviderAccount) -> list[tuple[Any, str]]:
    names = NEEDS[account.provider].public
    return [(LABELS[name], str(account.settings.get(name, ""))) for name in names]


def _secrets(account: ProviderAccount, stored: frozenset[str]) -> list[tuple[Any, bool]]:
    return [(LABELS[name], name in stored) for name in NEEDS[account.provider].secret]


class ConnectView(HouseView):
    """Connect an account, or change the one there is."""

    needs = Capability.OWN

    def get(self, request: StaffRequest, provider: str) -> HttpResponse:
        """The form; secrets are never in it."""
        return self._page(request, provider, self._form(request.venue, provider, None))

    @method_decorator(sensitive_post_parameters())
    @method_decorator(sensitive_variables("form"))
    def post(self, request: StaffRequest, provider: str) -> HttpResponse:
        """Store it; sent twice it is the same."""
        form = self._form(request.venue, provider, request.POST)
        if not form.is_valid():
            return self._page(request, provider, form, 422)
        try:
            connect_account(
                request.venue,
                provider,
                is_test=form.is_test,
                settings=form.public(),
                credentials=form.secrets(),
                by=request.actor,
            )
        except Forbidden as error:
            raise PermissionDenied from error
        except DomainError as error:
            errors.add(form, error)
            return self._page(request, provider, form, 422)
        said = _("The house is paid through %(provider)s now.")
        messages.success(request, said % {"provider": money_words.PROVIDERS[provider]})
        return self.to("payment_account")

    def _form(self, venue: Restaurant, provider: str, data: Any) -> AccountForm:
        if provider not in NEEDS:
            raise NotFound
        rows = ProviderAccount.objects.filter(restaurant=venue, provider=provider)
        wanted = (data or self.request.GET).get("money", "")
        if wanted in ("test", "live"):
            rows = rows.filter(is_test=wanted == "test")
        account = rows.order_by("-is_active", "-pk").first()
        initial: dict[str, Any] = {"money": wanted or "test"}
        if account is not None:
            initial |= account.settings | {"money": "test" if account.is_test else "live"}
        stored = stored_secrets(account) if account else frozenset()
        return AccountForm(data, provider=provider, stored=stored, initial=initial)

    def _page(
        self, request: StaffRequest, provider: str, form: AccountForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "form": form,
            "name": money_words.PROVIDERS[provider],
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/payment_account_form.html", context, status=status)


class DisconnectView(HouseView):
    """No new payments, after a question."""

    needs = Capability.OWN

    def get(self, request: StaffRequest) -> HttpResponse:
        """The question."""
        account = active_account(request.venue.pk)
        if account is None:
            raise NotFound
        context = {
            "title": _("Take no new payments?"),
            "about": _(
                "New bookings are no longer paid through %(provider)s. Refunds of what it took go"
                " on."
            )
            % {"provider": money_words.PROVIDERS[account.provider]},
            "submit": _("Take no new payments"),
            "back": house_url(request.venue, "payment_account"),
        }
        return render(request, "staff/confirm.html", context)

    def post(self, request: StaffRequest) -> HttpResponse:
        """Switch it off; sent twice it stays off."""
        disconnect_account(request.venue, by=request.actor)
        messages.success(request, _("No new payments are taken through this account."))
        return self.to("payment_account")
