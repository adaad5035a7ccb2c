"""A guest's record with all that belongs to it: handed out, merged, erased.

Erasing follows the law and keeps the books right: what was booked, paid and given back stays, and
nothing in it says any more whose it was. The audit trail never held names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from core import audit, clock
from core.actors import Actor
from core.locks import Space, again_if_undone, lock_all
from core.models import AuditEntry
from customers.errors import KnownElsewhere
from customers.models import ConsentEntry, Customer, CustomerMerge, GuestNote
from customers.selectors import customer_of
from customers.services import merging, records
from notifications.models import Message
from payments.models import Payment
from payments.services.charges import forget_cards
from reservations.errors import GuestExpected
from reservations.models import (
    BookingLink,
    Hold,
    HouseMessage,
    InboundDelivery,
    PartyRequest,
    PaymentRequest,
    QueueEntry,
    Reservation,
    SignInLink,
    SourceRecord,
    StandAction,
    TableBlock,
    WaitlistEntry,
    WaitOffer,
)
from reservations.models.reservation import LIVE_STATUSES
from reservations.signals import guest_erased

OPEN_PAYMENTS = (
    Payment.Status.REQUESTED,
    Payment.Status.ACTION_REQUIRED,
    Payment.Status.UNKNOWN,
)

_NOTHING_SAID: dict[str, Any] = {
    "guest_name": records.ERASED_NAME,
    "guest_email": "",
    "guest_phone": "",
    "user": None,
    "special_requests": "",
    "occasion": "",
    "allergens": [],
    "allergy_note": "",
    "accessibility_needs": "",
    "marketing_consent": False,
    "diner_name": "",
    "diner_email": "",
    "diner_phone": "",
}

_NOBODY_NAMED = {"diner_name": records.ERASED_NAME, "diner_email": "", "diner_phone": ""}
"""Where the guest came to a table that somebody else booked."""


@dataclass(frozen=True, slots=True)
class GuestRecord:
    """Everything the group knows of one guest, newest first."""

    customer: Customer
    merged: list[Customer]
    bookings: list[Reservation]
    booked_for: list[Reservation]
    """Tables that somebody else booked for the guest."""
    waits: list[WaitlistEntry]
    queued: list[QueueEntry]
    requests: list[PartyRequest]
    notes: list[HouseMessage]
    """What the guest wrote to the house."""
    guest_notes: list[GuestNote]
    """What the team wrote about the guest."""
    consents: list[ConsentEntry]
    messages: list[Message]
    payments: list[Payment]
    trail: list[AuditEntry]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was made nobody's, by kind."""

    public_id: str
    bookings: int
    messages: int
    waits: int


def bookings_of(customer: Customer) -> QuerySet[Reservation]:
    """The guest's reservations, latest first; those that came with a merged record too."""
    return Reservation.objects.filter(_whose(customer)).order_by("-starts_at", "-id")


def _whose(customer: Customer) -> Q:
    return Q(customer=customer) | Q(customer__merged_into=customer)


def _check_within(customer: Customer, within: int | None) -> None:
    """Raise KnownElsewhere when the guest has bookings beyond the caller's one restaurant."""
    if within is not None and bookings_of(customer).exclude(restaurant=within).exists():
        raise KnownElsewhere


def merge(
    organization_id: int, keep: str, absorb: str, *, by: Actor, within: int | None = None
) -> Customer:
    """:func:`~customers.services.merging.merge_customers` for a caller of one restaurant or all.

    ``within`` is the restaurant (primary key) beyond which the caller has no say; raises
    KnownElsewhere where one of the two has bookings there.
    """
    for public_id in (keep, absorb):
        _check_within(customer_of(organization_id, public_id), within)
    return merging.merge_customers(organization_id, keep, absorb, by=by, restaurant_id=within)


def undo_merge(
    organization_id: int,
    merge_id: str,
    *,
    by: Actor,
    within: int | None = None,
    restaurant_id: int | None = None,
) -> Customer:
    """:func:`~customers.services.merging.undo_merge` for a caller of one restaurant or all.

    Raises KnownElsewhere as :func:`merge`: what was made one has bookings of both. The trail shows
    it at ``restaurant_id``.
    """
    rows = CustomerMerge.objects.filter(public_id=merge_id, kept__organization=organization_id)
    found = rows.select_related("kept").first()
    if found is not None:
        _check_within(found.kept, within)
    return merging.undo_merge(organization_id, merge_id, by=by, restaurant_id=restaurant_id)


