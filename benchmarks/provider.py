"""A payment provider that answers at once, as the pseudo-code's does.

The sandbox keeps books, in our database, for a system that is not ours; a real provider's work
would be done elsewhere. Both systems are measured with a provider that costs them nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments.gateways.base import ChargeOutcome, ChargeResult
from payments.gateways.sandbox import SandboxGateway


class InstantGateway(SandboxGateway):
    """The sandbox without its books: every charge succeeds."""

    def _charge(
        self, key: str, minor: int, currency: str, method: Mapping[str, Any], description: str
    ) -> ChargeResult:
        return ChargeResult(ChargeOutcome.SUCCEEDED, f"ch_{key}", brand="Visa", last4="4242")
