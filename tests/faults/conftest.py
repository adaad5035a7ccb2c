"""Places where time passes: the gateway, and a clock that several processes look at."""

from __future__ import annotations

import datetime as dt
import multiprocessing
from collections.abc import Callable

import pytest

from core import clock as core_clock
from payments.gateways.base import ChargeResult, Order
from payments.gateways.sandbox import SandboxGateway
from tests.fixtures.domain import Clock

Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def while_paying(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Lets something happen between the provider's charge and its answer, once."""

    def arrange(meanwhile: Callable[[], object]) -> None:
        real = SandboxGateway.charge

        def slow(self: SandboxGateway, order: Order) -> ChargeResult:
            result = real(self, order)
            monkeypatch.setattr(SandboxGateway, "charge", real)
            meanwhile()
            return result

        monkeypatch.setattr(SandboxGateway, "charge", slow)

    return arrange


class SharedClock(Clock):
    """A standing clock that forked processes look at too: it goes on while they do not."""

    def __init__(self, now: dt.datetime) -> None:
        self._shared = multiprocessing.Value("d", now.timestamp())

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._shared.value, dt.UTC)

    @now.setter
    def now(self, value: dt.datetime) -> None:
        self._shared.value = value.timestamp()


@pytest.fixture
def shared_clock(monkeypatch: pytest.MonkeyPatch) -> SharedClock:
    """Couvert's clock in this process and in those it forks."""
    shared = SharedClock(dt.datetime(2025, 11, 10, 17, 0, tzinfo=dt.UTC))
    monkeypatch.setattr(core_clock, "now", lambda: shared.now)
    return shared
