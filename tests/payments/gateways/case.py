"""What the promises of gateways are told with: the other side, methods, orders."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from core import clock
from payments.gateways.base import (
    ChargeOutcome,
    ChargeResult,
    Gateway,
    Order,
    RefundResult,
    Taking,
)

Method = Mapping[str, Any]
Delivery = tuple[bytes, dict[str, str], str]
"""Body, headers and public address of a message from a provider."""

NOTHING_TAKEN = frozenset({ChargeOutcome.DECLINED, ChargeOutcome.VOIDED})


@dataclass(frozen=True)
class Methods:
    """Payment methods as a caller sends them, by what the provider does with them."""

    accepted: Method
    """Goes through; where owners always have to approve, after :meth:`Provider.approve`."""
    declined: Method
    malformed: tuple[Any, ...]
    asks: Method | None = None
    """Its owner has to approve each charge; None where there is no such thing."""
    lost_answer: Method | None = None
    """Where a method scripts what otherwise :meth:`Provider.losing_answers` does."""
    never_arrives: Method | None = None
    """The same for :meth:`Provider.unreachable`."""


class Provider:
    """The other side, as far as a test pulls its strings."""

    def losing_answers(self) -> AbstractContextManager[None]:
        """What is asked meanwhile is done, and nobody hears of it."""
        return nullcontext()

    def unreachable(self) -> AbstractContextManager[None]:
        """What is asked meanwhile never arrives."""
        return nullcontext()

    def approve(self, order: Order, result: ChargeResult) -> None:
        """The owner of the card does what ``result.action`` asks."""
        raise NotImplementedError

    def refuse(self, order: Order, result: ChargeResult) -> None:
        """Tries and fails: the bank says no."""
        raise NotImplementedError

    def notice(self, reference: str) -> Delivery:
        """A signed message about a charge."""
        raise NotImplementedError

    def contest(self, reference: str) -> str:
        """The owner contests a charge; the provider's id of the dispute."""
        raise NotImplementedError

    def let_run_out(self, reference: str) -> None:
        """What is set aside goes back by itself."""
        raise NotImplementedError

    def violations(self) -> list[Any]:
        """Requests that the provider's own schema objects to."""
        return []


@pytest.mark.django_db
class GatewayCase:
    """A gateway, the other side, and ways to ask."""

    good_amounts: ClassVar[tuple[tuple[str, str], ...]] = (("500", "JPY"), ("5.120", "KWD"))
    """Besides dollars: what this provider takes in currencies without two decimals."""

    @abstractmethod
    @pytest.fixture
    def gateway(self) -> Gateway:
        """The gateway, ready to be asked."""

    @abstractmethod
    @pytest.fixture
    def methods(self) -> Methods:
        """How to provoke each case."""

    @pytest.fixture
    def provider(self) -> Provider:
        """The other side; the tests of one gateway say how its strings are pulled."""
        return Provider()

    @pytest.fixture(autouse=True)
    def _judged(self, provider: Provider) -> Any:
        yield
        assert provider.violations() == []

    def order(
        self, gateway: Gateway, method: Method, key: str = "k1", amount: str = "50.00", **more: Any
    ) -> Order:
        """What is asked for; ``more`` are fields of :class:`Order`."""
        facts: dict[str, Any] = {
            "key": key,
            "amount": Decimal(amount),
            "currency": "USD",
            "method": gateway.check_method(method),
            "description": "Deposit for hold_1",
            "purpose": "hold_1",
            "return_url": "https://couvert.test/hold/hold_1/",
            "begun_at": clock.now(),
        }
        return Order(**(facts | more))

    def secure(
        self, gateway: Gateway, provider: Provider, order: Order, *, willing: bool = True
    ) -> ChargeResult:
        """Charge, and let the owner approve (or fail to) if the provider asks for that."""
        result = gateway.charge(order)
        if result.outcome is not ChargeOutcome.ACTION_REQUIRED:
            return result
        (provider.approve if willing else provider.refuse)(order, result)
        resumed = gateway.resume(replace(order, reference=result.reference))
        assert resumed is not None
        return resumed

    def refund(self, gateway: Gateway, charge: ChargeResult, key: str, amount: str) -> RefundResult:
        """Give back dollars."""
        return gateway.refund(
            key=key, charge_reference=charge.reference, amount=Decimal(amount), currency="USD"
        )

    def hold(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> tuple[Order, ChargeResult]:
        """Fifty dollars that are set aside."""
        needs(gateway, Taking.HOLD)
        order = self.order(gateway, methods.accepted, taking=Taking.HOLD)
        return order, self.secure(gateway, provider, order)

    def delivery(self, provider: Provider, charge: ChargeResult) -> Delivery:
        """A message about ``charge``; skips where the provider sends none."""
        try:
            return provider.notice(charge.reference)
        except NotImplementedError:
            pytest.skip("it sends no messages")


def needs(gateway: Gateway, taking: Taking) -> None:
    """Skip what a provider cannot do at all."""
    if taking not in gateway.takes:
        pytest.skip(f"{gateway.name} does not know {taking}")


def asking(methods: Methods) -> Method:
    """A method whose owner has to approve; skips where there is none."""
    if methods.asks is None:
        pytest.skip("it never asks a card's owner")
    return methods.asks
