"""Asking Square through its library, and what its error answers mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from square.core.api_error import ApiError

from core import http
from payments.gateways.base import AnswerLost, ProviderRefused
from payments.gateways.square.answers import Refusal

Row = Mapping[str, Any]
T = TypeVar("T")


class Refused(Exception):
    """Square understood and said no."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def asked(call: Callable[[], T]) -> T:
    """What Square says. Raises AnswerLost, Refused, or ProviderRefused for our access."""
    try:
        return call()
    except http.LOST as error:
        raise AnswerLost from error
    except ApiError as error:
        # Its text has the body of the answer in it, which must not get into a log.
        refusal = _refusal(error)
    if refusal.is_answer_lost:
        raise AnswerLost
    if refusal.status in (401, 403):
        raise ProviderRefused(f"Square: {refusal}")
    raise Refused(refusal)


def _refusal(error: ApiError) -> Refusal:
    first = error.errors[0]
    body = error.body if isinstance(error.body, dict) else {}
    return Refusal(
        status=error.status_code or 0,
        category=str(first.category),
        code=str(first.code),
        payment=body.get("payment") or {},
    )


def part(answer: Row, name: str) -> Row:
    """What was asked for, which an answer without errors always has."""
    part = answer.get(name)
    if not isinstance(part, dict):
        raise AnswerLost
    return part
