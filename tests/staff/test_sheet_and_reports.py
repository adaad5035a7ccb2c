"""The sheet of an evening before and after, and the pages of reports."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.actors import SYSTEM
from core.models import AuditEntry
from customers.models import Customer
from customers.services.notes import add_note
from reservations.demo import OPERATOR
from reservations.demo_past import WEEKS
from reservations.models import NightNote, Reservation, TableBlock, TableClaim, VisitBill
from reservations.selectors.night.then import film_of
from reservations.services import stand
from restaurants.models import Closure, PacingStep, Restaurant
from staff.pictures import Series, curves, heat, pairs, stacked
from tests.fixtures.domain import Clock
from tests.reservations.test_reports import book
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db

FRIDAY = dt.date(2025, 11, 7)


@pytest.fixture
def evening(house: Restaurant) -> Reservation:
    """A table of six with much to know, a walk-in and one that did not come."""
    house.services.update(name="Dinner")
    guest = Customer.objects.create(
        organization=house.organization,
        name="Ada Okafor",
        email="ada@example.com",
        allergies=["nuts"],
        birthday="11-09",
        is_vip=True,
    )
    add_note(guest, "Likes the bench", by=SYSTEM, pin=True)
    add_note(guest, "Not pinned", by=SYSTEM)
    row = book(
        house,
        FRIDAY,
        "19:30",
        6,
        table="1",
        customer=guest,
        guest_name="Ada Okafor",
        allergens=["milk"],
        special_requests="Window seat",
        high_chairs=1,
        sat=(0, 135),
    )
    book(house, FRIDAY, "20:00", 2, channel="walk_in")
    book(house, FRIDAY, "21:00", 4, "no_show", guest_name="Nobody Came")
    return row


def sheet(house: Restaurant, rest: str = "") -> str:
    return f"/staff/r/{house.slug}/sheet/{FRIDAY}/{rest}"


def test_the_sheet_says_what_the_team_should_know(
    as_: As, cast: Cast, house: Restaurant, evening: Reservation
) -> None:
    at = dt.datetime(2025, 11, 7, 18, tzinfo=house.tz)
    Closure.objects.create(
        restaurant=house, starts_at=at, ends_at=at + dt.timedelta(hours=2), note="Chimney sweep"
    )
    TableBlock.objects.create(
        restaurant=house,
        service_date=FRIDAY,
        table=house.tables.get(label="2"),
        starts_at=at,
        ends_at=at + dt.timedelta(hours=1),
        note="Wobbles",
        created_at=at,
    )
    NightNote.objects.create(
        restaurant=house, service_date=FRIDAY, text="No turbot tonight", updated_at=at
    )
    page = as_(cast.viewer).get(sheet(house)).content.decode()
    for said in (
        "No turbot tonight",
        "Table 2 is blocked from 18:00 to 19:00. Wobbles",
        "Friday 7 November 2025",
        "Milk, Nuts",
        "Window seat",
        "High chairs: 1",
        "Birthday (9 November)",
        "Likes the bench",
        "VIP",
        "Dinner: 8 covers",
        "8 covers; most at 19:30, 6 covers.",
        "1 booking of this day was cancelled or missed",
        "The house is shut from 18:00 to 20:00. Chimney sweep",
    ):
        assert said in page, said
    assert "Nobody Came" not in page
    assert "Not pinned" not in page


def limits(client: Client, house: Restaurant) -> list[float]:
    """Where the picture on the sheet has its limit: the height of each quarter's line."""
    picture = client.get(sheet(house)).context["picture"]
    lines = [each.points.split() for each in picture.strokes if each.kind == "limit"]
    ends = [[point.split(",")[0] for point in line] for line in lines]
    assert [line[1] for line in ends[:-1]] == [line[0] for line in ends[1:]]
    return [float(line[0].split(",")[1]) for line in lines]


def test_the_limit_is_drawn_for_every_quarter_of_the_service(
    as_: As, cast: Cast, house: Restaurant, evening: Reservation
) -> None:
    """Also where nobody was booked: in the quarter between two parties, before and after them."""
    client, dinner = as_(cast.host), house.services.get()
    assert limits(client, house) == []
    house.services.update(slot_covers=16, first_seating=dt.time(18), last_seating=dt.time(22))
    found = limits(client, house)
    assert (len(found), len(set(found))) == (17, 1)
    # A quarter with a limit of its own has that, in its place.
    PacingStep.objects.create(service=dinner, at=dt.time(19, 45), slot_covers=8)
    found = limits(client, house)
    assert [n for n, height in enumerate(found) if height != found[0]] == [7]
    assert found[7] > found[0]


