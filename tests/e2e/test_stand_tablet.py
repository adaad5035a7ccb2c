"""The stand on a shared tablet, known by a PIN: what asks for a password, and the way back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from core.actors import SYSTEM
from reservations.models import Reservation
from reservations.services import stand as services
from restaurants.models import Membership, Restaurant, Role
from restaurants.people import set_pin
from tests.e2e.conftest import PHONE, OpenVisit, Visit
from tests.e2e.people import TABLET, at_tablet
from tests.factories import make_tables
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh, ids

PASSWORD = "correct horse battery staple"
STAND = "/staff/r/bella-notte/stand/"
REFUSED = re.compile("status of (403|409)")


@pytest.fixture
def mia(venue: Restaurant) -> User:
    """Manages the house; has a PIN, and a password."""
    user = User.objects.create_user(
        "mia@example.com", PASSWORD, is_staff=True, full_name="Mia Manager"
    )
    row = Membership.objects.create(user=user, restaurant=venue, role=Role.MANAGER)
    set_pin(row, "2580", by=SYSTEM)
    return user


@pytest.fixture
def ada(venue: Restaurant, clock: Clock) -> Reservation:
    """Two guests at seven; the house takes no more than two in a quarter of an hour."""
    venue.services.update(slot_covers=2)
    row = booked(venue)
    clock.now = at("18:55")
    return row


def show_password(page: Page) -> None:
    page.wait_for_url(re.compile("/staff/tablet/password/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your password, please")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile(f"/stand/.*date={DATE}"))


def change_to_three(page: Page) -> None:
    page.locator("details:has(select[name=size]) > summary").click()
    page.locator("select[name=size]").select_option("3")
    page.get_by_role("button", name="Change the party").click()


def forgive(window: Visit) -> None:
    """The browser writes down every answer that is a refusal; these are meant."""
    window.complaints[:] = [each for each in window.complaints if not REFUSED.search(each)]


@pytest.mark.parametrize("size", [TABLET, PHONE], ids=["tablet", "phone"])
def test_a_limit_asks_for_the_password_and_one_button_does_it(
    size: dict[str, int],
    visit: OpenVisit,
    venue: Restaurant,
    mia: User,
    ada: Reservation,
) -> None:
    window = at_tablet(visit, venue, mia, STAND, viewport=size)
    page = window.page
    window.open(f"{STAND}?view=timeline&party={ada.public_id}")
    change_to_three(page)
    expect(page.locator("[data-confirm-text]")).to_contain_text("That asks for your password.")
    page.locator("#confirm [value=yes]").click()
    show_password(page)
    expect(page.locator("[data-chosen]")).to_contain_text("Ada · 3 guests")
    expect(page.locator("[data-chosen]")).to_be_in_viewport()
    assert "view=timeline" in page.url
    page.locator("[data-chosen] button").click()
    expect(page.locator("[data-toast-text]")).to_contain_text("Ada")
    expect(page.locator("[data-chosen]")).to_have_count(0)
    assert fresh(ada).party_size == 3
    forgive(window)


def test_it_may_be_left_as_it_is(
    visit: OpenVisit, venue: Restaurant, mia: User, ada: Reservation
) -> None:
    window = at_tablet(visit, venue, mia, STAND)
    page = window.open(f"{STAND}?party={ada.public_id}")
    page.locator("details:has(select[name=size]) > summary").click()
    page.locator("form:has(select[name=size]) [name=overbook]").check()
    page.get_by_role("button", name="Change the party").click()
    show_password(page)
    page.locator("[data-chosen-leave]").click()
    expect(page.locator("[data-chosen]")).to_have_count(0)
    assert fresh(ada).party_size == 2
    forgive(window)


def test_the_same_without_scripts(
    visit: OpenVisit, venue: Restaurant, mia: User, ada: Reservation
) -> None:
    page = at_tablet(visit, venue, mia, STAND, java_script_enabled=False).page
    page.locator(f"#p-{ada.pk} a.row__main").click()
    change_to_three(page)
    page.locator(".chosen button").click()
    show_password(page)
    page.locator(".chosen button").click()
    assert fresh(ada).party_size == 3
    expect(page.locator(".toast")).to_contain_text("Ada")


def test_a_new_booking_beyond_a_limit_is_kept_filled_in(
    visit: OpenVisit, venue: Restaurant, mia: User, ada: Reservation
) -> None:
    window = at_tablet(visit, venue, mia, STAND)
    page = window.page
    page.keyboard.press("n")
    page.check("[data-new-body] [name=time][value='19:00']", force=True)
    page.fill("[data-new-body] [name=name]", "Cleo Brandt")
    page.click("[data-new-body] .new__deed button")
    show_password(page)
    expect(page.locator("[name=name]")).to_have_value("Cleo Brandt")
    expect(page.locator("[name=time][value='19:00']")).to_be_checked()
    page.click(".new__deed button")
    expect(page.locator(".told")).to_contain_text("Cleo Brandt is booked for 19:00.")
    assert Reservation.objects.filter(guest_name="Cleo Brandt").count() == 1
    forgive(window)


def test_a_third_party_for_a_server_is_asked_about(
    visit: OpenVisit, venue: Restaurant, mia: User, clock: Clock
) -> None:
    make_tables(venue, 4, x=400, y=40)
    clock.now = at("18:55")
    services.put_on_shift(venue.public_id, DATE, "Anna", by=HOST)
    for label in ("1", "2"):
        services.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, label))
    window = at_tablet(visit, venue, mia, STAND)
    page = window.page
    page.click("[data-quote='2']")
    page.click("[data-mode-best]")
    expect(page.locator("[data-confirm-text]")).to_contain_text("Seat a third all the same?")
    page.locator("#confirm [value=yes]").click()
    expect(page.locator("[data-toast-text]")).to_contain_text("Walk-in seated at 3")
    assert Reservation.objects.filter(channel="walk_in").count() == 3
    forgive(window)
