"""Middleware: the usual stack for pages, almost nothing for the API.

Django's usual middleware costs a small JSON answer nearly half its speed, and an API caller has no
session, no form token and no language cookie. So every page middleware is a subclass that lets
other requests through (subclasses, because the admin's system checks look for the originals).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from corsheaders.middleware import CorsMiddleware
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import DisallowedHost
from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django_htmx.middleware import HtmxMiddleware
from django_otp.middleware import OTPMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

from config import errors
from config.embedding import EmbeddedSession, embedding_of
from core import correlation, metrics, origin
from core.outage import drop_broken_connections
from staff.gate import step_before_admin
from staff.presence import origin_of
from staff.views.live import stream_origin

logger = logging.getLogger(__name__)

_PROBES = ("/healthz", "/readyz", "/metrics")
_NOT_PAGES = ("/api/", *_PROBES)
_SESSION_KEY = re.compile(r"[a-z0-9]{32}")
API_LANGUAGE = "en"
"""What programs are answered in, to the letter of the contracts."""


def is_page(request: HttpRequest) -> bool:
    """Whether a person with a browser asks, as opposed to a program."""
    return not request.path_info.startswith(_NOT_PAGES)


class PagesOnly:
    """Mixin: what is not a page passes straight through the middleware it is mixed into."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        """Run the middleware for pages, skip it for the rest."""
        if request.path_info.startswith(_NOT_PAGES):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


_STAFF_ONLY = ("/admin/", "/staff/")
_COMPRESSED = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})


class PagesGZipMiddleware(PagesOnly, GZipMiddleware):
    """Compresses guest pages, and the static files that were not compressed beforehand.

    A compressed answer's length tells something about its content, so a secret must not stand in it
    beside words that another site can choose (BREACH). On guest pages that is the form token, which
    Django masks anew in every answer and pads by a random length; on pages for staff it would be
    guests' names and telephone numbers beside a search, or a key shown once, so those stay as they
    are. See docs/adr/0022.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        """Compress what is text, whole and not for staff."""
        kind = response.get("Content-Type", "").partition(";")[0]
        is_whole = response.status_code != HTTPStatus.PARTIAL_CONTENT
        if kind not in _COMPRESSED or not is_whole or request.path_info.startswith(_STAFF_ONLY):
            return response
        return super().process_response(request, response)


class PagesWhiteNoiseMiddleware(PagesOnly, WhiteNoiseMiddleware):
    """Static files."""

    def add_files(self, root: Any, prefix: str | None = None) -> None:
        """Skip a STATIC_ROOT that was never collected; the finders serve then."""
        if (
            settings.STATIC_ROOT
            and str(root) == str(settings.STATIC_ROOT)
            and not settings.STATIC_ROOT.is_dir()
        ):
            return
        super().add_files(root, prefix=prefix)

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponseBase:
        """Send a file, or 304 to who has it: a weak tag of ours is the same file, compressed."""
        if known := request.META.get("HTTP_IF_NONE_MATCH"):
            request.META["HTTP_IF_NONE_MATCH"] = known.removeprefix("W/")
        answer: HttpResponseBase = WhiteNoiseMiddleware.serve(static_file, request)
        return answer


class PagesSessionMiddleware(PagesOnly, SessionMiddleware):
    """Sessions: known by a cookie, or in an embedded visit by the address."""

    def process_request(self, request: HttpRequest) -> None:
        """Open the session of the cookie or of the visit."""
        visit = embedding_of(request)
        if visit is not None:
            request.session = EmbeddedSession(visit)
            return
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if key and not _SESSION_KEY.fullmatch(key):
            # Never one of ours, and PostgreSQL refuses some of it: as good as no cookie.
            del request.COOKIES[settings.SESSION_COOKIE_NAME]
        super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save what changed; a visit sets no cookie."""
        if embedding_of(request) is None:
            return super().process_response(request, response)
        if request.session.modified and response.status_code < 500:
            request.session.save()
        return response


class PagesLocaleMiddleware(LocaleMiddleware):
    """The visitor's language: what ``?lang=`` asks for, else the cookie, else the browser's.

    ``?lang=`` is remembered in the cookie; an embedded visit has none and carries the language of
    its website in its address. Whatever is not a page is answered in English, the
    language of the API's contracts, and a thread never carries a language on to its next request.
    """

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        """Answer in the visitor's language."""
        with translation.override(API_LANGUAGE):
            if not is_page(request):
                return self.get_response(request)
            visit = embedding_of(request)
            if visit is not None:
                if visit.language:
                    request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = visit.language
                return super().__call__(request)
            asked = request.GET.get("lang", "") if "lang=" in request.META["QUERY_STRING"] else ""
            if asked not in dict(settings.LANGUAGES):
                return super().__call__(request)
            request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = asked
            response: Any = super().__call__(request)
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                asked,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=request.is_secure(),
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite=settings.LANGUAGE_COOKIE_SAMESITE,
            )
            return response


class PagesCommonMiddleware(PagesOnly, CommonMiddleware):
    """Host check and closing slashes; API paths have none and are never redirected."""


