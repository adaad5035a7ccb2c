"""Which gateway a restaurant is paid through. Adapters, and their libraries, load on first use."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from django.utils.module_loading import import_string

from payments.gateways.base import Gateway
from restaurants.models import Restaurant

GATEWAYS = {
    "sandbox": "payments.gateways.sandbox.SandboxGateway",
}
"""Name, as stored on ``Payment.gateway`` → dotted path."""


@lru_cache
def gateway_named(name: str) -> Gateway:
    """The gateway called ``name``, one object per process; LookupError for a name nobody knows."""
    if name not in GATEWAYS:
        raise LookupError(f"There is no payment gateway called {name!r}.")
    return cast("Gateway", import_string(GATEWAYS[name])())


def gateway_for(restaurant: Restaurant) -> Gateway:  # noqa: ARG001 - there is one so far
    """The gateway the restaurant takes money through."""
    return gateway_named("sandbox")
