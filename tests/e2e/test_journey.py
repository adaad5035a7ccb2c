"""From a held table to the end of the evening in a real browser."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from notifications.services import deliver_due
from payments.models import Payment
from payments.services.settling import settle_unknown
from reservations.guests import Guest
from reservations.models import Hold, HouseMessage, Reservation, WaitlistEntry
from reservations.services.holds import HoldRequest, place_hold
from restaurants.demo.anchor import ANCHOR
from restaurants.demo.bella_notte import BELLA_NOTTE
from restaurants.demo.blueprint import HouseSpec
from restaurants.demo.build import build_house
from restaurants.demo.maison import MAISON
from restaurants.models import Restaurant
from tests.e2e.conftest import DESK, PHONE, OpenVisit, Visit
from tests.e2e.test_booking import TIMES, fill_in, fits, hold, tab_to
from tests.fixtures.domain import Clock
from tests.reservations.browser import SATURDAY

HOUSES = pytest.mark.parametrize("spec", [BELLA_NOTTE, ANCHOR, MAISON], ids=lambda spec: spec.key)
BOOKED = "Your table is booked"
OFFLINE = "ERR_INTERNET_DISCONNECTED"


def title(page: Page) -> Any:
    return expect(page.get_by_role("heading", level=1))


def pay(page: Page) -> None:
    """Choose a good card where one is asked for, and book."""
    card = page.get_by_label("Visa ending in 4242: is accepted")
    if card.count():
        card.check()
    page.locator("[data-confirm]").click()


@HOUSES
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_every_demo_house_can_be_booked(
    visit: OpenVisit, clock: Clock, spec: HouseSpec, viewport: dict[str, int], scripts: bool
) -> None:
    house = build_house(spec)
    page = visit(viewport=viewport, java_script_enabled=scripts).open(f"/r/{house.slug}/?party=2")
    # The last one: the first may be this very minute, and then there is nothing left to change.
    page.locator(".slot__radio").last.check(force=True)
    page.get_by_role("button", name="Hold this table").click()
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("E-mail", exact=True).fill("ada@example.com")
    page.get_by_text("So that the kitchen can cook around them").click()
    page.get_by_label("Nuts", exact=True).check(force=True)
    assert fits(page)
    pay(page)
    expect(page.get_by_text(Reservation.objects.get().code)).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="Nuts")).to_be_visible()
    assert fits(page)
    page.get_by_role("link", name="Change or cancel").click()
    page.get_by_role("link", name="Change it").click()
    expect(page.get_by_role("heading", name="Change your booking")).to_be_visible()
    assert fits(page)


@HOUSES
def test_every_demo_house_can_be_booked_by_keyboard(
    visit: OpenVisit, clock: Clock, spec: HouseSpec
) -> None:
    house = build_house(spec)
    page = visit().open(f"/r/{house.slug}/?party=2")
    keys = page.keyboard
    tab_to(page, ".slot__radio")
    keys.press("Space")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    tab_to(page, "#id_name")
    keys.type("Ada Lovelace")
    keys.press("Tab")
    keys.type("ada@example.com")
    tab_to(page, ".fold:has(#id_allergens_0) summary")
    keys.press("Enter")
    tab_to(page, "#id_allergens_0")
    keys.press("Space")
    if page.locator("#id_card_0").count():
        tab_to(page, "#id_card_0")
        keys.press("Space")
    tab_to(page, "[data-confirm]")
    keys.press("Enter")
    page.wait_for_url("**/booked/**")
    assert Reservation.objects.get().allergens == ["gluten"]


def test_a_declined_card_keeps_everything(visit: OpenVisit, venue: Restaurant) -> None:
    page = visit(viewport=PHONE).open(TIMES)
    hold(page)
    fill_in(page)
    page.get_by_label("Visa ending in 0002: is declined").check()
    page.locator("[data-confirm]").click()
    expect(page.get_by_role("alert").first).to_contain_text("You were not charged.")
    expect(page.get_by_label("Your name")).to_have_value("Ada Lovelace")
    pay(page)
    title(page).to_have_text(BOOKED)
    assert Reservation.objects.count() == 1


def test_what_became_of_the_payment_is_said_where_one_pays(
    visit: OpenVisit, venue: Restaurant
) -> None:
    page = visit(viewport=PHONE, java_script_enabled=False).open(TIMES)
    hold(page)
    fill_in(page)
    page.get_by_label("Visa ending in 0002: is declined").check()
    page.locator("[data-confirm]").click()
    expect(page.locator("#pay .notice")).to_contain_text("You were not charged.")
    expect(page.locator("#pay .notice")).to_be_in_viewport()


def test_a_lost_connection_loses_nothing(visit: OpenVisit, venue: Restaurant) -> None:
    guest = visit(viewport=PHONE)
    page = guest.open(TIMES)
    guest.lose_the_network()
    page.get_by_role("button", name="One guest more").click()
    said = page.get_by_role("alert").filter(has_text="You are offline.")
    expect(said).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#times")).to_have_attribute("data-party", "3")
    expect(said).to_have_count(0)
    hold(page)
    fill_in(page)
    guest.lose_the_network()
    pay(page)
    expect(said).to_be_in_viewport()
    expect(page.get_by_label("Your name")).to_have_value("Ada Lovelace")
    page.context.set_offline(False)
    expect(said).to_have_count(0)
    pay(page)
    title(page).to_have_text(BOOKED)
    # A picture or script that was still on its way is reported by the browser; nothing else may be.
    guest.complaints[:] = [each for each in guest.complaints if OFFLINE not in each]


def test_a_table_that_was_taken_meanwhile_leads_to_the_next_best(
    visit: OpenVisit, venue: Restaurant, clock: Clock, new_guest: Callable[[], Guest]
) -> None:
    page = visit(viewport=PHONE).open(TIMES)
    hold(page)
    fill_in(page)
    clock.advance(minutes=11)
    for _ in range(2):
        other = new_guest()
        asked = HoldRequest(venue.public_id, SATURDAY, "19:00", 2)
        place_hold(asked, other, by=other.actor)
    page.get_by_label("Visa ending in 4242: is accepted").check()
    page.locator("[data-confirm]").click()
    expect(page.get_by_role("alert")).to_contain_text("19:00 is taken now.")
    page.get_by_role("button", name="21:00").click()
    expect(page.get_by_label("Your name")).to_have_value("Ada Lovelace")
    pay(page)
    title(page).to_have_text(BOOKED)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_back_and_reload_change_nothing(visit: OpenVisit, venue: Restaurant, scripts: bool) -> None:
    page = visit(java_script_enabled=scripts).open(TIMES)
    hold(page)
    hold_url = page.url
    fill_in(page)
    pay(page)
    title(page).to_have_text(BOOKED)
    page.reload()
    title(page).to_have_text(BOOKED)
    page.go_back()
    page.goto(hold_url)
    title(page).to_have_text(BOOKED)
    assert (Reservation.objects.count(), Payment.objects.count()) == (1, 1)


def test_two_tabs_are_one_booking(visit: OpenVisit, venue: Restaurant) -> None:
    window = visit()
    first = window.open(TIMES)
    hold(first)
    second = first.context.new_page()
    second.goto(first.url)
    for page in (first, second):
        page.get_by_label("Your name").fill("Ada Lovelace")
        page.get_by_label("E-mail", exact=True).fill("ada@example.com")
        pay(page)
        title(page).to_have_text(BOOKED)
    assert first.url == second.url
    assert (Hold.objects.count(), Payment.objects.count()) == (1, 1)


def test_a_lost_answer_is_waited_for(visit: OpenVisit, venue: Restaurant, clock: Clock) -> None:
    page = visit().open(TIMES)
    hold(page)
    fill_in(page)
    page.get_by_label("the bank’s answer gets lost").check()
    page.locator("[data-confirm]").click()
    title(page).to_have_text("Waiting for the bank")
    clock.advance(minutes=1)
    settle_unknown()
    title(page).to_have_text(BOOKED)
    payment = Payment.objects.get()
    assert payment.status == "succeeded"
    assert Reservation.objects.get().payment == payment


@pytest.fixture
def booking(visit: OpenVisit, venue: Restaurant) -> Visit:
    """A window at the page of a booking, on a telephone."""
    window = visit(viewport=PHONE)
    page = window.open(TIMES)
    hold(page)
    fill_in(page)
    pay(page)
    page.get_by_role("link", name="Change or cancel").click()
    page.wait_for_url("**/booking/*/")
    return window


def test_a_booking_is_changed(booking: Visit) -> None:
    page = booking.page
    page.get_by_role("link", name="Change it").click()
    status = page.locator("#times-status")
    # By keyboard: a month on, back again, the day after; then on to the times.
    page.locator(".day[aria-current]").focus()
    page.keyboard.press("PageDown")
    expect(page.locator("#month-title")).to_have_text("December 2025")
    expect(page.locator("#day-15")).to_be_focused()
    page.keyboard.press("PageUp")
    expect(page.locator("#month-title")).to_have_text("November 2025")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#times-day")).to_be_focused()
    expect(status).to_have_text("Sunday 16 November 2025, 2 guests: 23 times")
    page.get_by_role("button", name="One guest more").click()
    expect(status).to_have_text("Sunday 16 November 2025, 3 guests: no free times")
    page.get_by_role("button", name="One guest fewer").click()
    expect(status).to_have_text("Sunday 16 November 2025, 2 guests: 23 times")
    page.get_by_role("radio", name="20:30", exact=True).check()
    assert fits(page)
    page.get_by_role("button", name="Change my booking").dblclick()
    expect(page.get_by_role("status")).to_have_text("Your booking has been changed.")
    expect(page.get_by_text("Sunday 16 November 2025, 20:30")).to_be_visible()
    assert Reservation.objects.get().service_date == dt.date(2025, 11, 16)


def test_a_month_is_turned_back_the_moment_it_is_there(visit: OpenVisit, venue: Restaurant) -> None:
    """The new links load no whole page, however soon they are followed."""
    page = visit(viewport=PHONE).open(TIMES)
    page.evaluate(
        """() => {
            window.isTheSamePage = true;
            const back = () => document.querySelector('[data-calendar] [data-turn="-1"]').click();
            const soon = () => queueMicrotask(back);
            document.body.addEventListener("htmx:afterSwap", soon, { once: true });
        }"""
    )
    with page.expect_response("**month=2025-11*"):
        page.locator("[data-calendar] [data-turn='1']").click()
    expect(page.locator("#month-title")).to_have_text("November 2025")
    assert page.evaluate("window.isTheSamePage") is True


def test_a_guest_writes_and_is_late(booking: Visit, clock: Clock) -> None:
    page = booking.page
    page.get_by_label("Your message").fill("We bring a cake.")
    page.get_by_role("button", name="Send the message").dblclick()
    expect(page.get_by_role("status")).to_have_text("Your message is with the restaurant.")
    assert HouseMessage.objects.count() == 1
    clock.set("2025-11-15T18:45:00-05:00")
    page.reload()
    page.get_by_role("radio", name="20 min").check(force=True)
    page.get_by_role("button", name="Tell them").click()
    expect(page.get_by_text("you will be 20 minutes late.")).to_be_visible()
    assert Reservation.objects.get().late_minutes == 20


def test_the_list_of_bookings_opens_by_mail(booking: Visit, visit: OpenVisit) -> None:
    deliver_due()
    other = visit(viewport=PHONE, java_script_enabled=False)
    page = other.open("/my-bookings/")
    page.get_by_label("E-mail", exact=True).fill("ada@example.com")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    deliver_due()
    words = str(mail.outbox[-1].body)
    page.goto(other.site + words[words.index("/bookings/sign-in/") :].split(maxsplit=1)[0])
    page.get_by_role("button", name="Show my bookings").click()
    page.get_by_role("link", name="Bella Notte").click()
    expect(page.get_by_text(Reservation.objects.get().code)).to_be_visible()
    page.get_by_role("link", name="My bookings", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_a_guest_waits_for_a_table(
    visit: OpenVisit, venue: Restaurant, new_guest: Callable[[], Guest]
) -> None:
    for _ in range(2):
        other = new_guest()
        asked = HoldRequest(venue.public_id, SATURDAY, "19:00", 2)
        place_hold(asked, other, by=other.actor)
    page = visit(viewport=PHONE).open(f"{TIMES}&time=19:00")
    page.get_by_role("link", name="Tell me if it becomes free").click()
    page.get_by_label("Your name").fill("Bob")
    page.get_by_label("Telephone").fill("212 555 0199")
    assert fits(page)
    page.get_by_role("button", name="Put me on the list").click()
    title(page).to_have_text("You are on the waitlist")
    assert WaitlistEntry.objects.get().phone == "+12125550199"
    page.get_by_role("button", name="Leave the list").click()
    title(page).to_have_text("You have left the waitlist")
