"""The page behind a payment link, in every state it can be in: on a phone and at a desk."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from core.actors import SYSTEM
from payments.gateways.sandbox import decide
from payments.models import Payment, SandboxCharge
from payments.services.settling import settle_unknown
from reservations.models import PaymentRequest, Reservation
from reservations.services.payment_links import expire_requests
from reservations.services.payment_requests import pay_token, withdraw
from restaurants.models import Restaurant
from tests.e2e.conftest import DESK, PHONE, OpenVisit
from tests.e2e.test_accessibility import violations
from tests.e2e.test_booking import fits
from tests.e2e.test_journey import title
from tests.e2e.test_payments import ACCEPTED, APPROVAL, BANK, DECLINED
from tests.fixtures.domain import Clock
from tests.reservations.money import asked

phone_and_desk = pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
with_and_without = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])

PAID = "Thank you, this is paid"
WAITING = "Waiting for the bank"


@pytest.fixture(autouse=True)
def _own_address(settings: Settings, live_server: LiveServer) -> None:
    """The bank sends guests back to where they came from."""
    settings.PUBLIC_URL = live_server.url


@pytest.fixture
def request_(venue: Restaurant) -> PaymentRequest:
    """Fifty dollars that a table waits for."""
    return asked(venue)


def path_of(request_: PaymentRequest) -> str:
    return f"/pay/{pay_token(request_)}/"


def pay(page: Page, card: str) -> None:
    page.get_by_label(card).check()
    page.get_by_role("button", name="Pay $50.00").click()


def status_of(request_: PaymentRequest) -> tuple[str, str]:
    """Of the request and of its booking."""
    request_.refresh_from_db()
    return request_.status, Reservation.objects.get(pk=request_.reservation_id).status


@phone_and_desk
@with_and_without
def test_a_link_is_paid(
    visit: OpenVisit, request_: PaymentRequest, viewport: dict[str, int], scripts: bool
) -> None:
    window = visit(viewport=viewport, java_script_enabled=scripts)
    page = window.open(path_of(request_))
    title(page).to_have_text("Pay for your table")
    expect(page.get_by_text("The table is kept for you until")).to_be_visible()
    assert fits(page)
    pay(page, ACCEPTED)
    title(page).to_have_text(PAID)
    assert fits(page)
    assert status_of(request_) == ("paid", "confirmed")
    page.reload()
    title(page).to_have_text(PAID)
    page.get_by_role("link", name="See your booking").click()
    expect(page.get_by_text("Bella Notte").first).to_be_visible()
    assert SandboxCharge.objects.count() == 1


@phone_and_desk
@with_and_without
def test_a_declined_card_says_so_and_another_pays(
    visit: OpenVisit, request_: PaymentRequest, viewport: dict[str, int], scripts: bool
) -> None:
    page = visit(viewport=viewport, java_script_enabled=scripts).open(path_of(request_))
    pay(page, DECLINED)
    expect(page.locator("#pay .notice").first).to_contain_text("Your card was declined.")
    expect(page.locator("#pay .notice").first).to_contain_text("You were not charged.")
    assert fits(page)
    assert status_of(request_) == ("open", "pending_payment")
    pay(page, ACCEPTED)
    title(page).to_have_text(PAID)
    assert SandboxCharge.objects.filter(outcome="succeeded").count() == 1


@phone_and_desk
@with_and_without
def test_the_bank_asks_for_approval(
    visit: OpenVisit, request_: PaymentRequest, viewport: dict[str, int], scripts: bool
) -> None:
    window = visit(viewport=viewport, java_script_enabled=scripts)
    page = window.open(path_of(request_))
    pay(page, APPROVAL)
    title(page).to_have_text(BANK)
    assert fits(page)
    # Looked at in another tab meanwhile: where to go on is said.
    other = page.context.new_page()
    other.goto(f"{window.site}{path_of(request_)}")
    title(other).to_have_text(WAITING)
    expect(other.get_by_role("link", name="Go to the bank")).to_be_visible()
    other.close()
    page.get_by_role("button", name="Approve").click()
    if page.get_by_role("button", name="Check the payment again").is_visible():
        page.get_by_role("button", name="Check the payment again").click()
    title(page).to_have_text(PAID)
    assert status_of(request_) == ("paid", "confirmed")


@phone_and_desk
def test_the_bank_declines_and_another_card_pays(
    visit: OpenVisit, request_: PaymentRequest, viewport: dict[str, int]
) -> None:
    page = visit(viewport=viewport).open(path_of(request_))
    pay(page, APPROVAL)
    page.get_by_role("button", name="Decline").click()
    page.wait_for_url("**/pay/**")
    if page.get_by_role("button", name="Check the payment again").is_visible():
        page.get_by_role("button", name="Check the payment again").click()
    title(page).to_have_text("Pay for your table")
    assert fits(page)
    pay(page, ACCEPTED)
    title(page).to_have_text(PAID)


@phone_and_desk
def test_a_tab_closed_at_the_bank_is_settled_by_the_sweep(
    visit: OpenVisit, request_: PaymentRequest, viewport: dict[str, int], clock: Clock
) -> None:
    window = visit(viewport=viewport)
    page = window.open(path_of(request_))
    pay(page, APPROVAL)
    title(page).to_have_text(BANK)
    page.close()
    decide(SandboxCharge.objects.get().reference, approve=True)
    clock.advance(minutes=4)
    settle_unknown()
    assert status_of(request_) == ("paid", "confirmed")
    again = window.page.context.new_page()
    again.goto(f"{window.site}{path_of(request_)}")
    title(again).to_have_text(PAID)
    assert Payment.objects.filter(status="succeeded").count() == 1


@phone_and_desk
@with_and_without
def test_a_link_that_is_over_takes_no_money(
    visit: OpenVisit,
    venue: Restaurant,
    clock: Clock,
    viewport: dict[str, int],
    scripts: bool,
) -> None:
    late = asked(venue)
    back = asked(venue, time="17:00")
    window = visit(viewport=viewport, java_script_enabled=scripts)
    left_open = window.open(path_of(late))
    withdraw(back.public_id, by=SYSTEM)
    clock.advance(minutes=31)
    expire_requests()
    # A page that stood open all the while finds out when it is sent.
    left_open.get_by_label(ACCEPTED).check()
    left_open.get_by_role("button", name="Pay $50.00").click()
    title(left_open).to_have_text("This link has expired")
    expect(left_open.get_by_role("link", name="Other times")).to_be_visible()
    assert fits(left_open)
    page = window.open(path_of(back))
    title(page).to_have_text("Nothing to pay any more")
    assert page.get_by_role("button", name="Pay $50.00").count() == 0
    assert fits(page)
    assert SandboxCharge.objects.count() == 0


def states(venue: Restaurant, clock: Clock, window: Any) -> list[tuple[str, str]]:
    """A page in each state, with its title."""
    paid, bank, declined = (asked(venue, time=time) for time in ("12:00", "14:00", "16:00"))
    for request_, card in ((paid, ACCEPTED), (bank, APPROVAL), (declined, DECLINED)):
        page = window.open(path_of(request_))
        pay(page, card)
        page.wait_for_load_state()
    return [
        (path_of(paid), PAID),
        (path_of(bank), WAITING),
        (path_of(declined), "Pay for your table"),
    ]


@phone_and_desk
def test_axe_finds_nothing_in_any_state(
    visit: OpenVisit, venue: Restaurant, clock: Clock, viewport: dict[str, int]
) -> None:
    window = visit(viewport=viewport, reduced_motion="reduce")
    found: list[Any] = []
    for path, name in states(venue, clock, window):
        page = window.open(path)
        title(page).to_have_text(name)
        found += violations(page)
    fresh = asked(venue, time="18:00", kind="hold")
    page = window.open(path_of(fresh))
    title(page).to_have_text("Secure your table")
    found += violations(page)
    page.get_by_role("button", name="Secure the table with this card").click()
    expect(page.get_by_role("alert").first).to_contain_text("choose a card")
    found += violations(page)
    gone = asked(venue, time="20:00", expires_in=dt.timedelta(minutes=6))
    withdraw(fresh.public_id, by=SYSTEM)
    clock.advance(minutes=7)
    for request_, name in ((fresh, "Nothing to pay any more"), (gone, "This link has expired")):
        page = window.open(path_of(request_))
        title(page).to_have_text(name)
        found += violations(page)
    assert found == []
    assert Decimal(50) == fresh.amount
