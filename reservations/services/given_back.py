"""A hold that was given back: its payment is not waited for, and its guest is told so."""

from __future__ import annotations

from django.utils.translation import gettext

from payments.models import Payment
from payments.services.settling import call_off
from reservations.errors import HoldExpired, PaidTooLate
from reservations.selectors.holds import PAYING, HeldPlace


def latest_payment(hold: str) -> Payment | None:
    """The last attempt to pay for a hold, by its public id."""
    return Payment.objects.filter(purpose=hold).order_by("-id").first()


def call_off_approval(hold: str) -> Payment | None:
    """Call off a payment that waits for its owner's approval; the last one, as it is then.

    One that is under way is left to whoever asked, or to the sweep: it settles, and goes back in
    full. One that was approved after all does the same. Outside of any transaction; may be
    repeated.
    """
    payment = latest_payment(hold)
    if payment is not None and payment.status == Payment.Status.ACTION_REQUIRED:
        call_off(payment)
        payment.refresh_from_db()
    return payment


def why_gone(held: HeldPlace) -> HoldExpired | PaidTooLate:
    """What to tell the guest of a hold that can become no reservation: also what of their money.

    Outside of any transaction; may be repeated.
    """
    if held.status != "released":
        return HoldExpired()
    payment = call_off_approval(held.public_id)
    released = gettext("This hold was released.")
    if payment is None or payment.status in (Payment.Status.FAILED, Payment.Status.VOIDED):
        return HoldExpired(f"{released} {gettext('Nothing was charged.')}")
    if payment.status in PAYING:
        unsure = gettext("If your card was charged, the money goes back to it in full.")
        return HoldExpired(f"{released} {unsure}")
    refunded = gettext("Your payment is being refunded in full.")
    return PaidTooLate(f"{released} {refunded}", refund_amount=held.deposit)
