"""The timeline: bars where the clock says, what keeps a table, and of every cell why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reservations.guests import Guest
from reservations.models import Reservation
from reservations.selectors.night import Night, night_of
from reservations.services import stand
from reservations.services.holds import place_hold
from restaurants.models import Restaurant
from staff.views.stand import timeline
from staff.views.stand.cells import mode_in_time
from staff.views.stand.shapes import rows_of
from staff.views.stand.timeline_shapes import Bar, Line
from tests import factories
from tests.faults.acts import ask
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh, ids, make_house, tables_of
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db

STAND = "/staff/r/bella/stand/"


@pytest.fixture
def evening(house: Restaurant, clock: Clock) -> Reservation:
    """Ada, two guests at seven; it is five minutes to."""
    row = booked(house)
    clock.now = at("18:55")
    row.refresh_from_db()
    return row


def night(house: Restaurant, time: str = "18:55") -> Night:
    return night_of(house.pk, DATE, at(time))


def lines(found: Night) -> dict[str, Line]:
    boxes = timeline.pieces(found)
    return {
        piece.data.label: piece.data
        for box, pieces in boxes.items()
        for piece in pieces
        if box.startswith(("tl-room", "tl-lane"))
    }


def instants(found: Night, bar: Bar) -> tuple[str, str, str]:
    """When a bar begins, when the party's own time ends, and when the table is clear."""
    span = timeline.span_of(found)

    def clock_at(share: float) -> str:
        minute = round(span.first + share / 100 * (span.last - span.first))
        return f"{found.instant(minute):%H:%M}"

    return clock_at(bar.x), clock_at(bar.x + bar.w * bar.body / 100), clock_at(bar.x + bar.w)


# Rows and bars


def test_a_bar_is_the_partys_time_and_then_the_clearing(clock: Clock) -> None:
    house = make_house()
    booked(house)
    found = night(house)
    (bar,) = lines(found)["1"].bars
    assert instants(found, bar) == ("19:00", "21:00", "21:10")
    assert (bar.name, bar.size, bar.tone, bar.word) == ("Ada", 2, "held", "Booked")
    assert bar.said == "19:00–21:00, Ada, 2, Booked, table 1"


def test_who_sits_has_the_table_from_when_they_sat_down(clock: Clock) -> None:
    house = make_house()
    row = booked(house)
    clock.now = at("19:10")
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    found = night(house, "19:20")
    (bar,) = lines(found)["1"].bars
    assert instants(found, bar)[0] == "19:10"
    assert (bar.tone, bar.sits) == ("occupied", True)


def test_tables_pushed_together_have_one_bar_that_touches(clock: Clock) -> None:
    house = make_house()
    booked(house, size=7, name="Team")
    rows = lines(night(house))
    (one,), (other,) = rows["4"].bars, rows["5"].bars
    assert (one.y + one.h, other.y) == (52, 0)
    assert (one.more, other.more) == ("+ 5", "+ 4")
    assert one.party == other.party


def test_tables_apart_have_a_line_between_their_bars(clock: Clock) -> None:
    house = make_house()
    row = booked(house, name="Team")
    third = house.tables.get(label="3").public_id
    stand.merge(row.public_id, third, expected=fresh(row).version, by=HOST)
    (ground,) = timeline.pieces(night(house))["tl-ground"]
    (joint,) = ground.data.joints
    assert (joint.y1, joint.y2) == (32 + 48, 32 + 2 * 52 + 4)


# Who has left


def leave(row: Reservation) -> None:
    stand.leave(row.public_id, expected=fresh(row).version, by=HOST)


def seat(row: Reservation) -> None:
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)


def test_who_has_left_is_drawn_from_when_they_sat_until_they_left(clock: Clock) -> None:
    house = make_house()
    row = booked(house)
    clock.now = at("19:10")
    seat(row)
    clock.now = at("20:25")
    leave(row)
    found = night(house, "22:00")
    (bar,) = lines(found)["1"].bars
    assert instants(found, bar) == ("19:10", "20:25", "20:25")
    assert (bar.tone, bar.has_left, bar.icon, bar.word) == ("left", True, "check", "Left")
    assert bar.said == "19:10–20:25, Ada, 2, Left, table 1"


def test_undone_they_sit_again(clock: Clock) -> None:
    house = make_house()
    row = booked(house)
    clock.now = at("19:10")
    seat(row)
    done = stand.leave(row.public_id, expected=fresh(row).version, by=HOST)
    stand.undo(done.token, by=HOST)
    (bar,) = lines(night(house, "19:11"))["1"].bars
    assert (bar.tone, bar.has_left) == ("occupied", False)


