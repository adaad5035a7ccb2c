"""What a browser or a crawler asks every site for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

_ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /api/
Disallow: /booked/
Disallow: /booking/
Disallow: /bookings/
Disallow: /e/
Disallow: /hold/
Disallow: /my-bookings/
Disallow: /waitlist/
Allow: /
"""


@require_safe
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Restaurants may be found; holds, bookings and programs' addresses may not."""
    return HttpResponse(_ROBOTS, content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The old address of the icon, which browsers ask for where no page names another."""
    return redirect(static("img/favicon.svg"), permanent=True)
