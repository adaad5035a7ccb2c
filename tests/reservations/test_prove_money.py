"""Every check about holds, cards, fees, bills and links finds what it is there to find."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from core.actors import SYSTEM, Actor, ActorKind
from notifications.services import deliver_due
from payments.services.errands import process_errands
from payments.services.refunds import process_refunds
from reservations.engine.lifecycle import Status
from reservations.guests import Guest
from reservations.models import Reservation
from reservations.proof.invariants import AT_REST, broken
from reservations.services import near_holds, progress
from reservations.services.fees import charge_no_show_fee
from reservations.services.payment_links import expire_requests
from reservations.services.payment_links import pay as pay_link
from reservations.services.payment_requests import ask_for_payment
from reservations.services.redemption import redeem
from restaurants.models import Restaurant
from tests.faults.acts import VISA, hold, pay
from tests.fixtures.domain import Clock
from tests.reservations.money import make_booking, make_manager, secured_by
from tests.reservations.money_damages import MONEY_DAMAGES
from tests.reservations.test_prove_invariants import PAST_SERVICES, damage

GUEST = Actor(ActorKind.GUEST, "", "Guest, by link")
WAITING = "booking that waits for nothing"


@pytest.fixture
def money(clock: Clock, bella: Restaurant, new_guest: Callable[[], Guest]) -> None:
    """A hold placed near the date, a card with a fee, a link with an extra, one that expired, and
    a bill that a deposit came off."""
    manager = make_manager(bella)
    guests = [new_guest() for _ in range(3)]
    secured_by(bella, "card")
    missed = pay(hold(bella, guests[0], "12:00"), guests[0]).booking.public_id
    secured_by(bella, "hold")
    pay(hold(bella, guests[1], "20:00"), guests[1])
    secured_by(bella, "deposit")
    seated = pay(hold(bella, guests[2], "14:30"), guests[2]).booking
    linked = make_booking(bella, time="17:00")
    pay_link(ask_for_payment(linked.public_id, by=SYSTEM, amount=Decimal(30)).pk, VISA, by=GUEST)
    extra = ask_for_payment(linked.public_id, by=SYSTEM, amount=Decimal(12))
    pay_link(extra.pk, VISA, by=GUEST)
    ask_for_payment(linked.public_id, by=SYSTEM, amount=Decimal(7))
    clock.set("2025-11-15T14:30:00-05:00")
    expire_requests()
    near_holds.authorise_holds()
    progress.step(missed, Status.NO_SHOW, by=SYSTEM)
    charge_no_show_fee(missed, by=manager, confirm=True)
    progress.step(seated.public_id, Status.SEATED, by=manager)
    paid = Reservation.objects.get(pk=seated.id).payment
    assert paid is not None
    redeem(seated.public_id, paid.public_id, Decimal(20), bill="7", by=manager, key="bill7")
    process_errands()
    process_refunds()
    deliver_due()


def found() -> set[str]:
    return set(broken(AT_REST))


@pytest.mark.usefixtures("money")
@pytest.mark.parametrize("name", sorted(set(MONEY_DAMAGES) - {WAITING}))
def test_damage_is_found_by_the_checks_it_concerns_and_by_no_other(name: str) -> None:
    statements, expected = MONEY_DAMAGES[name]
    assert broken(AT_REST) == {}
    damage(statements)
    assert found() - PAST_SERVICES == expected - PAST_SERVICES


def test_a_booking_waits_for_an_open_request(clock: Clock, bella: Restaurant) -> None:
    row = make_booking(bella)
    ask_for_payment(row.public_id, by=SYSTEM, amount=Decimal(30))
    deliver_due()
    assert found() == {"pay_link_left"}
    statements, expected = MONEY_DAMAGES[WAITING]
    damage(statements)
    assert found() == expected
