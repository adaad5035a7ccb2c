"""What a guest is asked to pay by a link, and until when."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext

from core.errors import Invalid
from payments.gateways.units import is_whole
from payments.models import PaymentKind, PolicyKind
from reservations.engine.money import RefundStep
from reservations.models import Reservation
from reservations.selectors.bookings import Booking
from reservations.services.holds import PaymentTerms, terms_of
from reservations.services.taking import kind_for

SHORTEST = dt.timedelta(minutes=5)
_MOST = Decimal(10) ** 8


def terms_asked(
    row: Reservation,
    found: Booking,
    amount: Decimal | None,
    kind: str,
    now: dt.datetime,
) -> PaymentTerms:
    """What a guest is asked for: what the policies of the house say, or what somebody said.

    Raises Invalid for what cannot be asked for.
    """
    if kind and kind not in PolicyKind.values:
        raise Invalid(kind=gettext("Choose a deposit, a prepayment, a hold or a card on file."))
    terms = terms_of(
        found.house,
        row.service_id,
        row.service_date,
        row.party_size,
        starts_at=row.starts_at,
        now=now,
        offer_id=row.offer_id,
    )
    # Policies speak of the house's currency, which may have changed since the booking was made.
    if amount is None and (terms.amount <= 0 or found.house.currency != found.currency):
        raise Invalid(amount=gettext("No policy asks this party for money. Say how much."))
    if amount is not None:
        check_amount(amount, found.currency, found.house.gateway)
        terms = replace(terms, amount=amount, policy_id=None, policy_name="")
        if not kind:
            terms = replace(terms, kind=PaymentKind.DEPOSIT.value)
    if kind:
        terms = replace(terms, kind=kind_for(kind, found.house, found.starts_at, now))
    if found.payment_id is not None:
        # One booking, one ladder: what comes back was agreed when it was made.
        terms = replace(terms, ladder=terms_ladder(found.refund_ladder))
    return terms


def terms_ladder(ladder: list[list[int]]) -> tuple[RefundStep, ...]:
    """A stored ladder in the engine's words."""
    return tuple(RefundStep(hours, percent) for hours, percent in ladder)


def check_amount(amount: Decimal, currency: str, gateway: str) -> None:
    """Raise Invalid for what cannot be asked for, or what the provider could not move."""
    if not 0 < amount < _MOST or not is_whole(amount, gateway, currency):
        raise Invalid(amount=gettext("This is not an amount that can be paid."))


def expiry_of(
    found: Booking, expires_in: dt.timedelta | None, becomes: str, now: dt.datetime
) -> dt.datetime:
    """Until when the guest can pay; one that decides about a table, no longer than until then.

    Raises Invalid for a span that cannot be.
    """
    span = expires_in or dt.timedelta(minutes=found.house.pay_link_minutes)
    if not SHORTEST <= span <= dt.timedelta(days=60):
        raise Invalid(expires_in=gettext("Give the guest between 5 minutes and 60 days."))
    until = now + span
    if becomes and found.starts_at > now:
        until = min(until, found.starts_at)
    return until