class PagesCsrfMiddleware(PagesOnly, CsrfViewMiddleware):
    """Form tokens. API callers are known by a header that no other site can make a browser send.

    In an embedded visit, whose cookies browsers keep back, the tokens are made of the visit's own
    secret: nobody else knows the visit, so nobody else can send a form in its name.
    """

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., Any],
        callback_args: Any,
        callback_kwargs: Any,
    ) -> HttpResponseForbidden | None:
        """Check the token of a page's form."""
        if request.path_info.startswith(_NOT_PAGES):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)

    def _get_secret(self, request: HttpRequest) -> str | None:
        visit = embedding_of(request)
        secret: str | None = (
            visit.form_secret if visit else super()._get_secret(request)  # type: ignore[misc]
        )
        return secret

    def _set_csrf_cookie(self, request: HttpRequest, response: HttpResponseBase) -> None:
        if embedding_of(request) is None:
            super()._set_csrf_cookie(request, response)  # type: ignore[misc]


class PagesAuthenticationMiddleware(PagesOnly, AuthenticationMiddleware):
    """The signed-in person."""


class PagesOtpMiddleware(PagesOnly, OTPMiddleware):
    """Whether that person has shown a second factor."""


class PagesStaffMiddleware:
    """Pages for staff: what is recorded says from where; the admin has the staff area's door."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, or lead to what is still missing of the sign-in."""
        if not request.path_info.startswith(_STAFF_ONLY):
            return self.get_response(request)
        with origin.bound(origin_of(request)):
            if request.path_info.startswith("/admin/") and (step := step_before_admin(request)):
                return step
            return self.get_response(request)


class PagesMessageMiddleware(PagesOnly, MessageMiddleware):
    """One-time notices."""

    def process_request(self, request: HttpRequest) -> None:
        """In an embedded visit they wait in the session: cookies would not come back."""
        if embedding_of(request) is None:
            super().process_request(request)
        else:
            request._messages = SessionStorage(request)  # type: ignore[attr-defined]


class PagesHtmxMiddleware(PagesOnly, HtmxMiddleware):
    """``request.htmx``."""


class PagesFrameMiddleware(PagesOnly, XFrameOptionsMiddleware):
    """No framing by other sites, for browsers that do not read the content security policy.

    Its header cannot name a site, so pages that some sites may frame go without it.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Say no, unless the restaurant has named its sites."""
        visit = embedding_of(request)
        return response if visit and visit.origins else super().process_response(request, response)


class PagesCspMiddleware(PagesOnly, CSPMiddleware):
    """The policy; embedded visits name who may frame them, the admin needs a looser one."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """The page's policy, with the exceptions of embedded visits, ``/admin/``, streams."""
        parts = super().get_policy_parts(
            request=request, response=response, report_only=report_only
        )
        visit = embedding_of(request)
        if visit and visit.origins:
            sites = {"frame-ancestors": ["'self'", *visit.origins]}
            parts.replace = {**sites, **(parts.replace or {})}
        elif not report_only and request.path_info.startswith("/admin/"):
            parts.replace = {**settings.ADMIN_CONTENT_SECURITY_POLICY, **(parts.replace or {})}
        elif request.path_info.startswith("/staff/") and (origin := stream_origin(request)):
            # Without a proxy the event stream is at another port, which is another origin.
            parts.replace = {"connect-src": ["'self'", origin], **(parts.replace or {})}
        return parts


class ApiCorsMiddleware(CorsMiddleware):
    """Cross-origin rules, for the API only (``CORS_URLS_REGEX``)."""

    def __call__(self, request: HttpRequest) -> Any:
        """Skip the work when the caller is not another site's page."""
        if "HTTP_ORIGIN" not in request.META or not request.path_info.startswith("/api/"):
            return self.get_response(request)
        return super().__call__(request)


class CorrelationMiddleware:
    """Binds a correlation id: the caller's ``X-Request-Id`` if sane, else a new one. Echoes it.

    The id stays until the answer is closed: Django logs a failure after the last middleware, and a
    stream is read after it.

    As the outermost layer it also gives every plain answer a length, which for the API no other
    middleware does; without one the server would send it in chunks.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle one request with the id bound."""
        value = correlation.accept(request.META.get("HTTP_X_REQUEST_ID"))
        correlation.bind(value)
        response = self.get_response(request)
        response.headers["X-Request-Id"] = value
        if isinstance(response, HttpResponse) and "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
        return response


@receiver(request_finished)
def _forget_correlation(**_: Any) -> None:
    correlation.clear()


class HostMiddleware:
    """Refuses a request for a host that is not ours with 400, in one line of the log.

    Left to Django it would be found out only where something asks for the host: by a traceback
    for pages, by luck for the API. Probes call by the address of the machine and are let through.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle one request, if it is for us."""
        if request.path_info in _PROBES:
            return self.get_response(request)
        try:
            request.get_host()
        except DisallowedHost:
            logger.warning(
                "Unknown host: add it to ALLOWED_HOSTS if it is ours",
                extra={"host": str(request.META.get("HTTP_HOST"))[:100]},
            )
            return errors.unknown_host(request)
        return self.get_response(request)


class MetricsMiddleware:
    """Counts requests and durations by route template; paths would hold people's tokens."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle one request and note it."""
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        metrics.note_request(
            request.method or "?",
            match.route if match else "(none)",
            response.status_code,
            time.perf_counter() - began,
        )
        return response


class OutageMiddleware:
    """Turns a database that is away into 503 with Retry-After, and gets rid of broken connections.

    Views only; what middleware raises ends in ``config.errors.server_error``, with the same answer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle one request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view that failed because of the database; leave anything else alone."""
        if not errors.is_outage(exception):
            return None
        logger.error(
            "Database unavailable",
            extra={"error": type(exception).__name__, "path": _route(request)},
        )
        drop_broken_connections()
        return errors.unavailable(request)


def _route(request: HttpRequest) -> str:
    return request.resolver_match.route if request.resolver_match else ""
