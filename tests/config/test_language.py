"""Pages speak the visitor's language, programs are always answered in English."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation

from core.errors import NotFound
from notifications import wording
from reservations.errors import HoldNotFound
from restaurants.models import Restaurant

pytestmark = pytest.mark.django_db
FRENCH = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"}


def test_the_browsers_language_decides(client: Client) -> None:
    page = client.get("/", headers=FRENCH)
    assert '<html lang="fr" dir="ltr"' in page.content.decode()
    assert page.headers["Content-Language"] == "fr"
    assert '<html lang="en" dir="ltr"' in client.get("/").content.decode()


def test_a_language_once_chosen_stays(client: Client) -> None:
    chosen = client.get("/?lang=fr")
    assert '<html lang="fr"' in chosen.content.decode()
    cookie = chosen.cookies["django_language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("fr", True, "Lax")
    assert '<html lang="fr"' in client.get("/", headers={"Accept-Language": "en"}).content.decode()
    assert '<html lang="en"' in client.get("/?lang=en", headers=FRENCH).content.decode()


@pytest.mark.parametrize("asked", ["", "xx", "fr-CA", "../fr", "<b>"])
def test_a_language_nobody_speaks_changes_nothing(client: Client, asked: str) -> None:
    page = client.get("/", {"lang": asked})
    assert '<html lang="en"' in page.content.decode()
    assert "django_language" not in page.cookies


def test_the_footer_offers_the_same_page_in_each_language(
    client: Client, bella: Restaurant
) -> None:
    page = client.get(f"/r/{bella.slug}/?party=4").content.decode()
    assert f'href="/r/{bella.slug}/?party=4&amp;lang=fr" lang="fr" hreflang="fr"' in page
    assert (
        f'<link rel="alternate" hreflang="fr" href="http://testserver/r/{bella.slug}/?lang=fr">'
        in page
    )


@pytest.mark.parametrize("left_over", ["fr", "en"])
def test_the_api_answers_in_english_whatever_the_thread_spoke_before(
    client: Client, left_over: str
) -> None:
    with translation.override(left_over):
        unknown = client.get("/api/restaurants/rest_nowhere", headers=FRENCH)
        unreadable = client.get("/api/reservations/availability", {"date": "never"}, headers=FRENCH)
        assert translation.get_language() == left_over
    assert unknown.json()["error"] == "Restaurant not found"
    assert "Ce " not in unreadable.content.decode()
    assert "valable" not in unreadable.content.decode()


def test_a_page_leaves_its_language_behind(client: Client) -> None:
    client.get("/?lang=fr")
    assert translation.get_language() == "en"


def test_an_error_speaks_the_language_it_happened_in() -> None:
    with translation.override("fr"):
        assert HoldNotFound().text == "Cette table n’est plus gardée."
        assert NotFound("As it is.").text == "As it is."
    assert HoldNotFound().text == HoldNotFound.message == "Hold not found or expired"


def test_money_in_french() -> None:
    with translation.override("fr"):
        assert wording.amount(Decimal("1234.5"), "EUR") == "1\u202f234,50\u00a0€"
        assert wording.amount("500", "JPY") == "500\u00a0¥"
        assert wording.amount("5", "KWD") == "5,000\u00a0KWD"
    assert wording.amount("1234.5", "EUR") == "€1,234.50"


def test_a_table_is_taken_in_another_word_than_money_is() -> None:
    with translation.override("fr"):
        assert translation.gettext("Taken") == "Prise"
        assert translation.pgettext("payment", "Taken") == "Débité"
