"""What a party of six on Friday pays, and why: by the rules that ask it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from payments.gateways.base import Taking
from payments.gateways.sandbox import SandboxGateway
from payments.models import Policy
from reservations.guests import Guest
from reservations.services.holds import place_hold
from reservations.services.payment_preview import preview_payment
from restaurants.models import Restaurant
from tests.factories import make_service
from tests.faults.acts import ask, hold
from tests.fixtures.domain import Clock
from tests.reservations.money import secured_by

pytestmark = pytest.mark.django_db

FRIDAY = dt.date(2025, 11, 14)


def add(house: Restaurant, name: str, amount: str = "10", **more: object) -> Policy:
    return Policy.objects.create(restaurant=house, name=name, amount=Decimal(amount), **more)


def test_a_party_of_six_on_friday(clock: Clock, bella: Restaurant) -> None:
    add(bella, "Large parties", "40", min_party=6)
    add(bella, "Weekends", weekdays=[5, 6])
    add(bella, "Christmas", valid_from=dt.date(2025, 12, 20))
    add(bella, "Pairs", max_party=2)
    [found] = preview_payment(bella.public_id, FRIDAY, 6)
    assert (found.service, found.policy, found.kind) == ("All day", "Large parties", "deposit")
    assert (found.amount, found.per_person, found.currency) == (
        Decimal(240),
        Decimal(40),
        "USD",
    )
    assert found.headline == "A deposit of $240.00 is taken now. It comes off your bill."
    assert found.lines[0] == (
        "Cancel by Thursday 13 November 2025, 11:00: the full $240.00 comes back."
    )
    assert found.why == "It applies, and says more exactly for whom than the others."
    assert {(loser.name, loser.why) for loser in found.losers} == {
        ("Deposit", "Applies, but another one says more exactly for whom."),
        ("Weekends", "Only on other days of the week."),
        ("Christmas", "Only on other dates."),
        ("Pairs", "Only for parties of another size."),
    }


def test_each_service_has_its_own_answer(clock: Clock, bella: Restaurant) -> None:
    brunch = make_service(bella, name="Brunch")
    add(bella, "Brunch", "5", service=brunch)
    by_name = {one.service: one.amount for one in preview_payment(bella.public_id, FRIDAY, 2)}
    assert by_name == {"All day": Decimal(50), "Brunch": Decimal(10)}
    [one] = preview_payment(bella.public_id, FRIDAY, 2, service_id=brunch.pk)
    assert (one.policy, one.amount) == ("Brunch", Decimal(10))


def test_priority_beats_exactness_and_age_decides_between_equals(
    clock: Clock, bella: Restaurant
) -> None:
    add(bella, "Exact", min_party=2, weekdays=[4])
    add(bella, "Boss", "1", priority=5)
    add(bella, "Boss again", "2", priority=5)
    [found] = preview_payment(bella.public_id, FRIDAY, 2)
    assert found.policy == "Boss"
    assert {loser.name: loser.why for loser in found.losers}["Boss again"] == (
        "Applies, but another one like it is older."
    )


def test_without_a_policy_nothing_is_asked(clock: Clock, bella: Restaurant) -> None:
    bella.policies.all().delete()
    [found] = preview_payment(bella.public_id, FRIDAY, 6)
    assert found.amount == 0
    assert (found.policy_id, found.lines) == (None, ())
    assert found.headline == "Nothing is paid in advance."


@pytest.mark.parametrize("kind", ["deposit", "prepayment", "hold", "card"])
def test_the_preview_is_what_a_guest_is_then_asked(
    clock: Clock, bella: Restaurant, guest: Guest, kind: str
) -> None:
    secured_by(bella, kind)
    [found] = preview_payment(bella.public_id, dt.date(2025, 11, 15), 2)
    held = hold(bella, guest)
    assert (held.deposit, held.payment_kind) == (found.amount, found.kind)


@pytest.mark.parametrize(
    ("kind", "takes", "expected"),
    [
        ("card", {Taking.CHARGE, Taking.HOLD}, ("deposit", True)),
        ("hold", {Taking.CHARGE, Taking.CARD}, ("deposit", True)),
        ("hold", {Taking.CHARGE, Taking.HOLD}, ("deposit", True)),
        ("hold", set(Taking), ("hold", False)),
    ],
)
def test_a_provider_that_cannot_keep_cards_takes_a_deposit_instead(
    clock: Clock,
    bella: Restaurant,
    guest: Guest,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    takes: set[Taking],
    expected: tuple[str, bool],
) -> None:
    monkeypatch.setattr(SandboxGateway, "takes", frozenset(takes))
    secured_by(bella, kind)
    # More than five days ahead: a hold needs the card to be saved until then.
    date = dt.date(2025, 11, 22)
    [found] = preview_payment(bella.public_id, date, 2)
    assert (found.kind, found.is_fallback) == expected
    held = place_hold(ask(bella, service_date=date), guest, by=guest.actor)
    assert held.payment_kind == expected[0]
