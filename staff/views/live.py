"""The live line of a house by ordinary requests: for who has no stream, and the way to it."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.changes import Mark, read_changes
from staff.access import HouseView, StaffRequest
from staff.live import as_json, heard, hidden_from

logger = logging.getLogger(__name__)

PLACE = "Couvert-Place"
"""Header of an answer without a body: the place to ask from the next time."""


class ChangesView(HouseView):
    """What happened at the house since ``after``; 204 when nothing did."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The same JSON as in the stream. An unknown place is answered with ``all``."""
        after = Mark.parse(request.GET.get("after", ""))
        found = read_changes(after, [request.venue.pk])
        hidden = hidden_from(request.access, request.venue.pk)
        if found.is_whole and not heard(found, hidden):
            return HttpResponse(status=204, headers={PLACE: str(found.mark)})
        return HttpResponse(as_json(found, hidden), content_type="application/json")


class StreamView(HouseView):
    """Where the stream is asked for and no proxy led the request to it.

    Who reaches this process at its own port reaches the stream at its port. Otherwise there is
    a proxy that does not know of it: 204 tells browsers to stop asking, and pages ask
    ``ChangesView`` instead.
    """

    def get(self, request: StaffRequest) -> HttpResponse:
        """There, or nowhere."""
        origin = stream_origin(request)
        if origin is None:
            logger.warning("Event streams need a route of their own in the proxy; pages poll")
            return HttpResponse(status=204)
        there = urlsplit(origin)._replace(
            path=request.path, query=request.META.get("QUERY_STRING", "")
        )
        return HttpResponse(status=307, headers={"Location": urlunsplit(there)})


def stream_origin(request: HttpRequest) -> str | None:
    """Where the stream is for a browser that talks to this process directly; else None."""
    asked = urlsplit(f"//{request.get_host()}")
    if asked.port != settings.WEB_PORT or request.is_secure():
        return None
    host = f"[{asked.hostname}]" if ":" in (asked.hostname or "") else asked.hostname
    return f"http://{host}:{settings.STREAM_PORT}"
