"""A booking for the wallet of a telephone, by its link."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation

from core import clock
from notifications.wallet.apple import CONTENT_TYPE, apple_pass
from notifications.wallet.apple import signer as apple_signer
from notifications.wallet.facts import PassFacts, first_name
from notifications.wallet.google import account as google_account
from notifications.wallet.google import google_link
from reservations.engine.lifecycle import Status
from reservations.selectors.bookings import Booking
from reservations.services.links import open_link, page_address
from reservations.views.base import manage_page
from reservations.views.tokens import TokenView

_COMING = frozenset({Status.CONFIRMED, Status.RECONFIRMED})


def wallets_of(found: Booking) -> dict[str, Any]:
    """Which wallets can take the booking: those the operator has set up, while it is to come."""
    is_coming = _is_coming(found)
    return {
        "apple_wallet": is_coming and apple_signer() is not None,
        "google_wallet": is_coming and google_account() is not None,
    }


def _is_coming(found: Booking) -> bool:
    return Status(found.status) in _COMING and found.ends_at > clock.now()


def _facts(found: Booking, token: str) -> PassFacts:
    house = found.house
    return PassFacts(
        reservation_id=found.public_id,
        code=found.code,
        restaurant=house.name,
        address=house.address,
        phone=house.phone,
        zone=house.zone,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        party_size=found.party_size,
        first_name=first_name(found.details.diner_name or found.guest_name),
        manage_url=page_address("booking", token),
        language=translation.get_language() or house.language,
        sequence=found.sequence,
        colour=house.accent,
        latitude=house.latitude,
        longitude=house.longitude,
    )


class ApplePassView(TokenView):
    """``GET /booking/<token>/pass.pkpass``: the booking for Apple Wallet."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The signed pass; the booking's page where there is none (any more)."""
        found, by = open_link(token), apple_signer()
        if by is None or not _is_coming(found):
            return redirect(manage_page(token))
        return HttpResponse(
            apple_pass(_facts(found, token), by),
            content_type=CONTENT_TYPE,
            headers={"Content-Disposition": f'attachment; filename="{found.code}.pkpass"'},
        )


class GooglePassView(TokenView):
    """``GET /booking/<token>/google-wallet/``: on to Google, with the booking in the address."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Signed when it is asked for; the booking's page where there is no pass (any more)."""
        found, by = open_link(token), google_account()
        if by is None or not _is_coming(found):
            return redirect(manage_page(token))
        return redirect(google_link(_facts(found, token), by))
