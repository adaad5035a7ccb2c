"""Every gateway, every story of money, every fault, at every request: the money is right after it.

Loopback HTTP to stateful stand-ins of the providers, one fault at a time. In the end each guest has
paid exactly what the policy says, once, and our books are the provider's, cent for cent.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from core import http
from payments.gateways.sandbox import SandboxGateway
from payments.models import Payment
from tests.fixtures.domain import Clock
from tests.payments.faulty_sides import (
    LATE,
    MESSAGES,
    PATIENCE,
    TIMEOUTS,
    Books,
    Side,
    Sides,
)
from tests.payments.money_stories import NEEDS_CARDS, STORIES, Scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CASES = {
    "sandbox": dict(zip(STORIES, (5, 5, 15, 10, 5, 15, 5, 5), strict=True)),
    "stripe": dict(zip(STORIES, (9, 9, 42, 18, 9, 33, 15, 15), strict=True)),
    "square": dict(zip(STORIES, (9, 9, 39, 33, 9, 33, 15, 15), strict=True)),
    "paypal": dict(zip(STORIES, (24, 24, 0, 39, 9, 0, 9, 9), strict=True)),
}
"""How many cases there are: requests of a story, times the faults that can happen to each."""


def played(side: Side, clock: Clock, story: str, fault: str = "", point: int = 0) -> Scene:
    """The story with this fault at this request, and the right money in the end."""
    acts, expected = STORIES[story]
    try:
        scene = Scene(side, clock, story=acts, fault=fault, point=point)
        assert scene.books() == expected
        assert side.has_struck is bool(fault)
    except BaseException as error:
        error.add_note(f"{side.name}, {story}: {fault or 'nothing'} at request {point}")
        raise
    return scene


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("gateway", CASES)
def test_the_money_is_right_after_a_fault_at_any_request(
    clock: Clock, side_of: Sides, gateway: str, story: str
) -> None:
    side = side_of(gateway)
    if story in NEEDS_CARDS and not side.keeps_cards:
        assert CASES[gateway][story] == 0
        pytest.skip(f"{gateway} keeps no cards")
    cases = 0
    for point, is_news in enumerate(played(side, clock, story).is_news, start=1):
        for fault in side.faults:
            if is_news or fault not in (*MESSAGES, LATE):
                played(side, clock, story, fault, point)
                cases += 1
    assert cases == CASES[gateway][story]


def test_so_many_cases_there_are() -> None:
    counts = {gateway: sum(stories.values()) for gateway, stories in CASES.items()}
    assert counts == {"sandbox": 65, "stripe": 150, "square": 162, "paypal": 114}
    assert sum(counts.values()) == 491


@pytest.mark.parametrize("fault", TIMEOUTS)
@pytest.mark.parametrize("gateway", ["stripe", "square", "paypal"])
def test_a_provider_that_lets_us_wait_is_one_that_does_not_answer(
    clock: Clock, side_of: Sides, monkeypatch: pytest.MonkeyPatch, gateway: str, fault: str
) -> None:
    """The matrix cuts connections, because it cannot wait so often; here it is waited."""
    from payments.gateways.stripe import client

    monkeypatch.setattr(client, "TIMEOUT", PATIENCE)
    monkeypatch.setattr(http, "READ_SECONDS", PATIENCE)
    side = side_of(gateway)
    scene = played(side, clock, "deposit", fault, 1)
    assert scene.books() == Books(charges=1, taken=5000)
    # What was charged is found again. What never arrived, or only as an order that nobody approved,
    # is given up before the guest pays anew.
    is_found = fault == "too_slow_to_answer" and gateway != "paypal"
    statuses = Payment.objects.order_by("id").values_list("status", flat=True)
    assert list(statuses) == (["succeeded"] if is_found else ["failed", "succeeded"])


def test_without_one_key_for_all_attempts_a_lost_answer_moves_money_twice(
    clock: Clock, side_of: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the books of the other side show it."""
    real, numbers = SandboxGateway.refund, itertools.count()

    def forgetful(self: SandboxGateway, *, key: str, **more: Any) -> Any:
        return real(self, key=f"{key}:{next(numbers)}", **more)

    monkeypatch.setattr(SandboxGateway, "refund", forgetful)
    with pytest.raises(AssertionError):
        played(side_of("sandbox"), clock, "refund_in_part", "lost", 1)
