"""With whom a restaurant takes money: connected by its owner; secrets go in and never out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid
from core.secrets import decrypt, encrypt
from payments.gateways.registry import GATEWAYS
from payments.models import ProviderAccount
from restaurants.access import Capability, check_staff
from restaurants.models import Restaurant


@dataclass(frozen=True, slots=True)
class Needs:
    """What an adapter is made from: names of public settings and of secrets."""

    public: tuple[str, ...]
    secret: tuple[str, ...]
    merchant: str
    """The public setting that tells whose account it is; the secrets are replaced now and then."""
    lists: frozenset[str] = frozenset()
    """Secrets of which several count while one is replaced."""


NEEDS: Mapping[str, Needs] = {
    "stripe": Needs(
        ("publishable_key",),
        ("secret_key", "webhook_secrets"),
        "publishable_key",
        frozenset({"webhook_secrets"}),
    ),
    "square": Needs(
        ("application_id", "location_id"),
        ("access_token", "signature_keys"),
        "location_id",
        frozenset({"signature_keys"}),
    ),
    "paypal": Needs(("client_id",), ("client_secret", "webhook_id"), "client_id"),
}
"""By provider."""

_NAMES_ACCOUNT = 24
"""Stripe's keys begin with their kind, their mode and sixteen signs that stand for the account."""


def active_account(restaurant_id: int) -> ProviderAccount | None:
    """The account that takes a restaurant's new payments; None where it is the sandbox."""
    rows = ProviderAccount.objects.filter(restaurant_id=restaurant_id, is_active=True)
    return rows.first()


def stored_secrets(account: ProviderAccount) -> frozenset[str]:
    """The names of the secrets an account has; never what they are."""
    return frozenset(name for name, value in _credentials(account).items() if value)


def connect_account(
    restaurant: Restaurant,
    provider: str,
    *,
    is_test: bool,
    settings: Mapping[str, str],
    credentials: Mapping[str, str],
    by: Actor,
) -> ProviderAccount:
    """Take new payments through this account from now on.

    That of the same merchant, in the same mode, is changed in place, as is one that took nothing
    yet; any other stays for the refunds of what it took, and takes nothing new. An empty secret
    keeps the stored one. May be repeated. Raises Forbidden unless ``by`` owns the house, and
    Invalid for what the provider's adapter refuses.
    """
    check_staff(by, Capability.OWN, restaurant.pk)
    if provider not in NEEDS:
        raise Invalid(provider=gettext("Choose one of the providers."))
    needs, now = NEEDS[provider], clock.now()
    with transaction.atomic():
        Restaurant.objects.select_for_update(no_key=True).get(pk=restaurant.pk)
        rows = ProviderAccount.objects.filter(restaurant=restaurant)
        public = {name: settings.get(name, "").strip() for name in needs.public}
        known = rows.filter(provider=provider, is_test=is_test).order_by("-is_active", "-pk")
        account = _same_merchant(known, public[needs.merchant], needs) or ProviderAccount(
            restaurant=restaurant, provider=provider, is_test=is_test, created_at=now
        )
        secrets = _merged(_credentials(account), credentials, needs)
        _refuse_unusable(provider, public, secrets, is_test=is_test)
        rows.exclude(pk=account.pk).update(is_active=False, updated_at=now)
        account.settings, account.credentials = public, encrypt(json.dumps(secrets))
        account.is_active, account.updated_at = True, now
        account.save()
        changed = sorted(name for name, value in credentials.items() if value.strip())
        audit.record(
            "payment_account.connected",
            account.public_id,
            by=by,
            restaurant_id=restaurant.pk,
            provider=provider,
            is_test=is_test,
            changed=changed,
        )
    return account


def disconnect_account(restaurant: Restaurant, *, by: Actor) -> None:
    """Take no new payments through the active account; refunds go on. May be repeated.

    Raises Forbidden unless ``by`` owns the house.
    """
    check_staff(by, Capability.OWN, restaurant.pk)
    with transaction.atomic():
        Restaurant.objects.select_for_update(no_key=True).get(pk=restaurant.pk)
        account = active_account(restaurant.pk)
        if account is None:
            return
        account.is_active, account.updated_at = False, clock.now()
        account.save(update_fields=["is_active", "updated_at"])
        audit.record(
            "payment_account.disconnected",
            account.public_id,
            by=by,
            restaurant_id=restaurant.pk,
            provider=account.provider,
            is_test=account.is_test,
        )


def _same_merchant(
    known: QuerySet[ProviderAccount], merchant: str, needs: Needs
) -> ProviderAccount | None:
    """The account to change: what another merchant took can only be given back by their keys."""

    def named(text: object) -> str:
        return str(text)[:_NAMES_ACCOUNT] if needs.merchant == "publishable_key" else str(text)

    for account in known:
        if named(account.settings.get(needs.merchant, "")) == named(merchant):
            return account
    return next((account for account in known if not account.payments.exists()), None)


def _credentials(account: ProviderAccount) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = (
        json.loads(decrypt(account.credentials)) if account.credentials else {}
    )
    return found


def _merged(
    stored: Mapping[str, str | Sequence[str]], told: Mapping[str, str], needs: Needs
) -> dict[str, str | list[str]]:
    """The stored secrets with those that were told now; a new one of a list joins the last."""
    merged: dict[str, str | list[str]] = {}
    for name in needs.secret:
        new, old = told.get(name, "").strip(), stored.get(name, "")
        if name in needs.lists:
            known = [old] if isinstance(old, str) else list(old)
            merged[name] = [each for each in dict.fromkeys([new, *known]) if each][:2]
        else:
            merged[name] = new or str(old)
    return merged


def _refuse_unusable(
    provider: str,
    public: Mapping[str, str],
    secrets: Mapping[str, str | list[str]],
    *,
    is_test: bool,
) -> None:
    gateway = import_string(GATEWAYS[provider])(**{**public, **secrets}, is_test=is_test)
    try:
        gateway.refuse_unless_usable()
    except ImproperlyConfigured as error:
        raise Invalid(credentials=str(error)) from error
