"""Guest pages against hoarders: who asks too often waits, who asks often proves some work first."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core import challenges
from core.errors import TooOften
from core.rates import fingerprint, guest_network
from reservations.limits import Act, Attempt
from reservations.views import wording

PROOF, CHALLENGE = "proof", "challenge"
"""Form fields: the solver's answer, and the challenge itself from a browser that waited."""

_OWN_FIELDS = {PROOF, CHALLENGE, "csrfmiddlewaretoken"}


class ProofWanted(Exception):
    """The request is fine and may be sent again with a proof of work."""


def address_key(request: HttpRequest) -> str:
    """A fingerprint of where the request comes from; empty when that cannot be told."""
    network = guest_network(request.META)
    return fingerprint(f"address:{network}") if network else ""


def protect(request: HttpRequest, act: Act, *contacts: str, phone: str = "") -> None:
    """Call it in a POST before doing what costs something; :class:`GuestView` answers for it.

    Counts the attempt for the client's address and each contact that is not empty. Raises
    :class:`~core.errors.TooOften` (429, with ``phone``, the house's, as another way), or
    :class:`ProofWanted` near a limit: then the browser does some work unseen, and the same form
    comes back with the proof.
    """
    try:
        attempt = Attempt(act, address=address_key(request), contacts=contacts)
    except TooOften as error:
        raise TooOften(retry_after=error.retry_after, phone=phone) from error
    if attempt.is_suspicious and not _has_proof(request):
        attempt.forgive()
        raise ProofWanted


def _has_proof(request: HttpRequest) -> bool:
    proof, waited = request.POST.get(PROOF, ""), request.POST.get(CHALLENGE, "")
    return challenges.is_solved(proof) if proof else challenges.is_waited_for(waited)


def limited_page(request: HttpRequest, error: TooOften) -> HttpResponse:
    """429: what was too often, when to try again, and the house's telephone."""
    phone = str(error.details.get("phone", ""))
    context: dict[str, Any] = {
        "text": error.text,
        "wait": wording.minutes(error.retry_after),
        "phone": phone,
        "phone_text": wording.phone(phone) if phone else "",
    }
    response = render(request, "reservations/limited.html", context, status=429)
    response["Retry-After"] = str(error.retry_after)
    return response


def proof_page(request: HttpRequest) -> HttpResponse:
    """The same form once more, with some work that the browser does unseen; nothing to click."""
    waiting = request.POST.get(CHALLENGE, "")
    challenge = challenges.still_good(waiting) or challenges.issue()
    context: dict[str, Any] = {
        "action": request.get_full_path(),
        "challenge": challenge.text,
        "is_too_early": bool(waiting),
        "wait_seconds": challenges.WAIT_SECONDS,
        "fields": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in _OWN_FIELDS
            for value in values
        ],
    }
    return render(request, "reservations/proof.html", context)
