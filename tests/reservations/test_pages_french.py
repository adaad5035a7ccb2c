"""The guest pages in French: no English is left over, and dates and money are written in French."""

from __future__ import annotations

import datetime as dt
import re
from html.parser import HTMLParser

import pytest
from django.test import override_settings

from config.catalogue import catalogue
from restaurants.demo.build import build_house
from restaurants.demo.maison import MAISON
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.browser import ADA, SATURDAY, Browser

pytestmark = pytest.mark.django_db

_SPOKEN = ("aria-label", "title", "placeholder", "content", "alt")
_ENGLISH = re.compile(
    r"\b(the|your|you|with|please|and|this|is|are|of|for|to book)\b", re.IGNORECASE
)


class Texts(HTMLParser):
    """Every piece of text that is shown or read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Attributes that are read out count; scripts do not, nor another language's name."""
        given = dict(attrs)
        self._silent += tag in ("script", "style")
        if tag != "meta" or given.get("name") == "description":
            self.found += [" ".join((given.get(name) or "").split()) for name in _SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        """The end of a script."""
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if not self._silent:
            self.found.append(" ".join(data.split()))


def spoken(html: str) -> set[str]:
    """The texts of a page."""
    parser = Texts()
    parser.feed(html)
    return {text for text in parser.found if text}


@pytest.fixture
def maison(clock: Clock) -> Restaurant:
    """Maison Allo, three days before the Saturday everybody wants."""
    clock.set("2025-11-12T10:00:00+01:00")
    return build_house(MAISON)


@pytest.fixture
def pages(maison: Restaurant) -> dict[str, str]:
    """Every page a guest of Maison Allo meets on the way, by name."""
    browser = Browser(headers={"Accept-Language": "fr"})
    times = f"/r/{maison.slug}/?party=2&date={SATURDAY}"
    seen = {
        "home": browser.get("/").html,
        "nothing found": browser.get("/?q=nothing+like+it").html,
        "times": browser.get(times).html,
        "a time in vain": browser.get(f"{times}&time=03:00").html,
        "too many": browser.get(f"/r/{maison.slug}/?party=40").html,
        "unread": browser.get(f"/r/{maison.slug}/?party=abc&date=never").html,
        "too far": browser.get(f"/r/{maison.slug}/?date={SATURDAY + dt.timedelta(400)}").html,
        "no such page": browser.get("/nowhere/").html,
        "waitlist": browser.get(f"/r/{maison.slug}/waitlist/").html,
        "waitlist, empty": browser.post(f"/r/{maison.slug}/waitlist/").html,
        "hold": browser.hold(maison).html,
    }
    hold_url = browser.url
    seen["another hold"] = browser.get(times).html
    browser.get(hold_url)
    seen["details missing"] = browser.confirm(name="", email="nobody").html
    browser.get(hold_url)
    seen["booked"] = browser.post(hold_url, **ADA).html
    manage = re.search(r'href="(/booking/[^/"]+/)', browser.html)
    assert manage is not None
    for name in ("", "change/", "cancel/"):
        seen[f"manage {name}"] = browser.get(f"{manage[1]}{name}").html
    seen["message"] = browser.post(f"{manage[1]}message/", text="").html
    seen["my bookings"] = browser.get("/my-bookings/").html
    seen["bad link"] = browser.get("/booking/nobody-knows-it/").html
    seen["cancelled"] = browser.post(f"{manage[1]}cancel/", refund="0.00").html
    return seen


def test_no_english_is_left_on_the_french_pages(pages: dict[str, str]) -> None:
    english = {m.id for m in catalogue("fr") if isinstance(m.id, str) and m.string != m.id}
    french = {m.string for m in catalogue("fr")}
    left = {
        (name, text)
        for name, html in pages.items()
        for text in spoken(html)
        if (text in english - french or _ENGLISH.search(text))
    }
    assert sorted(left) == []


def test_every_page_says_that_it_is_french(pages: dict[str, str]) -> None:
    assert [name for name, html in pages.items() if '<html lang="fr" dir="ltr"' not in html] == []


def test_dates_and_figures_are_french(pages: dict[str, str]) -> None:
    assert "samedi 15 novembre 2025" in pages["times"]
    assert "Novembre 2025" in pages["times"]
    assert "4,6" in pages["times"]
    assert "2 personnes" in pages["hold"]
    assert "Votre table est réservée" in pages["booked"]
    assert "Votre réservation est annulée" in pages["cancelled"]
    assert "Française, Bistrot" in pages["home"]


@override_settings(LANGUAGES=[("en", "English"), ("ar", "العربية")])
def test_a_language_from_right_to_left_turns_the_page(maison: Restaurant) -> None:
    page = Browser(headers={"Accept-Language": "ar"}).get(f"/r/{maison.slug}/")
    assert (page.status, '<html lang="ar" dir="rtl"' in page.html) == (200, True)
