"""Requests for pages inside other websites: which visit it is, and who may show it.

A visit's token stands at the beginning of the path (``/e/<token>/r/anchor/``). It becomes the
script prefix, as if Couvert were mounted there, so that every link, form and redirect of the
answer stays within the visit by itself. Cookies are neither read nor set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib.sessions.backends.cached_db import SessionStore
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_script_prefix, resolve, set_script_prefix
from django.utils.encoding import escape_uri_path
from django.utils.http import escape_leading_slashes

from config import errors
from core.rates import fingerprint
from reservations import embedding
from reservations.embedding import Embedding
from reservations.views.base import GuestView
from restaurants.selectors import restaurant_by_slug
from restaurants.sites import origins_of

_ENTRANCES = frozenset({"restaurant", "continue"})
"""The pages with which a visit can begin, with ``?embed=1``."""

_PARTS = frozenset({"accent"})
"""What pages load from us besides static files."""


def embedding_of(request: HttpRequest) -> Embedding | None:
    """The visit a request belongs to; None for pages that stand by themselves."""
    return getattr(request, "embed", None)


class EmbeddingMiddleware:
    """Finds the visit, serves it under its prefix, and keeps everything else out of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle one request."""
        found = embedding.split(request.path_info)
        if found is not None:
            return self._visit(request, *found)
        if request.method in ("GET", "HEAD") and request.GET.get("embed") == "1":
            return self._serve(request, _entrance(request))
        return self._serve(request, None)

    def _visit(self, request: HttpRequest, token: str, rest: str) -> HttpResponseBase:
        visit = embedding.read(token)
        query = request.META.get("QUERY_STRING", "")
        if visit is None:
            # Too old, or made up: begin anew where the visitor is.
            return _lead_to(rest, f"embed=1{'&' if query else ''}{query}")
        if _is_brought_here(request):
            return _lead_to(rest, query)
        request.path_info = rest
        return self._serve(request, replace(visit, origins=origins_of(visit.restaurant_id)))

    def _serve(self, request: HttpRequest, visit: Embedding | None) -> HttpResponseBase:
        request.embed = visit  # type: ignore[attr-defined]
        if visit is None:
            return self.get_response(request)
        outer = get_script_prefix()
        set_script_prefix(outer.rstrip("/") + visit.prefix)
        try:
            response = self.get_response(request)
        finally:
            set_script_prefix(outer)
        # The address holds the token: tell it to nobody else.
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., Any],
        callback_args: Any,
        callback_kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        """Only guests' pages of the visit's own restaurant, and no form from elsewhere."""
        visit = embedding_of(request)
        if visit is None:
            return None
        view: Any = getattr(callback, "view_class", None)
        is_page = isinstance(view, type) and issubclass(view, GuestView) and view.is_embeddable
        if request.resolver_match and request.resolver_match.url_name in _PARTS:
            return None
        if not is_page or callback_kwargs.get("slug", visit.slug) != visit.slug:
            return errors.not_found(request)
        if request.method not in ("GET", "HEAD") and not _is_from_here(request):
            return errors.forbidden(request)
        request.embed_event = view.embed_event  # type: ignore[attr-defined]
        return None


def _entrance(request: HttpRequest) -> Embedding | None:
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return None
    if match.url_name not in _ENTRANCES:
        return None
    restaurant = restaurant_by_slug(match.kwargs["slug"])
    if restaurant is None:
        return None
    visit = embedding.begin(restaurant.pk, restaurant.slug, request.GET.get("lang", ""))
    return replace(visit, origins=origins_of(restaurant.pk))


def _lead_to(path: str, query: str) -> HttpResponseRedirect:
    """To a path of ours: ``//example.com/`` after a token would be another website."""
    address = escape_leading_slashes(escape_uri_path(path))
    return HttpResponseRedirect(f"{address}?{query}" if query else address)


def _is_brought_here(request: HttpRequest) -> bool:
    """A whole window was led to a visit's address from elsewhere: by a bookmark, or by somebody
    who would like to share a visit of theirs with a guest."""
    is_window = request.headers.get("Sec-Fetch-Dest") == "document"
    return is_window and request.headers.get("Sec-Fetch-Site") != "same-origin"


def _is_from_here(request: HttpRequest) -> bool:
    """Whether a page of ours sent this form. Browsers state it and no page can choose it.

    ``Origin`` is compared with our own by the form token's check.
    """
    site = request.headers.get("Sec-Fetch-Site")
    return site == "same-origin" if site is not None else "Origin" in request.headers


class EmbeddedSession(SessionStore):
    """A session whose key is given by the visit, not by a cookie."""

    def __init__(self, visit: Embedding) -> None:
        # Not the visit's key itself: as a cookie it would open nothing.
        self.fixed_key = f"e{fingerprint(f'embedded session:{visit.key}')}"
        super().__init__(self.fixed_key)

    def load(self) -> dict[str, Any]:
        """What is kept, or nothing; the key stays."""
        found: dict[str, Any] = super().load()
        self._session_key = self.fixed_key
        return found

    def save(self, must_create: bool = False) -> None:
        """Write it, the first time as well; of two at once the last one stands."""
        self._session_key = self.fixed_key
        row = self.create_model_instance(self._get_session())  # type: ignore[attr-defined]
        self.model.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["session_key"],
            update_fields=["session_data", "expire_date"],
        )
        self._cache.set(self.cache_key, self._session, self.get_expiry_age())  # type: ignore[attr-defined]
