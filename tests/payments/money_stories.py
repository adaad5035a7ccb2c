"""What is done with money from the booking to its end, told act by act.

An act is what a guest, staff or a sweep does; who is not served does it again later, as people do.
In between everything that was left open is settled, as the sweeps of a day would.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal

from django.db.models import F, Sum

from core import clock
from core.actors import SYSTEM, Actor, ActorKind
from core.errors import DomainError
from payments.models import Payment, Refund
from payments.services.by_staff import refund_by_staff
from payments.services.errands import process_errands
from payments.services.events import process_events
from payments.services.refunds import process_refunds
from payments.services.settling import settle_unknown
from reservations.engine.lifecycle import Status
from reservations.errors import NoFeeDue, PaymentActionRequired, PaymentAsked, PaymentPending
from reservations.guests import Guest
from reservations.models import PaymentRequest, Reservation
from reservations.proof import money_invariants
from reservations.proof.invariants import broken
from reservations.proof.isolation import later
from reservations.selectors.holds import HeldPlace
from reservations.services import near_holds, payment_links, progress
from reservations.services.cancellation import cancel_reservation
from reservations.services.fees import charge_no_show_fee, send_fee_link
from reservations.services.holds import expire_holds
from tests.factories import make_bella, make_user
from tests.faults.acts import hold, pay
from tests.fixtures.domain import Clock
from tests.payments.faulty_sides import Books, Side
from tests.reservations.money import asked, make_manager, secured_by

TRIES = 4
HOURS = (0.02, 0.5, 24)
"""When sweeps run: while the hold is there, when it is not, and when all back-offs are over."""
FAR, NEAR, DAY_BEFORE = "2025-11-05", "2025-11-13", "2025-11-14"
GUEST = Actor(ActorKind.GUEST, "", "Guest, by link")

Act = tuple[Callable[[], object], Callable[[], bool]]
"""What is done, and whether it is done."""
Story = Callable[["Scene"], Iterator[Act]]
"""Its first act is the first that meets faults: what comes before is another story."""

_SWEEPS: tuple[Callable[[], int], ...] = (
    expire_holds,
    payment_links.expire_requests,
    process_events,
    settle_unknown,
    process_errands,
    process_refunds,
)


class Scene:
    """A house that is paid through one provider, a guest, and a member of its staff."""

    def __init__(self, side: Side, time: Clock, *, story: Story, fault: str, point: int) -> None:
        self.side, self.time = side, time
        self.noon("2025-11-10")
        self.house = make_bella(tables=3)
        side.open_account(self.house)
        self.before = side.books()
        self.guest = Guest.with_account(make_user().public_id)
        self.manager = make_manager(self.house)
        self.is_news: list[bool] = []
        """Of each request: whether the provider has a message about it."""
        self.held: HeldPlace | None = None
        self.request: PaymentRequest | None = None
        self._play(story, fault, point)

    def _play(self, story: Story, fault: str, point: int) -> None:
        self.side.arm("", 0)
        for number, (act, is_done) in enumerate(story(self)):
            if number == 0:
                self.side.arm(fault, point)
            self.carry_out(act, is_done)
        self.is_news = list(self.side.is_news)
        self.come_to_rest()

    def carry_out(self, act: Callable[[], object], is_done: Callable[[], bool]) -> None:
        """Until it is done; each time it is not, everything comes to rest first."""
        for _ in range(TRIES):
            with suppress(DomainError):
                act()
            self.sweep()
            if not is_done():
                self.come_to_rest()
            if is_done():
                break
        else:
            raise AssertionError(f"{act} was in vain")
        if self.side.arrive():
            self.come_to_rest()

    def come_to_rest(self) -> None:
        """A day of sweeps later every cent has its reason, here and in the provider's books."""
        for hours in HOURS:
            with later(dt.timedelta(hours=hours)):
                self.sweep()
        wrong = broken([*money_invariants.ALWAYS, *money_invariants.AT_REST])
        if PaymentRequest.objects.filter(status="open", expires_at__gt=clock.now()).exists():
            wrong.pop("pay_link_left", None)
        assert wrong == {}
        assert self.books() == self.our_books()

    def sweep(self) -> None:
        """Every sweep that moves money, until it finds nothing more, and what is told of that."""
        self.side.tell()
        for work in _SWEEPS:
            while work():
                pass
        self.side.tell()

    def books(self) -> Books:
        """What the provider has by now."""
        return self.side.books().since(self.before)

    def our_books(self) -> Books:
        """The same, as our rows have it."""
        rows = Payment.objects.filter(restaurant=self.house)
        left = rows.filter(captured__gt=F("refunded"))
        refunds = Refund.objects.filter(payment__restaurant=self.house, status="succeeded")
        back = refunds.aggregate(all=Sum("amount"))["all"] or 0
        taken = rows.aggregate(all=Sum("captured"))["all"] or 0
        held = rows.filter(status="authorized").aggregate(all=Sum("amount"))["all"] or 0
        cards = rows.filter(status="saved").count()
        return Books(left.count(), int((taken - back) * 100), int(held * 100), cards)

    def noon(self, day: str) -> None:
        """In New York."""
        self.time.set(f"{day}T12:00:00-05:00")

    @property
    def booking(self) -> Reservation:
        """The house's latest that stands, or stood."""
        rows = Reservation.objects.filter(restaurant=self.house).select_related("payment")
        found = rows.exclude(status__in=["expired", "pending_payment"]).order_by("-id").first()
        assert found is not None
        return found

    @property
    def payment(self) -> Payment:
        """What secures it."""
        assert self.booking.payment is not None
        return self.booking.payment

    # --- acts -----------------------------------------------------------------------------------

    def _approving(self, call: Callable[[], object]) -> None:
        try:
            call()
        except PaymentActionRequired as error:
            self.side.approve(str(error.details["redirect_url"]))
            call()

    def book(self) -> None:
        """Hold a table and pay, or go on with what was begun."""
        held = self.held or hold(self.house, self.guest)
        self.held = None
        try:
            self._approving(lambda: pay(held, self.guest, self.side.method))
        except PaymentPending:
            self.held = held
            raise

    def is_booked(self) -> bool:
        """Whether it is, and secured."""
        rows = Reservation.objects.filter(restaurant=self.house, status="confirmed")
        return rows.exclude(payment=None).exists()

    def pay_link(self) -> None:
        """By the link; where it is over, the house asks again."""
        if self.request is None or not self._is_open():
            self.request = asked(self.house)
        self._pay(self.request)

    def _is_open(self) -> bool:
        return PaymentRequest.objects.filter(restaurant=self.house, status="open").exists()

    def _pay(self, request: PaymentRequest) -> None:
        self._approving(lambda: payment_links.pay(request.pk, self.side.method, by=GUEST))

    def _pay_what_is_open(self) -> None:
        for request in PaymentRequest.objects.filter(restaurant=self.house, status="open"):
            self._pay(request)

    def miss(self) -> None:
        """The party does not come."""
        self.time.set("2025-11-15T20:00:00-05:00")
        progress.step(self.booking.public_id, Status.NO_SHOW, by=SYSTEM)

    def charge_fee(self) -> None:
        """From the card; where that is over, by a link."""
        identifier = self.booking.public_id
        try:
            charge_no_show_fee(identifier, by=self.manager, confirm=True)
        except NoFeeDue:
            send_fee_link(identifier, "no_show_fee", by=self.manager)
        except PaymentAsked:
            pass
        self._pay_what_is_open()

    def has_fee(self) -> bool:
        """Whether one was taken."""
        rows = Payment.objects.filter(restaurant=self.house, captured=50)
        return rows.filter(kind="no_show_fee").exists()

    def take_part(self) -> None:
        """Twenty of the fifty that are set aside."""
        charge_no_show_fee(
            self.booking.public_id, amount=Decimal(20), by=self.manager, confirm=True
        )

    def set_aside(self) -> None:
        """On the saved card; where it refused, by a link."""
        near_holds.authorise_holds()
        self._pay_what_is_open()

    def cancel(self) -> None:
        """By the house, so that everything goes back."""
        cancel_reservation(self.booking.public_id, by=SYSTEM)

    def refund_part(self) -> None:
        """Twenty of the fifty that were taken."""
        refund_by_staff(
            self.payment.public_id,
            Decimal(20),
            reason="Sorry",
            by=self.manager,
            key=self.house.slug,
        )

    def is_refunded(self) -> bool:
        """Whether all refunds, one at least, went through."""
        refunds = Refund.objects.filter(payment=self.payment)
        return {refund.status for refund in refunds} == {"succeeded"}

    def is_let_go(self) -> bool:
        """Whether nothing is set aside or on file."""
        rows = Payment.objects.filter(restaurant=self.house)
        return not rows.filter(status__in=["authorized", "saved"]).exists()


