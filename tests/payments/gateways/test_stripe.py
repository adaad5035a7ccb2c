"""Stripe, judged by the request schema of the very version of its library that is pinned."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import stripe
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation

from core import clock
from core.errors import Invalid
from payments.gateways.base import (
    ChargeOutcome,
    ChargeResult,
    Gateway,
    Order,
    RefundOutcome,
    Taking,
)
from payments.gateways.stripe import StripeGateway, answers, sentences
from tests.payments.gateways.judge import sample
from tests.payments.gateways.stripe_account import StripeAccount, error, make_gateway

NOW = clock.now()
BACK = "https://couvert.test/hold/hold_1/"


@pytest.fixture
def account(stripe_account: StripeAccount) -> StripeAccount:
    return stripe_account


@pytest.fixture
def gateway(account: StripeAccount, db: None) -> Gateway:
    return make_gateway()


def order(method: dict[str, Any], **changes: Any) -> Order:
    facts: dict[str, Any] = {
        "key": "deposit:hold_1:0",
        "amount": Decimal("50.00"),
        "currency": "USD",
        "method": method,
        "description": "Deposit for Bella Notte",
        "purpose": "hold_1",
        "return_url": BACK,
        "begun_at": clock.now(),
    }
    return Order(**(facts | changes))


VISA: dict[str, Any] = {"token": "ctoken_visa"}

# --- what is sent ---------------------------------------------------------------------------------


def test_a_deposit_is_one_intent_confirmed_at_once(
    gateway: Gateway, account: StripeAccount
) -> None:
    result = gateway.charge(order(VISA))
    assert (result.outcome, result.brand, result.last4) == ("succeeded", "Visa", "4242")
    (call,) = account.judge.calls
    assert call.headers["Idempotency-Key"] == "deposit:hold_1:0"
    assert call.headers["Stripe-Version"] == "2026-10-28.endive"
    assert call.body == {
        "amount": 5000,
        "currency": "usd",
        "description": "Deposit for Bella Notte",
        "metadata": {"key": "deposit:hold_1:0", "purpose": "hold_1"},
        "automatic_payment_methods": {"enabled": True},
        "expand": ["latest_charge"],
        "confirm": True,
        "confirmation_token": "ctoken_visa",
        "return_url": BACK,
    }


def test_without_a_way_back_no_method_is_taken_that_needs_one(
    gateway: Gateway, account: StripeAccount
) -> None:
    gateway.charge(order({"token": "pm_card_visa"}, return_url=""))
    body = account.judge.calls[0].body
    assert body["automatic_payment_methods"] == {"enabled": True, "allow_redirects": "never"}
    assert "return_url" not in body


def test_a_hold_is_captured_by_hand_and_says_until_when(
    gateway: Gateway, account: StripeAccount
) -> None:
    before = int(clock.now().timestamp())
    held = gateway.charge(order(VISA, taking=Taking.HOLD))
    assert account.judge.calls[0].body["capture_method"] == "manual"
    assert held.capture_before is not None
    asked = held.capture_before.timestamp() - 7 * 86400
    assert before <= asked <= clock.now().timestamp()


def test_a_card_on_file_has_a_nameless_customer_and_is_charged_off_session(
    gateway: Gateway, account: StripeAccount
) -> None:
    saved = gateway.charge(order(VISA, taking=Taking.CARD))
    customer, setup = account.judge.posts("/v1/customers")[0], account.judge.calls[1]
    assert customer.body == {"metadata": {"key": "deposit:hold_1:0", "purpose": "hold_1"}}
    assert customer.headers["Idempotency-Key"] == "deposit:hold_1:0:cus"
    assert (setup.route, setup.body["usage"]) == ("/v1/setup_intents", "off_session")
    assert set(saved.saved) == {"payment_method", "customer"}
    fee = order(dict(saved.saved), key="fee", off_session=True)
    assert gateway.charge(fee).outcome is ChargeOutcome.SUCCEEDED
    body = account.judge.posts("/v1/payment_intents")[0].body
    assert (body["off_session"], body["customer"]) == (True, saved.saved["customer"])


def test_a_saved_card_whose_bank_wants_its_owner_is_declined(
    gateway: Gateway, account: StripeAccount
) -> None:
    saved = gateway.charge(order(VISA, taking=Taking.CARD))
    account.things[saved.saved["payment_method"]]["fate"] = "ask"
    fee = order(dict(saved.saved), key="fee", off_session=True)
    for result in (gateway.charge(fee), gateway.charge(fee), gateway.find_charge(fee)):
        assert result is not None
        assert (result.outcome, result.failure_code) == ("declined", "authentication_required")
    given_up = gateway.resume(fee)
    assert given_up is not None
    assert given_up.outcome is ChargeOutcome.DECLINED
    assert account.things[given_up.reference]["status"] == "canceled"


@pytest.mark.parametrize("taking", list(Taking))
def test_a_hosted_page_leads_to_its_intent(
    gateway: Gateway, account: StripeAccount, taking: Taking
) -> None:
    asked = order({"type": "checkout"}, taking=taking, begun_at=NOW)
    page = gateway.charge(asked)
    assert page.outcome is ChargeOutcome.ACTION_REQUIRED
    assert page.action is not None
    assert page.action.url == "https://checkout.stripe.com/c/pay/cs_test_1"
    assert page.action.client_secret == ""
    body = account.judge.posts("/v1/checkout/sessions")[0].body
    assert (body["success_url"], body["cancel_url"]) == (BACK, BACK)
    assert body["expires_at"] == int((NOW + dt.timedelta(hours=1)).timestamp())
    account.finish_page(page.reference)
    found = gateway.find_charge(asked)
    assert found == gateway.resume(replace(asked, reference=page.reference))
    assert found is not None
    expected = {"charge": "succeeded", "hold": "authorized", "card": "saved"}
    assert found.outcome == expected[taking]
    assert found.reference.startswith("seti_" if taking is Taking.CARD else "pi_")


def test_a_hosted_page_stays_open_after_a_decline_and_closes_when_given_up(
    gateway: Gateway, account: StripeAccount
) -> None:
    asked = order({"type": "checkout"})
    page = gateway.charge(asked)
    account.finish_page(page.reference, "pm_card_insufficient")
    waiting = gateway.resume(asked)
    assert waiting is not None
    assert (waiting.outcome, waiting.reference) == ("action_required", page.reference)
    assert gateway.abandon(asked).outcome is ChargeOutcome.VOIDED
    assert account.things[page.reference]["status"] == "expired"


def test_a_hosted_page_needs_a_way_back(gateway: Gateway) -> None:
    with pytest.raises(ValueError, match="come back"):
        gateway.charge(order({"type": "checkout"}, return_url=""))


def test_a_page_of_the_caller_confirms_with_the_client_secret(
    gateway: Gateway, account: StripeAccount
) -> None:
    asked = gateway.charge(order({}))
    assert asked.action is not None
    assert asked.action.client_secret == "pi_secret_x"
    assert "confirm" not in account.judge.calls[0].body
    # The guest may try another card there, until the payment is called off.
    account.refuse(asked.reference)
    waiting = gateway.resume(order({}))
    assert waiting is not None
    assert waiting.outcome is ChargeOutcome.ACTION_REQUIRED
    assert gateway.abandon(order({})).outcome is not ChargeOutcome.SUCCEEDED
    assert account.things[asked.reference]["status"] == "canceled"


def test_a_bank_elsewhere_is_an_address_to_go_to(gateway: Gateway) -> None:
    asked = gateway.charge(order({"token": "ctoken_redirect"}))
    assert asked.action is not None
    assert asked.action.url == "https://hooks.stripe.com/3ds/1"


def test_a_payment_that_is_being_processed_is_unknown(gateway: Gateway) -> None:
    assert gateway.charge(order({"token": "ctoken_slow"})).outcome is ChargeOutcome.UNKNOWN
    found = gateway.abandon(order({"token": "ctoken_slow"}))
    assert found.outcome is ChargeOutcome.UNKNOWN


def test_after_a_failed_approval_nobody_can_pay_the_intent_any_more(
    gateway: Gateway, account: StripeAccount
) -> None:
    asked = gateway.charge(order({"token": "ctoken_3ds"}))
    account.refuse(asked.reference)
    refused = gateway.resume(order({"token": "ctoken_3ds"}))
    assert refused is not None
    assert refused.failure_code == "payment_intent_authentication_failure"
    assert refused.failure_message == "Your bank could not confirm that it is you."
    assert account.things[asked.reference]["status"] == "canceled"


# --- keys and lost answers ------------------------------------------------------------------------


def test_the_same_key_with_another_way_back_is_the_same_charge(gateway: Gateway) -> None:
    first = gateway.charge(order(VISA))
    assert gateway.charge(order(VISA, return_url="https://couvert.test/else/")) == first


def test_a_key_that_is_used_for_another_amount_is_a_mistake_of_ours(gateway: Gateway) -> None:
    gateway.charge(order(VISA))
    with pytest.raises(ValueError, match="another amount"):
        gateway.charge(order(VISA, amount=Decimal(60)))


@pytest.mark.parametrize("taking", list(Taking))
def test_a_request_that_arrives_after_it_was_given_up_is_refused_by_its_key(
    gateway: Gateway, account: StripeAccount, taking: Taking
) -> None:
    asked = order(VISA, taking=taking)
    assert gateway.abandon(asked).failure_code == "never_arrived"
    late = gateway.charge(asked)
    assert (late.outcome, late.failure_code) == ("declined", "never_arrived")
    intents = [thing for thing in account.things.values() if thing["object"].endswith("_intent")]
    assert [thing["status"] for thing in intents] == ["canceled"]


def test_a_charge_that_arrives_while_it_is_given_up_is_found(
    gateway: Gateway, account: StripeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = [None]
    real = StripeGateway._search

    def search(self: StripeGateway, asked: Order) -> Any:
        return searches.pop() if searches else real(self, asked)

    taken = gateway.charge(order(VISA))
    monkeypatch.setattr(StripeGateway, "_search", search)
    assert gateway.abandon(order(VISA)) == taken


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (409, error(409, "invalid_request_error", "in use", "idempotency_key_in_use")[1]),
        (429, error(429, "invalid_request_error", "too many", "rate_limit")[1]),
        (500, error(500, "api_error", "oops")[1]),
        (503, {}),
    ],
)
def test_an_answer_that_says_nothing_is_a_lost_one(
    gateway: Gateway, account: StripeAccount, status: int, body: dict[str, Any]
) -> None:
    held = gateway.charge(order(VISA, key="h", taking=Taking.HOLD))
    money: dict[str, Any] = {"amount": Decimal(1), "currency": "USD"}
    with account.judge.answering(status, body):
        results = [
            gateway.charge(order(VISA)),
            gateway.abandon(order(VISA)),
            gateway.capture(key="c", reference=held.reference, **money),
            gateway.void(key="v", reference=held.reference),
        ]
        refund = gateway.refund(key="r", charge_reference=held.reference, **money)
    assert {result.outcome for result in results} == {ChargeOutcome.UNKNOWN}
    assert refund.outcome is RefundOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, stripe.AuthenticationError), (403, stripe.PermissionError)],
)
def test_a_revoked_key_is_a_mistake_of_the_configuration(
    gateway: Gateway, account: StripeAccount, status: int, expected: type[Exception]
) -> None:
    body = error(status, "invalid_request_error", "Invalid API Key")[1]
    with account.judge.answering(status, body), pytest.raises(expected):
        gateway.charge(order(VISA))


def test_words_that_stripe_does_not_take_are_a_mistake_of_ours(
    gateway: Gateway, account: StripeAccount
) -> None:
    body = error(400, "invalid_request_error", "Too small", "amount_too_small", "amount")[1]
    with account.judge.answering(400, body), pytest.raises(stripe.InvalidRequestError):
        gateway.charge(order(VISA))


@pytest.mark.parametrize("token", ["ctoken_of_somebody_else", "pm_of_somebody_else"])
def test_a_token_that_stripe_does_not_know_is_a_decline(gateway: Gateway, token: str) -> None:
    result = gateway.charge(order({"token": token}))
    assert (result.outcome, result.failure_code) == ("declined", "payment_method_unusable")


def test_nobody_answers_within_ten_seconds(gateway: Gateway) -> None:
    client = gateway._api._requestor._client  # type: ignore[attr-defined]
    assert client._timeout == 10
    assert gateway._api._requestor._options.max_network_retries == 2  # type: ignore[attr-defined]


# --- declines -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "code", "sentence"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "Your card was declined."),
        ("pm_card_insufficient", "insufficient_funds", "Your card has insufficient funds."),
        # The guest is not told what the bank thinks of them.
        ("pm_card_stolen", "card_declined", "Your card was declined."),
    ],
)
def test_a_decline_says_what_a_guest_may_know(
    gateway: Gateway, token: str, code: str, sentence: str
) -> None:
    result = gateway.charge(order({"token": token}))
    assert (result.failure_code, result.failure_message) == (code, sentence)
    assert result.last4 == "4242"
    assert gateway.find_charge(order({"token": token})) == result


def test_staff_find_the_banks_reason_in_the_answer_that_is_kept(gateway: Gateway) -> None:
    result = gateway.charge(order({"token": "pm_card_stolen"}))
    assert result.raw["error"]["decline_code"] == "stolen_card"


def test_every_sentence_is_whole_and_in_the_guests_language() -> None:
    for code in [*sentences._SENTENCES, "unheard_of"]:
        assert sentences.sentence_of(code).endswith(".")
    with translation.override("fr"):
        assert sentences.sentence_of("expired_card") != "Your card has expired."


# --- refunds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("succeeded", RefundOutcome.SUCCEEDED),
        ("pending", RefundOutcome.PENDING),
        ("requires_action", RefundOutcome.PENDING),
        ("failed", RefundOutcome.FAILED),
        ("canceled", RefundOutcome.FAILED),
    ],
)
def test_a_refund_asked_again_tells_its_present_state(
    gateway: Gateway, account: StripeAccount, status: str, outcome: RefundOutcome
) -> None:
    charge = gateway.charge(order(VISA))
    account.refund_status = "pending"
    assert refund(gateway, charge, "r1", "30").outcome is RefundOutcome.PENDING
    (made,) = [thing for thing in account.things.values() if thing["object"] == "refund"]
    made["status"] = status
    assert refund(gateway, charge, "r1", "30").outcome is outcome
    assert len(account.judge.posts("/v1/refunds")) == 1


def test_money_that_staff_gave_back_at_stripe_is_given_back(
    gateway: Gateway, account: StripeAccount
) -> None:
    charge = gateway.charge(order(VISA))
    account._refund({"payment_intent": charge.reference, "amount": 5000})
    done = refund(gateway, charge, "r1", "50")
    assert (done.outcome, done.reference[:3]) == (RefundOutcome.SUCCEEDED, "re_")


def test_more_than_was_taken_is_not_given_back(gateway: Gateway) -> None:
    charge = gateway.charge(order(VISA))
    refund(gateway, charge, "r1", "50")
    over = refund(gateway, charge, "r2", "10")
    assert (over.outcome, over.message) == (RefundOutcome.FAILED, "Already")


def refund(gateway: Gateway, charge: ChargeResult, key: str, amount: str) -> Any:
    return gateway.refund(
        key=key, charge_reference=charge.reference, amount=Decimal(amount), currency="USD"
    )


def test_more_than_was_set_aside_is_a_mistake_of_ours(gateway: Gateway) -> None:
    held = gateway.charge(order(VISA, taking=Taking.HOLD))
    with pytest.raises(stripe.InvalidRequestError):
        gateway.capture(key="c", reference=held.reference, amount=Decimal(51), currency="USD")


def test_nothing_that_stripe_does_not_know_is_let_go(gateway: Gateway) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        gateway.void(key="v", reference="pi_nobody")
    with pytest.raises(LookupError):
        gateway.void(key="v", reference="seti_nobody")
    late = gateway.capture(key="c", reference="pi_nobody", amount=Decimal(1), currency="USD")
    assert (late.outcome, late.failure_code) == ("declined", "not_set_aside")


# --- books and disputes ---------------------------------------------------------------------------


def test_a_refund_that_failed_moved_nothing(gateway: Gateway, account: StripeAccount) -> None:
    charge = gateway.charge(order(VISA))
    account.refund_status = "failed"
    refund(gateway, charge, "r1", "10")
    now = clock.now()
    lines = gateway.movements(now - dt.timedelta(hours=1), now + dt.timedelta(hours=1))
    assert [line.kind for line in lines] == ["charge"]


def test_fees_and_payouts_are_none_of_our_movements(
    gateway: Gateway, account: StripeAccount
) -> None:
    account.new("balance_transaction", "txn", type="payout", source="po_1")
    account.new("balance_transaction", "txn", type="stripe_fee", source=None)
    now = clock.now()
    assert list(gateway.movements(now - dt.timedelta(hours=1), now + dt.timedelta(hours=1))) == []


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("needs_response", "needs_response"),
        ("warning_needs_response", "needs_response"),
        ("under_review", "under_review"),
        ("warning_under_review", "under_review"),
        ("won", "won"),
        ("warning_closed", "won"),
        ("prevented", "won"),
        ("lost", "lost"),
    ],
)
def test_a_dispute_stands_as_stripe_says(
    gateway: Gateway, account: StripeAccount, theirs: str, ours: str
) -> None:
    charge = gateway.charge(order(VISA))
    reference = account.contest(charge.reference)
    account.things[reference]["status"] = theirs
    dispute = gateway.find_dispute(reference)
    assert dispute is not None
    assert (dispute.status, dispute.due_by) == (
        ours,
        dt.datetime(2024, 8, 14, 23, 59, 59, tzinfo=dt.UTC),
    )


def test_a_dispute_nobody_knows_is_none(gateway: Gateway) -> None:
    assert gateway.find_dispute("du_nobody") is None
    assert gateway.find_charge(order(VISA, reference="pi_nobody")) is None


# --- what is kept, and which key ------------------------------------------------------------------


def test_what_is_kept_of_an_answer_is_chosen_name_by_name() -> None:
    everything = {
        **sample("stripe-fixtures3.json")["resources"]["payment_intent"],
        "latest_charge": sample("stripe-fixtures3.json")["resources"]["charge"],
        "receipt_email": "ada@example.org",
        "metadata": {"key": "k", "purpose": "hold_1", "name": "Ada"},
    }
    text = json.dumps(answers.redacted(everything))
    for secret in ("_secret_", "Jenny", "@", "fingerprint", "Ada", "receipts", "description"):
        assert secret not in text
    assert answers.redacted(everything)["latest_charge"]["payment_method_details"]["card"] == {
        "brand": "visa",
        "last4": "4242",
    }


@pytest.mark.parametrize(
    ("key", "is_test"), [("sk_live_1", True), ("sk_test_1", False), ("rk_live_1", True), ("", True)]
)
def test_a_key_of_the_other_mode_is_not_used(key: str, is_test: bool) -> None:
    gateway = make_gateway(secret_key=key, is_test=is_test)
    with pytest.raises(ImproperlyConfigured, match="secret key"):
        gateway.check_method(VISA)


def test_the_page_gets_the_publishable_key_only() -> None:
    assert make_gateway().guest_config() == {"publishable_key": "pk_test_1"}


def test_a_saved_card_is_never_named_by_a_caller() -> None:
    with pytest.raises(Invalid):
        make_gateway().check_method({"payment_method": "pm_1", "customer": "cus_1"})
