"""What pages and mails say by how a table is protected, and the way over the bank and back."""

from __future__ import annotations

import html
import re
from urllib.parse import unquote, urlsplit

import pytest
from django.core import mail
from django.utils import translation
from pytest_django import Settings

from notifications.services import deliver_due
from payments.gateways.sandbox import THREE_D_SECURE, decide
from payments.models import Payment, PaymentKind, Policy, ProviderEvent, Refund, SandboxCharge
from payments.services.errands import process_errands
from payments.services.events import process_events
from payments.services.settling import settle_unknown
from reservations.models import Hold, Reservation
from reservations.services.holds import expire_holds
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.browser import ADA, SATURDAY, Browser

pytestmark = pytest.mark.django_db

KINDS = pytest.mark.parametrize("kind", ["deposit", "prepayment", "hold", "card"])

BEFORE = {
    "deposit": ("Deposit $50.00", "Deposit of $50.00", "$50.00", "Pay $50.00 and book"),
    "prepayment": ("Price $50.00", "Price of $50.00", "$50.00", "Pay $50.00 and book"),
    "hold": (
        "Set aside on your card $50.00",
        "Set $50.00 aside on your card",
        "Nothing",
        "Set $50.00 aside and book",
    ),
    "card": (
        "Secured by your card, for fees up to $50.00",
        "Secure your table with a card",
        "Nothing",
        "Secure with your card and book",
    ),
}
AFTER = {
    "deposit": ("Deposit $50.00 paid", "Deposit: $50.00"),
    "prepayment": ("Price $50.00 paid", "Price: $50.00"),
    "hold": ("Set aside on your card $50.00", "Set aside on your card: $50.00"),
    "card": (
        "Card on file Nothing was taken.",
        "Your card is kept, for fees up to: $50.00",
    ),
}
CANCELLED_LATE = "You cancelled late: as agreed, the restaurant can charge a fee."


@pytest.fixture
def browser() -> Browser:
    return Browser()


def use(kind: str) -> None:
    Policy.objects.update(kind=PaymentKind(kind))