def export(
    organization_id: int, public_id: str, *, by: Actor, within: int | None = None
) -> GuestRecord:
    """Everything the group knows of a guest, for the guest. Audited; changes nothing else.

    Raises CustomerNotFound, and KnownElsewhere as :func:`merge`.
    """
    customer = customer_of(organization_id, public_id)
    _check_within(customer, within)
    bookings = list(bookings_of(customer).select_related("restaurant", "service", "bill"))
    merged = list(customer.merged.order_by("id"))
    waits = list(_waits_of(organization_id, [customer, *merged]).select_related("restaurant"))
    queued = list(_queued_of(organization_id, [customer, *merged]).select_related("restaurant"))
    requests = list(_requests_of(organization_id, [customer, *merged]).select_related("restaurant"))
    asked = [
        *(row.public_id for row in queued),
        *(row.public_id for row in waits),
        *(row.public_id for row in requests),
    ]
    about = [*(row.public_id for row in bookings), *asked]
    found = GuestRecord(
        customer=customer,
        merged=merged,
        bookings=bookings,
        booked_for=list(
            _booked_for(organization_id, [customer, *merged]).select_related(
                "restaurant", "service"
            )
        ),
        waits=waits,
        queued=queued,
        requests=requests,
        notes=list(HouseMessage.objects.filter(reservation__in=bookings)),
        guest_notes=list(GuestNote.objects.filter(customer__in=[customer, *merged])),
        consents=list(ConsentEntry.objects.filter(customer__in=[customer, *merged])),
        messages=list(Message.objects.filter(about__in=about)),
        payments=list(Payment.objects.filter(pk__in=_payments_of(customer))),
        trail=list(AuditEntry.objects.filter(target__in=[customer.public_id, *about])),
    )
    audit.record("customer.exported", customer.public_id, by=by, restaurant_id=within)
    return found


@again_if_undone
def erase(
    organization_id: int, public_id: str, *, by: Actor, within: int | None = None, reason: str = ""
) -> Erasure:
    """Make everything about a guest nobody's: the right to be forgotten.

    Reservations, holds and payments stay with their dates, sizes, statuses and amounts; names,
    addresses, numbers, wishes, allergies and cards go. Links stop working, messages lose their
    content, the waitlist and requests for large parties go. One transaction, under the locks of
    the guest's address and number, so that nobody who books at the same moment is recognised
    halfway. Raises CustomerNotFound (also when erased before), KnownElsewhere as :func:`merge`,
    and GuestExpected while a visit or a payment is still to come.
    """
    with transaction.atomic():
        customer = customer_of(organization_id, public_id)
        merged = list(customer.merged.all())
        known = {what for each in (customer, *merged) for what in (each.email, each.phone) if what}
        lock_all(Space.GUEST, [("customer", organization_id, what) for what in known])
        customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
        _check_within(customer, within)
        _check_settled(organization_id, customer, merged)
        done = _erase_all(organization_id, customer, merged)
        audit.record(
            "customer.erased",
            customer.public_id,
            by=by,
            restaurant_id=within,
            bookings=done.bookings,
            messages=done.messages,
            waits=done.waits,
            reason=reason,
        )
    return done


def _check_settled(organization_id: int, customer: Customer, merged: list[Customer]) -> None:
    is_coming = Q(status__in=LIVE_STATUSES, ends_at__gt=clock.now())
    coming = [
        *bookings_of(customer).filter(is_coming),
        *_booked_for(organization_id, [customer, *merged]).filter(is_coming),
    ]
    if codes := list(dict.fromkeys(row.code for row in coming)):
        raise GuestExpected(bookings=codes)
    payments = Payment.objects.filter(pk__in=_payments_of(customer))
    if payments.filter(status__in=OPEN_PAYMENTS).exists():
        raise GuestExpected(bookings=[])


def _payments_of(customer: Customer) -> list[int]:
    own = Q(pk__in=bookings_of(customer).exclude(payment=None).values("payment"))
    held = Q(pk__in=Hold.objects.filter(_whose(customer)).exclude(payment=None).values("payment"))
    mine = bookings_of(customer)
    later = Q(purpose__in=mine.values("public_id"))
    asked = Q(purpose__in=_links_of(list(mine.values_list("pk", flat=True))))
    found = Payment.objects.filter(own | held | later | asked)
    return list(found.values_list("pk", flat=True))


def _links_of(bookings: list[int]) -> list[str]:
    """Public ids of the payment links of bookings."""
    rows = PaymentRequest.objects.filter(reservation__in=bookings)
    return list(rows.values_list("public_id", flat=True))


def _waits_of(organization_id: int, records_: list[Customer]) -> QuerySet[WaitlistEntry]:
    return WaitlistEntry.objects.filter(_reached(organization_id, records_))


def _queued_of(organization_id: int, records_: list[Customer]) -> QuerySet[QueueEntry]:
    return QueueEntry.objects.filter(_reached(organization_id, records_))


def _requests_of(organization_id: int, records_: list[Customer]) -> QuerySet[PartyRequest]:
    return PartyRequest.objects.filter(_reached(organization_id, records_))


def _booked_for(organization_id: int, records_: list[Customer]) -> QuerySet[Reservation]:
    """Bookings of others in the group that name an address or number of theirs as the guest's."""
    return Reservation.objects.filter(_dines(organization_id, records_)).order_by("-starts_at")


