"""Bookings that are secured in some way, and what tests of their money ask again and again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from core.actors import SYSTEM, Actor, ActorKind
from notifications.models import Message
from payments.models import Policy
from reservations.details import NO_DETAILS
from reservations.ledger.confirm import Contact
from reservations.models import PaymentRequest, Reservation
from reservations.services.bookings import Extras, book
from reservations.services.payment_requests import ask_for_payment
from restaurants.models import Membership, Restaurant, Role
from tests.factories import make_user
from tests.faults.acts import ask

EMAIL = "ada@example.com"


def make_manager(house: Restaurant, role: Role = Role.MANAGER) -> Actor:
    """A member of staff, as services know them."""
    user = make_user(f"{role}@{house.slug}.example", is_staff=True)
    Membership.objects.create(user=user, restaurant=house, role=role)
    return Actor(ActorKind.STAFF, user.public_id, user.email)


def make_booking(house: Restaurant, status: str = "pending", **more: Any) -> Reservation:
    """A booking by staff, unpaid, for two on Saturday at seven; its guest has an address."""
    request = ask(house, **more)
    extras = Extras(status=status, details=NO_DETAILS, notify=status != "pending_payment")
    return book(request, Contact("Ada Guest", EMAIL), extras, by=SYSTEM)


def asked(
    house: Restaurant, amount: str | None = "50", time: str = "19:00", **more: Any
) -> PaymentRequest:
    """A request that a booking waits for."""
    row = make_booking(house, time=time)
    return ask_for_payment(
        row.public_id, by=SYSTEM, amount=Decimal(amount) if amount else None, **more
    )


def secured_by(house: Restaurant, kind: str, amount: str = "25", **more: Any) -> Policy:
    """The house's one policy."""
    house.policies.all().delete()
    return Policy.objects.create(
        restaurant=house, name=kind.title(), kind=kind, amount=Decimal(amount), **more
    )


def kinds_sent() -> list[str]:
    """Kinds of the messages in the outbox, oldest first."""
    return list(Message.objects.order_by("id").values_list("kind", flat=True))


def tables_of(row: Reservation) -> int:
    """How many tables it has now."""
    return row.claims.filter(released_at=None).count()


def minutes(number: int) -> dt.timedelta:
    """A span."""
    return dt.timedelta(minutes=number)
