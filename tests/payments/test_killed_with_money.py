"""Killed at every moment of every story, whoever the provider is: the money is right after it.

Every case is a process that the kernel kills (see ``deaths``). Afterwards its guest, or staff, are
the first to try again, or the sweeps are the first to look: in the end the guest has paid exactly
what the policy says, once, and our books are the provider's, cent for cent.
"""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.utils.module_loading import import_string

from payments.gateways.registry import GATEWAYS
from payments.models import Payment, Refund
from reservations.models import Hold
from tests.fixtures.domain import Clock
from tests.payments.deaths import DoomedScene
from tests.payments.faulty_sides import Side, Sides
from tests.payments.money_stories import NEEDS_CARDS, STORIES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MOMENTS = {
    "sandbox": dict(zip(STORIES, (7, 8, 18, 13, 6, 16, 6, 6), strict=True)),
    "stripe": dict(zip(STORIES, (7, 8, 22, 13, 6, 18, 8, 8), strict=True)),
    "square": dict(zip(STORIES, (7, 8, 21, 17, 6, 17, 8, 8), strict=True)),
    "paypal": dict(zip(STORIES, (14, 13, 0, 22, 5, 0, 6, 6), strict=True)),
}
"""How often a process can die in a story so that it makes a difference what it left: before each
write that stays, and before and after each request is served. Twice as many are the cases."""


def died(side: Side, clock: Clock, story: str, fatal: int, **how: Any) -> DoomedScene:
    """The story with a death at this moment (0: none), and the right money in the end."""
    acts, expected = STORIES[story]
    try:
        scene = DoomedScene(side, clock, story=acts, fatal=fatal, **how)
        assert scene.books() == expected
        assert scene.is_dead is bool(fatal)
    except BaseException as error:
        error.add_note(f"{side.name}, {story}: killed at moment {fatal}, {how}")
        raise
    return scene


@pytest.mark.parametrize("is_swept_first", [False, True], ids=["tried_again", "swept_first"])
@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("gateway", MOMENTS)
def test_the_money_is_right_after_a_death_at_any_moment(
    clock: Clock, side_of: Sides, gateway: str, story: str, is_swept_first: bool
) -> None:
    side = side_of(gateway)
    if story in NEEDS_CARDS and not side.keeps_cards:
        assert MOMENTS[gateway][story] == 0
        pytest.skip(f"{gateway} keeps no cards")
    moments = died(side, clock, story, 0).moments.passed
    assert moments == MOMENTS[gateway][story]
    apart = [
        fatal
        for fatal in range(1, moments + 1)
        if died(side, clock, story, fatal, is_swept_first=is_swept_first).was_apart
    ]
    assert apart, "the control: one died with money moved that our rows did not know of"


def test_so_many_deaths_there_are() -> None:
    counts = {gateway: 2 * sum(stories.values()) for gateway, stories in MOMENTS.items()}
    assert counts == {"sandbox": 160, "stripe": 180, "square": 184, "paypal": 132}
    assert sum(counts.values()) == 656


def wrong_at(side: Side, clock: Clock, story: str, **how: Any) -> list[int]:
    """The moments after which the money is not right."""
    wrong = []
    for fatal in range(1, MOMENTS[side.name][story] + 1):
        try:
            died(side, clock, story, fatal, **how)
        except AssertionError:
            wrong.append(fatal)
    return wrong


@pytest.mark.parametrize("gateway", MOMENTS)
def test_without_one_key_for_all_attempts_a_death_moves_money_twice(
    clock: Clock, side_of: Sides, monkeypatch: pytest.MonkeyPatch, gateway: str
) -> None:
    """The control: a refund whose answer nobody lived to hear is sent again."""
    side, adapter = side_of(gateway), import_string(GATEWAYS[gateway])
    real = adapter.refund

    def forgetful(self: Any, *, key: str, **more: Any) -> Any:
        return real(self, key=uuid.uuid4().hex, **more)

    monkeypatch.setattr(adapter, "refund", forgetful)
    assert wrong_at(side, clock, "refund_in_part")


@pytest.mark.parametrize("gateway", ["sandbox", "stripe", "square"])
def test_without_a_row_before_the_call_a_death_loses_what_was_taken(
    clock: Clock, side_of: Sides, gateway: str
) -> None:
    """The control: what a process that writes its row with the answer would leave is no row."""

    def no_row() -> None:
        Hold.objects.update(payment=None)
        Payment.objects.filter(status=Payment.Status.REQUESTED).delete()

    # Whoever tries again at once would be lucky: the key is made from the hold, so it is the same.
    assert wrong_at(side_of(gateway), clock, "deposit", aftermath=no_row, is_swept_first=True)


@pytest.mark.parametrize("gateway", MOMENTS)
def test_without_a_row_for_a_refund_a_death_owes_it_forever(
    clock: Clock, side_of: Sides, gateway: str
) -> None:
    """The control, for money on its way back."""

    def no_row() -> None:
        for refund in Refund.objects.filter(status=Refund.Status.REQUESTED):
            Payment.objects.filter(pk=refund.payment_id).update(refunded=0)
            refund.delete()

    side = side_of(gateway)
    assert wrong_at(side, clock, "refund_in_full", aftermath=no_row)
