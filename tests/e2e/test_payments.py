"""Money in a real browser: every kind of terms, the bank and back, and no card number anywhere."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from config.logs import LineFormatter
from notifications.services import deliver_due
from payments.gateways.sandbox import decide
from payments.models import Payment, PaymentKind, Policy, ProviderEvent, SandboxCharge
from payments.services.settling import settle_unknown
from reservations.models import Reservation
from restaurants.models import Restaurant
from tests.e2e.conftest import DESK, PHONE, OpenVisit
from tests.e2e.test_accessibility import violations
from tests.e2e.test_booking import TIMES, fill_in, fits, hold
from tests.e2e.test_journey import BOOKED, title
from tests.fixtures.domain import Clock

ACCEPTED = "Visa ending in 4242: is accepted"
DECLINED = "Visa ending in 0002: is declined"
APPROVAL = "Visa ending in 4242: the bank asks you to approve it"
BANK = "This is the sandbox bank"

BUTTONS = {
    "deposit": "Pay $50.00 and book",
    "prepayment": "Pay $50.00 and book",
    "hold": "Set $50.00 aside and book",
    "card": "Secure with your card and book",
}
SECURED = {
    "deposit": ("succeeded", "$50.00 paid"),
    "prepayment": ("succeeded", "$50.00 paid"),
    "hold": ("authorized", "Set aside on your card"),
    "card": ("saved", "Nothing was taken."),
}

phone_and_desk = pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
with_and_without = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
every_kind = pytest.mark.parametrize("kind", ["deposit", "prepayment", "hold", "card"])


@pytest.fixture(autouse=True)
def _own_address(settings: Settings, live_server: LiveServer) -> None:
    """The bank sends guests back to where they came from."""
    settings.PUBLIC_URL = live_server.url


def at_the_form(page: Page) -> Page:
    """From the times of a day to the form, filled in."""
    hold(page)
    fill_in(page)
    return page


def send(page: Page, card: str) -> None:
    page.get_by_label(card).check()
    page.locator("[data-confirm]").click()


@phone_and_desk
@with_and_without
@every_kind
def test_every_kind_of_terms_is_accepted(
    visit: OpenVisit,
    venue: Restaurant,
    clock: Clock,
    viewport: dict[str, int],
    scripts: bool,
    kind: str,
) -> None:
    Policy.objects.update(kind=PaymentKind(kind))
    clock.advance(days=1)  # Near enough for money to be set aside.
    page = at_the_form(visit(viewport=viewport, java_script_enabled=scripts).open(TIMES))
    assert fits(page)
    page.get_by_label(ACCEPTED).check()
    page.get_by_role("button", name=BUTTONS[kind]).click()
    title(page).to_have_text(BOOKED)
    status, words = SECURED[kind]
    expect(page.get_by_text(words).first).to_be_visible()
    assert fits(page)
    assert Payment.objects.get().status == status


@phone_and_desk
@with_and_without
def test_a_declined_card_then_another(
    visit: OpenVisit, venue: Restaurant, viewport: dict[str, int], scripts: bool
) -> None:
    page = at_the_form(visit(viewport=viewport, java_script_enabled=scripts).open(TIMES))
    send(page, DECLINED)
    expect(page.get_by_role("alert").first).to_contain_text("Your card was declined.")
    expect(page.get_by_role("alert").first).to_contain_text("You were not charged.")
    send(page, ACCEPTED)
    title(page).to_have_text(BOOKED)
    assert SandboxCharge.objects.filter(outcome="succeeded").count() == 1


@phone_and_desk
@with_and_without
def test_the_bank_approves(
    visit: OpenVisit, venue: Restaurant, viewport: dict[str, int], scripts: bool
) -> None:
    page = at_the_form(visit(viewport=viewport, java_script_enabled=scripts).open(TIMES))
    send(page, APPROVAL)
    title(page).to_have_text(BANK)
    expect(page.get_by_text("50.00 USD")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Approve").dblclick()
    title(page).to_have_text(BOOKED)
    assert (Payment.objects.get().status, Reservation.objects.count()) == ("succeeded", 1)
    # The same notice was delivered twice.
    assert ProviderEvent.objects.count() >= 1
    page.go_back()
    page.goto(page.url)
    assert SandboxCharge.objects.count() == 1


@phone_and_desk
@with_and_without
def test_the_bank_declines(
    visit: OpenVisit, venue: Restaurant, viewport: dict[str, int], scripts: bool
) -> None:
    page = at_the_form(visit(viewport=viewport, java_script_enabled=scripts).open(TIMES))
    send(page, APPROVAL)
    page.get_by_role("button", name="Decline").click()
    title(page).to_have_text("Your details")
    told = page.get_by_role("alert").first
    expect(told).to_contain_text("Your bank did not approve the payment.")
    expect(told).to_contain_text("You were not charged. Please try another card.")
    expect(page.get_by_label("Your name")).to_have_value("Ada Lovelace")
    assert fits(page)
    send(page, ACCEPTED)
    title(page).to_have_text(BOOKED)


@phone_and_desk
def test_a_tab_closed_at_the_bank_is_settled_by_its_notice(
    visit: OpenVisit, venue: Restaurant, viewport: dict[str, int]
) -> None:
    window = visit(viewport=viewport)
    page = at_the_form(window.open(TIMES))
    hold_url = page.url
    send(page, APPROVAL)
    title(page).to_have_text(BANK)
    # Approved, and the tab is closed before the bank has sent it back.
    page.route("**/back/", lambda route: route.abort())
    with page.expect_request_finished(lambda request: request.method == "POST"):
        page.get_by_role("button", name="Approve").click(no_wait_after=True)
    page.close()
    other = window.page.context.new_page()
    other.goto(hold_url)
    title(other).to_have_text(BOOKED)
    deliver_due()
    assert "Your table is reserved" in str(mail.outbox[-1].body)


@phone_and_desk
def test_a_tab_closed_at_the_bank_is_settled_by_the_sweep(
    visit: OpenVisit, venue: Restaurant, viewport: dict[str, int], clock: Clock
) -> None:
    page = at_the_form(visit(viewport=viewport).open(TIMES))
    send(page, APPROVAL)
    title(page).to_have_text(BANK)
    page.close()
    # Approved in the bank's app, and every notice of it is lost.
    decide(SandboxCharge.objects.get().reference, approve=True)
    clock.advance(minutes=4)
    assert settle_unknown() == 1
    assert Reservation.objects.get().status == "confirmed"
    deliver_due()
    assert "Your table is reserved" in str(mail.outbox[-1].body)


def test_a_waiting_page_goes_on_by_itself(visit: OpenVisit, venue: Restaurant) -> None:
    page = at_the_form(visit(viewport=PHONE).open(TIMES))
    hold_url = page.url
    send(page, APPROVAL)
    title(page).to_have_text(BANK)
    page.goto(hold_url)
    title(page).to_have_text("Your approval is needed")
    expect(page.get_by_role("link", name="Go on to the payment")).to_be_visible()
    assert fits(page)
    decide(SandboxCharge.objects.get().reference, approve=True)
    title(page).to_have_text(BOOKED)


@with_and_without
def test_another_card_instead_of_the_bank(
    visit: OpenVisit, venue: Restaurant, scripts: bool
) -> None:
    page = at_the_form(visit(viewport=PHONE, java_script_enabled=scripts).open(TIMES))
    hold_url = page.url
    send(page, APPROVAL)
    title(page).to_have_text(BANK)
    page.goto(hold_url)
    page.get_by_role("button", name="Use another card").click()
    title(page).to_have_text("Your details")
    send(page, ACCEPTED)
    title(page).to_have_text(BOOKED)
    # The first card was called off, so its owner cannot approve it behind our back any more.
    paid = Payment.objects.order_by("id").values_list("status", "captured")
    assert list(paid) == [("voided", Decimal(0)), ("succeeded", Decimal(50))]
    outcomes = SandboxCharge.objects.order_by("id").values_list("outcome", flat=True)
    assert list(outcomes) == ["voided", "succeeded"]
    assert Reservation.objects.get().status == "confirmed"


def test_axe_finds_nothing(visit: OpenVisit, venue: Restaurant, clock: Clock) -> None:
    window = visit(viewport=PHONE, reduced_motion="reduce")
    page = window.open(TIMES)
    hold(page)
    hold_url = page.url
    found = violations(page)
    fill_in(page)
    send(page, APPROVAL)
    title(page).to_have_text(BANK)
    bank = page.url
    found += violations(page)
    page.goto(hold_url)
    title(page).to_have_text("Your approval is needed")
    found += violations(page)
    page.get_by_role("button", name="Use another card").click()
    title(page).to_have_text("Your details")
    page.goto(bank)
    expect(page.get_by_text("There is nothing to approve any more")).to_be_visible()
    found += violations(page)
    page.goto("/".join([*hold_url.split("/")[:-2], "hold_unknown", "back", ""]))
    title(page).to_have_text("Thank you")
    found += violations(page)
    page.goto(hold_url)
    page.get_by_role("button", name="Give the table back").click()
    for kind in ("hold", "card", "prepayment"):
        Policy.objects.update(kind=PaymentKind(kind))
        window.open(TIMES)
        found += violations(page)
        at_the_form(page)
        found += violations(page)
        if kind == "prepayment":
            break
        page.get_by_role("button", name="Give the table back").click()
        page.wait_for_url("**/r/bella-notte/**")
    Policy.objects.update(kind=PaymentKind.CARD)
    page.get_by_role("button", name="Give the table back").click()
    window.open(TIMES)
    at_the_form(page)
    send(page, ACCEPTED)
    title(page).to_have_text(BOOKED)
    found += violations(page)
    page.get_by_role("link", name="Change or cancel").click()
    found += violations(page)
    page.get_by_role("link", name="Cancel this booking").click()
    page.get_by_text("Nothing is charged if you cancel now").wait_for()
    found += violations(page)
    assert found == []


# --- No card number anywhere ----------------------------------------------------------------------

NUMBERS = (
    "4242424242424242",
    "4242 4242 4242 4242",
    "5555 5555 5555 4444",
    "4000-0000-0000-0002",
    "4000000000009995",
    "4242424242424241",
)
"""The last one fails the check of its digits: a mistyped number is a card number, too."""
_DIGITS = {re.sub(r"\D", "", number) for number in NUMBERS}


def _told(text: str) -> set[str]:
    """Which of the numbers a text has, however they are grouped."""
    runs = re.findall(r"\d(?:[ .\-]?\d){11,}", text)
    digits = [re.sub(r"\D", "", run) for run in runs]
    return {number for number in _DIGITS if any(number in run for run in digits)}


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Everything any logger says, from the smallest detail up, as the log files have it."""
    kept: list[str] = []
    formatter = LineFormatter()

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(formatter.format(record))

    root, handler = logging.getLogger(), Keep(logging.DEBUG)
    names = ("django.request", "django.server", "core", "payments", "reservations", "api")
    loggers = [root, *map(logging.getLogger, names)]
    levels = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield kept
    root.removeHandler(handler)
    for logger, level in levels:
        logger.setLevel(level)


