"""The SDK, set up as we want it, and its errors in the words of our interface."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import stripe
from django.conf import settings

from payments.gateways.base import AnswerLost

TIMEOUT: Final = 10
"""Seconds for one request."""
RETRIES: Final = 2
"""Of the SDK, with the same key: after 409, 5xx and a broken connection."""

# At INFO it logs the address of every request, at DEBUG their bodies.
logging.getLogger("stripe").setLevel(logging.WARNING)


def make_client(secret_key: str) -> stripe.StripeClient:
    """A client of one account; may be used by many threads."""
    elsewhere: dict[str, Any] = {}
    if settings.STRIPE_API_BASE:
        elsewhere["base_addresses"] = {"api": settings.STRIPE_API_BASE}
    return stripe.StripeClient(
        secret_key,
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
        max_network_retries=RETRIES,
        **elsewhere,
    )


@contextmanager
def asking() -> Iterator[None]:
    """Turn every error that leaves open what happened into AnswerLost; others pass."""
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise AnswerLost from error
    except stripe.APIError as error:
        # 409, 5xx, and answers that are no JSON.
        raise AnswerLost from error


def is_missing(error: stripe.InvalidRequestError) -> bool:
    """Whether Stripe says that it knows no such object."""
    return error.code == "resource_missing"


def error_object(error: stripe.StripeError) -> dict[str, Any]:
    """The ``error`` of an answer, as plain data."""
    body: Any = error.json_body
    found = body.get("error") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}