def test_who_never_sat_down_leaves_nothing(clock: Clock) -> None:
    house = make_house()
    gone, missed = booked(house, name="Bo"), booked(house, name="Cy")
    clock.now = at("19:40")
    stand.no_show(missed.public_id, expected=fresh(missed).version, by=HOST)
    stand.arrive(gone.public_id, expected=fresh(gone).version, by=HOST)
    Reservation.objects.filter(pk=gone.pk).update(status="completed")
    assert night(house, "22:00").stays == ()


def test_a_table_they_gave_up_before_they_sat_is_not_theirs(clock: Clock) -> None:
    house = make_house()
    row = booked(house)
    stand.move(row.public_id, ids(house, "3"), expected=fresh(row).version, by=HOST)
    clock.now = at("19:00")
    seat(row)
    clock.now = at("20:00")
    leave(row)
    found = lines(night(house, "20:30"))
    assert {label for label, line in found.items() if line.bars} == {"3"}


def test_who_changed_tables_is_at_each_for_as_long_as_they_sat_there(clock: Clock) -> None:
    house = make_house()
    row = booked(house)
    clock.now = at("19:00")
    seat(row)
    clock.now = at("19:45")
    stand.move(row.public_id, ids(house, "3"), expected=fresh(row).version, by=HOST)
    found = night(house, "20:00")
    (sits,) = lines(found)["3"].bars
    assert instants(found, sits)[0] == "19:45"
    clock.now = at("20:30")
    leave(row)
    found = night(house, "22:00")
    (first,), (second,) = lines(found)["1"].bars, lines(found)["3"].bars
    assert (instants(found, first)[0], instants(found, first)[2]) == ("19:00", "19:45")
    assert (instants(found, second)[0], instants(found, second)[2]) == ("19:45", "20:30")
    assert first.more == second.more == ""
    (told,) = rows_of(found, may_act=True)
    assert (told.tab, told.tables, told.table_keys) == ("done", "3", "")


def test_tables_pushed_together_touch_when_they_have_left_as_well(clock: Clock) -> None:
    house = make_house()
    row = booked(house, size=7, name="Team")
    clock.now = at("19:00")
    seat(row)
    clock.now = at("20:00")
    leave(row)
    rows = lines(night(house, "22:00"))
    (one,), (other,) = rows["4"].bars, rows["5"].bars
    assert (one.y + one.h, other.y) == (52, 0)
    assert (one.more, other.more) == ("+ 5", "+ 4")


def test_nobody_knows_when_a_forgotten_party_left(clock: Clock) -> None:
    """Completed in the morning without a time of leaving: drawn until it was expected to leave."""
    house = make_house()
    row = booked(house)
    clock.now = at("19:00")
    seat(row)
    clock.now = at("23:30")
    leave(row)
    Reservation.objects.filter(pk=row.pk).update(left_at=None)
    found = night(house, "23:40")
    (bar,) = lines(found)["1"].bars
    assert instants(found, bar)[2] == "21:00"


def test_who_has_left_is_opened_and_not_moved(
    as_: As, cast: Cast, evening: Reservation, clock: Clock
) -> None:
    clock.now = at("19:00")
    seat(evening)
    clock.now = at("20:00")
    leave(evening)
    client = as_(cast.host)
    page = client.get(f"{STAND}?view=timeline").content.decode()
    (bar,) = re.findall(r'<a class="bar bar--left".*?</a>', page)
    assert f'data-select="{evening.public_id}"' in bar
    assert "data-party" not in bar
    assert "data-edge" not in bar
    for mode in ("move", "stretch", "swap"):
        asked = {"view": "timeline", "mode": mode, "party": evening.public_id}
        assert client.get(f"{STAND}where/", asked).status_code == 404


def test_blocks_and_holds_are_marked_with_their_reason(
    clock: Clock, new_guest: Callable[[], Guest]
) -> None:
    house = make_house()
    table = house.tables.get(label="3")
    stand.block(
        house.public_id, DATE, [table.public_id], at("18:00"), at("20:00"), by=HOST, note="Leg"
    )
    guest = new_guest()
    place_hold(ask(house, service_date=DATE), guest, by=guest.actor)
    found = lines(night(house, "12:01"))
    marks = {mark.kind: mark for line in found.values() for mark in line.marks}
    assert marks["block"].said == "18:00–20:00 Leg"
    assert marks["hold"].text == "Being booked · 2"