def _dines(organization_id: int, records_: list[Customer]) -> Q:
    by_contact = Q(diner_phone__in={each.phone for each in records_} - {""}, diner_phone__gt="")
    for email in {each.email for each in records_} - {""}:
        by_contact |= Q(diner_email__iexact=email)
    return by_contact & Q(restaurant__organization=organization_id)


def _reached(organization_id: int, records_: list[Customer]) -> Q:
    """What was asked of the group with an address or number of theirs."""
    emails = {each.email for each in records_} - {""}
    phones = {each.phone for each in records_} - {""}
    by_contact = Q(email__in=emails) | Q(phone__in=phones)
    return by_contact & Q(restaurant__organization=organization_id)


def _erase_all(organization_id: int, customer: Customer, merged: list[Customer]) -> Erasure:
    bookings = list(bookings_of(customer).values_list("pk", "public_id"))
    keys, ids = [pk for pk, _ in bookings], [public_id for _, public_id in bookings]
    waits = _waits_of(organization_id, [customer, *merged])
    requests = _requests_of(organization_id, [customer, *merged])
    queued = _queued_of(organization_id, [customer, *merged])
    asked = [*waits.values_list("public_id", flat=True)]
    asked += queued.values_list("public_id", flat=True)
    asked += requests.values_list("public_id", flat=True)
    about = [*ids, *asked, *_links_of(keys)]
    forget_cards(_payments_of(customer))
    messages = _erase_messages(about, {each.email for each in (customer, *merged)} - {""})
    HouseMessage.objects.filter(reservation__in=keys).delete()
    now = clock.now()
    BookingLink.objects.filter(reservation__in=keys, revoked_at=None).update(revoked_at=now)
    # What was offered says nothing of the guest without the entry.
    WaitOffer.objects.filter(entry__in=waits).delete()
    waited, _ = waits.delete()
    TableBlock.objects.filter(queue_entry__in=queued).update(note="")
    # The way back of what was done at the stand names them.
    _forget_ways_back(organization_id, [customer, *merged], about, keys)
    queued.delete()
    requests.delete()
    Reservation.objects.filter(pk__in=keys).update(
        **_NOTHING_SAID, dietary=[], tags=[], celebration="", updated_at=now
    )
    SourceRecord.objects.filter(reservation__in=keys).update(
        guest_name=records.ERASED_NAME,
        guest_email="",
        guest_phone="",
        special_requests="",
        metadata={},
        updated_at=now,
    )
    InboundDelivery.objects.filter(reservation__in=keys).update(body=b"")
    _erase_diner(organization_id, [customer, *merged])
    for hold in Hold.objects.filter(_whose(customer) | Q(reservation__in=keys)):
        _erase_hold(hold)
    records.forget_customer(customer)
    guest_erased.send(sender=Customer, organization_id=organization_id, reservations=ids)
    return Erasure(customer.public_id, len(keys), messages, waited)


def _forget_ways_back(
    organization_id: int, records_: list[Customer], about: list[str], bookings: list[int]
) -> None:
    """Of every action that touched a party of theirs, be it another's that gave way to it."""
    named = _booked_for(organization_id, records_).values_list("pk", flat=True)
    queued = _queued_of(organization_id, records_).values_list("pk", flat=True)
    touched = Q(target__in=about)
    touched |= Q(after__versions__has_any_keys=[str(pk) for pk in {*bookings, *named}])
    touched |= Q(after__queue__has_any_keys=[str(pk) for pk in queued])
    StandAction.objects.filter(touched, restaurant__organization=organization_id).delete()


def _erase_messages(about: list[str], emails: set[str]) -> int:
    """Unsent ones go, of sent ones remains that there was one; those to sign in go as well."""
    rows = Message.objects.filter(about__in=about)
    rows.filter(status__in=[Message.Status.QUEUED, Message.Status.FAILED]).delete()
    blanked = rows.update(recipient="", payload={}, last_error="")
    Message.objects.filter(restaurant=None, recipient__in=emails).delete()
    SignInLink.objects.filter(email__in=emails).delete()
    return blanked


def _erase_diner(organization_id: int, records_: list[Customer]) -> None:
    """Bookings of others stay theirs; whom they were for stands nowhere any more."""
    dines = _dines(organization_id, records_)
    rows = Reservation.objects.filter(dines)
    about = list(rows.values_list("public_id", flat=True))
    for message in Message.objects.filter(about__in=about, payload__has_key="diner_name"):
        message.payload = message.payload | {"diner_name": records.ERASED_NAME}
        message.save(update_fields=["payload"])
    # By key: once blanked, the condition finds them no more.
    keys = list(rows.values_list("pk", flat=True))
    Hold.objects.filter(dines | Q(reservation__in=keys)).update(**_NOBODY_NAMED)
    Reservation.objects.filter(pk__in=keys).update(**_NOBODY_NAMED, updated_at=clock.now())


def _erase_hold(hold: Hold) -> None:
    Hold.objects.filter(pk=hold.pk).update(
        **_NOTHING_SAID,
        guest_key=f"erased:{hold.public_id}",
        address_key="",
        email_key="",
        phone_key="",
    )
