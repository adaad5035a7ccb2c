"""A pretended Stripe account: Stripe's own sample objects, with the state a test needs.

Knows what the adapter relies on: keys that repeat an answer and refuse other words, lists with the
newest first, the statuses of intents, pages and refunds, and error bodies as documented. Test
payment methods are named as Stripe names them.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any

from core import clock
from core.secrets import encrypt
from payments.gateways.stripe import StripeGateway
from payments.models import ProviderAccount
from restaurants.models import Restaurant
from tests.payments.gateways.judge import Judge, Reply, Request, sample

SCHEMA = "stripe-requests-2026-10-28.json"
WEBHOOK_SECRET = "whsec_new"
VISA = {"brand": "visa", "last4": "4242"}
CARDS: dict[str, str] = {
    "pm_card_visa": "",
    "pm_card_visa_chargeDeclined": "generic_decline",
    "pm_card_insufficient": "insufficient_funds",
    "pm_card_stolen": "stolen_card",
    "pm_card_authenticationRequired": "ask",
    "ctoken_visa": "",
    "ctoken_declined": "generic_decline",
    "ctoken_3ds": "ask",
    "ctoken_redirect": "redirect",
    "ctoken_slow": "processing",
}
"""What becomes of a charge by its payment method: nothing special, a decline code, …"""

Thing = dict[str, Any]


class StripeAccount:
    """The books, and the server over them; ``judge`` has what was asked."""

    def __init__(self) -> None:
        self.fixtures = _samples()
        self.things: dict[str, Thing] = {}
        self.secrets: dict[str, str] = {}
        self.kept: dict[str, tuple[str, str, Reply]] = {}
        self.refund_status = "succeeded"
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self.judge = Judge((SCHEMA,), self.answer)

    def answer(self, request: Request) -> Reply:
        """One call; the same key and words give the same answer, other words an error."""
        with self._lock:
            key = request.headers.get("Idempotency-Key", "")
            words = json.dumps(request.body, sort_keys=True)
            if request.method == "GET" or not key:
                return self._do(request)
            if key in self.kept:
                path, before, reply = self.kept[key]
                same = (path, before) == (request.path, words)
                return reply if same else error(400, "idempotency_error", "Keys for idempotent …")
            reply = self._do(request)
            self.kept[key] = (request.path, words, deepcopy(reply))
            return deepcopy(reply)

    def _do(self, request: Request) -> Reply:
        name = request.route.removeprefix("/v1/")
        verb, noun = name.rpartition("/")[2], name.partition("/{")[0]
        if request.id and request.id not in self.things:
            return error(404, "invalid_request_error", "No such object", "resource_missing")
        thing = self.things.get(request.id, {})
        body = dict(request.body)
        if request.method == "GET":
            return (200, self.shown(thing)) if request.id else self._listed(request, noun)
        if verb == "cancel":
            return self._cancel(thing, body)
        made = {
            "payment_intents": self._pay,
            "setup_intents": self._set_up,
            "customers": lambda given: self._made("customer", "cus", metadata=given["metadata"]),
            "checkout/sessions": self._open_page,
            "refunds": self._refund,
        }
        if verb == "capture":
            return self._capture(thing, body)
        if verb == "expire":
            return self._expire(thing)
        if verb == "detach":
            return self._detach(thing)
        return made[name](body)

    # --- objects --------------------------------------------------------------------------------

    def _made(self, kind: str, prefix: str, **fields: Any) -> Reply:
        thing = self.new(kind, prefix, **fields)
        return 200, self.shown(thing)

    def new(self, kind: str, prefix: str, **fields: Any) -> Thing:
        """An object of Stripe's sample shape."""
        thing: Thing = {
            **deepcopy(self.fixtures[kind]),
            "id": f"{prefix}_{next(self._numbers)}x",
            "created": int(clock.now().timestamp()),
            **fields,
        }
        self.things[thing["id"]] = thing
        return thing

    def shown(self, thing: Thing) -> Thing:
        """As it is answered: everything expanded."""
        expanded = deepcopy(thing)
        for name in ("latest_charge", "payment_intent", "setup_intent", "payment_method", "source"):
            if thing["object"] in ("refund", "charge", "dispute"):
                break
            if isinstance(expanded.get(name), str) and expanded[name] in self.things:
                expanded[name] = self.shown(self.things[expanded[name]])
        return expanded

    def _listed(self, request: Request, noun: str) -> Reply:
        kinds = {
            "payment_intents": "payment_intent",
            "setup_intents": "setup_intent",
            "checkout/sessions": "checkout.session",
            "refunds": "refund",
            "balance_transactions": "balance_transaction",
        }
        intent = request.asked("payment_intent")
        if intent and intent not in self.things:
            return error(404, "invalid_request_error", "No such intent", "resource_missing")
        since, until = int(request.asked("created[gte]", "0")), request.asked("created[lt]")
        found = [
            thing
            for thing in reversed(self.things.values())
            if thing["object"] == kinds[noun]
            and thing["created"] >= since
            and (not until or thing["created"] < int(until))
            and (not intent or thing["payment_intent"] == intent)
        ]
        after = request.asked("starting_after")
        if after:
            ids = [thing["id"] for thing in found]
            found = found[ids.index(after) + 1 :]
        # Pages of two, so that every search turns one.
        page = [self.shown(thing) for thing in found[:2]]
        url = request.path
        return 200, {"object": "list", "data": page, "has_more": len(found) > 2, "url": url}

    # --- payments -------------------------------------------------------------------------------

    def _pay(self, given: Thing) -> Reply:
        intent = self.new(
            "payment_intent",
            "pi",
            amount=given["amount"],
            currency=given["currency"],
            capture_method=given.get("capture_method", "automatic_async"),
            description=given.get("description"),
            metadata=given.get("metadata", {}),
            customer=given.get("customer"),
            client_secret="pi_secret_x",
            status="requires_payment_method",
            last_payment_error=None,
            next_action=None,
        )
        if not given.get("confirm"):
            return 200, self.shown(intent)
        token = given.get("payment_method") or given.get("confirmation_token")
        return self._confirm(intent, str(token), off_session=bool(given.get("off_session")))

    def _confirm(self, intent: Thing, token: str, *, off_session: bool = False) -> Reply:
        saved = self.things.get(token, {})
        if saved and not saved["customer"]:
            del self.things[intent["id"]]
            return error(
                400, "invalid_request_error", "Not attached", "resource_missing", "payment_method"
            )
        fate = saved.get("fate", CARDS.get(token))
        if fate is None:
            del self.things[intent["id"]]
            name = "payment_method" if token.startswith("pm_") else "confirmation_token"
            return error(400, "invalid_request_error", "No such …", "resource_missing", name)
        if fate == "ask" and off_session:
            return self._decline(intent, "authentication_required", "authentication_required")
        if fate in ("ask", "redirect"):
            intent["status"] = "requires_action"
            intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
            if fate == "redirect":
                there = {"url": "https://hooks.stripe.com/3ds/1", "return_url": "https://x"}
                intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": there}
            return 200, self.shown(intent)
        if fate == "processing":
            intent["status"] = "processing"
            return 200, self.shown(intent)
        if fate:
            return self._decline(intent, "card_declined", fate)
        self.succeed(intent["id"])
        return 200, self.shown(intent)

    def _decline(self, intent: Thing, code: str, reason: str) -> Reply:
        failure = {
            "type": "card_error",
            "code": code,
            "decline_code": reason,
            "message": "Your card was declined.",
            "payment_method": {**self.fixtures["payment_method"], "card": VISA, "type": "card"},
        }
        kind = "setup_intent" if intent["object"] == "setup_intent" else "payment_intent"
        name = "last_setup_error" if kind == "setup_intent" else "last_payment_error"
        intent[name] = failure
        intent["status"] = "requires_payment_method"
        return 402, {"error": {**failure, kind: self.shown(intent)}}

    def succeed(self, reference: str) -> None:
        """The bank agrees to what an intent asks."""
        intent = self.things[reference]
        if intent["object"] == "setup_intent":
            self._keep_card(intent)
            return
        is_hold = intent["capture_method"] == "manual"
        card: Thing = dict(VISA)
        if is_hold:
            card["capture_before"] = int(clock.now().timestamp()) + 7 * 86400
        details = {"type": "card", "card": card}
        charge: Thing = self.new(
            "charge",
            "ch",
            amount=intent["amount"],
            currency=intent["currency"],
            payment_intent=reference,
            metadata=dict(intent["metadata"]),
            payment_method_details=details,
            captured=False,
        )
        intent |= {"latest_charge": charge["id"], "next_action": None, "last_payment_error": None}
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        if not is_hold:
            self._take(intent, int(str(charge["amount"])))

    def _take(self, intent: Thing, amount: int) -> None:
        charge = self.things[intent["latest_charge"]]
        charge |= {"captured": True, "amount_captured": amount}
        intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        self._book("charge", charge, amount)

    def _book(self, kind: str, source: Thing, amount: int) -> None:
        fields = {"type": kind, "amount": amount, "source": source["id"]}
        self.new("balance_transaction", "txn", **fields)

    def _capture(self, intent: Thing, given: Thing) -> Reply:
        if intent["status"] != "requires_capture":
            return unexpected(intent)
        amount = int(given.get("amount_to_capture") or intent["amount"])
        if amount > intent["amount"]:
            return error(400, "invalid_request_error", "Too much", "amount_too_large")
        self._take(intent, amount)
        return 200, self.shown(intent)

    def _cancel(self, intent: Thing, given: Thing) -> Reply:
        if intent["status"] in ("succeeded", "canceled", "processing"):
            return unexpected(intent)
        intent |= {"status": "canceled", "cancellation_reason": given.get("cancellation_reason")}
        return 200, self.shown(intent)

    # --- cards, pages, refunds ------------------------------------------------------------------

    def _set_up(self, given: Thing) -> Reply:
        intent = self.new(
            "setup_intent",
            "seti",
            metadata=given.get("metadata", {}),
            customer=given.get("customer"),
            status="requires_payment_method",
            client_secret="seti_secret_x",
            last_setup_error=None,
            next_action=None,
        )
        token = given.get("payment_method") or given.get("confirmation_token")
        return self._confirm(intent, str(token)) if given.get("confirm") else (200, intent)

    def _keep_card(self, intent: Thing) -> None:
        method = self.new(
            "payment_method", "pm", type="card", card=dict(VISA), customer=intent["customer"]
        )
        intent |= {"status": "succeeded", "payment_method": method["id"], "next_action": None}
        method["fate"] = ""

    def _detach(self, method: Thing) -> Reply:
        if not method["customer"]:
            return error(400, "invalid_request_error", "Not attached to a customer")
        method["customer"] = None
        return 200, self.shown(method)

    def _open_page(self, given: Thing) -> Reply:
        session = self.new(
            "checkout.session",
            "cs_test",
            mode=given["mode"],
            status="open",
            metadata=given.get("metadata", {}),
            expires_at=given.get("expires_at"),
            payment_intent=None,
            setup_intent=None,
            url="https://checkout.stripe.com/c/pay/cs_test_1",
        )
        session["asked"] = given
        return 200, self.shown(session)

    def finish_page(self, reference: str, token: str = "pm_card_visa") -> None:
        """The guest pays on the hosted page."""
        session = self.things[reference]
        given = session["asked"]
        if session["mode"] == "setup":
            told = given["setup_intent_data"]
            intent = self._set_up({"customer": given["customer"], **told})[1]
        else:
            price = given["line_items"][0]["price_data"]
            told = given["payment_intent_data"]
            amount = {"amount": price["unit_amount"], "currency": price["currency"]}
            intent = self._pay({**amount, **told})[1]
        status, _ = self._confirm(self.things[intent["id"]], token)
        session[intent["object"]] = intent["id"]
        if status == 200:
            session["status"] = "complete"

    def _expire(self, session: Thing) -> Reply:
        if session["status"] != "open":
            return error(400, "invalid_request_error", "Only open sessions can be expired")
        session["status"] = "expired"
        return 200, self.shown(session)

    def _refund(self, given: Thing) -> Reply:
        intent = self.things.get(given["payment_intent"])
        if intent is None or intent["status"] != "succeeded":
            return error(400, "invalid_request_error", "No successful charge to refund")
        charge = self.things[intent["latest_charge"]]
        left = charge["amount_captured"] - charge["amount_refunded"]
        if not left:
            return error(400, "invalid_request_error", "Already", "charge_already_refunded")
        if given["amount"] > left:
            return error(400, "invalid_request_error", "More than is left")
        charge["amount_refunded"] += given["amount"]
        refund = self.new(
            "refund",
            "re",
            amount=given["amount"],
            currency=charge["currency"],
            charge=charge["id"],
            payment_intent=intent["id"],
            metadata=given.get("metadata", {}),
            status=self.refund_status,
        )
        self._book("refund", refund, -given["amount"])
        return 200, self.shown(refund)

    def refuse(self, reference: str) -> None:
        """The owner fails to prove at the bank who they are."""
        code = "payment_intent_authentication_failure"
        self._decline(self.things[reference], code, "")

    def contest(self, reference: str) -> str:
        """The id of a dispute about an intent."""
        intent = self.things[reference]
        return str(
            self.new(
                "dispute",
                "du",
                amount=intent["amount_received"],
                currency=intent["currency"],
                payment_intent=reference,
                status="needs_response",
            )["id"]
        )


