"""Where a request enters Django: it is UTF-8, whatever it says."""

from __future__ import annotations

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters


class Utf8Request(WSGIRequest):
    """A request read as UTF-8, the only encoding of our pages and of the API.

    Django would follow whatever codec of Python's the Content-Type names, for the query string as
    well. Many (``hex``, ``idna``) read no text or fail on it, and that before any middleware could
    answer for it.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(
            meta.get("CONTENT_TYPE", "")
        )


class Handler(WSGIHandler):
    """Django's handler of WSGI requests, with ours."""

    request_class = Utf8Request
