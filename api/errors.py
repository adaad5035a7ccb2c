"""From an exception to an answer: one table of statuses, and each dialect's own envelope.

A domain error knows no HTTP; a dialect knows no exception. Between them stands :class:`Problem`.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core import exceptions as django_exceptions
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions as rest

from accounts.errors import NotSignedIn
from api.idempotency import KeyReused
from api.renderers import json_response
from core import correlation, errors
from core.outage import drop_broken_connections
from reservations import errors as book

logger = logging.getLogger(__name__)

STATUS_OF: dict[type[errors.DomainError], int] = {
    errors.Invalid: 400,
    NotSignedIn: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Busy: 409,
    errors.Conflict: 409,
    errors.TooOften: 429,
    errors.DomainError: 400,
    KeyReused: 422,
    book.HoldExpired: 410,
    book.PaidTooLate: 409,
    book.PaymentDeclined: 402,
    book.PaymentActionRequired: 402,
    book.PaymentPending: 503,
    book.PaymentsUnavailable: 503,
}
"""The status of a domain error: that of its nearest ancestor in this table."""

CHALLENGE = 'Bearer realm="couvert"'
"""What every 401 says about how to sign in (RFC 6750)."""

RETRY_AFTER_OUTAGE = 2
RETRY_AFTER_BUSY = 1
RETRY_AFTER: dict[type[errors.DomainError], int] = {
    errors.Busy: RETRY_AFTER_BUSY,
    book.PaymentPending: 2,
}
"""Seconds after which the very same request may do better."""

_COLLISIONS = {"23505", "23P01"}
"""SQLSTATEs of the unique and exclusion constraints: someone else was there a moment earlier."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, before a dialect puts it into its own shape."""

    status: int
    code: str
    text: str
    details: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


Envelope = Callable[[Problem, str], dict[str, Any]]
"""From a problem and the correlation id to the body of the answer."""

Names = Callable[[str], str]
"""From a name in the domain's words to the name on the wire."""

ExceptionHandler = Callable[[Exception, Mapping[str, Any]], HttpResponse]
"""What DRF calls with an exception and ``{"view": …, "request": …}``."""


def bare(problem: Problem, correlation_id: str) -> dict[str, Any]:
    """Contract 2's envelope, and the house's own where no contract prescribes one."""
    return {
        "error": problem.text,
        "code": problem.code,
        "details": problem.details,
        "correlationId": correlation_id,
    }


def unsuccessful(problem: Problem, _correlation_id: str) -> dict[str, Any]:
    """Contract 1's envelope."""
    return {
        "success": False,
        "error": problem.text,
        "code": problem.code,
        "details": problem.details,
    }


def camel(name: str) -> str:
    """``party_size`` as ``partySize``; a dotted path part by part."""
    head, *rest_of_it = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest_of_it)


def handler_of(envelope: Envelope, *, names: Names = camel) -> ExceptionHandler:
    """The exception handler of a dialect: ``envelope`` shapes the body, ``names`` its field names.

    The handler answers every exception; nothing internal is ever in the answer. What is our own
    fault is logged with its traceback and found again by the correlation id.
    """

    def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
        problem = problem_of(error, names, _allowed(context))
        correlation_id = correlation.current() or correlation.generate()
        if _is_ours(error, problem):
            _log(error, correlation_id, context)
        try:
            answer = _answer(problem, envelope, correlation_id)
        except TypeError:
            logger.exception("An error's details are no JSON", extra={"code": problem.code})
            slim = Problem(problem.status, problem.code, problem.text, {}, problem.headers)
            answer = _answer(slim, envelope, correlation_id)
        # What an operator should hear of has been said above: Django would log every 5xx as an
        # error of ours, also a payment whose answer is still to come.
        answer._has_been_logged = True  # type: ignore[attr-defined]
        return answer

    return handle


def _answer(problem: Problem, envelope: Envelope, correlation_id: str) -> HttpResponse:
    return json_response(envelope(problem, correlation_id), problem.status, problem.headers)


def problem_of(error: Exception, names: Names = camel, allowed: tuple[str, ...] = ()) -> Problem:
    """``error`` in words a caller can act on. Never raises."""
    if isinstance(error, errors.DomainError):
        return _of_domain(error, names)
    if isinstance(error, rest.ValidationError):
        return _invalid(flatten(error.detail), None)
    if isinstance(error, rest.MethodNotAllowed):
        return _method_not_allowed(allowed)
    if isinstance(error, rest.Throttled):
        return _throttled(error, names)
    if isinstance(error, rest.APIException):
        return _of_rest(error)
    if isinstance(error, IntegrityError):
        return _of_integrity(error)
    if isinstance(error, OperationalError | InterfaceError):
        return _outage()
    return _of_django(error)


def status_of(kind: type[errors.DomainError]) -> int:
    """The HTTP status of a domain error class."""
    return next(STATUS_OF[base] for base in kind.__mro__ if base in STATUS_OF)


def flatten(detail: Any, prefix: str = "") -> dict[str, str]:
    """DRF's nested lists of errors as ``{"paymentMethod.last4": "One sentence. Another."}``."""
    if isinstance(detail, Mapping):
        result: dict[str, str] = {}
        for name, child in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            result |= flatten(child, ".".join(part for part in (prefix, own) if part))
        return result
    if isinstance(detail, list) and any(isinstance(child, Mapping | list) for child in detail):
        result = {}
        for index, child in enumerate(detail):
            result |= flatten(child, f"{prefix}.{index}" if prefix else str(index))
        return result
    sentences = detail if isinstance(detail, list) else [detail]
    return {prefix or "body": " ".join(str(sentence) for sentence in sentences)} if detail else {}


