"""A payment provider that needs nobody: ``gateway`` speaks for it, ``cards`` says what it takes,
``books`` keeps its accounts, ``notices`` are its messages."""

from __future__ import annotations

from payments.gateways.sandbox.cards import (
    CAPTURE_FAILS,
    DECLINES,
    FEE_DECLINED,
    FEE_NEEDS_OWNER,
    LOST_ANSWER,
    NEVER_ARRIVES,
    REFUND_FAILS,
    REFUND_PENDING,
    SLOW,
    THREE_D_SECURE,
)
from payments.gateways.sandbox.gateway import SandboxGateway, decide

__all__ = [
    "CAPTURE_FAILS",
    "DECLINES",
    "FEE_DECLINED",
    "FEE_NEEDS_OWNER",
    "LOST_ANSWER",
    "NEVER_ARRIVES",
    "REFUND_FAILS",
    "REFUND_PENDING",
    "SLOW",
    "THREE_D_SECURE",
    "SandboxGateway",
    "decide",
]
