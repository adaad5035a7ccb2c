"""Which gateway a restaurant is paid through. Adapters, and their libraries, load on first use."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from payments.gateways.base import Gateway
from restaurants.models import Restaurant

GATEWAYS = {
    "sandbox": "payments.gateways.sandbox.SandboxGateway",
}
"""Name, as stored on ``Payment.gateway`` → dotted path."""


GATEWAY = "sandbox"
"""The one guests pay through, as long as it is the only one."""


@lru_cache
def gateway_named(name: str) -> Gateway:
    """The gateway called ``name``, one object per process; LookupError for a name nobody knows."""
    if name not in GATEWAYS:
        raise LookupError(f"There is no payment gateway called {name!r}.")
    return cast("Gateway", import_string(GATEWAYS[name])())


def is_usable(name: str) -> bool:
    """Whether this gateway may take money in this installation (the sandbox only where allowed)."""
    try:
        gateway_named(name).refuse_unless_usable()
    except ImproperlyConfigured:
        return False
    return True


def gateway_for(restaurant: Restaurant) -> Gateway:  # noqa: ARG001 - there is one so far
    """The gateway the restaurant takes money through."""
    return gateway_named(GATEWAY)
