"""Pages whose address has a token in it: they leak it nowhere, and say what is wrong with it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from reservations.errors import LinkExpired, LinkRevoked, LinkUnknown, SignInExpired
from reservations.views.base import GuestView


class TokenView(GuestView):
    """A page that a link from a message opens.

    404 for a link we never sent, 410 for one that is over; both with the way to all bookings.
    """

    is_secret = True

    def protected(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, with the page for a link that does not open."""
        try:
            return super().protected(request, *args, **kwargs)
        except (LinkUnknown, LinkRevoked) as error:
            return _closed(request, error)


def _closed(request: HttpRequest, error: LinkUnknown | LinkRevoked) -> HttpResponseBase:
    context = {"title": _title(error), "text": error.text, "is_sign_in": False}
    if isinstance(error, SignInExpired):
        context["is_sign_in"] = True
    status = 404 if isinstance(error, LinkUnknown) else 410
    return render(request, "reservations/closed.html", context, status=status)


def _title(error: LinkUnknown | LinkRevoked) -> str:
    if isinstance(error, LinkUnknown):
        return _("This link does not open anything")
    if isinstance(error, SignInExpired):
        return _("This link was good once only")
    if isinstance(error, LinkExpired):
        return _("This link has expired")
    return _("This link has been replaced")
