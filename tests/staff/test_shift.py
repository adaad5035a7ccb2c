"""Before the doors open: notes of the date and sections, and a booking that waits for an answer."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reservations.errors import StaleNight
from reservations.models import NightNote, Reservation, SectionTable, ShiftServer, StandAction
from reservations.services import stand
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db

SHIFT = "/staff/r/bella/stand/shift/"
HERE = f"{SHIFT}?date={DATE}"


def send(client: Client, do: str, once: str = "one", **fields: Any) -> Any:
    said = {"do": do, "date": DATE.isoformat(), "once": once, "back": "shift"} | fields
    return client.post("/staff/r/bella/stand/do/", said)


@pytest.fixture
def ida(house: Restaurant, clock: Clock) -> ShiftServer:
    clock.now = at("17:00")
    stand.put_on_shift(house.public_id, DATE, "Ida", by=HOST)
    return ShiftServer.objects.get()


def test_notes_are_written_shown_and_taken_away(as_: As, cast: Cast, ida: ShiftServer) -> None:
    client = as_(cast.host)
    assert send(client, "note", text="No oysters").headers["Location"] == HERE
    page = client.get(HERE).content.decode()
    assert ">No oysters</textarea>" in page
    assert 'name="token"' in page
    service = ida.restaurant.services.first()
    assert service is not None
    send(client, "note", "two", text="Wine pairing", service=str(service.pk))
    assert set(NightNote.objects.values_list("service", "text")) == {
        (None, "No oysters"),
        (service.pk, "Wine pairing"),
    }
    assert "No oysters" in client.get("/staff/r/bella/stand/").content.decode()
    send(client, "note", "three", text="")
    assert "No oysters" not in client.get(HERE).content.decode()


def test_a_section_is_the_boxes_that_are_ticked_and_can_be_undone(
    as_: As, cast: Cast, ida: ShiftServer
) -> None:
    client = as_(cast.host)
    tables = list(ida.restaurant.tables.order_by("pk").values_list("public_id", flat=True))
    answer = send(client, "section", server=ida.public_id, tables=tables)
    assert answer.headers["Location"] == HERE
    page = client.get(HERE).content.decode()
    assert page.count(" checked>") == len(tables) == 2
    token = page.partition('name="token" value="')[2].partition('"')[0]
    client.post(
        "/staff/r/bella/stand/undo/",
        {"token": token, "date": DATE.isoformat(), "back": "shift"},
    )
    assert " checked>" not in client.get(HERE).content.decode()
    assert not SectionTable.objects.exists()


def test_a_table_that_is_somebody_elses_says_whose(
    as_: As, cast: Cast, ida: ShiftServer, house: Restaurant
) -> None:
    stand.put_on_shift(house.public_id, DATE, "Ben", by=HOST)
    table = house.tables.order_by("pk").values_list("public_id", flat=True)[0]
    stand.give_section(ida.public_id, [table], by=HOST)
    page = as_(cast.host).get(HERE).content.decode()
    assert page.count('<span class="soft">Ida</span>') == 1


def test_who_only_looks_has_no_forms(as_: As, cast: Cast, ida: ShiftServer) -> None:
    stand.write_note(ida.restaurant.public_id, DATE, "No oysters", by=HOST)
    page = as_(cast.viewer).get(HERE).content.decode()
    assert "No oysters" in page
    assert 'name="do"' not in page


def test_a_booking_that_waits_is_accepted_by_its_row_or_declined_in_its_drawer(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    rows = [booked(house, name=name) for name in ("Ada", "Bo")]
    Reservation.objects.update(status="pending")
    clock.now = at("17:00")
    client = as_(cast.host)
    for row in rows:
        row.refresh_from_db()
    page = client.get("/staff/r/bella/stand/").content.decode()
    assert f'value="accept {rows[0].public_id} {rows[0].version}"' in page
    drawer = client.get(f"/staff/r/bella/stand/drawer/?party={rows[1].public_id}")
    assert f'value="decline {rows[1].public_id} {rows[1].version}"' in drawer.content.decode()
    send(client, f"accept {rows[0].public_id} {rows[0].version}")
    send(client, f"decline {rows[1].public_id} {rows[1].version}", "two", reason="Full")
    assert list(Reservation.objects.order_by("pk").values_list("status", flat=True)) == [
        "confirmed",
        "declined",
    ]


def test_a_party_that_has_an_answer_cannot_be_declined_here(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    row = booked(house)
    drawer = as_(cast.host).get(f"/staff/r/bella/stand/drawer/?party={row.public_id}")
    assert "decline" not in drawer.content.decode()


@pytest.fixture
def sophie(cast: Cast, house: Restaurant, clock: Clock) -> ShiftServer:
    """The server of the cast, put on shift by her name."""
    User.objects.filter(pk=cast.server.pk).update(full_name="Sophie Server")
    clock.now = at("17:00")
    stand.put_on_shift(house.public_id, DATE, "sophie server", by=HOST)
    return ShiftServer.objects.get()


def seated(house: Restaurant, server: ShiftServer | None, name: str) -> Reservation:
    row = booked(house, name=name)
    chosen = server.public_id if server else None
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST, server=chosen)
    if server is None:
        # Nobody named is whoever is next up.
        stand.assign_server(row.public_id, None, expected=fresh(row).version, by=HOST)
    row.refresh_from_db()
    return row


def test_who_serves_takes_their_own_parties_through_the_evening_and_no_others(
    as_: As, cast: Cast, house: Restaurant, sophie: ShiftServer, clock: Clock
) -> None:
    assert sophie.user_id == cast.server.pk
    clock.now = at("19:00")
    hers, another = seated(house, sophie, "Ada"), seated(house, None, "Bo")
    client = as_(cast.server)
    for row, status in ((hers, 302), (another, 403)):
        said = {"do": f"next {row.public_id} {row.version}", "date": DATE.isoformat(), "once": "x"}
        assert client.post("/staff/r/bella/stand/do/", said).status_code == status
        row.refresh_from_db()
    assert (hers.status, another.status) == ("check_dropped", "seated")


def test_a_name_that_two_people_have_is_a_name_only(
    cast: Cast, house: Restaurant, clock: Clock
) -> None:
    User.objects.filter(pk__in=[cast.server.pk, cast.host.pk]).update(full_name="Sam Same")
    clock.now = at("17:00")
    stand.put_on_shift(house.public_id, DATE, "Sam Same", by=HOST)
    assert ShiftServer.objects.get().user_id is None


def test_people_who_work_here_are_proposed(as_: As, cast: Cast, ida: ShiftServer) -> None:
    User.objects.filter(pk=cast.server.pk).update(full_name="Sophie Server")
    User.objects.filter(pk=cast.viewer.pk).update(full_name="Ida")
    page = as_(cast.host).get(HERE).content.decode()
    assert '<option value="Sophie Server">' in page
    assert '<option value="Ida">' not in page


def test_only_the_very_same_form_sent_again_is_the_same_tap(
    as_: As, cast: Cast, ida: ShiftServer
) -> None:
    """All forms of the page carry one mark, and Back leads to a form that was sent already."""
    client = as_(cast.host)
    tomorrow = (DATE + dt.timedelta(days=1)).isoformat()
    send(client, "note", text="86 fish")
    send(client, "note", text="86 oysters")
    assert NightNote.objects.get().text == "86 oysters"
    send(client, "note", text="86 oysters", date=tomorrow)
    assert NightNote.objects.count() == 2
    for name in ("Ben", "Cleo"):
        send(client, "shift", name=name)
    assert set(ShiftServer.objects.values_list("name", flat=True)) == {"Ida", "Ben", "Cleo"}
    done = StandAction.objects.count()
    send(client, "shift", name="Cleo")
    send(client, "shift", name="Cleo", back="", view="timeline", tab="waitlist", stamp="abc")
    assert StandAction.objects.count() == done


def shown(page: str, before: str) -> str:
    """What the first form after these words shows."""
    return page.partition(before)[2].partition('name="shown" value="')[2].partition('"')[0]


def test_of_two_who_write_one_note_the_second_is_told_and_loses_nothing(
    as_: As, cast: Cast, ida: ShiftServer, clock: Clock
) -> None:
    ben, ana = as_(cast.manager), as_(cast.host)
    seen = shown(ben.get(HERE).content.decode(), 'value="note"')
    assert seen == shown(ana.get(HERE).content.decode(), 'value="note"') == ""
    clock.now = at("19:42")
    send(ana, "note", text="No oysters", shown=seen)
    send(ben, "note", "two", text="Wine pairing", shown=seen)
    assert NightNote.objects.get().text == "No oysters"
    page = ben.get(HERE).content.decode()
    assert f"{NightNote.objects.get().written_by} changed this note at 19:42." in page
    assert ">No oysters</textarea>" in page
    assert "readonly>Wine pairing</textarea>" in page
    assert "Wine pairing" not in ben.get(HERE).content.decode()
    send(ben, "note", "three", text="No oysters. Wine", shown=shown(page, 'value="note"'))
    assert NightNote.objects.get().text == "No oysters. Wine"


def test_of_two_who_give_out_sections_the_second_is_told_and_nothing_is_taken(
    as_: As, cast: Cast, ida: ShiftServer, house: Restaurant, clock: Clock
) -> None:
    stand.put_on_shift(house.public_id, DATE, "Ben", by=HOST)
    ben = ShiftServer.objects.get(name="Ben")
    table = house.tables.order_by("pk").values_list("public_id", flat=True)[0]
    client = as_(cast.host)
    seen = shown(client.get(HERE).content.decode(), 'value="section"')
    clock.now = at("19:42")
    stand.give_section(ida.public_id, [table], by=HOST, expected=seen)
    send(client, "section", server=ben.public_id, tables=[table], shown=seen)
    assert SectionTable.objects.get().server == ida
    page = client.get(HERE).content.decode()
    assert "Hanna Host changed the tables of Ida at 19:42." in page
    assert "You had ticked 1; that was not saved." in page
    again = shown(page, 'value="section"')
    send(client, "section", "two", server=ben.public_id, tables=[table], shown=again)
    assert SectionTable.objects.get().server == ben


def test_a_form_that_shows_nothing_of_it_overwrites_no_note(
    house: Restaurant, ida: ShiftServer
) -> None:
    stand.write_note(house.public_id, DATE, "No oysters", by=HOST)
    for expected in ("", "other"):
        with pytest.raises(StaleNight):
            stand.write_note(house.public_id, DATE, "Wine", by=HOST, expected=expected)
    stand.write_note(house.public_id, DATE, "Wine", by=HOST)
    assert NightNote.objects.get().text == "Wine"


def test_somebody_hands_everything_over(as_: As, cast: Cast, ida: ShiftServer) -> None:
    client = as_(cast.host)
    assert 'name="successor"' not in client.get(HERE).content.decode()
    bob = stand.put_on_shift(ida.restaurant.public_id, DATE, "Bob", by=HOST).target
    row = fresh(booked(ida.restaurant))
    stand.assign_server(row.public_id, ida.public_id, expected=row.version, by=HOST)
    assert f'<option value="{bob}">Bob</option>' in client.get(HERE).content.decode()
    assert send(client, "relieve", server=ida.public_id, successor=bob).headers["Location"] == HERE
    page = client.get(HERE).content.decode()
    assert "Bob takes over from Ida" in page
    server = fresh(row).server
    assert server is not None
    assert server.name == "Bob"
    assert send(as_(cast.server), "relieve", server=bob, successor=bob).status_code == 403


@pytest.mark.parametrize("successor", ["", "srv_nobody", "nobody"])
def test_nobody_takes_over(as_: As, cast: Cast, ida: ShiftServer, successor: str) -> None:
    send(as_(cast.host), "relieve", server=ida.public_id, successor=successor)
    ida.refresh_from_db()
    assert ida.cut_at is None
