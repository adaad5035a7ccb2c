"""The host stand's pages: who may what, one tap with and without scripts, and what changed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reservations.models import Reservation, ShiftServer, TableClaim
from reservations.selectors.night import night_of
from reservations.services import stand
from restaurants.models import Membership, Restaurant, Role
from tests.factories import make_user
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, tables_of
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db

STAND = "/staff/r/bella/stand/"
SCRIPTED = {"X-Stand": "1"}


@pytest.fixture
def evening(house: Restaurant, clock: Clock) -> Reservation:
    """Ada, two guests at seven; it is five minutes to."""
    row = booked(house)
    clock.now = at("18:55")
    row.refresh_from_db()
    return row


def tap(client: Client, do: str, *, scripted: bool = False, **fields: Any) -> Any:
    said = {"do": do, "date": DATE.isoformat(), "once": fields.pop("once", "one")} | fields
    return client.post(f"{STAND}do/", said, headers=SCRIPTED if scripted else None)


def value(verb: str, row: Reservation, *more: str) -> str:
    row.refresh_from_db()
    return " ".join((verb, row.public_id, str(row.version), *more))


# Looking


def test_the_page_shows_the_night(as_: As, cast: Cast, evening: Reservation) -> None:
    page = as_(cast.host).get(STAND).content.decode()
    assert f'id="p-{evening.pk}"' in page
    assert f'value="arrive {evening.public_id} {evening.version}"' in page
    assert page.count('class="table table--') == 2
    assert page.count('data-quote="') == 12
    assert 'data-theme="dark"' in page


def test_it_has_no_inline_style_or_script(as_: As, cast: Cast, evening: Reservation) -> None:
    for query in ("", f"?party={evening.public_id}", "?view=list", "?mode=walk_in&size=2"):
        page = as_(cast.manager).get(STAND + query).content.decode()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]+src=)", page)


def test_who_only_looks_has_no_buttons(as_: As, cast: Cast, evening: Reservation) -> None:
    page = as_(cast.viewer).get(f"{STAND}?party={evening.public_id}").content.decode()
    assert 'name="do"' not in page
    assert "stand/new/" not in page.partition("<body")[2].partition(">")[2]


def test_light_is_remembered_on_the_device(as_: As, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.host)
    assert 'data-theme="light"' in client.get(f"{STAND}?theme=light").content.decode()
    assert 'data-theme="light"' in client.get(STAND).content.decode()
    assert 'data-theme="dark"' in client.get(f"{STAND}?theme=dark").content.decode()


@pytest.mark.parametrize("date", ["yesterday", "2025-13-01", "0001-01-01", "9999-12-31"])
def test_a_date_that_is_none_is_not_found(
    date: str, as_: As, cast: Cast, house: Restaurant
) -> None:
    assert as_(cast.host).get(f"{STAND}?date={date}").status_code == 404


def test_drawings_have_points_in_every_language(as_: As, cast: Cast, evening: Reservation) -> None:
    evening.restaurant.tables.update(x=12.5, width=85.5)
    page = as_(cast.host).get(f"{STAND}?lang=fr").content.decode()
    assert 'lang="fr"' in page
    assert re.findall(r'class="table__top" x="([^"]+)"', page) == ["-42.8"] * 2


def test_the_queries_do_not_grow_with_the_night(
    as_: As, cast: Cast, evening: Reservation, clock: Clock
) -> None:
    client = as_(cast.host)
    client.get(STAND)

    def asked(address: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    before = [asked(STAND), asked(f"{STAND}?view=list"), asked(f"{STAND}fragment/")]
    for time, name in (("19:00", "Bo"), ("21:30", "Cy"), ("21:30", "Di")):
        booked(evening.restaurant, time, name=name)
    assert [asked(STAND), asked(f"{STAND}?view=list"), asked(f"{STAND}fragment/")] == before
    assert max(before) <= 16


# What changed


def test_only_what_changed_is_sent(as_: As, cast: Cast, evening: Reservation) -> None:
    client = as_(cast.host)
    booked(evening.restaurant, "21:30", name="Bo")
    page = client.get(STAND).content.decode()
    stamp = re.findall(r'data-stamp="([0-9a-f]+)"', page)[0]
    quiet = client.get(f"{STAND}fragment/", {"stamp": stamp}).json()
    assert (quiet["stamp"], quiet.get("pieces")) == (stamp, None)
    stand.arrive(evening.public_id, expected=evening.version, by=HOST)
    patch = client.get(f"{STAND}fragment/", {"stamp": stamp}).json()
    changed = {key for key, _ in patch["pieces"]}
    assert f"p-{evening.pk}" in changed
    assert "counts" in changed
    assert len([key for key in changed if key.startswith("p-")]) == 1
    assert patch["boxes"]["list-arrived"] == [f"p-{evening.pk}"]
    assert "list-done" not in patch["boxes"]


def test_a_stamp_nobody_knows_gets_everything(as_: As, cast: Cast, evening: Reservation) -> None:
    patch = as_(cast.host).get(f"{STAND}fragment/", {"stamp": "f" * 20}).json()
    assert {f"p-{evening.pk}", "alerts", "pacing", "quotes"} <= {key for key, _ in patch["pieces"]}


def test_the_minute_changes_nothing_by_itself(
    as_: As, cast: Cast, evening: Reservation, clock: Clock
) -> None:
    client = as_(cast.host)
    stamp = client.get(f"{STAND}fragment/").json()["stamp"]
    clock.now = at("18:56")
    patch = client.get(f"{STAND}fragment/", {"stamp": stamp}).json()
    assert [key for key, _ in patch.get("pieces", [])] in ([], ["quotes"])


# One tap


def test_without_scripts_a_tap_leads_back_and_offers_to_undo(
    as_: As, cast: Cast, evening: Reservation
) -> None:
    client = as_(cast.host)
    answer = tap(client, value("arrive", evening))
    assert answer.status_code == 302
    evening.refresh_from_db()
    assert evening.status == "arrived"
    page = client.get(answer["Location"]).content.decode()
    token = re.findall(r'name="token" value="([^"]+)"', page)[0]
    client.post(f"{STAND}undo/", {"token": token, "date": DATE.isoformat()})
    evening.refresh_from_db()
    assert (evening.status, evening.arrived_at) == ("confirmed", None)


def test_with_scripts_the_answer_brings_what_changed(
    as_: As, cast: Cast, evening: Reservation
) -> None:
    answer = tap(as_(cast.host), value("arrive", evening), scripted=True).json()
    assert answer["ok"] is True
    assert answer["undo"]["token"].startswith("undo_")
    assert f"p-{evening.pk}" in {key for key, _ in answer["patch"]["pieces"]}


def test_the_suggested_table_is_named_and_taken(as_: As, cast: Cast, evening: Reservation) -> None:
    client = as_(cast.host)
    tap(client, value("arrive", evening))
    page = client.get(STAND).content.decode()
    button = re.findall(rf'value="(seat {evening.public_id} [^"]+)"[^>]*>([^<]+)', page)[0]
    assert button[1] == "Seat · 1"
    tap(client, button[0], once="two")
    evening.refresh_from_db()
    assert (evening.status, tables_of(evening)) == ("seated", ["1"])


def test_a_double_tap_is_one(as_: As, cast: Cast, house: Restaurant, clock: Clock) -> None:
    clock.now = at("18:55")
    client = as_(cast.host)
    for _ in range(2):
        assert tap(client, "walk_in", size=2, scripted=True).json()["ok"] is True
    assert Reservation.objects.filter(channel="walk_in").count() == 1


def test_two_hosts_get_a_clear_conflict(as_: As, cast: Cast, evening: Reservation) -> None:
    shown = value("arrive", evening)
    stand.seat(evening.public_id, expected=evening.version, by=HOST)
    answer = tap(as_(cast.host), shown, scripted=True)
    said = answer.json()
    assert (answer.status_code, said["kind"]) == (409, "stale")
    assert said["said"] == "Ada was changed by Hanna Host at 18:55 on another screen."
    evening.refresh_from_db()
    assert evening.status == "seated"


def test_without_scripts_the_conflict_is_a_notice(
    as_: As, cast: Cast, evening: Reservation
) -> None:
    client = as_(cast.host)
    shown = value("arrive", evening)
    stand.seat(evening.public_id, expected=evening.version, by=HOST)
    answer = tap(client, shown)
    assert "on another screen" in client.get(answer["Location"]).content.decode()


def test_undo_comes_too_late(as_: As, cast: Cast, evening: Reservation, clock: Clock) -> None:
    client = as_(cast.host)
    token = tap(client, value("arrive", evening), scripted=True).json()["undo"]["token"]
    clock.now += dt.timedelta(seconds=11)
    answer = client.post(f"{STAND}undo/", {"token": token}, headers=SCRIPTED)
    assert (answer.status_code, answer.json()["code"]) == (409, "UNDO_IMPOSSIBLE")
    evening.refresh_from_db()
    assert evening.status == "arrived"


@pytest.mark.parametrize(
    "do",
    [
        "",
        "dance",
        "arrive",
        "arrive res_nobody 1",
        "move res_nobody 1 tbl_x",
        "cut srv_x",
        "unblock",
    ],
)
def test_nonsense_is_not_found_or_refused(
    do: str, as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    clock.now = at("18:55")
    answer = tap(as_(cast.host), do, scripted=True)
    assert answer.status_code in (404, 409)


@pytest.mark.parametrize(
    ("do", "fields"),
    [
        ("walk_in", {"size": "many"}),
        ("walk_in", {"size": "-1"}),
        ("block", {}),
        ("cap", {"covers": "x"}),
    ],
)
def test_fields_that_make_no_sense_are_refused_in_words(
    do: str, fields: dict[str, str], as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    clock.now = at("18:55")
    answer = tap(as_(cast.host), do, scripted=True, **fields)
    assert answer.status_code == 409
    assert answer.json()["said"]


# Two taps


def where(client: Client, **asked: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{STAND}where/", asked).json()
    return found


def test_every_table_says_yes_or_no_and_why(as_: As, cast: Cast, evening: Reservation) -> None:
    client = as_(cast.host)
    other = booked(evening.restaurant, "19:00", name="Bo Weber")
    assert tables_of(other) == ["2"]
    mode = where(client, mode="move", party=evening.public_id)
    by_label = {place["label"]: place for place in mode["places"].values()}
    assert (by_label["2"]["ok"], by_label["2"]["reason"]) == (False, "Taken · Bo Weber")
    assert mode["text"] == "Tap the new table of Ada · 2"


def test_moving_by_the_value_it_offers(as_: As, cast: Cast, evening: Reservation) -> None:
    client = as_(cast.host)
    mode = where(client, mode="move", party=evening.public_id)
    place = next(each for each in mode["places"].values() if each["ok"])
    assert tap(client, place["value"], scripted=True).json()["ok"] is True
    assert tables_of(evening) == [place["label"]]


def test_swapping_two_parties(as_: As, cast: Cast, evening: Reservation) -> None:
    client = as_(cast.host)
    other = booked(evening.restaurant, "19:00", name="Bo")
    mode = where(client, mode="swap", party=evening.public_id)
    place = next(each for each in mode["places"].values() if each["ok"])
    answer = tap(client, place["value"], scripted=True, **place["fields"])
    assert answer.json()["ok"] is True
    assert (tables_of(evening), tables_of(other)) == (["2"], ["1"])


def test_a_walk_in_at_a_tapped_table(as_: As, cast: Cast, house: Restaurant, clock: Clock) -> None:
    clock.now = at("18:55")
    client = as_(cast.host)
    mode = where(client, mode="walk_in", size=2)
    best = [place for place in mode["places"].values() if place["best"]]
    assert [place["label"] for place in best] == ["1"]
    last = list(mode["places"].values())[-1]
    tap(client, last["value"], **last["fields"])
    row = Reservation.objects.get(channel="walk_in")
    assert (row.party_size, row.status, tables_of(row)) == (2, "seated", ["2"])


def test_blocking_a_table_and_giving_it_back(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    clock.now = at("18:55")
    client = as_(cast.host)
    place = next(iter(where(client, mode="block")["places"].values()))
    tap(client, place["value"], **place["fields"])
    night = night_of(house.pk, DATE, clock.now)
    assert [str(table.state) for table in night.tables] == ["blocked", "free"]
    tap(client, "unblock", once="two", block=night.blocks[0].public_id)
    assert not TableClaim.objects.filter(block__isnull=False, released_at=None).exists()


# Rights


def test_overbooking_is_a_managers(as_: As, cast: Cast, evening: Reservation) -> None:
    do = value("size", evening)
    refused = tap(as_(cast.host), do, size=12, overbook="1")
    assert refused.status_code == 403
    asked = tap(as_(cast.manager), do, size=12, scripted=True, once="two").json()
    assert asked["ok"] is False


@pytest.fixture
def servers(house: Restaurant, cast: Cast, evening: Reservation) -> ShiftServer:
    """Somebody who serves, and Ada's party is theirs."""
    token = stand.put_on_shift(house.public_id, DATE, "Nina", by=HOST, user_id=cast.viewer.pk)
    stand.seat(evening.public_id, expected=evening.version, by=HOST, server=token.target)
    return ShiftServer.objects.get(public_id=token.target)


