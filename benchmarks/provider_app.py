"""Puts the benchmarks' payment provider in the sandbox's place."""

from __future__ import annotations

from django.apps import AppConfig


class ProviderConfig(AppConfig):
    """See ``provider``."""

    name = "benchmarks"

    def ready(self) -> None:
        """Before the first charge."""
        from payments.gateways import registry

        registry.GATEWAYS["sandbox"] = "benchmarks.provider.InstantGateway"
