"""Maison Allo in French, in a real browser; and the same pages from right to left."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import expect

from notifications.services import deliver_due
from restaurants.demo.build import build_house
from restaurants.demo.maison import MAISON
from tests.e2e.conftest import DESK, PHONE, OpenVisit
from tests.e2e.test_accessibility import violations
from tests.fixtures.domain import Clock

_WIDER = "html => html.scrollWidth - html.clientWidth"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_table_at_maison_allo_is_booked_in_french(
    visit: OpenVisit, clock: Clock, scripts: bool
) -> None:
    house = build_house(MAISON)
    window = visit(
        viewport=PHONE, java_script_enabled=scripts, reduced_motion="reduce", locale="en-GB"
    )
    page = window.open(f"/r/{house.slug}/?party=2")
    page.get_by_role("link", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    found = violations(page) if scripts else []
    page.locator(".slot__radio").last.check(force=True)
    page.get_by_role("button", name="Garder cette table").click()
    expect(page.get_by_role("heading", name="Vos coordonnées")).to_be_visible()
    found += violations(page) if scripts else []
    page.get_by_label("Votre nom").fill("Ada Lovelace")
    page.get_by_label("E-mail", exact=True).fill("ada@example.com")
    page.locator("[data-confirm]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre table est réservée")
    found += violations(page) if scripts else []
    assert found == []
    deliver_due()
    assert mail.outbox[0].subject.startswith("Votre table chez Maison Allo, ")
    assert re.search(r"Quand\u00a0: \w+ \d+(er)? \w+ 20\d\d à \d\d:\d\d", str(mail.outbox[0].body))


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_can_be_read_from_right_to_left(
    visit: OpenVisit, clock: Clock, settings: Any, viewport: dict[str, int]
) -> None:
    settings.LANGUAGES = [("en", "English"), ("ar", "العربية")]
    house = build_house(MAISON)
    window = visit(viewport=viewport, locale="ar", reduced_motion="reduce")
    for path in ("/", f"/r/{house.slug}/?party=2", f"/r/{house.slug}/waitlist/"):
        page = window.open(path)
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        assert page.locator("html").evaluate(_WIDER) == 0
        mark, main = page.locator(".wordmark").bounding_box(), page.locator("main").bounding_box()
        assert mark is not None
        assert main is not None
        assert mark["x"] > main["x"] + main["width"] / 2
