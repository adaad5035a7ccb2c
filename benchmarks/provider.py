"""A payment provider that answers at once, as the pseudo-code's does.

The sandbox keeps books, in our database, for a system that is not ours; a real provider's work
would be done elsewhere. Both systems are measured with a provider that costs them nothing.
"""

from __future__ import annotations

from payments.gateways.base import ChargeOutcome, ChargeResult, Order
from payments.gateways.sandbox import SandboxGateway


class InstantGateway(SandboxGateway):
    """The sandbox without its books: every charge succeeds."""

    def _charge(self, order: Order, minor: int) -> ChargeResult:
        return ChargeResult(ChargeOutcome.SUCCEEDED, f"ch_{order.key}", brand="Visa", last4="4242")
