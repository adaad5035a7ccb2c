"""Why is it closed, in a real browser: readable by everybody, at every width, light and dark."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from reservations.guests import Guest
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import DiningService, PacingStep, Restaurant, Role
from tests.e2e.conftest import PHONE, OpenVisit
from tests.e2e.people import TABLET, Open, staff
from tests.e2e.test_accessibility import violations
from tests.fixtures.domain import Clock
from tests.reservations.stand import booked

WHY = "/staff/r/bella-notte/setup/why/"
OPEN = "?date=2025-11-15&time=19:00&party=2&channel=online&room="
TAKEN = "?date=2025-11-10&time=19:00&party=2&channel=in_house&room="
LIMITED = "?date=2025-11-14&time=20:00&party=2&channel=online&room="
QUESTIONS = (
    *("", OPEN, TAKEN, LIMITED),
    "?date=2025-11-15&time=19:00&party=9&channel=online&room=",
    "?date=2025-11-15&time=03:00&party=2&channel=online&room=",
    "?date=2026-11-15&time=19:00&party=2&channel=online&room=",
    "?date=&time=&party=0&channel=&room=-1",
)


@pytest.fixture
def why(visit: OpenVisit, venue: Restaurant, clock: Clock, new_guest: Callable[[], Guest]) -> Open:
    """Opens the page as somebody who only looks; one night is taken, another is limited."""
    user = staff(venue, "Vera", Role.VIEWER)
    booked(venue, "18:30", name="Ada Byron-Featherstonehaugh of Cholmondeley")
    guest = new_guest()
    place_hold(
        HoldRequest(venue.public_id, dt.date(2025, 11, 10), "19:00", 2), guest, by=guest.actor
    )
    service = DiningService.objects.get(restaurant=venue)
    PacingStep.objects.create(service=service, at=dt.time(20), slot_covers=1)

    def opened(query: str = "", **options: object) -> Any:
        window = visit(**({"viewport": TABLET, "reduced_motion": "reduce"} | options))
        window.sign_in(user)
        window.open(WHY + query)
        return window

    return opened


@pytest.mark.parametrize("size", [PHONE, TABLET], ids=["phone", "tablet"])
def test_axe_finds_nothing_and_nothing_is_too_wide(size: dict[str, int], why: Open) -> None:
    window = why(viewport=size)
    found: list[Any] = []
    for question in QUESTIONS:
        page = window.open(WHY + question)
        for rules in page.locator(".why__rules").all():
            rules.locator("summary").click()
        found += violations(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        found += [("wide", question, width)] if width > size["width"] else []
    assert found == [], "\n".join(map(str, found))


def answer(page: Page) -> list[str]:
    """What the answer says, line by line."""
    lines = page.locator(".why").inner_text().splitlines()
    return [" ".join(line.split()) for line in lines if line.strip()]


def test_a_question_is_asked_by_its_form_without_scripts(why: Open) -> None:
    page = why(java_script_enabled=False).page
    page.get_by_label("Date").fill("2025-11-10")
    page.get_by_label("Time").fill("19:00")
    page.get_by_label("Booked by").select_option("in_house")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".why")).to_contain_text("Closed")
    said = answer(page)
    assert "Closed" in said[1]
    assert any(line.startswith("Free table 1 by 19:00. Ada Byron") for line in said)
    assert any("Being booked 19:00" in line for line in said)
    expect(page.locator(".why__rules summary")).to_have_text("Every rule")


def test_another_time_is_a_link_to_its_own_answer(why: Open) -> None:
    page = why(LIMITED).page
    page.locator(".why .chips a").first.click()
    expect(page.locator(".why")).to_contain_text("Open")