def test_after_the_shift_the_evening_is_counted_and_bills_are_kept(
    as_: As, cast: Cast, house: Restaurant, evening: Reservation
) -> None:
    client, field = as_(cast.host), f"bill-{evening.public_id}"
    page = client.get(sheet(house, "after/")).content.decode()
    for said in ("1 (33\N{NO-BREAK SPACE}%)", "135 min (+15)", "Nobody Came", "Did not come"):
        assert said in page, said
    for _ in range(2):
        assert client.post(sheet(house, "after/"), {field: "184,50"}).status_code == 302
    bill = VisitBill.objects.get()
    assert (bill.total, bill.told_by) == (Decimal("184.50"), cast.host.full_name)
    assert AuditEntry.objects.filter(verb="reservation.billed").count() == 1
    wrong = client.post(sheet(house, "after/"), {field: "much"})
    assert wrong.status_code == 422
    assert 'value="much"' in wrong.content.decode()
    client.post(sheet(house, "after/"), {field: "", f"was-{evening.public_id}": "184.50"})
    assert VisitBill.objects.count() == 0


def test_a_bill_of_another_houses_visit_is_not_kept(
    as_: As, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    elsewhere.services.update(name="Dinner")
    row = book(elsewhere, FRIDAY, "19:00", 2)
    as_(cast.manager).post(sheet(house, "after/"), {f"bill-{row.public_id}": "50"})
    assert VisitBill.objects.count() == 0


@pytest.mark.parametrize("date", ["2025-13-01", "tomorrow", "0001-01-01", "9999-12-31", "2025-11"])
def test_what_is_no_date_is_not_found(as_: As, cast: Cast, house: Restaurant, date: str) -> None:
    assert as_(cast.host).get(f"/staff/r/{house.slug}/sheet/{date}/").status_code == 404


def test_the_sheet_asks_the_database_as_often_for_many_parties(
    as_: As, cast: Cast, house: Restaurant, evening: Reservation
) -> None:
    client, counts = as_(cast.host), []
    # The house looked at last is kept in the session once.
    client.get(sheet(house))
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(sheet(house))
        counts.append(len(queries))
        for n in range(20):
            guest = Customer.objects.create(organization=house.organization, name=f"Guest {n}")
            book(house, FRIDAY, "20:00", 2, customer=guest)
    assert counts[0] == counts[1]


# Reports


def test_a_report_shows_its_numbers_its_picture_and_how_they_come_about(
    as_: As, cast: Cast, house: Restaurant, evening: Reservation
) -> None:
    here = f"/staff/r/{house.slug}/reports/covers/"
    asked = {"first": "2025-11-07", "last": "2025-11-08", "compare": "before"}
    page = as_(cast.viewer).get(here, asked).content.decode()
    assert "8 covers in 2 parties; most on Fri 7 Nov, 8 covers." in page
    assert "compared with the 2 days before (Wed 5 Nov 2025 to Thu 6 Nov 2025)" in page
    assert "How this is counted:" in page
    assert '<svg class="picture__svg" role="img"' in page


def test_a_report_is_saved_as_a_table(
    as_: As, cast: Cast, house: Restaurant, evening: Reservation
) -> None:
    here = f"/staff/r/{house.slug}/reports/covers.csv"
    answer = as_(cast.viewer).get(here, {"first": "2025-11-07", "last": "2025-11-08"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert text.splitlines()[1:] == ["2025-11-07,Dinner,2,8,2,3,12,1,4,0,0,0,0"]


def test_sources_are_called_as_at_the_stand(
    as_: As, cast: Cast, house: Restaurant, evening: Reservation
) -> None:
    Restaurant.objects.filter(pk=house.pk).update(average_spend=40)
    book(house, FRIDAY, "20:15", 8, source="thefork")
    book(house, FRIDAY, "20:30", 3, source="walk-in")
    book(house, FRIDAY, "20:45", 2, source="gourmet_club")
    here = f"/staff/r/{house.slug}/reports/sources"
    asked = {"first": "2025-11-07", "last": "2025-11-08"}
    answer = as_(cast.owner).get(f"{here}/", asked)
    report = answer.context["report"]
    names = [row[0] for row in report.panels[0].rows]
    assert names == ["Website", "TheFork", "Walk-in", "gourmet_club"]
    picture = report.panels[0].picture
    assert picture.told == "Website brought most guests: 12."
    assert [text.text for text in picture.texts if text.text in names] == names
    saved = as_(cast.owner).get(f"{here}.csv", asked)
    text = b"".join(saved.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == names


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"first": "2025-11-08", "last": "2025-11-07"}, "must not be before the first"),
        ({"first": "2023-01-01", "last": "2025-11-07"}, "at most 400 days"),
        ({"first": "0001-01-01", "last": "0001-01-02"}, "greater than or equal to"),
        ({"first": "x"}, "Enter a valid date"),
    ],
)
def test_dates_that_cannot_be_are_asked_again(
    as_: As, cast: Cast, house: Restaurant, asked: dict[str, str], why: str
) -> None:
    answer = as_(cast.viewer).get(f"/staff/r/{house.slug}/reports/turns/", asked)
    assert answer.status_code == 422
    assert why in answer.content.decode()


