"""Who speaks for a guest: whoever knows the address or the number the booking was made with."""

from __future__ import annotations

from django.utils.crypto import constant_time_compare

from core.errors import Invalid
from core.phone import to_e164
from reservations.errors import ReservationNotFound
from reservations.models import Reservation


def check_proof(booking: Reservation, *, email: str, phone: str) -> None:
    """Raise unless ``email`` or ``phone``, in any of its forms, is the guest's.

    What is wrong is answered as if there were no booking (ReservationNotFound): a reference can be
    guessed, and must not say whose it is. Raises Invalid when neither was sent. Where both were,
    both have to be right.
    """
    if not email and not phone:
        raise Invalid(
            customer_phone="Send the guest’s number here, or their e-mail address in the header"
            " X-Customer-Email."
        )
    customer = booking.customer
    emails = {booking.guest_email.lower(), customer.email if customer else ""} - {""}
    phones = {booking.guest_phone, customer.phone if customer else ""} - {""}
    if email and not _is_one_of(email.strip().lower(), emails):
        raise ReservationNotFound
    if phone and not _is_one_of(_number(phone, booking.restaurant.country), phones):
        raise ReservationNotFound


def _number(phone: str, country: str) -> str:
    try:
        return to_e164(phone, country)
    except Invalid:
        return ""


def _is_one_of(told: str, known: set[str]) -> bool:
    return any(constant_time_compare(told, each) for each in known)
