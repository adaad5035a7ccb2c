"""What all guest pages share: what is not theirs does not exist, and errors are sentences."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from core.errors import DomainError, Invalid, NotFound, TooOften
from reservations.views import campaign, protection


class GuestView(View):
    """A page for guests. What does not exist and what is somebody else's look the same: 404."""

    is_personal = True
    """Shows what only this guest may see: browsers keep no copy for whoever sits there next."""

    is_secret = False
    """Its address opens something by itself: no Referer header, no search engine."""

    is_embeddable = True
    """May be shown inside a restaurant's own website, as part of an embedded visit."""

    embed_event: ClassVar[str] = ""
    """What the website around an embedded page is told when it shows: viewed, held, booked."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, with the domain's 'not found' as the page for it."""
        try:
            with campaign.carried(request):
                response = self.protected(request, *args, **kwargs)
        except NotFound as error:
            raise Http404(error.text) from error
        if self.is_secret:
            # Not even our own pages are told an address with a token in it.
            response.headers["Referrer-Policy"] = "strict-origin"
            response.headers["X-Robots-Tag"] = "noindex"
        if self.is_personal:
            add_never_cache_headers(response)
        else:
            patch_cache_control(response, private=True, no_cache=True)
        return response

    def protected(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The answer of the method asked for; pages with errors of their own catch them here."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except TooOften as error:
            return protection.limited_page(request, error)
        except protection.ProofWanted:
            return protection.proof_page(request)


def tell(request: HttpRequest, sentence: str) -> None:
    """Show at the top of the next page what was done."""
    messages.success(request, sentence)


def warn(request: HttpRequest, problem: str | DomainError, about: str = "") -> None:
    """Show at the top of the next page why something was not done; about ``pay``: there as well."""
    if isinstance(problem, Invalid) and problem.details:
        problem = " ".join(str(text) for text in problem.details.values())
    text = problem.text if isinstance(problem, DomainError) else problem
    messages.warning(request, text, extra_tags=about)


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The page of ours a form asked to return to, or ``otherwise``; never another site."""
    asked = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()})
    return asked if is_ours and asked.startswith("/") else otherwise


def with_query(address: str, /, **parameters: object) -> str:
    """The address with parameters added; those that are empty are left out."""
    kept = {name: str(value) for name, value in parameters.items() if value not in (None, "")}
    return (
        f"{address}{'&' if '?' in address else '?'}{urlencode(kept, safe=':')}" if kept else address
    )


def from_here(address: str) -> str:
    """An address of ours as a path, so that guests stay at the host they came by; others as is.

    Couvert may answer at more hosts than ``PUBLIC_URL``'s (localhost and 127.0.0.1 are two). The
    guest's session is not there, and ``form-action`` stops the redirect after a form.
    """
    home = f"{settings.PUBLIC_URL.rstrip('/')}/"
    return f"/{address[len(home) :]}" if address.startswith(home) else address


def hold_page(hold_id: str) -> str:
    """The address of a hold."""
    return reverse("hold", args=[hold_id])


def booked_page(booking_id: str) -> str:
    """The address of a booking."""
    return reverse("booked", args=[booking_id])


def manage_page(token: str, name: str = "manage") -> str:
    """The address of a page behind a booking's link."""
    return reverse(name, args=[token])
