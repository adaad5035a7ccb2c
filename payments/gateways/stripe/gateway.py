"""The Stripe adapter.

Every object is made under our key and carries it in its metadata, so that it is found again by
the list, which is up to date at once (Stripe's search is not). Answers become plain dictionaries
here and are read in ``answers``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

import stripe
from django.core.exceptions import ImproperlyConfigured

from core import clock
from payments.gateways.base import (
    AnswerLost,
    ChargeOutcome,
    ChargeResult,
    Gateway,
    Order,
    RefundOutcome,
    RefundResult,
    Taking,
)
from payments.gateways.reports import Dispute, Movement, Notice
from payments.gateways.stripe import answers, orders, sentences
from payments.gateways.stripe.amounts import to_stripe
from payments.gateways.stripe.answers import Answer
from payments.gateways.stripe.client import asking, error_object, is_missing, make_client
from payments.gateways.stripe.notices import read_notice

_CLOCKS_DIFFER: Final = dt.timedelta(minutes=5)
_WITHOUT_A_BEGINNING: Final = dt.timedelta(days=1)
_PAGE: Final = 100
_CHARGE: Final = ["latest_charge"]
_METHOD: Final = ["payment_method"]
_BEHIND_A_PAGE: Final = ["payment_intent.latest_charge", "setup_intent.payment_method"]
_TOKENS: Final = frozenset({"confirmation_token", "payment_method"})
"""Parameters that come from the browser: an error about them is not ours."""


class StripeGateway(Gateway):
    """One restaurant's account with Stripe.

    Two ways lead to a charge in the guest's presence: the Payment Element on our page (a token of
    the browser's, confirmed here at once) and Stripe's hosted page. Cards are kept as a Setup
    Intent with a customer of their own, who has no name.
    """

    name = "stripe"

    def __init__(
        self,
        *,
        publishable_key: str = "",
        secret_key: str = "",
        webhook_secrets: Iterable[str] = (),
        is_test: bool = True,
    ) -> None:
        """``webhook_secrets``: all that count at the moment; two while one is replaced."""
        self._publishable_key = publishable_key
        self._secret_key = secret_key
        given = [webhook_secrets] if isinstance(webhook_secrets, str) else webhook_secrets
        self._webhook_secrets = tuple(given)
        self._is_test = is_test

    def guest_config(self) -> dict[str, str]:
        """The key that Stripe.js needs; it can only make tokens."""
        return {"publishable_key": self._publishable_key}

    def refuse_unless_usable(self) -> None:
        """Raise ImproperlyConfigured without a key, or with one of the other mode: a house that
        believes to be in test mode must not take real money, nor the other way round.
        """
        if not self._secret_key:
            raise ImproperlyConfigured("This Stripe account has no secret key.")
        if ("_test_" in self._secret_key[:8]) is not self._is_test:
            raise ImproperlyConfigured(
                "The secret key of this Stripe account is not of the mode the account is in."
            )

    @cached_property
    def _api(self) -> Any:
        return make_client(self._secret_key).v1

    def _check_method(self, method: Mapping[str, Any]) -> dict[str, Any]:
        return orders.checked_method(method)

    # --- charging -------------------------------------------------------------------------------

    def _charge(self, order: Order, minor: int) -> ChargeResult:
        to_stripe(minor, order.currency)
        if order.reference and (made := self._lookup(order)) is not None:
            # A repetition by its key would tell what the answer was then.
            return answers.read(made, method=order.method)
        try:
            with asking():
                return answers.read(self._make(order), method=order.method)
        except stripe.IdempotencyError:
            return self._made_before(order)
        except stripe.CardError as error:
            body = error_object(error)
            return answers.declined(body, body.get("payment_intent") or body.get("setup_intent"))
        except stripe.InvalidRequestError as error:
            if error.param not in _TOKENS:
                raise
            return answers.declined({"code": sentences.UNUSABLE})

    def _make(self, order: Order) -> Answer:
        """The object that stands for ``order``; the same key makes it once."""
        key = {"idempotency_key": order.key}
        customer = ""
        if order.taking is Taking.CARD:
            customer = self._api.customers.create(
                {"metadata": orders.metadata(order)}, {"idempotency_key": f"{order.key}:cus"}
            ).id
        if orders.is_page(order):
            return _plain(self._api.checkout.sessions.create(orders.page(order, customer), key))
        confirmation = orders.confirmation(order)
        if order.taking is Taking.CARD:
            params = {**orders.setup(order, customer), **confirmation}
            return _plain(self._api.setup_intents.create(params, key))
        params = {**orders.payment(order), **confirmation}
        return _plain(self._api.payment_intents.create(params, key))

    def _made_before(self, order: Order) -> ChargeResult:
        """The key was used with other words: with another way back, or to give the order up."""
        found = self._lookup(replace(order, reference=""))
        if found is None:
            raise AnswerLost
        asked = orders.payment(order)
        if found["object"] == "payment_intent" and any(
            found[name] != asked[name] for name in ("amount", "currency")
        ):
            raise ValueError("this key was used before, for another amount")
        return answers.read(found, method=order.method)

    # --- finding out ----------------------------------------------------------------------------

    def _find_charge(self, order: Order) -> ChargeResult | None:
        found = self._lookup(order)
        return None if found is None else answers.read(found, method=order.method)

    def _resume(self, order: Order) -> ChargeResult | None:
        """After a decline the intent is closed: whoever has its secret could still pay it."""
        found = self._lookup(order)
        if found is None:
            return None
        result = answers.read(found, method=order.method)
        is_open = found["object"] != answers.SESSION and found["status"] in answers.CANCELABLE
        if result.outcome is ChargeOutcome.DECLINED and is_open:
            return self._call_off(found, order)
        return result

    def _lookup(self, order: Order) -> Answer | None:
        """The object of an order, by its id or by our key in its metadata."""
        with asking():
            found = self._retrieve(order.reference) if order.reference else self._search(order)
        if found is None or found["object"] != answers.SESSION:
            return found
        return answers.follow(found)

    def _retrieve(self, reference: str) -> Answer | None:
        kind, expand = {
            "cs": (self._api.checkout.sessions, _BEHIND_A_PAGE),
            "seti": (self._api.setup_intents, _METHOD),
        }.get(reference.partition("_")[0], (self._api.payment_intents, _CHARGE))
        try:
            return _plain(kind.retrieve(reference, {"expand": expand}))
        except stripe.InvalidRequestError as error:
            if is_missing(error):
                return None
            raise

    def _search(self, order: Order) -> Answer | None:
        """A hosted page before its intent: the same key is on both, and on an intent that only
        takes up the key of a page that never came.
        """
        kinds = [(self._api.payment_intents, _CHARGE)]
        if order.taking is Taking.CARD:
            kinds = [(self._api.setup_intents, _METHOD)]
        if orders.is_page(order):
            kinds.insert(0, (self._api.checkout.sessions, _BEHIND_A_PAGE))
        begun = order.begun_at or clock.now() - _WITHOUT_A_BEGINNING
        created = {"gte": int((begun - _CLOCKS_DIFFER).timestamp())}
        for kind, expand in kinds:
            paths = [f"data.{path}" for path in expand]
            listed = kind.list({"created": created, "limit": _PAGE, "expand": paths})
            if (found := _ours(listed, order.key)) is not None:
                return found
        return None

    # --- giving up ------------------------------------------------------------------------------

    def _abandon(self, order: Order) -> ChargeResult:
        found = self._lookup(order)
        return self._take_up_key(order) if found is None else self._call_off(found, order)

    def _take_up_key(self, order: Order) -> ChargeResult:
        """Make an intent under the order's key that nobody can pay, and cancel it.

        A request that is still on its way comes with the same key and other words, and Stripe
        refuses it. A hosted page that arrives late hurts nobody: its address is known to no one.
        """
        told = {**orders.metadata(order), answers.GIVEN_UP: "yes"}
        key = {"idempotency_key": order.key}
        try:
            with asking():
                if order.taking is Taking.CARD:
                    made = self._api.setup_intents.create({"metadata": told}, key)
                else:
                    params = {**orders.payment(order), "metadata": told}
                    made = self._api.payment_intents.create(params, key)
        except stripe.IdempotencyError as error:
            # It arrived after all, a moment ago.
            found = self._lookup(replace(order, reference=""))
            if found is None:
                raise AnswerLost from error
            return self._call_off(found, order)
        return self._call_off(_plain(made), order)

    def _call_off(self, found: Answer, order: Order) -> ChargeResult:
        """Close what is open; else, or if that came too late, what became of it."""
        decline = answers.read(found, method=order.method)
        if found["object"] == answers.SESSION:
            is_open = found["status"] == "open"
        else:
            is_open = found["status"] in answers.CANCELABLE
        if not is_open:
            return decline
        try:
            with asking():
                self._close(found)
        except stripe.InvalidRequestError:
            pass  # It was paid or closed at this moment: what it is now counts.
        now = self._lookup(replace(order, reference=str(found["id"])))
        if now is None or now["status"] in (*answers.CANCELABLE, "open"):
            raise AnswerLost
        result = answers.read(now, method=order.method)
        is_void = result.outcome is ChargeOutcome.VOIDED
        return decline if is_void and decline.outcome is ChargeOutcome.DECLINED else result

    def _close(self, found: Answer) -> None:
        if found["object"] == answers.SESSION:
            self._api.checkout.sessions.expire(found["id"])
        elif found["object"] == answers.SETUP:
            self._api.setup_intents.cancel(found["id"], {"cancellation_reason": "abandoned"})
        else:
            self._api.payment_intents.cancel(found["id"], {"cancellation_reason": "abandoned"})

    # --- what is set aside ----------------------------------------------------------------------

    def _capture(self, key: str, reference: str, minor: int, currency: str) -> ChargeResult:
        params = {"amount_to_capture": to_stripe(minor, currency), "expand": _CHARGE}
        refusal: stripe.StripeError | None = None
        now: Answer | None
        with asking():
            try:
                now = _plain(
                    self._api.payment_intents.capture(reference, params, {"idempotency_key": key})
                )
            except (stripe.InvalidRequestError, stripe.CardError) as error:
                refusal, now = error, self._retrieve(reference)
        if now is None or now["status"] == "canceled":
            return answers.declined({"code": sentences.GONE}, now)
        if now["status"] == "requires_capture":
            # Still there and yet refused: more than was set aside, or a capability we lack.
            raise refusal or AnswerLost
        return answers.read(now)

    def _void(self, key: str, reference: str) -> ChargeResult:
        """Needs no key: what is cancelled or detached already stays so."""
        with asking():
            if reference.startswith("seti_"):
                return self._forget_card(reference)
            try:
                now = _plain(self._api.payment_intents.cancel(reference, {"expand": _CHARGE}))
            except stripe.InvalidRequestError:
                found = self._retrieve(reference)
                if found is None:
                    raise
                now = found
        result = answers.read(now)
        if result.outcome in (ChargeOutcome.VOIDED, ChargeOutcome.SUCCEEDED):
            return result
        if result.outcome is ChargeOutcome.DECLINED:
            return replace(result, outcome=ChargeOutcome.VOIDED)
        raise AnswerLost

    def _forget_card(self, reference: str) -> ChargeResult:
        found = self._retrieve(reference)
        if found is None:
            raise LookupError(f"Stripe knows no saved card {reference}")
        method = answers.read(found).saved.get("payment_method")
        try:
            if method:
                self._api.payment_methods.detach(method)
        except stripe.InvalidRequestError:
            pass  # It is not attached any more.
        return ChargeResult(ChargeOutcome.VOIDED, reference, raw=answers.redacted(found))

    # --- refunds --------------------------------------------------------------------------------

    def _refund(self, key: str, charge_reference: str, minor: int, currency: str) -> RefundResult:
        """Looked for first: an idempotent repetition would tell the state of the first hour."""
        amount = to_stripe(minor, currency)
        params = {
            "payment_intent": charge_reference,
            "amount": amount,
            "metadata": {"key": key},
        }
        try:
            with asking():
                made = _ours(self._refunds_of(charge_reference), key) or _plain(
                    self._api.refunds.create(params, {"idempotency_key": key})
                )
        except stripe.InvalidRequestError as error:
            if error.code == "charge_already_refunded":
                return self._refunded_elsewhere(charge_reference, amount, error)
            return _refused(error)
        except stripe.CardError as error:
            return _refused(error)
        return answers.read_refund(made)

    def _refunds_of(self, charge_reference: str) -> Any:
        return self._api.refunds.list({"payment_intent": charge_reference, "limit": _PAGE})

    def _refunded_elsewhere(
        self, charge_reference: str, amount: int, error: stripe.StripeError
    ) -> RefundResult:
        """Somebody gave the money back in Stripe's own pages: then ours is done as well."""
        with asking():
            refunds = [
                _plain(refund) for refund in self._refunds_of(charge_reference).auto_paging_iter()
            ]
        others = [
            refund
            for refund in refunds
            if refund["status"] not in ("failed", "canceled") and not _key(refund)
        ]
        if sum(int(refund["amount"]) for refund in others) < amount:
            return _refused(error)
        return replace(answers.read_refund(others[0]), outcome=RefundOutcome.SUCCEEDED)

    # --- the provider's books and messages ------------------------------------------------------

    def _movements(self, since: dt.datetime, until: dt.datetime) -> Iterator[Movement]:
        created = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        with asking():
            lines = self._api.balance_transactions.list(
                {"created": created, "limit": _PAGE, "expand": ["data.source"]}
            )
            for line in lines.auto_paging_iter():
                movement = answers.read_movement(_plain(line))
                if movement is not None:
                    yield movement

    def _find_dispute(self, reference: str) -> Dispute | None:
        try:
            with asking():
                return answers.read_dispute(_plain(self._api.disputes.retrieve(reference)))
        except stripe.InvalidRequestError as error:
            if is_missing(error):
                return None
            raise

    def _read_notice(self, body: bytes, headers: Mapping[str, str], url: str) -> Notice:
        return read_notice(body, headers, self._webhook_secrets)


def _plain(found: Any) -> Answer:
    plain: dict[str, Any] = found.to_dict()
    return plain


def _key(found: Answer) -> str:
    return str((found.get("metadata") or {}).get("key") or "")


def _ours(found: Any, key: str) -> Answer | None:
    """The object of a list that carries our key, from whichever page."""
    return next((one for one in map(_plain, found.auto_paging_iter()) if _key(one) == key), None)


def _refused(error: stripe.StripeError) -> RefundResult:
    return RefundResult(
        RefundOutcome.FAILED,
        message=str(error.user_message or "Stripe refused the refund."),
        raw={"error": answers.redacted(error_object(error))},
    )