# --- stories --------------------------------------------------------------------------------------


def deposit(scene: Scene) -> Iterator[Act]:
    """A guest holds a table and pays."""
    yield scene.book, scene.is_booked


def pay_link(scene: Scene) -> Iterator[Act]:
    """Staff book, the guest pays by a link."""
    yield scene.pay_link, scene.is_booked


def card_and_fee(scene: Scene) -> Iterator[Act]:
    """A card on file, a fee for not coming, and the card is forgotten."""
    secured_by(scene.house, "card")
    yield scene.book, scene.is_booked
    scene.miss()
    yield scene.charge_fee, scene.has_fee
    scene.noon("2025-12-20")
    yield near_holds.let_cards_go, scene.is_let_go


def hold_and_capture(scene: Scene) -> Iterator[Act]:
    """Money is set aside the day before, and a part is taken from who did not come."""
    secured_by(scene.house, "hold")
    scene.noon(DAY_BEFORE)
    yield scene.book, scene.is_booked
    scene.miss()
    yield scene.take_part, lambda: scene.payment.captured == Decimal(20)


def hold_and_release(scene: Scene) -> Iterator[Act]:
    """The same, and the house cancels."""
    secured_by(scene.house, "hold")
    scene.noon(DAY_BEFORE)
    scene.book()
    yield scene.cancel, scene.is_let_go