@lru_cache
def _samples() -> Thing:
    found: Thing = sample("stripe-fixtures3.json")["resources"]
    return found


def make_account(restaurant: Restaurant) -> ProviderAccount:
    """The house takes its money through this account from now on."""
    secrets = {"secret_key": "sk_test_1", "webhook_secrets": ["whsec_1"]}
    return ProviderAccount.objects.create(
        restaurant=restaurant,
        provider="stripe",
        settings={"publishable_key": "pk_test_1"},
        credentials=encrypt(json.dumps(secrets)),
        created_at=clock.now(),
        updated_at=clock.now(),
    )


def make_gateway(**changes: Any) -> StripeGateway:
    """The adapter with keys of test mode."""
    facts: dict[str, Any] = {
        "publishable_key": "pk_test_1",
        "secret_key": "sk_test_1",
        "webhook_secrets": ["whsec_old", WEBHOOK_SECRET],
        "is_test": True,
    }
    return StripeGateway(**(facts | changes))


def error(
    status: int, kind: str, message: str, code: str | None = None, param: str | None = None
) -> Reply:
    """An error as Stripe writes it."""
    body: Mapping[str, Any] = {"type": kind, "message": message, "code": code, "param": param}
    return status, {"error": {name: value for name, value in body.items() if value}}


def unexpected(intent: Thing) -> Reply:
    """Stripe's answer to what an intent's status does not allow."""
    message = f"This intent could not be changed because it has a status of {intent['status']}."
    return error(400, "invalid_request_error", message, "payment_intent_unexpected_state")
