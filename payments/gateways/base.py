"""The interface every payment provider is spoken to through."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from django.db import connection

from core import money
from payments.gateways.reports import Dispute, Movement, Notice

MAX_KEY_LENGTH = 45
"""The longest idempotency key that every provider we know of takes (Square's limit)."""

NEVER_ARRIVED = "never_arrived"
"""Failure code of a charge that was given up because the provider never heard of its key."""


class Taking(StrEnum):
    """What a provider is asked to do with a card."""

    CHARGE = "charge"
    """Take the money at once."""
    HOLD = "hold"
    """Set it aside on the card; ``capture`` takes it, ``void`` lets it go."""
    CARD = "card"
    """Only remember the card, to be charged later without its owner."""


class ChargeOutcome(StrEnum):
    """What became of a charge, as far as is known."""

    SUCCEEDED = "succeeded"
    """The money was taken."""
    AUTHORIZED = "authorized"
    """It is set aside on the card, until ``capture_before``."""
    SAVED = "saved"
    """The card is remembered; nothing was taken."""
    ACTION_REQUIRED = "action_required"
    """Its owner has to do something first: approve it at the bank or at the provider."""
    DECLINED = "declined"
    VOIDED = "voided"
    """What was set aside, or asked for, was let go; nothing was taken."""
    UNKNOWN = "unknown"


SECURED = frozenset({ChargeOutcome.SUCCEEDED, ChargeOutcome.AUTHORIZED, ChargeOutcome.SAVED})
"""The house has what it asked for: money, a hold or a card."""
OPEN_OUTCOMES = frozenset({ChargeOutcome.UNKNOWN, ChargeOutcome.ACTION_REQUIRED})
"""Not decided yet."""


class RefundOutcome(StrEnum):
    """What became of a refund, as far as is known."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a provider, the same on every repetition: made from our payment's row.

    ``key`` is idempotent at the provider, at most ``MAX_KEY_LENGTH`` long, without personal data.
    """

    key: str
    amount: Decimal
    currency: str
    method: Mapping[str, Any]
    """As ``check_method`` returned it."""
    description: str
    """What the owner reads on a statement or an approval page."""
    taking: Taking = Taking.CHARGE
    purpose: str = ""
    """Public id of what is paid for; kept at the provider, so that both books can be compared."""
    return_url: str = ""
    """Where the owner's browser comes back to after an approval elsewhere."""
    reference: str = ""
    """The provider's id of it, once we know one."""
    off_session: bool = False
    """The owner is not there: ``method`` is what ``ChargeResult.saved`` was."""
    begun_at: dt.datetime | None = None
    """When it was first asked; a search at the provider begins here."""


@dataclass(frozen=True, slots=True)
class Action:
    """What the owner of the card has to do: go to ``url``, or let the provider's own component
    on our page finish with ``client_secret``."""

    url: str = ""
    client_secret: str = ""

    def as_json(self) -> dict[str, str]:
        """For ``Payment.action``."""
        return {"url": self.url, "client_secret": self.client_secret}


@dataclass(frozen=True, slots=True)
class ChargeResult:
    """A provider's word on one charge. A charge that succeeded can be referred to later."""

    outcome: ChargeOutcome
    reference: str = ""
    brand: str = ""
    last4: str = ""
    failure_code: str = ""
    failure_message: str = ""
    """For the guest, a whole sentence."""
    action: Action | None = None
    """With ``ACTION_REQUIRED``."""
    saved: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The ``method`` of a later off-session order; of a card that was saved, never empty."""
    capture_before: dt.datetime | None = None
    """When what is set aside goes back by itself."""
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The answer, without secrets and without anything about a person; kept for disputes."""

    def __post_init__(self) -> None:
        if self.outcome in SECURED and not self.reference:
            raise ValueError("a charge without a reference could never be refunded")
        if self.outcome is ChargeOutcome.SAVED and not self.saved:
            raise ValueError("a saved card that cannot be named could never be charged")

    @property
    def is_secured(self) -> bool:
        """Whether the house has what it asked for."""
        return self.outcome in SECURED


@dataclass(frozen=True, slots=True)
class RefundResult:
    """A provider's word on one refund. ``message`` is for staff, never shown to a guest."""

    outcome: RefundOutcome
    reference: str = ""
    message: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


class AnswerLost(Exception):
    """The provider may or may not have acted: time-out, reset connection, 409, 5xx."""


class ProviderRefused(Exception):
    """The provider refuses, and not because of the card: a revoked key, a mistake of ours.

    Its text has statuses and codes only, so it may be logged.
    """


class BadSignature(Exception):
    """A message that claims to come from a provider and does not."""


class Gateway(ABC):
    """One payment provider, or one restaurant's account with it.

    The public methods own what is the same for all: no transaction is open while a provider
    is asked, amounts travel as integers of the smallest unit, and a lost answer is a result,
    not an exception. An adapter fills in the methods that begin with an underscore and
    raises :class:`AnswerLost` in them whenever it cannot be sure. Anything else it raises is a
    mistake of ours or of the configuration (a revoked key); the row stays open for the sweep.

    Keys are idempotent at the provider: the same key never moves money twice.
    """

    name: ClassVar[str]
    takes: ClassVar[frozenset[Taking]] = frozenset(Taking)
    """What it can do with a card."""
    hold_window: ClassVar[dt.timedelta] = dt.timedelta(days=5)
    """How long before a visit money may be set aside so that it is still there that evening."""

    def check_method(self, method: Mapping[str, Any]) -> dict[str, Any]:
        """What the caller sent as a payment method, as it is stored on ``Payment.method``.

        Drops everything the charge does not need, a card number before all. Asks nobody.
        Raises :class:`~core.errors.Invalid` with a sentence for the guest.
        """
        self.refuse_unless_usable()
        return self._check_method(method)

    def charge(self, order: Order) -> ChargeResult:
        """Do what ``order`` asks; repeated with the same key, say what happened the first time.

        Never raises for what goes wrong at the provider. Raises RuntimeError inside a
        transaction and ValueError for an amount the currency cannot express.
        """
        self._before_asking()
        minor = exact_minor(order.amount, order.currency)
        try:
            return self._charge(order, minor)
        except AnswerLost:
            return ChargeResult(ChargeOutcome.UNKNOWN)

    def find_charge(self, order: Order) -> ChargeResult | None:
        """What the provider knows about ``order.key``. None: it has not heard of it (yet).

        Changes nothing at the provider, and finds it without ``order.reference``, too.
        """
        self._before_asking()
        try:
            return self._find_charge(order)
        except AnswerLost:
            return ChargeResult(ChargeOutcome.UNKNOWN)

    def resume(self, order: Order) -> ChargeResult | None:
        """Go on after the owner of the card did (or did not do) what was asked of them.

        As :meth:`find_charge`, but takes what was approved, where the provider waits for that.
        May be repeated and called at once with another: the money is taken once.
        """
        self._before_asking()
        try:
            return self._resume(order)
        except AnswerLost:
            return ChargeResult(ChargeOutcome.UNKNOWN)

    def abandon(self, order: Order) -> ChargeResult:
        """Give up what is still open: declined or voided, or what became of it after all.

        A charge the provider has not heard of, or one whose owner never approved. A provider
        that can void a key in advance does, so that a request which is still on its way is
        refused when it arrives. May be repeated.
        """
        self._before_asking()
        try:
            return self._abandon(order)
        except AnswerLost:
            return ChargeResult(ChargeOutcome.UNKNOWN)

    def capture(self, *, key: str, reference: str, amount: Decimal, currency: str) -> ChargeResult:
        """Take ``amount`` of what is set aside; the rest is let go. May be repeated.

        ``SUCCEEDED``, ``DECLINED`` (it is not there any more) or ``UNKNOWN``.
        """
        self._before_asking()
        minor = exact_minor(amount, currency)
        try:
            return self._capture(key, reference, minor, currency)
        except AnswerLost:
            return ChargeResult(ChargeOutcome.UNKNOWN)

    def void(self, *, key: str, reference: str) -> ChargeResult:
        """Let go of what is set aside, or forget a saved card. May be repeated.

        ``VOIDED``, ``SUCCEEDED`` (it was captured before) or ``UNKNOWN``.
        """
        self._before_asking()
        try:
            return self._void(key, reference)
        except AnswerLost:
            return ChargeResult(ChargeOutcome.UNKNOWN)

    def refund(
        self,
        *,
        key: str,
        charge_reference: str,
        amount: Decimal,
        currency: str,
        reference: str = "",
    ) -> RefundResult:
        """Give back ``amount`` of a charge; asked again with the same key, its present state.

        ``reference`` is the provider's id of it, once we know one: then it is only looked at, for
        providers forget keys. Never raises for what goes wrong there. Raises as :meth:`charge`.
        """
        self._before_asking()
        minor = exact_minor(amount, currency)
        try:
            known = self._find_refund(reference) if reference else None
            return known or self._refund(key, charge_reference, minor, currency)
        except AnswerLost:
            return RefundResult(RefundOutcome.UNKNOWN, message="The provider's answer was lost.")

    def movements(self, since: dt.datetime, until: dt.datetime) -> Iterator[Movement]:
        """The provider's own books between two instants, oldest or latest first.

        Raises :class:`AnswerLost`: half a list would be worse than none.
        """
        self._before_asking()
        yield from self._movements(since, until)

    def find_dispute(self, reference: str) -> Dispute | None:
        """A contested charge, by the provider's id of the dispute; raises AnswerLost."""
        self._before_asking()
        return self._find_dispute(reference)

    def read_notice(self, body: bytes, headers: Mapping[str, str], *, url: str) -> Notice:
        """Verify a message over its raw bytes and say what it is about.

        ``headers`` without regard to case; ``url`` is the public address it was sent to. Raises
        :class:`BadSignature`, also for a replay that is too old, and for a body that cannot be
        read. May ask the provider, outside of any transaction.
        """
        self._before_asking()
        return self._read_notice(body, headers, url)

    def guest_config(self) -> dict[str, str]:
        """What the provider's component on our page needs; public values only."""
        return {}

    def refuse_unless_usable(self) -> None:
        """Raise ImproperlyConfigured when this installation may not use the gateway."""
        return

    @abstractmethod
    def _check_method(self, method: Mapping[str, Any]) -> dict[str, Any]: ...

    @abstractmethod
    def _charge(self, order: Order, minor: int) -> ChargeResult: ...

    @abstractmethod
    def _find_charge(self, order: Order) -> ChargeResult | None: ...

    @abstractmethod
    def _capture(self, key: str, reference: str, minor: int, currency: str) -> ChargeResult: ...

    @abstractmethod
    def _void(self, key: str, reference: str) -> ChargeResult: ...

    @abstractmethod
    def _refund(
        self, key: str, charge_reference: str, minor: int, currency: str
    ) -> RefundResult: ...

    @abstractmethod
    def _movements(self, since: dt.datetime, until: dt.datetime) -> Iterator[Movement]: ...

    @abstractmethod
    def _read_notice(self, body: bytes, headers: Mapping[str, str], url: str) -> Notice: ...

    def _resume(self, order: Order) -> ChargeResult | None:
        return self._find_charge(order)

    def _abandon(self, order: Order) -> ChargeResult:
        return self._find_charge(order) or given_up()

    def _find_refund(self, reference: str) -> RefundResult | None:
        return None

    def _find_dispute(self, reference: str) -> Dispute | None:
        return None

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