def _of_domain(error: errors.DomainError, names: Names) -> Problem:
    status = status_of(type(error))
    if isinstance(error, errors.Invalid):
        fields = {names(name): value for name, value in error.details.items()}
        given = error.text if error.text != errors.Invalid.message else None
        return _invalid(fields, given, status=status, code=error.code)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = CHALLENGE
    for kind, seconds in RETRY_AFTER.items():
        if isinstance(error, kind):
            headers["Retry-After"] = str(seconds)
    if isinstance(error, errors.TooOften):
        headers["Retry-After"] = str(error.retry_after)
    details = {names(name): value for name, value in error.details.items()}
    return Problem(status, error.code, error.text, details, headers)


def _invalid(
    fields: Mapping[str, Any],
    text: str | None,
    *,
    status: int = 400,
    code: str = errors.Invalid.code,
) -> Problem:
    if text is None:
        text = _sentence(fields)
    return Problem(status, code, text, {"fields": dict(fields)} if fields else {})


def _sentence(fields: Mapping[str, Any]) -> str:
    if not fields:
        return errors.Invalid.message
    if len(fields) == 1:
        [(name, text)] = fields.items()
        return f"Check {name}: {text}"
    return f"Check these fields: {', '.join(fields)}."


_REST_CODES = {
    "parse_error": "MALFORMED_BODY",
    "authentication_failed": "UNAUTHORIZED",
    "not_authenticated": "UNAUTHORIZED",
    "permission_denied": "FORBIDDEN",
}
"""DRF's codes in the house's words; any other is only put into capitals."""


def _of_rest(error: rest.APIException) -> Problem:
    code = str(getattr(error.detail, "code", error.default_code))
    text = str(error.detail)
    headers = {}
    if isinstance(error, rest.NotAuthenticated):
        text = "Sign in first: send an access token as “Authorization: Bearer …”."
    elif isinstance(error, rest.PermissionDenied) and error.detail == error.default_detail:
        text = errors.Forbidden.message
    elif isinstance(error, rest.UnsupportedMediaType):
        text = "Send the body as JSON, with the header Content-Type: application/json."
    if error.status_code == 401:
        headers["WWW-Authenticate"] = CHALLENGE
    return Problem(error.status_code, _REST_CODES.get(code, code.upper()), text, {}, headers)


def _method_not_allowed(allowed: tuple[str, ...]) -> Problem:
    named = [method for method in allowed if method != "HEAD"]
    text = f"This address answers {' and '.join(named)} only."
    return Problem(405, "METHOD_NOT_ALLOWED", text, {}, {"Allow": ", ".join(allowed)})


def _throttled(error: rest.Throttled, names: Names) -> Problem:
    seconds = max(1, int(getattr(error, "wait", None) or 1))
    unit = "second" if seconds == 1 else "seconds"
    return Problem(
        429,
        "RATE_LIMIT_EXCEEDED",
        f"Too many attempts. Wait {seconds} {unit}, then try again.",
        {names("retry_after"): seconds},
        {"Retry-After": str(seconds)},
    )


def _of_integrity(error: IntegrityError) -> Problem:
    if getattr(error.__cause__, "sqlstate", None) in _COLLISIONS:
        return Problem(
            409,
            "CONFLICT",
            "Someone else did this at the same moment. Please try again.",
            {},
            {"Retry-After": str(RETRY_AFTER_BUSY)},
        )
    return _bug()


def _of_django(error: Exception) -> Problem:
    if isinstance(error, Http404):
        return Problem(404, "NOT_FOUND", "There is nothing at this address.")
    if isinstance(error, django_exceptions.PermissionDenied):
        return Problem(403, errors.Forbidden.code, errors.Forbidden.message)
    if isinstance(error, django_exceptions.SuspiciousOperation):
        return Problem(400, "BAD_REQUEST", "This request could not be understood.")
    return _bug()


def _outage() -> Problem:
    return Problem(
        503,
        "SERVICE_UNAVAILABLE",
        "The service is temporarily unavailable. Please try again in a few seconds.",
        {},
        {"Retry-After": str(RETRY_AFTER_OUTAGE)},
    )


def _bug() -> Problem:
    return Problem(
        500,
        "INTERNAL_ERROR",
        "Something went wrong on our side. Try again, and tell us the correlation id if it stays.",
    )


def _allowed(context: Mapping[str, Any]) -> tuple[str, ...]:
    view = context.get("view")
    methods = context.get("allowed") or (view.allowed_methods if view is not None else ())
    return tuple(method for method in methods if method != "OPTIONS")


def _is_ours(error: Exception, problem: Problem) -> bool:
    """Whether an operator should hear of it; what a domain error says, it says on purpose."""
    if isinstance(error, errors.DomainError):
        return False
    return problem.status >= 500 or isinstance(error, IntegrityError)


def _log(error: Exception, correlation_id: str, context: Mapping[str, Any]) -> None:
    extra: dict[str, Any] = {
        "reference": correlation_id,
        "view": type(context.get("view")).__name__,
        "error": type(error).__name__,
    }
    if isinstance(error, OperationalError | InterfaceError):
        drop_broken_connections()
        logger.error("Database unavailable", extra=extra)
        return
    if isinstance(error, IntegrityError):
        # PostgreSQL quotes the row in the message, and a row may be a person: log the place only.
        diagnosis = getattr(error.__cause__, "diag", None)
        extra["constraint"] = getattr(diagnosis, "constraint_name", None)
        extra["frames"] = traceback.format_tb(error.__traceback__)
        logger.error("A constraint refused what a service let through", extra=extra)
        return
    logger.error("Request failed", exc_info=error, extra=extra)
