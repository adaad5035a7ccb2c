"""What a guest does with the link from a message: change, cancel, write, say that they come or
will be late.

Each looks at the link again once the reservation is locked: after ``links.revoke_links`` has
returned, nothing is done by the old link any more.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid
from core.locks import again_if_undone
from notifications.services import queue
from notifications.wording import lines
from payments.services.errands import SECURED_STATUSES
from reservations.engine.lifecycle import ActorKind, Status, allowed
from reservations.errors import NotChangeable, NotYet, RefundChanged, TooMany
from reservations.messages import facts
from reservations.models import BookingLink, HouseMessage, Reservation
from reservations.models.house_messages import LONGEST_MESSAGE
from reservations.selectors.bookings import Booking, booking
from reservations.services import cancellation, changes
from reservations.services.cancellation import Cancellation
from reservations.services.changes import Change
from reservations.services.links import actor_of, check_open, open_row
from reservations.services.trail import record_party

MESSAGES_PER_HOUR = 5
MOST_MESSAGES = 20
"""Of one booking, from beginning to end."""
SECOND_CLICK = dt.timedelta(minutes=1)

LATE_MINUTES = (5, 60)
"""Fewest and most minutes a party can announce."""
LATE_FROM = dt.timedelta(hours=3)
"""Before that, a party that will be late changes its time instead."""
LATE_UNTIL = dt.timedelta(minutes=60)
MOST_LATE = 5
"""How often a party can think again about how late it will be."""

RECONFIRM_WITHIN = dt.timedelta(hours=72)
"""Before that, nobody asks yet whether a guest still comes."""

_COMING = frozenset({Status.PENDING, Status.CONFIRMED, Status.RECONFIRMED})
_TIME_HAS_COME = "The time of this reservation has come. Please call the restaurant."


def change_for_link(token: str, change: Change) -> Booking:
    """Change the reservation as :func:`~reservations.services.changes.change_reservation` does.

    The new place first, the old one kept until it succeeds. Raises what that raises, and
    LinkUnknown, LinkRevoked, LinkExpired.
    """
    link, found = open_row(token)
    return changes.change_reservation(
        found.public_id, change, by=actor_of(link), permit=lambda _: check_open(link)
    )


def cancel_for_link(
    token: str, *, refund: Decimal | None = None, percent: int | None = None
) -> Cancellation:
    """Cancel the reservation for the refund its ladder gives at this instant.

    ``refund`` is the amount the guest was shown (``cancellation.quote_cancellation``): if it is
    another one by now nothing is cancelled and RefundChanged says what it is; ``percent`` likewise,
    which for a hold and a card on file says what can be charged. Raises
    AlreadyCancelled, NotChangeable (too late, or already there), and what opening a link raises.
    """
    link, found = open_row(token)

    def permit(locked: Booking) -> None:
        check_open(link)
        if locked.starts_at <= clock.now():
            raise NotChangeable(_TIME_HAS_COME)
        reached, due = cancellation.quote(locked)
        is_at_stake = locked.payment_status in SECURED_STATUSES
        is_dearer = is_at_stake and percent is not None and percent != reached
        if (refund is not None and refund != due) or is_dearer:
            raise RefundChanged(refund=str(due), currency=locked.currency)

    return cancellation.cancel_reservation(found.public_id, by=actor_of(link), permit=permit)


@again_if_undone
def message_house(token: str, text: str) -> HouseMessage:
    """Leave a note about the booking for the house; staff find it unread, and by e-mail if the
    house has an address.

    The same words again within a minute are a second click, and the same note. At most five an
    hour and twenty in all, else TooMany. Raises Invalid for no text or too much of it, and what
    opening a link raises.
    """
    text = lines(text)
    if not text:
        raise Invalid(text=gettext("Please write something."))
    if len(text) > LONGEST_MESSAGE:
        most = {"most": LONGEST_MESSAGE}
        raise Invalid(text=gettext("Please use at most %(most)s characters.") % most)
    link, found = open_row(token)
    now = clock.now()
    with transaction.atomic():
        _locked(found, link)
        written = HouseMessage.objects.filter(reservation_id=found.id)
        again = written.filter(text=text, created_at__gt=now - SECOND_CLICK).first()
        if again is not None:
            return again
        recent = written.filter(created_at__gt=now - dt.timedelta(hours=1))
        if recent.count() >= MESSAGES_PER_HOUR or written.count() >= MOST_MESSAGES:
            raise TooMany
        message = HouseMessage.objects.create(
            restaurant_id=found.house.id, reservation_id=found.id, text=text, created_at=now
        )
        audit.record(
            "reservation.house_messaged",
            found.public_id,
            by=actor_of(link),
            restaurant_id=found.house.id,
            message=message.public_id,
        )
        tell_house("guest_wrote", found, now, note=text)
    return message


def mark_read(message: HouseMessage, *, by: Actor) -> bool:
    """Somebody of the house has read it; False if that was so before. May be repeated."""
    with transaction.atomic():
        unread = HouseMessage.objects.filter(pk=message.pk, read_at=None)
        was_unread = bool(unread.update(read_at=clock.now()))
        if was_unread:
            audit.record(
                "house_message.read",
                message.public_id,
                by=by,
                restaurant_id=message.restaurant_id,
            )
    return was_unread


def may_reconfirm(found: Booking, now: dt.datetime) -> bool:
    """Whether to ask the guest if they are coming: confirmed, in the last 72 hours before."""
    is_time = dt.timedelta(0) < found.starts_at - now <= RECONFIRM_WITHIN
    return is_time and found.status == Status.CONFIRMED


@again_if_undone
def reconfirm_for_link(token: str) -> Booking:
    """Say again that the party is coming. May be repeated: the second time changes nothing.

    Under the row's lock. It promises nothing new and takes nothing away: the rules for changing,
    cancelling and staying away are those of a confirmed booking. Raises NotYet (more than 72
    hours before), NotChangeable (not accepted yet, over, or there already), and what opening a
    link raises.
    """
    link, found = open_row(token)
    with transaction.atomic():
        row = _locked(found, link)
        now = clock.now()
        found = booking(found.public_id)
        before, by = Status(found.status), actor_of(link)
        if before is Status.RECONFIRMED:
            return found
        if not allowed(before, Status.RECONFIRMED, ActorKind(by.kind)):
            raise NotChangeable(status=before)
        if found.starts_at <= now:
            raise NotChangeable(_TIME_HAS_COME)
        if not may_reconfirm(found, now):
            raise NotYet(gettext("You can say so in the last three days before your booking."))
        row.status = Status.RECONFIRMED.value
        row.status_changed_at = row.updated_at = now
        row.save(update_fields=["status", "status_changed_at", "updated_at"])
        record_party(f"reservation.{Status.RECONFIRMED}", row, by=by, before=before)
    return booking(found.public_id)


def may_be_late(found: Booking, now: dt.datetime) -> bool:
    """Whether it is the time to say that the party will be late: from three hours before."""
    is_time = found.starts_at - LATE_FROM <= now <= found.starts_at + LATE_UNTIL
    return is_time and Status(found.status) in _COMING


@again_if_undone
def running_late(token: str, minutes: int) -> Booking:
    """Say that the party will be 5 to 60 minutes late; the house is told by e-mail if it has one.

    The table is kept as before: this promises nothing. The last word counts; saying the same
    again changes nothing. Raises Invalid, NotYet (more than three hours before), NotChangeable
    (over, or already there), TooMany, and what opening a link raises.
    """
    fewest, most = LATE_MINUTES
    if not fewest <= minutes <= most:
        allowed = {"fewest": fewest, "most": most}
        raise Invalid(
            minutes=gettext("Please give between %(fewest)s and %(most)s minutes.") % allowed
        )
    link, found = open_row(token)
    with transaction.atomic():
        row = _locked(found, link)
        now = clock.now()
        found = booking(found.public_id)
        if not may_be_late(found, now):
            is_early = now < found.starts_at and Status(found.status) in _COMING
            raise NotYet if is_early else NotChangeable
        if row.late_minutes != minutes:
            _say_late(row, found, link, minutes, now)
    return booking(found.public_id)


def _say_late(
    row: Reservation, found: Booking, link: BookingLink, minutes: int, now: dt.datetime
) -> None:
    row.late_count += 1
    if row.late_count > MOST_LATE:
        raise TooMany
    row.late_minutes, row.late_at, row.updated_at = minutes, now, now
    row.save(update_fields=["late_minutes", "late_at", "late_count", "updated_at"])
    audit.record(
        "reservation.running_late",
        row.public_id,
        by=actor_of(link),
        restaurant_id=row.restaurant_id,
        minutes=minutes,
    )
    tell_house("guest_running_late", found, now, minutes=minutes)


def tell_house(kind: str, found: Booking, now: dt.datetime, **said: Any) -> None:
    """Write to the house what the guest said, if it has an address, in this transaction."""
    house = found.house
    if not house.email:
        return
    payload = facts(
        house,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        party_size=found.party_size,
        guest_name=found.guest_name,
        deposit=Decimal(0),
        reservation_id=found.public_id,
        code=found.code,
        guest_phone=found.guest_phone,
        offer=found.offer,
        details=found.details,
        **said,
    )
    # The house writes to itself: an answer goes to the guest.
    payload["reply_to"] = found.guest_email
    queue(
        kind,
        restaurant_id=house.id,
        about=found.public_id,
        recipient=house.email,
        payload=payload,
        language=house.language,
        at=now,
    )


def _locked(found: Booking, link: BookingLink) -> Reservation:
    """The reservation's row, ours until the transaction ends, by a link that is still good."""
    row = Reservation.objects.select_for_update(of=("self",)).get(pk=found.id)
    check_open(link)
    return row
