"""The drawer of the stand: everything about a party or a table, and each step once."""

from __future__ import annotations

import re

import pytest
from django.utils.html import escape
from django.utils.translation import gettext, override

from reservations.models import Reservation
from reservations.services import stand
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh
from tests.staff.conftest import As, Cast
from tests.staff.test_stand import STAND

pytestmark = pytest.mark.django_db


@pytest.fixture
def evening(house: Restaurant, clock: Clock) -> Reservation:
    """Ada, two guests at seven; it is five minutes to."""
    row = booked(house)
    clock.now = at("18:55")
    return fresh(row)


def test_the_drawer_tells_everything_about_a_party(
    as_: As, cast: Cast, evening: Reservation
) -> None:
    Reservation.objects.filter(pk=evening.pk).update(
        allergy_note="hazelnut", special_requests="By the window"
    )
    page = as_(cast.host).get(f"{STAND}drawer/", {"party": evening.public_id}).content.decode()
    for text in ("Ada", "hazelnut", "By the window", evening.code, "Booked", "Move…"):
        assert text in page, text
    assert "<html" not in page


def test_the_drawers_log_has_words_for_every_deed_in_every_language(
    as_: As, cast: Cast, evening: Reservation
) -> None:
    stand.put_on_shift(evening.restaurant.public_id, DATE, "Nina", by=HOST)
    stand.seat(evening.public_id, expected=evening.version, by=HOST)
    other = evening.restaurant.tables.get(label="2").public_id
    for deed, more in (
        (stand.merge, {"table": other}),
        (stand.split, {"table": other}),
        (stand.assign_server, {"server": None}),
    ):
        evening.refresh_from_db()
        deed(evening.public_id, expected=evening.version, by=HOST, **more)
    asked = {"party": evening.public_id, "lang": "fr"}
    page = as_(cast.host).get(f"{STAND}drawer/", asked).content.decode()
    log = page.partition("Journal")[2]
    for text in ("Tables pushed together", "Tables taken apart", "Server of a party changed"):
        with override("fr"):
            assert gettext(text) != text
            assert escape(gettext(text)) in log, text


def test_the_drawer_offers_each_step_once(as_: As, cast: Cast, evening: Reservation) -> None:
    stand.seat(evening.public_id, expected=evening.version, by=HOST)
    page = as_(cast.host).get(f"{STAND}drawer/", {"party": evening.public_id}).content.decode()
    offered = re.findall(r'form="do" name="do" value="(\w+) \S+ \d+(?: (\w+))?"', page)
    assert [" ".join(each).strip() for each in offered] == ["next", "state paid", "leave", "extend"]


def test_the_drawer_says_why_this_table(
    as_: As, cast: Cast, evening: Reservation, clock: Clock
) -> None:
    client, address = as_(cast.viewer), f"{STAND}drawer/"
    asked = {"party": evening.public_id}
    page = " ".join(client.get(address, asked).content.decode().split())
    assert "Table 1, chosen at 12:00 (Hanna Host)." in page
    why = page.partition("Why this table")[2].partition("</details>")[0]
    assert re.findall(r"<li><span>(\w+)</span><b>([^<]+)</b><span>(\w*)</span>", why) == [
        ("1", "2 empty chairs", "taken"),
        ("2", "2 empty chairs", ""),
    ]
    stand.move(
        evening.public_id,
        [evening.restaurant.tables.get(label="2").public_id],
        expected=evening.version,
        by=HOST,
    )
    assert "It was moved since." in client.get(address, asked).content.decode()


def test_the_pacing_strip_leads_to_why(as_: As, cast: Cast, evening: Reservation) -> None:
    page = as_(cast.viewer).get(STAND).content.decode()
    asked = "date=2025-11-10&amp;time=19%3A00&amp;party=2&amp;channel=online&amp;room="
    assert f'href="/staff/r/bella/setup/why/?{asked}"' in page


def test_the_drawer_of_a_table(as_: As, cast: Cast, evening: Reservation) -> None:
    table = evening.restaurant.tables.get(label="1")
    page = as_(cast.host).get(f"{STAND}drawer/", {"table": table.public_id}).content.decode()
    assert "Table 1" in page
    assert "Ada" in page


def test_a_party_that_is_gone_leaves_an_empty_drawer(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    page = as_(cast.host).get(f"{STAND}drawer/", {"party": "res_gone"}).content.decode()
    assert "Choose a party or a table." in page
