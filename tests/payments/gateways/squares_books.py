"""Square's side of a conversation: one pretended account, behind the judge.

Answers have the shapes of Square's public specification, cut to the fields a client may rely on.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import itertools
import json
import threading
from contextlib import AbstractContextManager
from typing import Any

from core import clock
from core.secrets import encrypt
from payments.gateways.base import ChargeResult, Order
from payments.models import ProviderAccount
from restaurants.models import Restaurant
from tests.payments.gateways.contract import Delivery, Provider
from tests.payments.gateways.judge import Judge, Reply, Request

APPLICATION = "sandbox-sq0idb-couvert"
LOCATION = "L88917AVBK2S5"
TOKEN = "EAAAlsquaretesttoken"
SIGNATURE_KEY = "Ibxx_5AKakO-3qeNVR61Dw"
HOOK = "https://couvert.test/webhooks/square/acct_1/"

GOOD = "cnon:card-nonce-ok"
DECLINED = "cnon:card-nonce-declined"
NO_FUNDS = "cnon:card-nonce-rejected-cvv"

CARD = {"card_brand": "VISA", "last_4": "5858", "exp_month": 11, "exp_year": 2030}
PERSONAL = {"cardholder_name": "Amelia Earhart", "billing_address": {"postal_code": "94103"}}


def make_account(restaurant: Restaurant) -> ProviderAccount:
    """The restaurant is paid through this account from now on."""
    return ProviderAccount.objects.create(
        restaurant=restaurant,
        provider="square",
        settings={"application_id": APPLICATION, "location_id": LOCATION},
        credentials=encrypt(json.dumps({"access_token": TOKEN, "signature_keys": [SIGNATURE_KEY]})),
        created_at=clock.now(),
        updated_at=clock.now(),
    )


def error(status: int, category: str, code: str, **more: Any) -> Reply:
    """An error answer as Square words it."""
    return status, {"errors": [{"category": category, "code": code, "detail": "..."}], **more}


class SquaresBooks(Provider):
    """Payments, refunds, customers, cards and disputes of one account."""

    def __init__(self) -> None:
        self.payments: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.cards: dict[str, dict[str, Any]] = {}
        self.customers: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.refund_status = "PENDING"
        """What a refund begins as; one that is asked for again is completed."""
        self._by_key: dict[tuple[str, str], tuple[str, Reply]] = {}
        self._cancelled: set[str] = set()
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self.judge = Judge(("square.json",), self._answer, self._extra)

    # --- the strings a test pulls ---------------------------------------------------------------

    def losing_answers(self) -> AbstractContextManager[None]:
        return self.judge.losing_answers()

    def unreachable(self) -> AbstractContextManager[None]:
        return self.judge.unreachable()

    def approve(self, order: Order, result: ChargeResult) -> None:
        raise AssertionError("the buyer is verified inside the token")

    def violations(self) -> list[Any]:
        return self.judge.violations

    def let_run_out(self, reference: str) -> None:
        self.payments[reference]["status"] = "CANCELED"

    def notice(self, reference: str) -> Delivery:
        return self.signed(
            {
                "merchant_id": "6SSW7HV8K2ST5",
                "type": "payment.updated",
                "event_id": "13b867cf-db3d-4b1c-90b6-2f32a9d78124",
                "created_at": "2026-11-20T20:27:35.000Z",
                "data": {
                    "type": "payment",
                    "id": reference,
                    "object": {"payment": self.payments[reference]},
                },
            }
        )

    def signed(self, event: dict[str, Any], key: str = SIGNATURE_KEY) -> Delivery:
        """A message with Square's signature over address and bytes."""
        body = json.dumps(event).encode()
        digest = hmac.new(key.encode(), HOOK.encode() + body, hashlib.sha256).digest()
        headers = {"X-Square-HmacSha256-Signature": base64.b64encode(digest).decode()}
        return body, headers, HOOK

    def contest(self, reference: str) -> str:
        self.disputes["XDgyFu7yo1E2S5lQGGpYn"] = {
            "dispute_id": "XDgyFu7yo1E2S5lQGGpYn",
            "id": "XDgyFu7yo1E2S5lQGGpYn",
            "amount_money": self.payments[reference]["amount_money"],
            "reason": "NO_KNOWLEDGE",
            "state": "EVIDENCE_REQUIRED",
            "due_at": "2026-12-04T00:00:00.000Z",
            "disputed_payment": {"payment_id": reference},
        }
        return "XDgyFu7yo1E2S5lQGGpYn"

    # --- answers --------------------------------------------------------------------------------

    def _extra(self, method: str, path: str, raw: bytes, headers: Any) -> Reply | None:
        """What the cut specification leaves out: disputes."""
        if not path.startswith("/v2/disputes/"):
            return None
        found = self.disputes.get(path.rsplit("/", 1)[-1])
        return (
            (200, {"dispute": found}) if found else error(404, "INVALID_REQUEST_ERROR", "NOT_FOUND")
        )

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            if request.headers.get("Authorization") != f"Bearer {TOKEN}":
                return error(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED")
            act = getattr(self, _ACTS[request.method, request.route])
            reply: Reply = act(request)
            return json.loads(json.dumps(reply))[0], json.loads(json.dumps(reply))[1]

    def _once(self, request: Request, scope: str) -> Reply | None:
        """The first answer to this key; a refusal when other things are asked with it now."""
        said = json.dumps(request.body, sort_keys=True)
        earlier = self._by_key.get((scope, request.body["idempotency_key"]))
        if earlier is None:
            return None
        if earlier[0] != said:
            return error(400, "INVALID_REQUEST_ERROR", "IDEMPOTENCY_KEY_REUSED")
        return earlier[1]

    def _remember(self, request: Request, scope: str, reply: Reply) -> Reply:
        said = json.dumps(request.body, sort_keys=True)
        self._by_key[scope, request.body["idempotency_key"]] = said, json.loads(json.dumps(reply))
        return reply

    def _create(self, request: Request) -> Reply:
        body = request.body
        if (earlier := self._once(request, "payment")) is not None:
            return earlier
        if body["source_id"].startswith("ccof:"):
            card = self.cards.get(body["source_id"], {})
            if not card.get("enabled") or card["customer_id"] != body.get("customer_id"):
                return error(404, "INVALID_REQUEST_ERROR", "NOT_FOUND")
        now = clock.now()
        payment: dict[str, Any] = {
            "id": f"pmt{next(self._numbers)}Xd0Qm",
            "created_at": now.isoformat(),
            "updated_at": now.isoformat(),
            "amount_money": body["amount_money"],
            "total_money": body["amount_money"],
            "status": "COMPLETED" if body.get("autocomplete", True) else "APPROVED",
            "delay_duration": body.get("delay_duration", "PT168H"),
            "delay_action": body.get("delay_action", "CANCEL"),
            "delayed_until": (now + dt.timedelta(days=7)).isoformat(),
            "source_type": "CARD",
            "card_details": {
                "status": "CAPTURED",
                "card": CARD | PERSONAL,
                "cvv_status": "CVV_ACCEPTED",
            },
            "location_id": body["location_id"],
            "note": body["note"],
            "buyer_email_address": "amelia@example.com",
        }
        if body.get("reference_id"):
            payment["reference_id"] = body["reference_id"]
        self.payments[payment["id"]] = payment
        if body["source_id"] == DECLINED:
            errors = [
                {"category": "PAYMENT_METHOD_ERROR", "code": "GENERIC_DECLINE", "detail": "x"}
            ]
            payment["status"] = "FAILED"
            payment["card_details"] |= {"status": "FAILED", "errors": errors}
            reply: Reply = 402, {"errors": errors, "payment": payment}
        else:
            reply = 200, {"payment": payment}
        return self._remember(request, "payment", reply)

    def _list(self, request: Request) -> Reply:
        begin, end = (
            dt.datetime.fromisoformat(request.asked(name)) for name in ("begin_time", "end_time")
        )
        rows = [
            payment
            for payment in self.payments.values()
            if begin <= dt.datetime.fromisoformat(payment["created_at"]) < end
            and payment["location_id"] == request.asked("location_id")
        ]
        # Two to a page, so that pages are turned.
        at = int(request.asked("cursor", "0"))
        more = {"cursor": str(at + 2)} if len(rows) > at + 2 else {}
        return 200, {"payments": rows[at : at + 2], **more}

    def _get(self, request: Request) -> Reply:
        found = self.payments.get(request.id)
        return (
            (200, {"payment": found}) if found else error(404, "INVALID_REQUEST_ERROR", "NOT_FOUND")
        )

    def _update(self, request: Request) -> Reply:
        payment = self.payments[request.id]
        if payment["status"] != "APPROVED":
            return error(400, "INVALID_REQUEST_ERROR", "BAD_REQUEST")
        payment["amount_money"] = payment["total_money"] = request.body["payment"]["amount_money"]
        return 200, {"payment": payment}

    def _complete(self, request: Request) -> Reply:
        return self._close(request.id, "COMPLETED")

    def _cancel(self, request: Request) -> Reply:
        return self._close(request.id, "CANCELED")

    def _close(self, number: str, status: str) -> Reply:
        payment = self.payments.get(number)
        if payment is None:
            return error(404, "INVALID_REQUEST_ERROR", "NOT_FOUND")
        if payment["status"] != "APPROVED":
            return error(400, "INVALID_REQUEST_ERROR", "BAD_REQUEST")
        payment["status"] = status
        return 200, {"payment": payment}

    def _cancel_key(self, request: Request) -> Reply:
        """Square's answer is the same whether there was anything to cancel or not."""
        key = request.body["idempotency_key"]
        earlier = self._by_key.get(("payment", key))
        payment = self.payments[earlier[1][1]["payment"]["id"]] if earlier else None
        if payment and payment["status"] == "COMPLETED":
            return error(400, "INVALID_REQUEST_ERROR", "BAD_REQUEST")
        if payment:
            payment["status"] = "CANCELED"
        return 200, {}

    def _refund(self, request: Request) -> Reply:
        if (earlier := self._once(request, "refund")) is not None:
            return earlier
        body = request.body
        payment = self.payments.get(body["payment_id"])
        if payment is None:
            return error(404, "INVALID_REQUEST_ERROR", "NOT_FOUND")
        if payment["status"] != "COMPLETED":
            return error(400, "REFUND_ERROR", "REFUND_ERROR_PAYMENT_NEEDS_COMPLETION")
        back = sum(
            row["amount_money"]["amount"]
            for row in self.refunds.values()
            if row["payment_id"] == payment["id"]
        )
        if back + body["amount_money"]["amount"] > payment["amount_money"]["amount"]:
            return error(400, "REFUND_ERROR", "REFUND_AMOUNT_INVALID")
        refund = {
            "id": f"{payment['id']}_ref{next(self._numbers)}",
            "status": self.refund_status,
            "amount_money": body["amount_money"],
            "payment_id": payment["id"],
            "location_id": LOCATION,
            "created_at": clock.now().isoformat(),
            "updated_at": clock.now().isoformat(),
        }
        self.refunds[str(refund["id"])] = refund
        return self._remember(request, "refund", (200, {"refund": refund}))

    def _get_refund(self, request: Request) -> Reply:
        refund = self.refunds[request.id]
        if refund["status"] == "PENDING":
            refund["status"] = "COMPLETED"
        return 200, {"refund": refund}

    def _list_refunds(self, request: Request) -> Reply:
        begin, end = (
            dt.datetime.fromisoformat(request.asked(name)) for name in ("begin_time", "end_time")
        )
        return 200, {
            "refunds": [
                row
                for row in self.refunds.values()
                if begin <= dt.datetime.fromisoformat(row["created_at"]) < end
            ]
        }

    def _create_customer(self, request: Request) -> Reply:
        if (earlier := self._once(request, "customer")) is not None:
            return earlier
        customer = {"id": f"CUST{next(self._numbers)}", **request.body}
        self.customers[customer["id"]] = customer
        return self._remember(request, "customer", (200, {"customer": customer}))

    def _delete_customer(self, request: Request) -> Reply:
        if self.customers.pop(request.id, None) is None:
            return error(404, "INVALID_REQUEST_ERROR", "NOT_FOUND")
        return 200, {}

    def _create_card(self, request: Request) -> Reply:
        if (earlier := self._once(request, "card")) is not None:
            return earlier
        body = request.body
        if body["source_id"] == DECLINED:
            return error(402, "PAYMENT_METHOD_ERROR", "CARD_DECLINED")
        number = f"ccof:uIbfJXhXETSP197M3{next(self._numbers)}"
        card = {"id": number, "enabled": True, **body["card"], **CARD, **PERSONAL}
        self.cards[number] = card
        return self._remember(request, "card", (200, {"card": card}))

    def _list_cards(self, request: Request) -> Reply:
        wanted = request.asked("reference_id")
        return 200, {"cards": [row for row in self.cards.values() if row["reference_id"] == wanted]}

    def _disable(self, request: Request) -> Reply:
        card = self.cards.get(request.id)
        if card is None:
            return error(404, "INVALID_REQUEST_ERROR", "NOT_FOUND")
        card["enabled"] = False
        return 200, {"card": card}


_ACTS = {
    ("POST", "/v2/payments"): "_create",
    ("GET", "/v2/payments"): "_list",
    ("GET", "/v2/payments/{payment_id}"): "_get",
    ("PUT", "/v2/payments/{payment_id}"): "_update",
    ("POST", "/v2/payments/{payment_id}/complete"): "_complete",
    ("POST", "/v2/payments/{payment_id}/cancel"): "_cancel",
    ("POST", "/v2/payments/cancel"): "_cancel_key",
    ("POST", "/v2/refunds"): "_refund",
    ("GET", "/v2/refunds"): "_list_refunds",
    ("GET", "/v2/refunds/{refund_id}"): "_get_refund",
    ("POST", "/v2/customers"): "_create_customer",
    ("DELETE", "/v2/customers/{customer_id}"): "_delete_customer",
    ("POST", "/v2/cards"): "_create_card",
    ("GET", "/v2/cards"): "_list_cards",
    ("POST", "/v2/cards/{card_id}/disable"): "_disable",
}