def test_a_hold_long_before_the_visit_only_keeps_the_card_and_says_so(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    use("hold")
    browser.hold(bella)
    assert "Secure your table with a card" in browser.text
    assert "Your card is saved now. $50.00 is set aside on it a few days before" in browser.text
    browser.confirm()
    assert "Card on file Nothing was taken." in browser.text
    assert Payment.objects.get().agreed_text.startswith("Your card is saved now.")
    deliver_due()
    assert "Your card is kept, for fees up to: $50.00" in str(mail.outbox[-1].body)


# --- Words ----------------------------------------------------------------------------------------


@KINDS
def test_every_page_says_the_right_thing(
    clock: Clock, bella: Restaurant, browser: Browser, kind: str
) -> None:
    use(kind)
    clock.advance(days=1)
    browser.hold(bella)
    for words in BEFORE[kind]:
        assert words in browser.text
    assert f"To pay now {BEFORE[kind][2]} {BEFORE[kind][3]}" in browser.text
    is_taken = kind in ("deposit", "prepayment")
    assert ("can be charged" in browser.text) is not is_taken
    assert ("After that nothing is given back." in browser.text) is (kind == "prepayment")
    browser.confirm()
    assert "Your table is booked" in browser.text
    assert AFTER[kind][0] in browser.text
    deliver_due()
    body = str(mail.outbox[-1].body)
    assert AFTER[kind][1] in body
    page = re.search(r'href="(/booking/[^/"]+/)"', browser.html)
    assert page is not None
    browser.get(page[1])
    assert AFTER[kind][0] in browser.text
    browser.get(f"{page[1]}cancel/")
    back = {
        "deposit": "You get the whole deposit of $50.00 back.",
        "prepayment": "You get all of the $50.00 back.",
    }
    assert [words for words in back.values() if words in browser.text] == (
        [back[kind]] if is_taken else []
    )
    in_time = "Nothing is charged if you cancel now, and your card is let go."
    assert (in_time in browser.text) is not is_taken


@pytest.mark.parametrize("kind", ["hold", "card"])
def test_cancelling_in_time_lets_go_of_the_card(
    clock: Clock, bella: Restaurant, browser: Browser, kind: str
) -> None:
    use(kind)
    page = _manage_page(browser.book(bella))
    browser.get(f"{page}cancel/")
    fields = dict(re.findall(r'name="(refund|percent)" value="([^"]+)"', browser.html))
    assert fields == {"refund": "0", "percent": "100"}
    browser.post(f"{page}cancel/", **fields)
    assert "Nothing was taken, and your card is let go." in browser.text
    process_errands()
    assert Payment.objects.get().status == "voided"
    browser.get(page)
    assert "Your card Let go. Nothing was taken." in browser.text
    deliver_due()
    assert "Nothing was taken, and your card is let go." in str(mail.outbox[-1].body)


@pytest.mark.parametrize("kind", ["hold", "card"])
def test_cancelling_late_says_what_it_can_cost(
    clock: Clock, bella: Restaurant, browser: Browser, kind: str
) -> None:
    use(kind)
    page = _manage_page(browser.book(bella))
    browser.get(f"{page}cancel/")
    shown = dict(re.findall(r'name="(refund|percent)" value="([^"]+)"', browser.html))
    clock.set("2025-11-15T09:00:00-05:00")
    # The free time is over since the guest looked: nothing happens before they have seen it.
    browser.post(f"{page}cancel/", **shown)
    assert "cancelling costs something else now" in browser.text
    assert "If you cancel now, the restaurant can charge up to $25.00." in browser.text
    assert Reservation.objects.get().status == "confirmed"
    browser.post(f"{page}cancel/", refund="0", percent="50")
    assert CANCELLED_LATE in browser.text
    deliver_due()
    assert "can charge a fee of up to $25.00 to your card." in str(mail.outbox[-1].body)
    assert (Payment.objects.get().errand, Refund.objects.count()) == ("", 0)


def test_the_times_of_a_day_say_how_a_table_is_protected(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    said = {
        "prepayment": "Price $50.00 ($25.00 per guest).",
        "hold": "$50.00 ($25.00 per guest) is set aside on your card. You can cancel free of charge"
        " up to 24 hours before; after that a fee can be charged.",
        "card": "Your card secures the table, for fees up to $50.00 ($25.00 per guest).",
    }
    for kind, words in said.items():
        use(kind)
        assert words in browser.get(f"/r/{bella.slug}/?party=2&date={SATURDAY}").text


def test_the_words_are_french_too(clock: Clock, bella: Restaurant) -> None:
    use("card")
    with translation.override("fr"):
        text = Browser(headers={"accept-language": "fr"}).hold(bella).text
    assert "Garantir avec votre carte et réserver" in text


# --- The bank -------------------------------------------------------------------------------------


def _manage_page(browser: Browser) -> str:
    page = re.search(r'href="(/booking/[^/"]+/)"', browser.html)
    assert page is not None
    return page[1]


def _to_bank(browser: Browser, house: Restaurant) -> str:
    """Book with a card that needs approval; the address of the hold."""
    hold_url = browser.hold(house).url
    browser.confirm(THREE_D_SECURE)
    assert "This is the sandbox bank" in browser.text
    return hold_url


def _answer(browser: Browser, answer: str) -> Browser:
    return browser.post(browser.url, answer=answer)


def test_the_sandbox_bank_is_visited_at_the_host_one_came_by(
    clock: Clock, bella: Restaurant, browser: Browser, settings: Settings
) -> None:
    # localhost is another host than 127.0.0.1: there is no session, and form-action stops it.
    settings.PUBLIC_URL = "http://localhost:8000"
    hold_url = browser.hold(bella).url
    answer = browser.client.post(hold_url, ADA | {"card": THREE_D_SECURE})
    bank = str(answer.headers["Location"])
    assert bank.startswith("/sandbox/bank/")
    assert f'href="{bank}"' in browser.get(hold_url).html


@KINDS
def test_an_approved_card_books(
    clock: Clock, bella: Restaurant, browser: Browser, kind: str
) -> None:
    use(kind)
    clock.advance(days=1)
    _to_bank(browser, bella)
    assert "50.00 USD" in browser.text
    _answer(browser, "approve")
    assert "Your table is booked" in browser.text
    assert AFTER[kind][0] in browser.text
    # The bank's own word came twice, and later: nothing is left to do for it.
    assert ProviderEvent.objects.count() == 1
    assert process_events() == 1
    assert ProviderEvent.objects.get().processed_at is not None
    assert (Reservation.objects.count(), SandboxCharge.objects.count()) == (1, 1)


def test_a_declined_approval_keeps_the_table_and_takes_another_card(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = _to_bank(browser, bella)
    _answer(browser, "decline")
    assert browser.url == hold_url
    told = (
        "Payment failed: Your bank did not approve the payment. You were not charged."
        " Please try another card."
    )
    assert told in browser.text
    assert 'value="Ada Lovelace"' in browser.html
    assert told not in browser.get(hold_url).text
    browser.confirm()
    assert "Your table is booked" in browser.text
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["failed", "succeeded"]


def test_a_decline_that_the_notice_told_first_is_said_all_the_same(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = _to_bank(browser, bella)
    bank = browser.url
    response = browser.client.post(bank, {"answer": "decline"})
    assert response.headers["Location"].startswith("/hold/")
    process_events()
    assert Payment.objects.get().status == "failed"
    browser.get(response.headers["Location"])
    assert browser.url == hold_url
    assert "Your bank did not approve the payment." in browser.text


def test_a_tab_closed_at_the_bank_is_settled_by_its_notice(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    _to_bank(browser, bella)
    browser.client.post(browser.url, {"answer": "approve"})
    assert process_events() == 1
    assert Reservation.objects.get().status == "confirmed"
    deliver_due()
    assert "Your table is reserved" in str(mail.outbox[-1].body)


def test_a_tab_closed_at_the_bank_is_settled_by_the_sweep_if_every_notice_is_lost(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    _to_bank(browser, bella)
    decide(SandboxCharge.objects.get().reference, approve=True)
    clock.advance(minutes=4)
    assert settle_unknown() == 1
    assert Reservation.objects.get().status == "confirmed"


def test_a_guest_who_never_approves_pays_nothing_and_finds_the_way_back(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = _to_bank(browser, bella)
    clock.advance(minutes=31)
    settle_unknown()
    expire_holds()
    assert Payment.objects.get().status == "voided"
    browser.get(hold_url)
    assert "Your time for this table has run out" in browser.text
    assert "You were not charged." in browser.text
    assert "Hold 19:00 again" in browser.text


def test_a_guest_who_approves_late_gets_the_table_if_it_is_free(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = _to_bank(browser, bella)
    bank = browser.url
    clock.advance(minutes=20)
    expire_holds()
    browser.get(hold_url)
    assert "if you approve now, you get it if it is still free" in browser.text
    browser.post(bank, answer="approve")
    assert "Your table is booked" in browser.text
    assert (Hold.objects.get().status, Reservation.objects.count()) == ("expired", 1)


def test_the_waiting_page_leads_to_the_bank_and_to_another_card(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = _to_bank(browser, bella)
    bank = browser.url
    browser.get(hold_url)
    assert "Your approval is needed" in browser.text
    link = re.search(r'href="([^"]+)">Go on to the payment', browser.html)
    assert link is not None
    assert unquote(urlsplit(html.unescape(link[1])).path) == bank
    browser.post(f"{hold_url}other-card/")
    assert browser.url == hold_url
    assert "Pay $50.00 and book" in browser.text
    browser.confirm()
    assert "Your table is booked" in browser.text
    # What was called off cannot be approved any more.
    browser.get(bank)
    assert "There is nothing to approve any more" in browser.text
    browser.post(bank, answer="approve")
    assert SandboxCharge.objects.filter(outcome="succeeded").count() == 1


def test_sending_the_form_again_goes_to_the_bank_again(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = _to_bank(browser, bella)
    browser.post(hold_url)
    assert "This is the sandbox bank" in browser.text
    assert SandboxCharge.objects.count() == 1


def test_who_comes_back_in_another_browser_is_sent_to_the_first(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = _to_bank(browser, bella)
    other = Browser().get(f"{hold_url}back/")
    assert other.status == 200
    assert "Please go back to the window in which you began to book" in other.text
    assert bella.name not in other.text


def test_the_bank_leads_to_our_own_pages_only(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    _to_bank(browser, bella)
    for elsewhere in ("https://evil.example/hold/", "//evil.example/", "javascript:alert(1)", ""):
        SandboxCharge.objects.update(return_url=elsewhere)
        response = browser.client.post(browser.url, {"answer": "later"})
        assert (response.status_code, response.headers["Location"]) == (302, "/")


def test_the_bank_is_not_there_where_money_is_real(
    clock: Clock, bella: Restaurant, browser: Browser, settings: Settings
) -> None:
    _to_bank(browser, bella)
    settings.SANDBOX_ENABLED = False
    assert browser.get(browser.url).status == 404
    assert browser.client.post(browser.url, {"answer": "approve"}).status_code == 404
    assert SandboxCharge.objects.get().outcome == "action"
    assert browser.get("/sandbox/bank/ch_sandbox_nobodys/").status == 404


def test_the_bank_takes_no_answer_without_its_form(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    _to_bank(browser, bella)
    stranger = Browser(enforce_csrf_checks=True)
    assert stranger.client.post(browser.url, {"answer": "approve"}).status_code == 403