def test_another_house_is_not_found(
    as_: As, cast: Cast, evening: Reservation, elsewhere: Restaurant
) -> None:
    client = as_(cast.charlie)
    assert client.get(STAND).status_code == 404
    assert tap(client, value("arrive", evening)).status_code == 404
    theirs = client.post(
        "/staff/r/maison/stand/do/", {"do": value("arrive", evening), "date": DATE.isoformat()}
    )
    assert theirs.status_code == 404
    evening.refresh_from_db()
    assert evening.status == "confirmed"


def test_an_undo_of_another_house_is_not_found(
    as_: As, cast: Cast, evening: Reservation, elsewhere: Restaurant
) -> None:
    done = stand.arrive(evening.public_id, expected=evening.version, by=HOST)
    answer = as_(cast.charlie).post("/staff/r/maison/stand/undo/", {"token": done.token})
    assert answer.status_code == 404
    evening.refresh_from_db()
    assert evening.status == "arrived"


# A new booking


def fields(**more: str) -> dict[str, str]:
    return {
        "date": DATE.isoformat(),
        "size": "2",
        "time": "19:00",
        "name": "Bo Weber",
        "phone": "+12125550177",
        "once": "one",
    } | more


def test_booking_by_telephone(as_: As, cast: Cast, house: Restaurant, clock: Clock) -> None:
    client = as_(cast.host)
    for _ in range(2):
        assert client.post(f"{STAND}new/", fields()).status_code == 302
    row = Reservation.objects.get()
    assert (row.guest_name, row.channel, row.source) == ("Bo Weber", "in_house", "phone")
    assert row.customer is not None
    assert row.customer.phone == "+12125550177"


