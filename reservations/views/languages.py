"""The languages a page can be read in, for the switch in its footer and for search engines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language


@dataclass(frozen=True, slots=True)
class PageLanguage:
    """The page in one language."""

    code: str
    name: str
    """In the language itself: who needs it can read it."""
    url: str
    """The same page, with whatever was asked of it."""
    alternate: str
    """The page itself, absolute and without a search: where search engines find it."""
    is_current: bool


def languages(request: HttpRequest) -> dict[str, Any]:
    """``languages`` for templates; none on the answer to a form, whose words would be lost."""
    if request.method not in ("GET", "HEAD"):
        return {"languages": []}
    current = get_language()
    return {
        "languages": [
            PageLanguage(
                code, name, _address(request, code), _alternate(request, code), code == current
            )
            for code, name in settings.LANGUAGES
        ]
    }


def _address(request: HttpRequest, code: str) -> str:
    query = request.GET.copy()
    query["lang"] = code
    return f"{request.path}?{query.urlencode()}"


def _alternate(request: HttpRequest, code: str) -> str:
    return request.build_absolute_uri(f"{request.path}?lang={code}")
