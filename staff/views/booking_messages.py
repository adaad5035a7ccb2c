"""What was written to the guest of a booking, by which way, and whether it arrived."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.errors import NotFound
from notifications.models import Message
from notifications.selectors import has_opted_out, messages_about
from notifications.services import resend
from reservations.models import PaymentRequest, Reservation
from restaurants.access import Capability
from staff import message_words, wording
from staff.access import HouseView, StaffRequest
from staff.views.booking_money import booking_at, booking_text

_MAY_REPEAT = frozenset({Message.Status.SENT, Message.Status.FAILED, Message.Status.UNKNOWN})


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message, as the page shows it."""

    row: Message
    kind: str
    channel: str
    state: str
    state_text: str
    when: str
    why: str
    can_repeat: bool


class BookingMessagesView(HouseView):
    """The list, newest first."""

    needs = Capability.OPERATE

    def get(self, request: StaffRequest, public_id: str) -> HttpResponse:
        """The page."""
        row = booking_at(request.venue, public_id)
        phone = row.guest_phone
        context = {
            "booking": row,
            "booking_text": booking_text(row),
            "lines": [_line(each, request) for each in messages_about(_ids(row))],
            "has_opted_out": bool(phone) and has_opted_out(request.venue.pk, phone),
        }
        return render(request, "staff/booking_messages.html", context)


class ResendMessageView(HouseView):
    """The same again."""

    needs = Capability.OPERATE
    http_method_names = ["post"]

    def post(self, request: StaffRequest, public_id: str, message_id: str) -> HttpResponse:
        """Queue it, and say so. One that waits is not sent twice by a double click."""
        row = booking_at(request.venue, public_id)
        found = Message.objects.filter(public_id=message_id, about__in=_ids(row)).first()
        if found is None:
            raise NotFound
        waits = messages_about([found.about])
        is_on_its_way = any(
            each.kind == found.kind and each.status not in _MAY_REPEAT for each in waits
        )
        if not is_on_its_way:
            resend(found, request.actor)
        messages.success(request, _("It leaves within seconds."))
        return self.to("booking_messages", row.public_id)


def _ids(row: Reservation) -> list[str]:
    """What messages to this guest are about: the booking, and the payments asked for."""
    asked = PaymentRequest.objects.filter(reservation=row).values_list("public_id", flat=True)
    return [row.public_id, *asked]


def _line(row: Message, request: StaffRequest) -> MessageLine:
    state, text = message_words.state_text(row)
    return MessageLine(
        row=row,
        kind=message_words.kind_text(row),
        channel=str(message_words.CHANNELS[row.channel]),
        state=state,
        state_text=text,
        when=wording.moment(row.sent_at or row.created_at, request.venue.tz),
        why=message_words.why(row),
        can_repeat=row.status in _MAY_REPEAT and bool(row.recipient),
    )