def test_another_booking_with_the_same_mark_is_another_one(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    client = as_(cast.host)
    for more in ({}, {"name": "Cy Young"}, {"time": "21:00"}, {"time": "21:00", "view": "list"}):
        assert client.post(f"{STAND}new/", fields(**more)).status_code == 302
    rows = Reservation.objects.order_by("pk").values_list("guest_name", "starts_at")
    assert list(rows) == [
        ("Bo Weber", at("19:00")),
        ("Cy Young", at("19:00")),
        ("Bo Weber", at("21:00")),
    ]


def test_a_time_that_is_full_says_why(as_: As, cast: Cast, house: Restaurant) -> None:
    booked(house)
    booked(house, name="Bo")
    client = as_(cast.host)
    page = client.get(f"{STAND}new/", {"date": DATE.isoformat(), "size": "2"}).content.decode()
    slot = re.findall(r'<label class="slot slot--closed" title="([^"]+)"><input[^>]+19:00', page)
    assert slot == [
        "All 2 tables that suit a party of 2 are taken for some of the 2 hours you would stay."
    ]
    refused = client.post(f"{STAND}new/", fields())
    assert refused.status_code == 409
    assert 'value="Bo Weber"' in refused.content.decode()


def test_guests_are_found_while_typing(as_: As, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.host)
    client.post(f"{STAND}new/", fields())
    found = client.get(f"{STAND}new/", {"who": "555 0177"}, headers=SCRIPTED).content.decode()
    assert 'data-name="Bo Weber"' in found


def test_a_guest_who_works_here_as_server_takes_own_parties_only(
    as_: As, cast: Cast, evening: Reservation, servers: ShiftServer
) -> None:
    """Nina looks only: the role that serves comes with people's accounts."""
    assert tap(as_(cast.viewer), value("next", evening)).status_code == 403


def test_a_host_of_two_houses_sees_each(as_: As, cast: Cast, elsewhere: Restaurant) -> None:
    both = make_user("both@example.com", is_staff=True)
    for venue in (elsewhere, Restaurant.objects.get(slug="bella")):
        Membership.objects.create(user=both, restaurant=venue, role=Role.HOST)
    page = as_(both).get(STAND).content.decode()
    assert 'href="/staff/r/maison/' in page
