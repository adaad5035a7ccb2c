"""Conditions of the book that a caller can act on. Sentences follow contract 2 where it has one."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from accounts.errors import NotSignedIn
from core.errors import Conflict, DomainError, NotFound, TooOften


class SlotUnavailable(Conflict):
    """The party cannot be seated then; ``details`` has reasons and bookable alternatives."""

    code = "SLOT_UNAVAILABLE"
    message = gettext_noop("No tables available for this time slot")


class NotBookable(DomainError):
    """The request can never be met as asked; its code is the engine's reason in capitals."""

    code = "NOT_BOOKABLE"
    message = gettext_noop("This cannot be booked as asked.")


class ActiveHoldExists(Conflict):
    """A guest holds one table at a time."""

    code = "ACTIVE_HOLD_EXISTS"
    message = gettext_noop("You already have an active reservation hold")


class ContactHolds(Conflict):
    """Another live hold has the same e-mail address or telephone number.

    ``hold_id`` and ``guest_key`` are for the page of whoever holds it, and never in an answer.
    """

    code = "CONTACT_HOLDS_TABLE"
    message = gettext_noop(
        "A table is already being held with this e-mail address or telephone number."
        " Finish that booking first, give it back, or wait until its time is over."
    )
    hold_id = ""
    guest_key = ""


class TooManyHolds(TooOften):
    """One address holds as many tables of this restaurant as it may."""

    code = "TOO_MANY_HOLDS"
    message = gettext_noop(
        "Several tables of this restaurant are being held from your internet connection already."
    )


class AlreadyBooked(Conflict):
    """The guest has a reservation at this restaurant and time."""

    code = "ALREADY_BOOKED"
    message = gettext_noop("You already have a reservation at this restaurant for this time.")


class HoldConfirmed(AlreadyBooked):
    """The hold is a reservation by now, whose id ``details`` has."""

    message = gettext_noop(
        "This hold has become a reservation. To give its table up, cancel the reservation."
    )


class HoldNotFound(NotFound):
    """No such hold, or it is someone else's."""

    code = "HOLD_NOT_FOUND"
    message = gettext_noop("Hold not found or expired")


class HoldExpired(Conflict):
    """The hold lapsed; its table may be gone."""

    code = "HOLD_EXPIRED"
    message = gettext_noop("Hold has expired. Please create a new reservation.")


class HoldAtLimit(Conflict):
    """The guest has asked for more time as often as the house allows."""

    code = "HOLD_LIMIT"
    message = gettext_noop("This hold cannot be extended again. Please confirm it or start over.")


class PaymentDeclined(DomainError):
    """The provider refused the payment; the hold is still there, try another card."""

    code = "PAYMENT_DECLINED"
    message = gettext_noop("Payment failed. Please try another card.")


class PaymentActionRequired(DomainError):
    """The card's owner has to approve the payment first; ``details`` says where or with what.

    Nothing was charged yet and the table is kept. Repeat the confirmation afterwards.
    """

    code = "PAYMENT_ACTION_REQUIRED"
    message = gettext_noop(
        "Your bank asks you to approve this payment. Approve it, then confirm again."
    )


class PaymentPending(DomainError):
    """The provider's answer was lost; the same request may be repeated without a second charge."""

    code = "PAYMENT_PENDING"
    message = gettext_noop(
        "We are waiting for the payment provider. Please try again in a moment:"
        " you will not be charged twice."
    )


class PaymentsUnavailable(DomainError):
    """A deposit is due and no gateway may take money here."""

    code = "PAYMENTS_UNAVAILABLE"
    message = gettext_noop(
        "This booking needs a deposit, which cannot be paid online at the moment."
        " Please call the restaurant."
    )


class PaymentAsked(Conflict):
    """The guest was asked for this already."""

    code = "PAYMENT_ASKED"
    message = gettext_noop(
        "The guest was sent a payment link for this already. Withdraw it first to ask for something"
        " else."
    )


class PaymentRequestOver(Conflict):
    """A payment link whose time is over, or that the house took back; nothing was charged."""

    code = "PAYMENT_REQUEST_OVER"
    message = gettext_noop(
        "This payment link is not good any more. You were not charged. Please ask the restaurant."
    )


class NoFeeDue(Conflict):
    """There is nothing a fee could be charged to, or the guest cancelled in time."""

    code = "NO_FEE_DUE"
    message = gettext_noop("No card secures this booking, so there is no fee to charge.")


class FeeUnconfirmed(DomainError):
    """Nothing was charged: ``details`` says how much it would be; ask again with a confirmation."""

    code = "FEE_UNCONFIRMED"
    message = gettext_noop("Please confirm the amount before the card is charged.")


class PaidTooLate(Conflict):
    """The hold lapsed while paying and the table is gone; the money goes back in full."""

    code = "HOLD_EXPIRED_REFUNDED"
    message = gettext_noop(
        "Your hold expired while you were paying and the table has been taken."
        " Your payment is being refunded in full. Please choose another time."
    )


