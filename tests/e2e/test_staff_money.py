"""A manager's walk through the money of a house, and pictures of it where they are asked for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from core import clock as core_clock
from core.actors import SYSTEM
from payments.models import PaymentDispute, Policy, Refund
from reservations.guests import Guest
from reservations.models import Reservation
from reservations.services.payment_requests import ask_for_payment
from restaurants.models import Membership, Restaurant, Role
from tests.e2e.conftest import OpenVisit, Visit
from tests.e2e.people import pictures
from tests.e2e.test_accessibility import violations
from tests.factories import make_user
from tests.faults.acts import hold, pay
from tests.payments.rows import make_paid, make_refund

PASSWORD = "correct horse battery staple"
HOUSE = "/staff/r/bella-notte"
SIZES = {360: 740, 1024: 768, 1440: 900}
"""A folder: then every page is kept there as a picture."""


@pytest.fixture
def owner(venue: Restaurant) -> User:
    user = User.objects.create_user(
        "mia@example.com", PASSWORD, is_staff=True, full_name="Mia Rossi"
    )
    Membership.objects.create(user=user, restaurant=venue, role=Role.OWNER)
    return user


@pytest.fixture
def booked(venue: Restaurant, owner: User) -> Reservation:
    """Two parties that paid; one of them contests it and waits for a refund that failed."""
    for number, name in enumerate(("Ada Guest", "Maximiliane von Hohenstein-Wolfenbüttel")):
        guest = Guest.with_account(make_user(f"guest{number}@example.com").public_id)
        made = pay(hold(venue, guest, f"{18 + 3 * number}:00"), guest, name=name).booking
        row = Reservation.objects.select_related("payment").get(public_id=made.public_id)
    payment = row.payment
    assert payment is not None
    now = core_clock.now()
    refund = make_refund(payment, "20.00")
    Refund.objects.filter(pk=refund.pk).update(status="failed", last_error="Refused.")
    PaymentDispute.objects.create(
        payment=payment,
        reference="dp_1",
        status="needs_response",
        amount=Decimal(50),
        due_by=now,
        opened_at=now,
        updated_at=now,
    )
    ask_for_payment(row.public_id, by=SYSTEM, amount=Decimal(30), kind="deposit")
    Policy.objects.create(
        restaurant=venue, name="Large parties", amount=Decimal(40), min_party=6, priority=1
    )
    # What no policy asked for, so that the report has two to compare.
    make_paid(venue, "20.00")
    return row


def sign_in(window: Visit) -> Page:
    page = window.open(f"{HOUSE}/payments/")
    page.get_by_label("E-mail").fill("mia@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{HOUSE}/payments/")
    return page


def test_a_part_is_refunded_by_a_double_click_once(visit: OpenVisit, booked: Reservation) -> None:
    page = sign_in(visit())
    expect(page.get_by_text("1 payment is contested at the bank.").first).to_be_visible()
    page.get_by_role("link", name="Ada Guest").click()
    page.get_by_role("link", name="Refund").click()
    page.get_by_label("Amount").fill("12.50")
    page.get_by_label("Reason").fill("Cold soup")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Refund $12.50?")).to_be_visible()
    page.get_by_role("button", name="Refund $12.50").dblclick()
    expect(page.get_by_text("$12.50 is on its way back.")).to_be_visible()
    assert Refund.objects.filter(amount=Decimal("12.50")).count() == 1
    page.get_by_role("link", name="2 guests").click()
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()


@pytest.mark.parametrize("width", sorted(SIZES))
def test_axe_finds_nothing_and_nothing_is_too_wide(
    visit: OpenVisit, booked: Reservation, width: int
) -> None:
    size = {"width": width, "height": SIZES[width]}
    window = visit(viewport=size, reduced_motion="reduce")
    page = sign_in(window)
    assert booked.payment is not None
    payment, money = booked.payment.public_id, f"/bookings/{booked.public_id}/money/"
    service = booked.service_id
    paths = {
        "list": "/payments/",
        "found": "/payments/?q=ada&status=succeeded",
        "payment": f"/payments/{payment}/",
        "booking": money,
        "refund": f"/payments/{payment}/refund/",
        "ask": f"{money}ask/",
        "report": "/payments/report/",
        "policies": f"/payments/policies/?date=2025-11-14&party=6&service={service}&offer=",
        "differences": "/payments/differences/",
        "provider": "/payments/provider/",
        "connect": "/payments/provider/stripe/",
    }
    found = []
    for name, path in paths.items():
        window.open(HOUSE + path)
        found += violations(page)
        assert page.evaluate(_TOO_WIDE) == 0, path
        pictures(page, f"{name}-{width}")
    assert found == []


_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
