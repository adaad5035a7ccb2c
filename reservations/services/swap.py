"""The hold's place for a reservation's: what confirming and settling a payment have in common."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.actors import Actor
from core.jobs import wake
from core.wakeups import announce
from customers import services as customers
from payments.gateways.base import ChargeOutcome, ChargeResult
from reservations.details import Details
from reservations.errors import HoldExpired
from reservations.ledger import confirm as write
from reservations.messages import facts, way_for
from reservations.selectors.bookings import Booking, booking_of_hold
from reservations.selectors.guests import booking_at
from reservations.selectors.holds import HeldPlace
from reservations.services.bookings import as_booked


def swap(
    held: HeldPlace,
    contact: write.Contact,
    details: Details,
    *,
    by: Actor,
    payment_id: int | None = None,
    charge: ChargeResult | None = None,
) -> Booking | None:
    """The hold's place for a reservation's, in one statement; None when the hold is not live."""
    now = clock.now()
    status = first_status(held)
    kind = f"reservation_{status}"
    # Most guests say nothing that outlasts the visit: then one statement is all there is.
    with transaction.atomic() if details.says_who() else nullcontext():
        written = write.confirm_hold(
            held.id,
            hold_public_id=held.public_id,
            code_prefix=held.house.code_prefix,
            contact=contact,
            details=details,
            status=status,
            message_kind=kind,
            way=way_for(
                held.house, kind, email=contact.email, phone=contact.phone, by_sms=details.by_sms
            ),
            payload=_told(held, contact, details, charge),
            payment_id=payment_id,
            charge=charge,
            by=by,
            now=now,
        )
        if written is None:
            return None
        remember(held, contact, details, written[0], by)
    wake("notifications.deliver_due")
    announce(held.house.id)
    identifier, code, pk = written
    return replace(
        as_booked(held, contact, details),
        id=pk,
        public_id=identifier,
        code=code,
        status=status,
        created_at=now,
        payment_id=payment_id,
        payment_status=charge.outcome.value if charge else None,
    )


def _told(
    held: HeldPlace, contact: write.Contact, details: Details, charge: ChargeResult | None
) -> dict[str, Any]:
    """What the message to the guest says."""
    return facts(
        held.house,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        party_size=held.party_size,
        guest_name=contact.name,
        deposit=held.deposit,
        special_requests=details.special_requests,
        payment_kind=_secured_by(held, charge),
        offer=held.offer,
        details=details,
    )


def _secured_by(held: HeldPlace, charge: ChargeResult | None) -> str:
    """What to tell the guest: of a hold that will only be placed later, the card is kept so far."""
    is_kept = charge is not None and charge.outcome is ChargeOutcome.SAVED
    return "card" if is_kept else held.payment_kind


def remember(
    held: HeldPlace, contact: write.Contact, details: Details, identifier: str, by: Actor
) -> None:
    """What the guest said that outlasts the visit: allergies, and consent to offers."""
    if contact.customer_id is None or not details.says_who():
        return
    customers.remember(
        contact.customer_id,
        allergies=details.own_allergies(),
        consents=details.marketing_consent,
        by=by,
        restaurant_id=held.house.id,
        because=identifier,
        # What stands beside the box, in the language it was read in.
        words=_("Send me offers and news of %(name)s. I can stop that at any time.")
        % {"name": held.house.name},
    )


def booked_already(held: HeldPlace) -> str | None:
    """Public id of another reservation of the same guest, at the same place and time."""
    if held.account is None:
        return None
    return booking_at(held.account.id, held.house.id, held.starts_at)


def first_status(held: HeldPlace) -> str:
    """Confirmed, or pending where the service has staff accept each booking."""
    services = held.house.plan.services
    service = next((s for s in services if s.id == held.service_id), None)
    return "confirmed" if service is None or service.auto_confirm else "pending"


def existing(held: HeldPlace) -> Booking:
    """What the hold has become; raises HoldExpired when that is nothing."""
    found = booking_of_hold(held.id)
    if found is None:
        raise HoldExpired
    return found