def test_parties_without_a_table_lie_in_lanes_above(clock: Clock) -> None:
    house = make_house()
    for time, name in (("19:00", "Ada"), ("20:00", "Bo"), ("21:30", "Cy")):
        row = booked(house, time, name=name)
        row.claims.all().delete()
    lane = lines(night(house))["No table"]
    assert [(bar.name, bar.y // 52) for bar in lane.bars] == [("Ada", 0), ("Bo", 1), ("Cy", 0)]
    assert (lane.height, lane.seats) == (104, "3")


def test_time_without_seatings_is_shaded(clock: Clock) -> None:
    house = make_house()
    (ground,) = timeline.pieces(night(house))["tl-ground"]
    assert [mark.kind for mark in ground.data.shut] == ["quiet"]
    assert [tick.text for tick in ground.data.ticks[:5]] == ["11:00", "", "", "", "12:00"]


def test_a_night_without_services_is_a_whole_day(clock: Clock) -> None:
    house = make_house()
    house.services.all().delete()
    span = timeline.span_of(night(house))
    assert span.last - span.first == 24 * 60


# The page


def test_the_page_draws_it_without_styles_of_its_own(
    as_: As, cast: Cast, evening: Reservation
) -> None:
    page = as_(cast.host).get(f"{STAND}?view=timeline").content.decode()
    assert page.count('class="tl__row"') == 2
    assert f'data-select="{evening.public_id}"' in page
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]+src=)", page)


def test_the_views_are_links(as_: As, cast: Cast, evening: Reservation) -> None:
    page = as_(cast.host).get(f"{STAND}?view=timeline").content.decode()
    for view in ("floor", "timeline", "list"):
        assert f'href="?date={DATE}&amp;view={view}" data-to-view="{view}"' in page


def test_who_only_looks_has_no_buttons_there(as_: As, cast: Cast, evening: Reservation) -> None:
    page = as_(cast.viewer).get(f"{STAND}?view=timeline").content.decode()
    assert "data-tl-start" not in page


@pytest.mark.parametrize(("who", "more"), [("manager", 0), ("host", 1)])
def test_its_queries_are_always_as_many(
    as_: As, cast: Cast, evening: Reservation, clock: Clock, who: str, more: int
) -> None:
    """A host is asked for one more: which tags are for managers."""
    client, house = as_(getattr(cast, who)), evening.restaurant

    def asked(path: str = "", **fields: str) -> int:
        said = {"view": "timeline", "date": DATE.isoformat()} | fields
        client.get(f"{STAND}{path}", said)
        with CaptureQueriesContext(connection) as found:
            assert client.get(f"{STAND}{path}", said).status_code == 200
        return len(found)

    def all_of_them() -> dict[str, int]:
        modes = ("move", "stretch", "swap")
        party = evening.public_id
        where = {mode: asked("where/", mode=mode, party=party) for mode in modes}
        views = {view: asked(view=view) for view in ("floor", "timeline", "list")}
        return {**views, "fragment": asked("fragment/"), **where}

    before = all_of_them()
    assert before == {
        "floor": 14 + more,
        "timeline": 14 + more,
        "list": 14 + more,
        "fragment": 12 + more,
        "move": 11 + more,
        "stretch": 11 + more,
        "swap": 11 + more,
    }
    factories.make_tables(house, *([4] * 20))
    stand.block(
        house.public_id, DATE, ids(house, "22"), at("18:00"), at("23:00"), by=HOST, note="Leg"
    )
    for number in range(24):
        booked(house, ("19:00", "21:30")[number % 2], 4, name=f"Guest {number}")
    others = Reservation.objects.filter(starts_at=at("19:00")).exclude(pk=evening.pk)
    for row in others.order_by("pk")[:6]:
        seat(row)
        clock.advance(minutes=1)
        leave(row)
    assert all_of_them() == before


def test_only_the_rows_that_changed_are_sent(
    as_: As, cast: Cast, evening: Reservation, clock: Clock
) -> None:
    client = as_(cast.host)
    page = client.get(f"{STAND}?view=timeline").content.decode()
    stamp = re.findall(r'data-stamp="([0-9a-f]+)"', page)[0]
    asked = {"stamp": stamp, "view": "timeline"}
    clock.now = at("18:56")
    assert "pieces" not in client.get(f"{STAND}fragment/", asked).json()
    stand.arrive(evening.public_id, expected=evening.version, by=HOST)
    patch = client.get(f"{STAND}fragment/", asked).json()
    drawn = [key for key, _ in patch["pieces"] if key.startswith("tl-")]
    table = evening.restaurant.tables.get(label="1")
    assert drawn == [f"tl-t-{table.pk}"]


# Moving and stretching


def where(client: Client, **asked: Any) -> dict[str, Any]:
    answer = client.get(f"{STAND}where/", {"view": "timeline", "date": DATE.isoformat()} | asked)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def cell(found: dict[str, Any], table: Any, time: str) -> Any:
    grid = found["grid"]
    number = grid["rows"][f"tl-t-{table.pk}"][grid["times"].index(time)]
    return None if number < 0 else grid["answers"][number]


