"""What Stripe is told of an order: the same words on every repetition, as its keys demand."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final

from core.errors import Invalid
from payments.gateways.base import Order, Taking, exact_minor
from payments.gateways.stripe.amounts import to_stripe

CHECKOUT: Final = "checkout"
"""Type of a method: the guest pays on Stripe's own page."""
BY_CLIENT: Final = "client-secret"
"""Type of a method: the caller's own page confirms with the client secret of the answer."""
_TOKEN = re.compile(r"(?:ctoken|pm)_[A-Za-z0-9_]{1,100}")
_PAGE_OPEN = dt.timedelta(hours=1)
"""How long a hosted page can be used; Stripe takes half an hour to a day."""

Params = dict[str, Any]


def checked_method(method: Mapping[str, Any]) -> dict[str, Any]:
    """A token of the browser's, ``{"type": "checkout"}``, or nothing (``{"type": "client-secret"}``
    says so in words). A saved card is never named by a caller.
    """
    if not isinstance(method, Mapping) or "number" in method:
        raise _unusable("method")
    if method.get("type") == CHECKOUT:
        return {"type": CHECKOUT}
    if not method or method == {"type": BY_CLIENT}:
        return {}
    token = method.get("token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise _unusable("token")
    return {"token": token}


def _unusable(field: str) -> Invalid:
    sentence = "Send the card as a token of Stripe's own form (ctoken_… or pm_…)."
    return Invalid(sentence, **{field: sentence})


def is_page(order: Order) -> bool:
    """Whether the guest pays on Stripe's own page."""
    return order.method.get("type") == CHECKOUT


def metadata(order: Order) -> dict[str, str]:
    """What ties an object at Stripe to our row; no personal data."""
    return {"key": order.key, "purpose": order.purpose}


def payment(order: Order) -> Params:
    """A Payment Intent; methods are left to the account's own settings."""
    return {
        "amount": to_stripe(exact_minor(order.amount, order.currency), order.currency),
        "currency": order.currency.lower(),
        "description": order.description,
        "metadata": metadata(order),
        "automatic_payment_methods": {"enabled": True},
        "expand": ["latest_charge"],
        **({"capture_method": "manual"} if order.taking is Taking.HOLD else {}),
    }


def setup(order: Order, customer: str) -> Params:
    """A Setup Intent, for a card that is charged later without its owner."""
    return {
        "usage": "off_session",
        "customer": customer,
        "description": order.description,
        "metadata": metadata(order),
        "automatic_payment_methods": {"enabled": True},
        "expand": ["payment_method"],
    }


def confirmation(order: Order) -> Params:
    """What is added to confirm at once; nothing without a method."""
    if order.off_session:
        return {
            "confirm": True,
            "off_session": True,
            "customer": order.method["customer"],
            "payment_method": order.method["payment_method"],
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    token = str(order.method.get("token") or "")
    if not token:
        return {}
    name = "payment_method" if token.startswith("pm_") else "confirmation_token"
    back: Params = (
        {"return_url": order.return_url}
        if order.return_url
        # Nobody to send back: then only methods that need no other page.
        else {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    )
    return {"confirm": True, name: token, **back}


def page(order: Order, customer: str) -> Params:
    """A hosted page. ``customer`` for a card that is to be charged later, else empty.

    Prices stay in the order's currency: what the guest pays is what the books say.
    """
    if not order.return_url:
        raise ValueError("a hosted page needs an address to come back to")
    told = {"description": order.description, "metadata": metadata(order)}
    params: Params = {
        "success_url": order.return_url,
        "cancel_url": order.return_url,
        "metadata": metadata(order),
    }
    if order.begun_at is not None:
        params["expires_at"] = int((order.begun_at + _PAGE_OPEN).timestamp())
    if order.taking is Taking.CARD:
        currency = order.currency.lower()
        more = {"mode": "setup", "currency": currency, "customer": customer}
        return {**params, **more, "setup_intent_data": told}
    intent = payment(order)
    price = {
        "currency": intent["currency"],
        "unit_amount": intent["amount"],
        "product_data": {"name": order.description or order.purpose},
    }
    manual = {"capture_method": "manual"} if order.taking is Taking.HOLD else {}
    return {
        **params,
        "mode": "payment",
        "adaptive_pricing": {"enabled": False},
        "line_items": [{"quantity": 1, "price_data": price}],
        "payment_intent_data": {**told, **manual},
    }
