"""A payment provider that needs nobody: deterministic, offline, for trying out and for tests.

Its books are ``SandboxCharge`` rows. They stand for a system that is not ours, so they are
written in transactions of their own, remember keys as providers do, and are read only here.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core import clock
from payments.gateways.base import (
    Action,
    AnswerLost,
    ChargeOutcome,
    ChargeResult,
    Gateway,
    Order,
    RefundResult,
    Taking,
    given_up,
)
from payments.gateways.reports import Movement, Notice
from payments.gateways.sandbox import books, cards, notices
from payments.gateways.sandbox.books import Entry

_SECURES: Final = {
    Taking.CHARGE.value: books.SUCCEEDED,
    Taking.HOLD.value: books.AUTHORIZED,
    Taking.CARD.value: books.SAVED,
}
_PREFIX = {
    cards.REFUND_FAILS: books.CLOSED_CARD,
    cards.REFUND_PENDING: books.SLOW_REFUND,
    cards.CAPTURE_FAILS: books.NO_CAPTURE,
}


class SandboxGateway(Gateway):
    """Test cards and magic tokens, for every caller the same.

    4242 4242 4242 4242 and any other valid number succeeds, a card that ends in 0002 is
    declined, one that ends in 9995 has insufficient funds. The tokens of ``cards`` script
    failures. Moves no money, so it refuses to work unless the setting ``SANDBOX_ENABLED``
    allows it.
    """

    name = "sandbox"

    def refuse_unless_usable(self) -> None:
        """Raise ImproperlyConfigured where guests would believe that they paid."""
        if not getattr(settings, "SANDBOX_ENABLED", False):
            raise ImproperlyConfigured(
                "The sandbox gateway takes no real money and is switched off here"
                " (setting SANDBOX_ENABLED)."
            )

    def _check_method(self, method: Mapping[str, Any]) -> dict[str, Any]:
        return cards.stored_method(method)

    def _charge(self, order: Order, minor: int) -> ChargeResult:
        token = self._token_of(order)
        if token == cards.NEVER_ARRIVES:
            raise AnswerLost
        if token == cards.SLOW:
            time.sleep(getattr(settings, "SANDBOX_DELAY", 3))
        outcome = cards.decline_of(token, off_session=order.off_session)
        if not outcome and token == cards.THREE_D_SECURE and not order.off_session:
            outcome = books.ACTION
        outcome = outcome or _SECURES[order.taking.value]
        brand, last4 = cards.card_of(token)
        entry = books.write(
            key=order.key,
            reference=f"{_PREFIX.get(token, books.CHARGE)}{order.key}",
            minor=minor,
            currency=order.currency,
            outcome=outcome,
            brand=brand,
            last4=last4,
            taking=order.taking.value,
            token=token,
            captured=minor if outcome == books.SUCCEEDED else 0,
            purpose=order.purpose,
            return_url=order.return_url,
        )
        known = (entry.minor, entry.currency, entry.taking)
        if entry.outcome != books.ABANDONED and known != (
            minor,
            order.currency,
            order.taking.value,
        ):
            raise ValueError("this key was used before, for another amount")
        if token == cards.LOST_ANSWER:
            raise AnswerLost
        return _result(entry)

    def _token_of(self, order: Order) -> str:
        """The card's token; of a saved card that was let go since, one that is declined."""
        if "card" not in order.method:
            return str(order.method.get("token", ""))
        saved = books.by_reference(str(order.method["card"]))
        return saved.token if saved and saved.outcome == books.SAVED else cards.FORGOTTEN

    def _find_charge(self, order: Order) -> ChargeResult | None:
        entry = books.by_key(order.key)
        return _result(entry) if entry else None

    def _abandon(self, order: Order) -> ChargeResult:
        return _result(books.abandon(order.key))

    def _capture(self, key: str, reference: str, minor: int, currency: str) -> ChargeResult:
        entry = books.by_reference(reference)
        if entry is None or entry.currency != currency or minor > entry.minor:
            return _gone(reference)
        if entry.outcome == books.AUTHORIZED and _may_capture(entry):
            taken = books.step(
                reference, before=(books.AUTHORIZED,), to=books.SUCCEEDED, captured=minor
            )
            entry = taken or books.by_reference(reference) or entry
        if entry.outcome == books.SUCCEEDED and entry.captured == minor:
            return _result(entry)
        return _gone(reference)

    def _void(self, key: str, reference: str) -> ChargeResult:
        open_states = (books.AUTHORIZED, books.SAVED, books.ACTION)
        entry = books.step(reference, before=open_states, to=books.VOIDED)
        entry = entry or books.by_reference(reference)
        return _result(entry) if entry else ChargeResult(ChargeOutcome.VOIDED, reference)

    def _refund(self, key: str, charge_reference: str, minor: int, currency: str) -> RefundResult:
        return books.refund(key, charge_reference, minor, currency)

    def _movements(self, since: dt.datetime, until: dt.datetime) -> Iterator[Movement]:
        for kind, reference, minor, currency, purpose, at in books.moved(since, until):
            yield Movement(kind, reference, minor, currency, at, purpose)

    def _read_notice(self, body: bytes, headers: Mapping[str, str], url: str) -> Notice:
        return notices.read(body, headers)


def decide(reference: str, *, approve: bool) -> Entry | None:
    """What the owner of a card says on the bank's page; None for a charge nobody knows.

    The first word counts: of a charge that is not waiting any more, its state is returned.
    """
    entry = books.by_reference(reference)
    if entry is None:
        return None
    to = _SECURES[entry.taking] if approve else "authentication_failed"
    captured = entry.minor if to == books.SUCCEEDED else 0
    decided = books.step(reference, before=(books.ACTION,), to=to, captured=captured)
    return decided or books.by_reference(reference)


def _may_capture(entry: Entry) -> bool:
    is_there = not entry.reference.startswith(books.NO_CAPTURE)
    return is_there and clock.now() < entry.at + books.HOLD_LASTS


def _gone(reference: str) -> ChargeResult:
    return ChargeResult(
        ChargeOutcome.DECLINED,
        reference,
        failure_code="not_set_aside",
        failure_message="The money is not set aside on the card any more.",
    )


def _result(entry: Entry) -> ChargeResult:
    if entry.outcome == books.ABANDONED:
        return given_up()
    return replace(_plain(entry), brand=entry.brand, last4=entry.last4)


def _plain(entry: Entry) -> ChargeResult:
    if entry.outcome == books.SUCCEEDED:
        return ChargeResult(ChargeOutcome.SUCCEEDED, entry.reference)
    if entry.outcome == books.AUTHORIZED:
        until = entry.at + books.HOLD_LASTS
        return ChargeResult(ChargeOutcome.AUTHORIZED, entry.reference, capture_before=until)
    if entry.outcome == books.SAVED:
        saved = {"card": entry.reference}
        return ChargeResult(ChargeOutcome.SAVED, entry.reference, saved=saved)
    if entry.outcome == books.VOIDED:
        return ChargeResult(ChargeOutcome.VOIDED, entry.reference)
    if entry.outcome == books.ACTION:
        url = f"{settings.PUBLIC_URL}/sandbox/bank/{quote(entry.reference)}/"
        return ChargeResult(ChargeOutcome.ACTION_REQUIRED, entry.reference, action=Action(url=url))
    return ChargeResult(
        ChargeOutcome.DECLINED,
        entry.reference,
        failure_code=entry.outcome,
        failure_message=cards.DECLINES[entry.outcome],
    )
