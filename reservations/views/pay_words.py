"""What pages say about the money of a table, by how it is protected.

A deposit and a prepayment are taken, a hold is set aside, a card on file is only remembered; and
what is not given back of the first two is what can be charged of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from core import clock
from notifications.wording import amount
from reservations.engine.policies import refund_amount
from reservations.selectors.bookings import Booking
from reservations.selectors.holds import HeldPlace
from reservations.services.taking import taken_kind
from reservations.terms import NOTHING_TAKEN, headline


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page of a hold says before the button."""

    name: str
    """Of the fact in the summary."""
    fact: str
    title: str
    headline: str
    now: str
    """To pay now."""
    button: str
    is_taken: bool
    """Money moves at once."""


def asked_of(held: HeldPlace) -> Asked:
    """The words for what a hold asks for; of one that asks for nothing, they are not shown."""
    total = amount(held.deposit, held.currency)
    named = {"money": total}
    first = headline(held.payment_kind, held.deposit, held.currency)
    taken = taken_kind(held.payment_kind, held.house, held.starts_at, clock.now())
    if taken == "card":
        is_later = held.payment_kind != taken
        return Asked(
            name=_("Secured by"),
            fact=_("your card, for fees up to %(money)s") % named,
            title=_("Secure your table with a card"),
            headline=headline("hold_later", held.deposit, held.currency) if is_later else first,
            now=_("Nothing"),
            button=_("Secure with your card and book"),
            is_taken=False,
        )
    if held.payment_kind == "hold":
        return Asked(
            name=_("Set aside on your card"),
            fact=total,
            title=_("Set %(money)s aside on your card") % named,
            headline=first,
            now=_("Nothing"),
            button=_("Set %(money)s aside and book") % named,
            is_taken=False,
        )
    is_price = held.payment_kind == "prepayment"
    return Asked(
        name=_("Price") if is_price else _("Deposit"),
        fact=total,
        title=(_("Price of %(money)s") if is_price else _("Deposit of %(money)s")) % named,
        headline=first,
        now=total,
        button=_("Pay %(money)s and book") % named,
        is_taken=True,
    )


@dataclass(frozen=True, slots=True)
class Secured:
    """What the pages of a booking say about its money."""

    name: str
    fact: str


def secured_of(found: Booking) -> Secured | None:
    """What was taken, set aside or remembered for a booking, and what became of it; None: nothing.

    A payment that failed or was never decided is nothing.
    """
    total = amount(found.deposit, found.currency)
    if found.payment_status == "authorized":
        return Secured(_("Set aside on your card"), total)
    if found.payment_status == "saved":
        return Secured(_("Card on file"), _("Nothing was taken."))
    if found.payment_kind in NOTHING_TAKEN:
        return _after(found)
    if found.payment_status != "succeeded":
        return None
    paid = [_("%(money)s paid") % {"money": total}]
    if found.refunded:
        paid.append(_("%(money)s refunded") % {"money": amount(found.refunded, found.currency)})
    name = _("Price") if found.payment_kind == "prepayment" else _("Deposit")
    return Secured(name, ", ".join(paid))


def _after(found: Booking) -> Secured | None:
    """Of a hold or a card that is not there any more."""
    if found.payment_status == "voided":
        return Secured(_("Your card"), _("Let go. Nothing was taken."))
    if found.payment_status != "succeeded":
        return None
    taken = [_("%(money)s taken") % {"money": amount(found.captured or Decimal(0), found.currency)}]
    if found.refunded:
        taken.append(_("%(money)s refunded") % {"money": amount(found.refunded, found.currency)})
    return Secured(_("Your card"), ", ".join(taken))


def is_refundable(found: Booking) -> bool:
    """Whether cancelling is about money that was taken."""
    return found.payment_status == "succeeded" and found.payment_kind not in NOTHING_TAKEN


def is_chargeable(found: Booking) -> bool:
    """Whether cancelling late can cost something: set aside, or a card on file."""
    return found.payment_status in ("authorized", "saved")


def fee_at(found: Booking, percent: int) -> Decimal:
    """What can be charged when ``percent`` of a deposit would come back now; zero for the rest."""
    if not is_chargeable(found):
        return Decimal(0)
    return found.deposit - refund_amount(found.deposit, percent, found.money_unit)


def cancelling(found: Booking, percent: int) -> str:
    """What cancelling now costs somebody whose card secures the table, in a sentence."""
    fee = fee_at(found, percent)
    if fee <= 0:
        return _("Nothing is charged if you cancel now, and your card is let go.")
    charged = {"money": amount(fee, found.currency)}
    return _("If you cancel now, the restaurant can charge up to %(money)s.") % charged


def cancelled(found: Booking) -> str:
    """What is left to say about the card of a booking that was cancelled."""
    if found.payment_kind not in NOTHING_TAKEN:
        return ""
    if found.payment_status in ("voided", "saved", "authorized"):
        is_let_go = found.payment_status == "voided" or found.errand == "release"
        return (
            _("Nothing was taken, and your card is let go.")
            if is_let_go
            else _("You cancelled late: as agreed, the restaurant can charge a fee.")
        )
    return ""
