"""The stand of another date without scripts: every link and every tap stays on that date."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from reservations.models import Reservation
from restaurants.models import Restaurant
from tests.e2e.conftest import OpenVisit
from tests.e2e.people import WIDE, staff
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, at, booked, tables_of

STAND = "/staff/r/bella-notte/stand/"


@pytest.fixture
def page(visit: OpenVisit, venue: Restaurant, clock: Clock) -> Page:
    """Tomorrow's timeline, where Ada is expected at seven; it is an evening before."""
    booked(venue)
    clock.now = at("18:55") - dt.timedelta(days=1)
    window = visit(viewport=WIDE, java_script_enabled=False)
    window.sign_in(staff(venue, "Nora"))
    return window.open(f"{STAND}?date={DATE}&view=timeline")


def is_there(page: Page) -> None:
    """It is still that date, in that view."""
    assert re.search(rf"[?&]date={DATE}\b", page.url), page.url
    assert "view=timeline" in page.url, page.url
    expect(page.locator(".tl")).to_be_visible()


def test_every_kind_of_link_stays_on_that_date(page: Page) -> None:
    ada = Reservation.objects.get()
    for link in (
        f"#p-{ada.pk} a.row__main",
        f".bar[data-select='{ada.public_id}']",
        ".tl__name a >> nth=1",
        ".drawer a[data-drawer-close]",
        "[data-to-tab=done]",
        "[data-to-tab=upcoming]",
    ):
        page.locator(link).click()
        is_there(page)
    expect(page.locator(f"#p-{ada.pk}")).to_be_visible()


def test_a_tap_acts_on_that_date_and_leads_back_to_it(page: Page) -> None:
    ada = Reservation.objects.get()
    page.locator(f"#p-{ada.pk} a.row__main").click()
    page.locator("[data-mode-start=move]").click()
    page.locator(".mode__places button").first.click()
    is_there(page)
    assert tables_of(ada) == ["2"]
    page.locator(".toast__undo").click()
    is_there(page)
    assert tables_of(ada) == ["1"]
    page.locator(f"#p-{ada.pk} a.row__main").click()
    page.locator("details:has(select[name=size]) > summary").click()
    page.locator("select[name=size]").select_option("3")
    page.get_by_role("button", name="Change the party").click()
    is_there(page)
    ada.refresh_from_db()
    assert (ada.party_size, ada.service_date) == (3, DATE)
