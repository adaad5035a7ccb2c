"""The bank of the sandbox: where somebody approves a payment, or does not."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.views import View

from core import money
from payments.gateways.registry import SANDBOX
from payments.gateways.sandbox import books, decide, notices
from payments.services import events


class BankView(View):
    """``/sandbox/bank/<reference>/``: approve or decline, then back to where one came from.

    Stands for a page that is not ours, so it knows nothing but the sandbox's books. Its word
    goes the two ways that a bank's does: the guest's browser goes back, and a signed message is
    sent, twice, as real providers sometimes do.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Not there where real money moves."""
        if not getattr(settings, "SANDBOX_ENABLED", False):
            raise Http404
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        """What is to be approved; reads only."""
        entry = _entry(reference)
        context = {
            "amount": f"{money.from_minor(entry.minor, entry.currency)} {entry.currency}",
            "taking": entry.taking,
            "card": f"{entry.brand} … {entry.last4}",
            "is_open": entry.outcome == books.ACTION,
            "way_back": _way_back(entry),
        }
        return render(request, "payments/bank.html", context)

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        """Decide, tell the shop, go back. The first word counts: repeating it changes nothing."""
        entry = _entry(reference)
        approve = request.POST.get("answer") == "approve"
        if approve or request.POST.get("answer") == "decline":
            decided = decide(reference, approve=approve) or entry
            _tell(decided)
        return redirect(_way_back(entry))


def _entry(reference: str) -> books.Entry:
    entry = books.by_reference(reference)
    if entry is None:
        raise Http404
    return entry


def _tell(decided: books.Entry) -> None:
    kind = f"{decided.taking}.{decided.outcome}"
    body, headers = notices.make(kind, decided.reference)
    for _ in range(2):
        events.receive(SANDBOX, "", body, headers, url="")


def _way_back(entry: books.Entry) -> str:
    """Only to a page of ours, whatever was asked for."""
    asked, ours = urlsplit(entry.return_url), urlsplit(settings.PUBLIC_URL)
    is_ours = (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc)
    if not is_ours or not asked.path.startswith("/") or asked.path.startswith("//"):
        return "/"
    return asked.path + (f"?{asked.query}" if asked.query else "")
