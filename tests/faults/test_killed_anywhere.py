"""A process is killed before every statement and every commit of every deed, one after the other.

Each time the book must be whole at once; when the sweeps have been, the money and the messages are.
"""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable
from decimal import Decimal

import pytest

from core import jobs
from core.actors import SYSTEM
from notifications.services import deliver_due
from payments.services.errands import process_errands
from payments.services.refunds import process_refunds
from payments.services.settling import settle_unknown
from reservations.engine.lifecycle import Status
from reservations.errors import PaymentPending
from reservations.guests import Guest
from reservations.models import Reservation
from reservations.proof.aftermath import come_to_rest
from reservations.proof.invariants import ALWAYS, AT_REST, broken
from reservations.selectors.holds import HeldPlace
from reservations.services import payment_links, progress
from reservations.services.cancellation import cancel_reservation
from reservations.services.changes import Change, change_reservation
from reservations.services.fees import charge_no_show_fee
from reservations.services.holds import expire_holds, release_hold
from restaurants.models import Restaurant
from tests.concurrency.children import children
from tests.concurrency.together import until_undone
from tests.factories import make_bella
from tests.faults.acts import VISA, hold, pay
from tests.faults.points import killed_at
from tests.fixtures.domain import Clock
from tests.reservations.money import asked, make_manager, secured_by

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LOST = {"token": "tok_sandbox_lost_answer"}

Work = Callable[[], object]


class Evening:
    """A house with a table for everybody, and guests who are about to do something."""

    def __init__(self, clock: Clock, new_guest: Callable[[], Guest]) -> None:
        self.clock = clock
        self.new_guest = new_guest
        self.house = make_bella(tables=60)
        self.times = itertools.cycle(["12:00", "14:30", "17:00", "19:30"])

    def held(self, house: Restaurant | None = None) -> tuple[HeldPlace, Guest]:
        guest = self.new_guest()
        return hold(house or self.house, guest, next(self.times)), guest

    def place(self) -> Work:
        guest, time = self.new_guest(), next(self.times)
        return lambda: hold(self.house, guest, time)

    def confirm(self) -> Work:
        held, guest = self.held()
        return lambda: pay(held, guest)

    def release(self) -> Work:
        held, guest = self.held()
        return lambda: release_hold(held.public_id, guest, by=guest.actor)

    def cancel(self) -> Work:
        booking = pay(*self.held()).booking
        guest = self.new_guest()
        return lambda: cancel_reservation(booking.public_id, by=guest.actor)

    def change(self) -> Work:
        booking = pay(*self.held()).booking
        guest = self.new_guest()
        later = Change(time="22:00", special_requests="A quiet table")
        return lambda: change_reservation(booking.public_id, later, by=guest.actor)

    def expire(self) -> Work:
        self.held()
        self.clock.advance(minutes=15)
        return expire_holds

    def take_again(self) -> Work:
        """Somebody paid, the answer was lost, the hold lapsed: the sweep looks for a table."""
        held, guest = self.held()
        with pytest.raises(PaymentPending):
            pay(held, guest, LOST)
        self.clock.advance(minutes=15)
        expire_holds()
        return settle_unknown

    def give_back(self) -> Work:
        """As above, but somebody else has the only table by now."""
        small = make_bella(tables=1)
        held, guest = self.held(small)
        with pytest.raises(PaymentPending):
            pay(held, guest, LOST)
        self.clock.advance(minutes=15)
        rival = self.new_guest()
        pay(hold(small, rival, held.wall_time), rival)
        return settle_unknown

    def refund(self) -> Work:
        booking = pay(*self.held()).booking
        cancel_reservation(booking.public_id, by=self.new_guest().actor)
        self.clock.advance(minutes=3)
        return process_refunds

    def pay_link(self) -> Work:
        request, guest = asked(self.house, time=next(self.times)), self.new_guest()
        return lambda: payment_links.pay(request.pk, VISA, by=guest.actor)

    def fee(self) -> Work:
        """The card of a party that did not come is charged."""
        booking = self._secured("card")
        self._miss(booking)
        return lambda: charge_no_show_fee(booking, by=self.manager, confirm=True)

    def ask_for_capture(self) -> Work:
        """The same with money that is set aside: a worker takes it later."""
        booking = self._secured("hold")
        self._miss(booking)
        return lambda: self._take_part(booking)

    def capture(self) -> Work:
        booking = self._secured("hold")
        self._miss(booking)
        self._take_part(booking)
        return process_errands

    def let_go(self) -> Work:
        cancel_reservation(self._secured("hold"), by=SYSTEM)
        return process_errands

    def _secured(self, kind: str) -> str:
        """A booking that is two days away, by its public id."""
        self.clock.set("2025-11-13T12:00:00-05:00")
        if not self.house.policies.filter(kind=kind).exists():
            secured_by(self.house, kind)
            self.manager = make_manager(self.house)
        return pay(*self.held()).booking.public_id

    def _miss(self, booking: str) -> None:
        self.clock.set("2025-11-15T23:00:00-05:00")
        progress.step(booking, Status.NO_SHOW, by=SYSTEM)

    def _take_part(self, booking: str) -> object:
        return charge_no_show_fee(booking, amount=Decimal(20), by=self.manager, confirm=True)

    def deliver(self) -> Work:
        pay(*self.held())
        self.clock.advance(minutes=3)
        return deliver_due


@pytest.fixture
def evening(
    clock: Clock, new_guest: Callable[[], Guest], monkeypatch: pytest.MonkeyPatch
) -> Evening:
    # Sweeps that wake up by themselves would do the work before the one that is to be killed.
    monkeypatch.setattr(jobs, "_wake", lambda *_: None)
    return Evening(clock, new_guest)


DEEDS = {
    "place": 5,
    "confirm": 7,
    "release": 2,
    "cancel": 8,
    "change": 12,
    "expire": 1,
    "take_again": 8,
    "give_back": 8,
    "refund": 6,
    "deliver": 3,
    "pay_link": 8,
    "fee": 8,
    "ask_for_capture": 6,
    "capture": 6,
    "let_go": 6,
}
"""What is done, and at how many points at least it can be cut off."""


@pytest.mark.parametrize("deed", DEEDS)
def test_killed_at_every_point(evening: Evening, deed: str) -> None:
    seen: set[str] = set()
    for point in itertools.count(1):
        work = getattr(evening, deed)()
        with children(killed_at(point, work)) as [process]:
            status = process.wait()
        assert broken(ALWAYS) == {}, f"killed at point {point}"
        seen |= broken(AT_REST).keys()
        # Sweeps pass over rows that are locked; those of the dead are, for another moment.
        until_undone()
        come_to_rest()
        assert broken(AT_REST) == {}, f"killed at point {point}"
        if status == 0:
            break
        assert status == -signal.SIGKILL
    assert point > DEEDS[deed], "the control: it was killed at as many points"
    if deed == "confirm":
        assert "charge_unaccounted" in seen, "the control: one was killed with the money taken"
        assert Reservation.objects.count() >= 2, "the one that lived, and the one that had paid"
