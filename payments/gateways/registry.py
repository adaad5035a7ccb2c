"""Which gateway a restaurant is paid through. Adapters, and their libraries, load on first use."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from core.secrets import SecretLost, decrypt
from payments.gateways.base import Gateway
from payments.models import ProviderAccount

SANDBOX = "sandbox"
"""The gateway of a restaurant without an account, where the installation allows it."""

GATEWAYS = {
    SANDBOX: "payments.gateways.sandbox.SandboxGateway",
    "stripe": "payments.gateways.stripe.StripeGateway",
    "square": "payments.gateways.square.SquareGateway",
    "paypal": "payments.gateways.paypal.PayPalGateway",
}
"""Name, as stored on ``Payment.gateway`` → dotted path. All but the sandbox are made from an
account: ``Adapter(Credentials(...))``."""


@lru_cache
def sandbox_gateway() -> Gateway:
    """The provider that needs no account, one object per process."""
    made: Gateway = import_string(GATEWAYS[SANDBOX])()
    return made


def gateway_of(account_id: int | None, name: str = SANDBOX) -> Gateway:
    """The gateway that moves the money of an account, also of one that takes no new payments.

    No account: the sandbox, and ``name`` must say so. One query for the others, so that new
    credentials count at once. Raises LookupError for what nobody knows.
    """
    if account_id is None:
        if name != SANDBOX:
            raise LookupError(f"There is no payment gateway called {name!r} without an account.")
        return sandbox_gateway()
    row = (
        ProviderAccount.objects.filter(pk=account_id)
        .values_list("provider", "is_test", "settings", "credentials")
        .first()
    )
    if row is None:
        raise LookupError(f"There is no provider account {account_id}.")
    provider, is_test, public, secret = row
    return _adapter(provider, is_test, json.dumps(public, sort_keys=True), secret)


@lru_cache(maxsize=64)
def _adapter(provider: str, is_test: bool, public: str, secret: str) -> Gateway:
    """One object per set of credentials, so that its connections are kept."""
    credentials: dict[str, Any] = json.loads(decrypt(secret)) if secret else {}
    made: Gateway = import_string(GATEWAYS[provider])(
        **json.loads(public), **credentials, is_test=is_test
    )
    return made


def is_usable(account_id: int | None) -> bool:
    """Whether money can be taken through this account (None: the sandbox) right now.

    The account of a plan, so it is there; whether its provider answers is another question.
    """
    if account_id is not None:
        return True
    try:
        sandbox_gateway().refuse_unless_usable()
    except (ImproperlyConfigured, SecretLost):
        return False
    return True


@lru_cache
def gateway_class(name: str) -> type[Gateway]:
    """What a provider can do, without an account of it: ``takes`` and ``hold_window``."""
    found: type[Gateway] = import_string(GATEWAYS[name])
    return found