class ReservationNotFound(NotFound):
    """No such reservation, or it is someone else's."""

    code = "RESERVATION_NOT_FOUND"
    message = gettext_noop("Reservation not found")


class AlreadyCancelled(Conflict):
    """Cancelled before; nothing was changed."""

    code = "ALREADY_CANCELLED"
    message = gettext_noop("Reservation already cancelled")


class NotChangeable(Conflict):
    """The reservation is past the point where this can be done."""

    code = "NOT_CHANGEABLE"
    message = gettext_noop("This reservation can no longer be changed.")


class GuestExpected(Conflict):
    """Somebody who is still to come, or whose payment is open, cannot be erased."""

    code = "CUSTOMER_HAS_BOOKINGS"
    message = gettext_noop(
        "This guest is still expected, or a payment of theirs is not settled yet. Cancel the"
        " bookings first, then try again."
    )


class NotAccepting(Conflict):
    """The house has paused bookings."""

    code = "NOT_ACCEPTING_RESERVATIONS"
    message = gettext_noop("This restaurant is not taking reservations online at the moment.")


class LinkUnknown(NotFound):
    """No link like this was ever sent, or it is not complete."""

    code = "LINK_UNKNOWN"
    message = gettext_noop(
        "We do not know this link. Please use the one in your latest message, complete."
    )


class LinkRevoked(Conflict):
    """The link was good once and is not any more."""

    code = "LINK_REVOKED"
    message = gettext_noop(
        "This link has been replaced. Please use the one in your latest message."
    )


class LinkExpired(LinkRevoked):
    """Its time is over."""

    code = "LINK_EXPIRED"
    message = gettext_noop(
        "This link has expired. Please call the restaurant if you need anything."
    )


class SignInExpired(LinkRevoked):
    """A link to sign in was used before, or is too old."""

    code = "SIGN_IN_EXPIRED"
    message = gettext_noop("This link was used before or has expired. Please ask for a new one.")


class RefundChanged(Conflict):
    """What cancelling gives back is not what the guest was shown; ``details`` says what it is."""

    code = "REFUND_CHANGED"
    message = gettext_noop(
        "The refund has changed since you looked. Please check it and confirm again."
    )


class TooMany(Conflict):
    """More than one person has reason to send; wait, or call."""

    code = "TOO_MANY"
    message = gettext_noop("That was too often. Please wait a while, or call the restaurant.")


class NotYet(Conflict):
    """Right booking, wrong time."""

    code = "NOT_YET"
    message = gettext_noop(
        "This can only be told shortly before the booking. Until then, please change its time."
    )


class OfferTaken(Conflict):
    """The guest said yes to the table that was offered: it is kept while they book it."""

    code = "OFFER_TAKEN"
    message = gettext_noop(
        "You have said yes, so the table is still kept for you. To let it go, give it back on this"
        " page."
    )


class NotWaiting(Conflict):
    """The waitlist entry is over: left before, or its date has passed."""

    code = "NOT_WAITING"
    message = gettext_noop("You are not on this waitlist any more.")


class StaleParty(Conflict):
    """Somebody changed the party since the screen was drawn; ``details`` says who, when and how.

    Nothing was written. ``version`` is what to expect now.
    """

    code = "STALE_PARTY"
    message = gettext_noop("This party was changed on another screen.")


class StaleNight(StaleParty):
    """A note or a section is not what the form showed; nothing was written, and who it was."""

    code = "STALE_NIGHT"
    message = gettext_noop("This was changed on another screen. Look at it again.")


class BillsChanged(Conflict):
    """Somebody else changed the same bills since; ``bookings`` says whose. Nothing was written."""

    code = "BILLS_CHANGED"
    message = gettext_noop("Somebody else has changed this since you opened it.")


class PlaceTaken(Conflict):
    """A table is not free for it; ``details`` has the table, why, and who stands against it."""

    code = "PLACE_TAKEN"
    message = gettext_noop("The table is not free for that.")


class LimitReached(Conflict):
    """A limit of the house stands against it, which a manager may set aside (``reasons``)."""

    code = "LIMIT_REACHED"
    message = gettext_noop("A limit of the house stands against this.")


class ServerBusy(Conflict):
    """Who would serve was given two parties just now; a host may insist."""

    code = "SERVER_BUSY"
    message = gettext_noop("Who would serve them was given two parties just now.")


class UndoImpossible(Conflict):
    """It cannot be taken back (any more); the sentence says why."""

    code = "UNDO_IMPOSSIBLE"
    message = gettext_noop("This can no longer be undone.")


class SignatureInvalid(NotSignedIn):
    """A message whose signature, time or sender is not what it should be; says not which."""

    code = "SIGNATURE_INVALID"
    message = gettext_noop(
        "This message is not signed with a secret that is known here, or it is too old."
        " Sign the raw body with the secret of its source, and send it within five minutes."
    )
