"""The interface every payment provider is spoken to through."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from django.db import connection

from core import money

MAX_KEY_LENGTH = 45
"""The longest idempotency key that every provider we know of takes (Square's limit)."""

NEVER_ARRIVED = "never_arrived"
"""Failure code of a charge that was given up because the provider never heard of its key."""


class ChargeOutcome(StrEnum):
    """What became of a charge, as far as is known."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    UNKNOWN = "unknown"


class RefundOutcome(StrEnum):
    """What became of a refund, as far as is known."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ChargeResult:
    """A provider's word on one charge. A charge that succeeded can be referred to later."""

    outcome: ChargeOutcome
    reference: str = ""
    brand: str = ""
    last4: str = ""
    failure_code: str = ""
    failure_message: str = ""

    def __post_init__(self) -> None:
        if self.outcome is ChargeOutcome.SUCCEEDED and not self.reference:
            raise ValueError("a charge without a reference could never be refunded")


@dataclass(frozen=True, slots=True)
class RefundResult:
    """A provider's word on one refund. ``message`` is for staff, never shown to a guest."""

    outcome: RefundOutcome
    reference: str = ""
    message: str = ""


class AnswerLost(Exception):
    """The provider may or may not have acted: time-out, reset connection, 409, 5xx."""


class Gateway(ABC):
    """One payment provider.

    The public methods own what is the same for all: no transaction is open while a provider
    is asked, amounts travel as integers of the smallest unit, and a lost answer is a result,
    not an exception. An adapter fills in the methods that begin with an underscore and
    raises :class:`AnswerLost` in them whenever it cannot be sure.

    Keys are idempotent at the provider: the same key never moves money twice. They are made
    from our rows, are at most ``MAX_KEY_LENGTH`` long and contain no personal data.
    """

    name: ClassVar[str]

    def check_method(self, method: Mapping[str, Any]) -> dict[str, Any]:
        """What the caller sent as a payment method, as it is stored on ``Payment.method``.

        Drops everything the charge does not need, a card number before all. Asks nobody.
        Raises :class:`~core.errors.Invalid` with a sentence for the guest.
        """
        self.refuse_unless_usable()
        return self._check_method(method)

    def charge(
        self,
        *,
        key: str,
        amount: Decimal,
        currency: str,
        method: Mapping[str, Any],
        description: str,
    ) -> ChargeResult:
        """Take ``amount``; may be repeated with the same key and then says what happened first.

        Never raises for what goes wrong at the provider. Raises RuntimeError inside a
        transaction and ValueError for an amount the currency cannot express.
        """
        self._before_asking()
        minor = exact_minor(amount, currency)
        try:
            return self._charge(key, minor, currency, method, description)
        except AnswerLost:
            return ChargeResult(ChargeOutcome.UNKNOWN)

    def find_charge(self, key: str) -> ChargeResult | None:
        """What the provider knows about ``key``. None: it has not heard of it (yet)."""
        self._before_asking()
        try:
            return self._find_charge(key)
        except AnswerLost:
            return ChargeResult(ChargeOutcome.UNKNOWN)

    def abandon(self, key: str) -> ChargeResult:
        """Give up a charge the provider has not heard of: declined, or what it was after all.

        A provider that can void a key in advance overrides ``_abandon``, so that a request
        which is still on its way is refused when it arrives. May be repeated.
        """
        self._before_asking()
        try:
            return self._abandon(key)
        except AnswerLost:
            return ChargeResult(ChargeOutcome.UNKNOWN)

    def refund(
        self, *, key: str, charge_reference: str, amount: Decimal, currency: str
    ) -> RefundResult:
        """Give back ``amount`` of a charge; asked again with the same key, its present state.

        Never raises for what goes wrong at the provider. Raises as :meth:`charge` does.
        """
        self._before_asking()
        minor = exact_minor(amount, currency)
        try:
            return self._refund(key, charge_reference, minor, currency)
        except AnswerLost:
            return RefundResult(RefundOutcome.UNKNOWN, message="The provider's answer was lost.")

    def refuse_unless_usable(self) -> None:
        """Raise ImproperlyConfigured when this installation may not use the gateway."""
        return

    @abstractmethod
    def _check_method(self, method: Mapping[str, Any]) -> dict[str, Any]: ...

    @abstractmethod
    def _charge(
        self, key: str, minor: int, currency: str, method: Mapping[str, Any], description: str
    ) -> ChargeResult: ...

    @abstractmethod
    def _find_charge(self, key: str) -> ChargeResult | None: ...

    @abstractmethod
    def _refund(
        self, key: str, charge_reference: str, minor: int, currency: str
    ) -> RefundResult: ...

    def _abandon(self, key: str) -> ChargeResult:
        return self._find_charge(key) or given_up()

    def _before_asking(self) -> None:
        self.refuse_unless_usable()
        refuse_open_transaction()


def given_up() -> ChargeResult:
    """The result of a charge that never reached the provider."""
    return ChargeResult(
        ChargeOutcome.DECLINED,
        failure_code=NEVER_ARRIVED,
        failure_message="The payment did not reach the provider. You were not charged.",
    )


def exact_minor(amount: Decimal, currency: str) -> int:
    """``amount`` in the smallest unit; ValueError when that would round or is not positive.

    Rounding is decided where amounts are made; at the border it would make our books and the
    provider's differ.
    """
    if amount <= 0 or money.quantize(amount, currency) != amount:
        raise ValueError(f"{amount} {currency} is not an amount that can be moved")
    return money.to_minor(amount, currency)


def refuse_open_transaction() -> None:
    """Raise RuntimeError inside a transaction: its locks would wait for the provider's answer.

    As with Django's ``durable`` blocks, the transaction that wraps a test case does not count.
    """
    blocks = connection.atomic_blocks
    if connection.in_atomic_block and not (blocks and getattr(blocks[-1], "_from_testcase", False)):
        raise RuntimeError("A payment provider must not be asked inside a transaction.")
