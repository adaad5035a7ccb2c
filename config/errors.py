"""Answers for requests that no view could answer: JSON below ``/api/``, a small page elsewhere."""

from __future__ import annotations

import logging
import sys

import psycopg
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist, loader
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import correlation

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 2
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title></head>
<body><main><h1>{title}</h1><p>{text}</p><p><a href="/">{back}</a></p></main></body>
</html>
"""


def is_outage(exception: BaseException | None) -> bool:
    """Whether the database, not the code or the request, is why this failed."""
    return isinstance(
        exception,
        (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError),
    )


def unavailable(request: HttpRequest) -> HttpResponse:
    """503: nothing was lost, try again in a moment."""
    response = _answer(
        request,
        503,
        "SERVICE_UNAVAILABLE",
        _("We cannot reach our book right now"),
        _("The service is temporarily unavailable. Please try again in a few seconds."),
    )
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return logged(response)


def logged(response: HttpResponse) -> HttpResponse:
    """Keep Django from logging this 5xx once more: whoever made it knows more and has said so."""
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the database is the cause (Django calls this inside the ``except``)."""
    if is_outage(sys.exc_info()[1]):
        return unavailable(request)
    reference = correlation.current()
    return _answer(
        request,
        500,
        "INTERNAL_ERROR",
        _("Something went wrong"),
        _("Something went wrong on our side. Reference: %(reference)s.") % {"reference": reference},
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """404."""
    return _answer(
        request, 404, "NOT_FOUND", _("Page not found"), _("There is nothing at this address.")
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """400: a request Django itself refused (unknown host, body too large…)."""
    return _answer(
        request, 400, "BAD_REQUEST", _("Bad request"), _("This request could not be understood.")
    )


def unknown_host(request: HttpRequest) -> HttpResponse:
    """400: the request names a host that is not ours."""
    return _answer(
        request,
        400,
        "UNKNOWN_HOST",
        _("Unknown address"),
        _("There is no book under this host name. Check the address."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """403."""
    return _answer(request, 403, "FORBIDDEN", _("Not allowed"), _("You may not do this."))


def _answer(request: HttpRequest, status: int, code: str, title: str, text: str) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        # The shape of api.errors.bare, without whatever may be the very thing that failed.
        body = {
            "error": text,
            "code": code,
            "details": {},
            "correlationId": correlation.current(),
        }
        return JsonResponse(body, status=status)
    # Of the request only the embedded visit: context processors may need the very database that
    # is away, and inside another website the page has no header and leads back to its house.
    visit = {"embed": getattr(request, "embed", None)}
    context = {"title": title, "text": text, "status": status, "request": visit}
    try:
        page = loader.get_template("error.html").render(context)
    except TemplateDoesNotExist:
        page = _PAGE.format(language=get_language(), back=_("Back to the start"), **context)
    return HttpResponse(page, status=status)
