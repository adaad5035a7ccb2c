"""System checks: a configuration that would cheat guests or the house is an error."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def check_sandbox_is_off(**_options: Any) -> list[CheckMessage]:
    """``payments.E001``: with the sandbox on, a deployment confirms what nobody paid for."""
    if not getattr(settings, "SANDBOX_ENABLED", False):
        return []
    return [
        Error(
            "The sandbox payment gateway is switched on.",
            hint="Set SANDBOX_ENABLED to False: deposits would be confirmed without being taken.",
            id="payments.E001",
        )
    ]
