"""The tables of this app."""

from __future__ import annotations

from payments.models.ledger import (
    Errand,
    Payment,
    PaymentDispute,
    PaymentKind,
    ProviderAnswer,
    Redemption,
    Refund,
)
from payments.models.policy import (
    AskedByPolicy,
    Policy,
    PolicyKind,
    default_refund_ladder,
    policy_index,
    validate_ladder,
)
from payments.models.provider import ProviderAccount, ProviderEvent
from payments.models.reconciliation import Reconciliation, ReconciliationDifference
from payments.models.sandbox import SandboxCharge

__all__ = [
    "AskedByPolicy",
    "Errand",
    "Payment",
    "PaymentDispute",
    "PaymentKind",
    "Policy",
    "PolicyKind",
    "ProviderAccount",
    "ProviderAnswer",
    "ProviderEvent",
    "Reconciliation",
    "ReconciliationDifference",
    "Redemption",
    "Refund",
    "SandboxCharge",
    "default_refund_ladder",
    "policy_index",
    "validate_ladder",
]