def _everything_stored() -> Iterator[tuple[str, str]]:
    """Every value of every column that can hold text, of every table; sessions read as well."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE'"
            " AND c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb',"
            " 'ARRAY', 'bytea', 'USER-DEFINED')"
        )
        columns = cursor.fetchall()
        for table, column in columns:
            value = f'"{column}"::text'
            cursor.execute(f'SELECT {value} FROM "{table}" WHERE "{column}" IS NOT NULL')
            for (text,) in cursor.fetchall():
                yield f"{table}.{column}", text
                if text.startswith("\\x"):
                    yield f"{table}.{column}", bytes.fromhex(text[2:]).decode(errors="replace")
    for session in Session.objects.all():
        yield "session", str(session.get_decoded())


def test_no_card_number_is_kept_said_or_logged(
    visit: OpenVisit, venue: Restaurant, clock: Clock, lines: list[str]
) -> None:
    window = visit(viewport=PHONE)
    page = window.page
    answers: list[tuple[str, str]] = []

    def look() -> None:
        answers.append((page.url, page.content()))

    window.open(TIMES)
    at_the_form(page)
    look()
    send(page, DECLINED)
    expect(page.get_by_role("alert").first).to_be_visible()
    look()
    send(page, APPROVAL)
    title(page).to_have_text(BANK)
    look()
    page.get_by_role("button", name="Approve").click()
    title(page).to_have_text(BOOKED)
    look()
    page.get_by_role("link", name="Change or cancel").click()
    look()
    answers += _by_program(page, f"{window.site}/api/", venue.public_id)
    deliver_due()

    assert [where for where, text in answers if _told(text)] == []
    assert [line for line in lines if _told(line)] == []
    stored = list(_everything_stored())
    assert sorted({where for where, text in stored if _told(text)}) == []
    # The scan looked at something, and finds what is there.
    assert (len(answers) > 30, len(stored) > 200) == (True, True)
    logging.getLogger("payments").debug("card %s", NUMBERS[1])
    assert _told(lines[-1]) == {"4242424242424242"}
    # Whole numbers did buy tables: three by the program, one in the browser.
    digits = Payment.objects.filter(status="succeeded").order_by("id")
    assert list(digits.values_list("card_last4", flat=True)) == ["4242", "4242", "4242", "4444"]
    assert _told("paid with 4242-4242 4242.4242, thank you") == {"4242424242424242"}


def _by_program(page: Page, api: str, house: str) -> list[tuple[str, str]]:
    """The answers to a program that sends whole card numbers, right and wrong ones."""
    answers: list[tuple[str, str]] = []

    def call(path: str, body: object, **headers: str) -> dict[str, Any]:
        answer = page.context.request.post(f"{api}{path}", data=body, headers=headers)
        answers.append((path, answer.text()))
        told: dict[str, Any] = answer.json()
        return told

    account = {"email": "grace@example.com", "password": "correct horse battery"}
    call("auth/register", account | {"fullName": "Grace Hopper"})
    access = call("auth/token", account)["access"]
    bearer = {"Authorization": f"Bearer {access}"}
    me = page.context.request.get(f"{api}auth/me", headers=bearer).json()["userId"]
    for at, number in enumerate(NUMBERS):
        wish = {"userId": me, "restaurantId": house, "date": "2025-11-15", "partySize": 2}
        held = call("reservations/hold", wish | {"time": f"{11 + 2 * at}:00"}, **bearer)
        held_id = held.get("hold", {}).get("holdId", "hold_x")
        method = {"type": "credit-card", "number": number}
        body = {"holdId": held_id, "userId": me, "paymentMethod": method}
        call("reservations/confirm", body | {"cardNumber": number}, **bearer)
        call("reservations/confirm", body, **bearer, **{"Idempotency-Key": f"card-{at}"})
        call("reservations/confirm", body | {"paymentMethod": {"token": number}}, **bearer)
        call("reservations/confirm", body | {"paymentMethod": {"last4": number}}, **bearer)
    return answers
