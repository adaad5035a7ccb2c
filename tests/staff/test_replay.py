"""The film of the evening: the page, its frames, and what it takes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import Actor, ActorKind
from reservations.guests import Guest
from reservations.models import Reservation
from reservations.services import stand
from reservations.services.holds import HoldRequest, expire_holds, place_hold, release_hold
from restaurants.models import Restaurant
from staff.views.stand.reel import unknown_texts
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db

FILM = "/staff/r/bella/stand/replay/"
FRAME = f"{FILM}frame/"


@pytest.fixture
def evening(house: Restaurant, clock: Clock) -> Reservation:
    """Ada books the day before, comes at seven and sits."""
    clock.advance(days=-1)
    row = booked(house)
    clock.now = at("18:58")
    stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)
    clock.now = at("19:02")
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    return fresh(row)


def shown(page: str) -> list[str]:
    """The states of the tables in the drawing."""
    return re.findall(r'class="table table--(\w+)', page)


def test_each_deed_has_its_floor_and_its_sentence(
    as_: As, cast: Cast, evening: Reservation
) -> None:
    client = as_(cast.viewer)
    date = DATE.isoformat()
    booked_then, came, sat = (
        client.get(f"{FILM}?date={date}&n={n}").content.decode() for n in (1, 2, 3)
    )
    assert [shown(page) for page in (booked_then, came, sat)] == [
        ["free", "free"],
        ["soon", "free"],
        ["occupied", "free"],
    ]
    assert re.search(r"<time>18:58</time>.*<b>Party here</b> Ada · 2 · table 1", came)
    assert "Hanna Host" in sat
    assert 'aria-current="step"' in sat
    assert f'href="{FILM}?date={date}&amp;n=2"' in sat
    assert "3 of 3" in sat


def test_it_begins_with_the_evening_not_with_the_first_booking(
    as_: As, cast: Cast, evening: Reservation
) -> None:
    page = as_(cast.host).get(f"{FILM}?date={DATE.isoformat()}").content.decode()
    assert re.search(r'type="range" name="n" min="1" max="3" value="2"', page)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        *(("0", 1), ("-1", 1), ("-" + "9" * 30, 1), ("003", 3), ("99", 3), ("9" * 30, 3)),
        *(("1000000000", 3), ("x", 2), ("\u00b2", 2), ("1e9", 2), ("\0", 2), ("", 2), ("2\n", 2)),
    ],
)
def test_a_number_that_is_none_is_the_nearest_or_where_the_evening_begins(
    number: str, shown: int, as_: As, cast: Cast, evening: Reservation
) -> None:
    answer = as_(cast.host).get(FRAME, {"date": DATE.isoformat(), "n": number})
    assert answer.json()["n"] == shown


@pytest.mark.parametrize("date", ["x", "2025-13-01", "2025-11-10\0", "0001-01-01", "9999-12-31"])
def test_a_date_that_is_none_is_not_there(date: str, as_: As, cast: Cast) -> None:
    client = as_(cast.host)
    assert [client.get(page, {"date": date}).status_code for page in (FILM, FRAME)] == [404, 404]


def test_a_stamp_of_nobody_gets_everything(as_: As, cast: Cast, evening: Reservation) -> None:
    client, asked = as_(cast.host), {"date": DATE.isoformat(), "n": "3"}
    for stamp in ("\0", "é", "x" * 4000):
        keys = {key for key, _ in client.get(FRAME, asked | {"stamp": stamp}).json()["pieces"]}
        assert {"deed", "figures", house_table(evening)} <= keys


def deeds(page: str) -> list[str]:
    """What the list of deeds says, line by line, without the clock."""
    found = re.findall(r"<b>([^<]+)</b>(?:<span>([^<]*)</span>)?<small>([^<]*)</small></a>", page)
    return [" | ".join(each) for each in found]


def test_holds_and_sections_are_told_in_words(
    as_: As, cast: Cast, house: Restaurant, clock: Clock, new_guest: Callable[[], Guest]
) -> None:
    clock.now = at("18:00")
    ana = stand.put_on_shift(house.public_id, DATE, "Ana", by=HOST).target
    labels = [table.public_id for table in house.tables.order_by("label")]
    stand.give_section(ana, labels, by=HOST)
    stand.give_section(ana, labels[:1], by=HOST)
    stand.give_section(ana, [], by=HOST)
    clock.now = at("18:50")
    guest = new_guest()
    held = place_hold(HoldRequest(house.public_id, DATE, "19:00", 2), guest, by=guest.actor)
    clock.now = at("18:55")
    release_hold(held.public_id, guest, by=guest.actor)
    partner = Actor(ActorKind.PARTNER, "key_1", "TheFork")
    other = new_guest()
    place_hold(HoldRequest(house.public_id, DATE, "19:00", 2), other, by=partner)
    clock.now = at("19:10")
    expire_holds()
    page = as_(cast.viewer).get(f"{FILM}?date={DATE.isoformat()}").content.decode()
    assert deeds(page) == [
        "On shift | Ana | Hanna Host",
        "Tables of a server changed | Ana \u00b7 tables 1, 2 | Hanna Host",
        "Tables of a server changed | Ana \u00b7 table 1 | Hanna Host",
        "Tables of a server changed | Ana \u00b7 no tables | Hanna Host",
        "Table held | 2 \u00b7 table 1 | A guest",
        "Hold let go | 2 \u00b7 table 1 | A guest",
        "Table held | 2 \u00b7 table 1 | TheFork",
        "Hold expired | 2 \u00b7 table 1 | Couvert",
    ]
    assert "was not written down" not in page


def test_the_film_says_what_it_does_not_know() -> None:
    assert unknown_texts(["res_a", "res_b", "hold_a", "block_a", "srv_a", "srv_b"]) == [
        "Of 2 parties it was not written down yet where they sat: they are not shown.",
        "Of 1 table held online it was not written down yet which it was.",
        "Not every table out of use was written down yet.",
        "Whose tables were whose was not written down yet.",
    ]
    assert unknown_texts([]) == []


def test_a_frame_is_what_changed_since_the_last(as_: As, cast: Cast, evening: Reservation) -> None:
    client, asked = as_(cast.host), {"date": DATE.isoformat()}
    came = client.get(FRAME, asked | {"n": "2"}).json()
    sat = client.get(FRAME, asked | {"n": "3", "stamp": came["stamp"]}).json()
    first = house_table(evening)
    assert sorted(key for key, _ in sat["pieces"]) == sorted(["deed", "figures", first])
    assert (sat["n"], sat["at"]) == (3, int(at("19:02").timestamp()))
    assert (
        client.get(FRAME, asked | {"n": "3", "stamp": sat["stamp"]}).json()["stamp"]
        == (sat["stamp"])
    )


def house_table(row: Reservation) -> str:
    return f"t-{row.claims.get(released_at=None).table_id}"


def test_there_is_nothing_to_press_and_nothing_inline(
    as_: As, cast: Cast, evening: Reservation
) -> None:
    page = as_(cast.manager).get(FILM).content.decode()
    assert 'name="do"' not in page
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]+src=)", page)


def test_a_date_without_anything(as_: As, cast: Cast, house: Restaurant, clock: Clock) -> None:
    page = as_(cast.host).get(f"{FILM}?date=2025-12-24").content.decode()
    assert "Nothing was written down on this date." in page
    assert as_(cast.host).get(f"{FRAME}?date=2025-12-24").status_code == 200


def test_drawings_have_points_in_french(as_: As, cast: Cast, evening: Reservation) -> None:
    evening.restaurant.tables.update(x=12.5, width=85.5)
    page = as_(cast.host).get(f"{FILM}?lang=fr").content.decode()
    assert re.findall(r'class="table__top" x="([^"]+)"', page) == ["-42.8"] * 2


def test_it_takes_the_same_queries_whatever_happened(
    as_: As, cast: Cast, house: Restaurant, evening: Reservation
) -> None:
    client, asked = as_(cast.host), {"date": DATE.isoformat(), "n": "1"}
    client.get(FILM, asked)
    with CaptureQueriesContext(connection) as few:
        client.get(FILM, asked)
    for time in ("21:30", "21:30"):
        row = booked(house, time)
        stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)
    with CaptureQueriesContext(connection) as many:
        client.get(FILM, asked)
    assert len(many) == len(few)


def test_the_stand_leads_to_the_film_of_its_date(as_: As, cast: Cast, evening: Reservation) -> None:
    page = as_(cast.viewer).get("/staff/r/bella/stand/?date=2025-11-10").content.decode()
    assert f'href="{FILM}?date=2025-11-10"' in page


def test_parties_of_the_queue_are_named_and_one_query_more_names_all(
    as_: As, cast: Cast, house: Restaurant, evening: Reservation
) -> None:
    client, date = as_(cast.host), DATE.isoformat()
    done = stand.join_queue(house.public_id, DATE, 2, name="Theo", by=HOST, quoted=20)
    stand.call_party(done.target, expected=done.version or 0, by=HOST)
    page = client.get(f"{FILM}?date={date}&n=99").content.decode()
    assert "<b>Party of the queue called</b> Theo · table 2" in page
    # A party that was called is no size of nought.
    assert '<tspan class="table__size">0<' not in page
    with CaptureQueriesContext(connection) as one:
        client.get(FILM, {"date": date})
    for name in ("Uma", "Vera"):
        stand.join_queue(house.public_id, DATE, 2, name=name, by=HOST, quoted=20)
    with CaptureQueriesContext(connection) as three:
        client.get(FILM, {"date": date})
    assert len(three) == len(one)
