"""Every gateway, every story of money, every fault, at every request: the money is right after it.

Loopback HTTP to stateful stand-ins of the providers, one fault at a time. In the end each guest has
paid exactly what the policy says, once, and our books are the provider's, cent for cent.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fixtures.domain import Clock
from tests.payments.faulty_sides import (
    FAULTS,
    PayPalSide,
    SandboxSide,
    Side,
    SquareSide,
    StripeSide,
)
from tests.payments.money_stories import NEEDS_CARDS, STORIES, Scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CASES: dict[tuple[str, str], int] = {}

Sides = Callable[[str], Side]


@pytest.fixture
def side_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Sides:
    """The other side, by its name; nothing is repeated but by us."""

    def make(name: str) -> Side:
        if name == "stripe":
            from payments.gateways.stripe import client

            monkeypatch.setattr(client, "RETRIES", 0)
            return StripeSide(request.getfixturevalue("stripe_account"))
        if name == "square":
            return SquareSide(request.getfixturevalue("square"))
        if name == "paypal":
            return PayPalSide(request.getfixturevalue("paypal"))
        return SandboxSide(monkeypatch)

    return make


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("gateway", ["sandbox", "stripe", "square", "paypal"])
def test_the_money_is_right_after_a_fault_at_any_request(
    clock: Clock, side_of: Sides, gateway: str, story: str
) -> None:
    side = side_of(gateway)
    if story in NEEDS_CARDS and not side.keeps_cards:
        pytest.skip(f"{gateway} keeps no cards")
    acts, expected = STORIES[story]
    cases = 0
    for fault in side.faults:
        point = 0
        while True:
            point += 1
            try:
                scene = Scene(side, clock, story=acts, fault=fault, point=point)
                assert scene.books() == expected
            except BaseException as error:
                error.add_note(f"{gateway}, {story}: {fault} at request {point}")
                raise
            cases += side.has_struck
            if not side.was_reached:
                break
    print((gateway, story), cases)
