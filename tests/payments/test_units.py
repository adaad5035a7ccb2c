"""Amounts are made so that the provider can move them: the ledger and its books agree."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import money
from core.errors import Invalid
from payments.gateways.paypal.answers import amount_of, minor_of
from payments.gateways.stripe.amounts import from_stripe, to_stripe
from payments.gateways.units import is_whole, takes, unit_of
from payments.models import Payment, Refund, SandboxCharge
from payments.services.by_staff import refund_by_staff
from payments.services.refunds import process_refunds
from reservations.engine.policies import refund_amount, whole
from reservations.errors import PaymentActionRequired
from reservations.guests import Guest
from reservations.services.cancellation import cancel_reservation
from tests.factories import make_bella, make_user
from tests.faults.acts import hold, pay
from tests.fixtures.domain import Clock
from tests.payments.faulty_sides import PayPalSide, Side, Sides, SquareSide, StripeSide
from tests.payments.rows import make_payment
from tests.reservations.money import make_manager, secured_by

UNITS = {
    ("sandbox", "KWD"): "0.001",
    ("stripe", "GBP"): "0.01",
    ("stripe", "JPY"): "1",
    ("stripe", "KWD"): "0.01",
    ("stripe", "HUF"): "1",
    ("stripe", "TWD"): "1",
    ("stripe", "ISK"): "1",
    ("stripe", "UGX"): "1",
    ("square", "JPY"): "1",
    ("square", "KWD"): "0.001",
    ("square", "HUF"): "0.01",
    ("square", "ISK"): "1",
    ("paypal", "GBP"): "0.01",
    ("paypal", "JPY"): "1",
    ("paypal", "HUF"): "1",
    ("paypal", "TWD"): "1",
}


def test_the_smallest_amount_is_the_providers() -> None:
    found = {key: unit_of(*key) for key in UNITS}
    assert found == {key: Decimal(unit) for key, unit in UNITS.items()}
    assert [name for name in ("KWD", "ISK", "GBP") if not takes("paypal", name)] == ["KWD", "ISK"]
    assert is_whole(Decimal("1.00"), "stripe", "HUF")
    assert not is_whole(Decimal("1.50"), "stripe", "HUF")


amounts = st.decimals(Decimal("0.001"), Decimal(10**6), places=3)
currencies = st.sampled_from(["JPY", "KWD", "GBP", "HUF", "ISK", "TND", "UGX", "TWD", "MGA"])


@given(amounts, st.integers(1, 20), st.integers(0, 100), currencies)
def test_every_share_of_every_price_can_be_moved(
    each: Decimal, party: int, percent: int, currency: str
) -> None:
    for gateway in ("sandbox", "stripe", "square", "paypal"):
        if not takes(gateway, currency):
            continue
        unit = unit_of(gateway, currency)
        total = whole(each * party, unit)
        back = refund_amount(total, percent, unit)
        for amount in (total, back, total - back):
            minor = money.to_minor(amount, currency)
            assert money.from_minor(minor, currency) == amount
            if gateway == "stripe":
                assert from_stripe(to_stripe(minor, currency), currency) == minor
            if gateway == "paypal":
                assert minor_of(amount_of(minor, currency)) == (minor, currency)


THREE_GUESTS = {
    "GBP": {"sandbox": "10.05 5.03", "stripe": "1005 503", "square": "1005 503"},
    "JPY": {"sandbox": "3003 1502", "stripe": "3003 1502", "square": "3003 1502"},
    "KWD": {"sandbox": "5.025 2.513", "stripe": "5030 2520", "square": "5025 2513"},
    "HUF": {"sandbox": "3003.00 1501.50", "stripe": "300300 150200", "square": "300300 150150"},
    "ISK": {"sandbox": "3003 1502", "stripe": "300300 150200", "square": "3003 1502"},
}
"""What the provider has, and gave back half of, in its own words; of the sandbox in ours."""
PAYPAL = {"GBP": "10.05 5.03", "JPY": "3003 1502", "HUF": "3003 1502"}
EACH = {"GBP": "3.35", "JPY": "1001", "KWD": "1.675", "HUF": "1001", "ISK": "1001"}

CASES = [
    (gateway, currency, said)
    for currency, of in THREE_GUESTS.items()
    for gateway, said in (of | ({"paypal": PAYPAL[currency]} if currency in PAYPAL else {})).items()
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("gateway", "currency", "said"), CASES)
def test_a_deposit_and_half_of_it_back_are_the_same_in_both_books(
    clock: Clock, side_of: Sides, gateway: str, currency: str, said: str
) -> None:
    side = side_of(gateway)
    house = make_bella()
    house.currency = currency
    house.save()
    side.open_account(house)
    secured_by(house, "deposit", EACH[currency])
    clock.set("2025-11-15T10:00:00-05:00")
    guest = Guest.with_account(make_user().public_id)
    held = hold(house, guest, party=3)
    try:
        booked = pay(held, guest, side.method)
    except PaymentActionRequired as error:
        side.approve(str(error.details["redirect_url"]))
        booked = pay(held, guest, side.method)
    # Between 24 and 4 hours before: half of it comes back.
    cancel_reservation(booked.booking.public_id, by=guest.actor)
    assert process_refunds() == 1
    payment, refund = Payment.objects.get(), Refund.objects.get()
    assert (payment.status, refund.status) == ("succeeded", "succeeded")
    assert _told(side, payment, refund) == said
    assert is_whole(payment.captured, gateway, currency)
    assert is_whole(refund.amount, gateway, currency)


def _told(side: Side, payment: Payment, refund: Refund) -> str:
    """What the other side has in its books, as it writes amounts."""
    if isinstance(side, StripeSide):
        [charge] = [one for one in side.stripe.things.values() if one["object"] == "charge"]
        return f"{charge['amount_captured']} {charge['amount_refunded']}"
    if isinstance(side, SquareSide):
        [taken], [back] = side.square.payments.values(), side.square.refunds.values()
        return f"{taken['amount_money']['amount']} {back['amount_money']['amount']}"
    if isinstance(side, PayPalSide):
        [taken], [back] = side.paypal.captures.values(), side.paypal.refunds.values()
        return f"{taken['amount']['value']} {back['amount']['value']}"
    rows = SandboxCharge.objects.order_by("id").values_list("minor_amount", flat=True)
    found = [money.from_minor(minor, payment.currency) for minor in rows]
    assert found == [payment.captured, refund.amount]
    return " ".join(map(str, found))


@pytest.mark.django_db
def test_staff_give_back_no_amount_that_would_never_leave() -> None:
    house = make_bella()
    manager = make_manager(house)
    taken = {"status": "succeeded", "captured": Decimal("5.03"), "currency": "KWD"}
    row = make_payment(house, "5.03", gateway="stripe", **taken)
    with pytest.raises(Invalid) as refused:
        refund_by_staff(row.public_id, Decimal("1.005"), reason="Sorry", by=manager, key="a")
    assert refused.value.details == {"amount": "This is not an amount that can be moved."}
    refund_by_staff(row.public_id, Decimal("1.01"), reason="Sorry", by=manager, key="b")
    # What is left goes back, whatever it is.
    odd = {"status": "succeeded", "captured": Decimal("500.50"), "currency": "HUF"}
    other = make_payment(house, "500.50", gateway="stripe", **odd)
    refund = refund_by_staff(other.public_id, reason="Sorry", by=manager, key="c")
    assert refund.amount == Decimal("500.50")
