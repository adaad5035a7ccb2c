"""Which websites may read answers of the API besides the listed ones: a widget's own."""

from __future__ import annotations

import re
from typing import Any

from corsheaders.signals import check_request_enabled
from django.http import HttpRequest

from restaurants.sites import is_site_of

_WIDGET = re.compile(r"/api/(v1/)?embed/restaurants/(?P<restaurant>[A-Za-z0-9_-]{1,40})/")


def is_own_site(request: HttpRequest, **_: Any) -> bool:
    """Whether a website of the restaurant in the path asks."""
    found = _WIDGET.match(request.path_info)
    if found is None:
        return False
    return is_site_of(found["restaurant"], request.META.get("HTTP_ORIGIN", ""))


check_request_enabled.connect(is_own_site, dispatch_uid="widget")
