"""The gateway as a place where time passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from payments.gateways.base import ChargeResult
from payments.gateways.sandbox import SandboxGateway

Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def while_paying(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Lets something happen between the provider's charge and its answer, once."""

    def arrange(meanwhile: Callable[[], object]) -> None:
        real = SandboxGateway.charge

        def slow(self: SandboxGateway, **asked: Any) -> ChargeResult:
            result = real(self, **asked)
            monkeypatch.setattr(SandboxGateway, "charge", real)
            meanwhile()
            return result

        monkeypatch.setattr(SandboxGateway, "charge", slow)

    return arrange