def hold_later(scene: Scene) -> Iterator[Act]:
    """A card is saved when booking far ahead, money set aside on it near the date, then let go."""
    secured_by(scene.house, "hold")
    scene.noon(FAR)
    scene.book()
    scene.noon(NEAR)
    yield scene.set_aside, lambda: scene.payment.status == "authorized"
    yield scene.cancel, scene.is_let_go


def refund_in_full(scene: Scene) -> Iterator[Act]:
    """The house cancels what was paid for."""
    scene.book()
    yield scene.cancel, scene.is_refunded


def refund_in_part(scene: Scene) -> Iterator[Act]:
    """Staff give back a part."""
    scene.book()
    yield scene.refund_part, scene.is_refunded


STORIES: dict[str, tuple[Story, Books]] = {
    "deposit": (deposit, Books(charges=1, taken=5000)),
    "pay_link": (pay_link, Books(charges=1, taken=5000)),
    "card_and_fee": (card_and_fee, Books(charges=1, taken=5000)),
    "hold_and_capture": (hold_and_capture, Books(charges=1, taken=2000)),
    "hold_and_release": (hold_and_release, Books()),
    "hold_later": (hold_later, Books()),
    "refund_in_full": (refund_in_full, Books()),
    "refund_in_part": (refund_in_part, Books(charges=1, taken=3000)),
}
"""Each with what the provider has of the guest's money in the end, by the house's policy."""
NEEDS_CARDS = ("card_and_fee", "hold_later")