def test_pictures_of_nothing_are_drawn_too() -> None:
    none = Series("None", [], "one")
    for picture in (
        stacked("T", "t", [], [none]),
        curves("T", "t", [], [none]),
        pairs("T", "t", [], [none]),
        heat("T", "t", [], [], {}, "guests"),
    ):
        assert picture.rects == []


def test_a_picture_has_a_shape_for_every_value_above_nothing() -> None:
    picture = stacked(
        "T", "t", ["a", "b"], [Series("x", [3, 0], "one"), Series("y", [1, 2], "two")]
    )
    assert [rect.title for rect in picture.rects] == ["a: x 3", "a: y 1", "b: y 2"]
    tall = {rect.title: rect.height for rect in picture.rects}
    assert tall["a: x 3"] == pytest.approx(3 * tall["a: y 1"], abs=0.02)


# The demo's past


def test_every_allergy_of_the_demo_is_on_the_kitchens_list(as_: As, clock: Clock) -> None:
    call_command("demo", stdout=io.StringIO())
    coming = Reservation.objects.filter(external_id__startswith="demo:")
    assert not coming.filter(special_requests__icontains="allerg").exists()
    told = coming.filter(restaurant__slug="maison", allergens__contains=["nuts"])
    row = told.earliest("starts_at")
    url = f"/staff/r/maison/sheet/{row.service_date}/"
    page = as_(User.objects.get(email=OPERATOR)).get(url)
    listed = {each.party.public_id: each.alerts for each in page.context["kitchen"]}
    same_day = told.filter(service_date=row.service_date)
    assert [("Nuts" in listed[each.public_id]) for each in same_day] == [True] * len(same_day)


def test_the_demo_has_weeks_that_are_over_and_a_second_run_adds_none(clock: Clock) -> None:
    call_command("demo", stdout=io.StringIO())
    past = Reservation.objects.filter(external_id__startswith="past:")
    assert set(past.values_list("restaurant__slug", flat=True)) == {"maison", "anchor"}
    first = past.earliest("service_date").service_date
    assert (clock.now.date() - first).days >= WEEKS * 7 - 3
    assert set(past.values_list("status", flat=True)) == {"completed", "no_show", "cancelled"}
    assert TableClaim.objects.filter(reservation__in=past, released_at=None).count() == 0
    evening = past.filter(restaurant__slug="maison", status="completed").latest("service_date")
    film = film_of(evening.restaurant_id, evening.service_date)
    assert film.evening(len(film.lines)).unknown == frozenset()
    seated = max(film.night(number).figures.seated for number in range(len(film.lines)))
    assert seated > 10
    before = past.count()
    call_command("demo", stdout=io.StringIO())
    assert past.count() == before


def test_a_table_that_is_kept_for_who_waits_at_the_door_is_no_news_for_the_team(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    date = clock.now.date()
    done = stand.join_queue(house.public_id, date, 2, name="Theo", by=SYSTEM, quoted=10)
    stand.call_party(done.target, expected=done.version or 0, by=SYSTEM)
    page = as_(cast.viewer).get(f"/staff/r/{house.slug}/sheet/{date}/").content.decode()
    assert TableBlock.objects.filter(queue_entry__isnull=False).count() == 1
    assert "is blocked from" not in page