def test_every_cell_says_yes_or_no_and_why(as_: As, cast: Cast, evening: Reservation) -> None:
    bo = booked(evening.restaurant, "21:30", name="Bo Weber")
    first, second = evening.restaurant.tables.order_by("label")
    found = where(as_(cast.host), mode="move", party=evening.public_id)
    assert found["text"] == "Tap the new table and time of Ada · 2"
    assert cell(found, first, "19:00") == {
        "ok": False,
        "reason": "Is there",
        "label": "1",
        "tables": "",
    }
    assert cell(found, second, "19:00")["ok"]
    assert cell(found, second, "18:45")["reason"] == "In the past"
    taken = first if tables_of(bo) == ["1"] else second
    assert cell(found, taken, "21:30")["reason"] == "Taken · Bo Weber"


def test_a_cell_is_taken_by_what_it_sends(as_: As, cast: Cast, evening: Reservation) -> None:
    client = as_(cast.host)
    second = evening.restaurant.tables.get(label="2")
    found = where(client, mode="move", party=evening.public_id)
    value = f"{found['grid']['value']} {cell(found, second, '20:15')['tables']}"
    said = {"do": value, "time": "20:15", "date": DATE.isoformat(), "once": "one"}
    answer = client.post(f"{STAND}do/", said | {"view": "timeline"}, HTTP_X_STAND="1").json()
    assert answer["ok"]
    evening.refresh_from_db()
    assert (tables_of(evening), evening.starts_at) == (["2"], at("20:15"))
    client.post(f"{STAND}undo/", {"token": answer["undo"]["token"], "date": DATE.isoformat()})
    evening.refresh_from_db()
    assert (tables_of(evening), evening.starts_at) == (["1"], at("19:00"))


def test_who_is_in_the_house_only_changes_tables(as_: As, cast: Cast, evening: Reservation) -> None:
    stand.seat(evening.public_id, expected=evening.version, by=HOST)
    found = where(as_(cast.host), mode="move", party=evening.public_id)
    assert "grid" not in found
    second = evening.restaurant.tables.get(label="2")
    assert found["places"][f"t-{second.pk}"]["ok"]


def test_tables_that_may_be_joined_answer_together(clock: Clock) -> None:
    house = make_house()
    row = booked(house, size=7, name="Team")
    asked = {"mode": "move", "party": row.public_id}
    found = mode_in_time(night(house), asked, lambda: pytest.fail("no move asks who waits"))
    assert found is not None
    fourth, second = (house.tables.get(label=label) for label in ("4", "2"))
    assert cell(found, fourth, "20:00")["label"] == "4 + 5"
    assert cell(found, second, "20:00")["reason"] == "2 seats"


def test_until_when_a_party_may_stay(as_: As, cast: Cast, evening: Reservation) -> None:
    client = as_(cast.host)
    first = evening.restaurant.tables.get(label="1")
    found = where(client, mode="stretch", party=evening.public_id)
    grid = found["grid"]
    until = grid["times"][grid["own"]]
    assert cell(found, first, until)["reason"] == "As it is"
    assert cell(found, first, "18:30") is None
    later = grid["times"][grid["own"] + 2]
    assert cell(found, first, later)["ok"]
    minutes = grid["minutes"][grid["own"] + 2]
    said = {"do": grid["value"], "minutes": minutes, "date": DATE.isoformat(), "once": "one"}
    before = evening.ends_at
    assert client.post(f"{STAND}do/", said, HTTP_X_STAND="1").json()["ok"]
    evening.refresh_from_db()
    assert (evening.ends_at - before).total_seconds() == minutes * 60 == 1800


def test_the_next_party_is_why_not_longer(as_: As, cast: Cast, evening: Reservation) -> None:
    booked(evening.restaurant, "19:00", name="Cy")
    late = evening.ends_at.astimezone(evening.restaurant.tz)
    for name in ("Bo", "Di"):
        booked(evening.restaurant, f"{late:%H}:30", name=name)
    first = evening.restaurant.tables.get(label="1")
    found = where(as_(cast.host), mode="stretch", party=evening.public_id)
    reasons = {answer["reason"].partition(" · ")[0] for answer in found["grid"]["answers"]}
    assert "Taken" in reasons
    assert set(found["grid"]["rows"]) == {f"tl-t-{first.pk}"}


def test_whom_a_party_may_change_tables_with(as_: As, cast: Cast, evening: Reservation) -> None:
    bo = booked(evening.restaurant, name="Bo Weber")
    found = where(as_(cast.host), mode="swap", party=evening.public_id)
    place = found["swaps"][bo.public_id]
    assert (place["ok"], place["label"]) == (True, "2")
    assert place["fields"] == {"other": bo.public_id, "other_expected": str(fresh(bo).version)}


@pytest.mark.parametrize("mode", ["stretch", "move", "swap", "dance"])
def test_who_is_not_there_is_not_found(
    mode: str, as_: As, cast: Cast, evening: Reservation
) -> None:
    asked = {"view": "timeline", "mode": mode, "party": "res_nobody"}
    assert as_(cast.host).get(f"{STAND}where/", asked).status_code == 404
