"""Tags of visits and what is known of a guest, on the pages of staff."""

from __future__ import annotations

import datetime as dt

import pytest

from customers.models import Customer, GuestTag
from customers.services.notes import add_note
from customers.services.tags import TagValues, save_tag
from reservations.models import Reservation
from restaurants.models import Restaurant
from staff.guest_words import special_dates
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db

STAND = "/staff/r/bella/stand/"
TAGS = "/staff/r/bella/guests/tags/"


@pytest.fixture
def ada(house: Restaurant, clock: Clock) -> Reservation:
    """At seven, a VIP on her birthday; it is five minutes to."""
    row = booked(house)
    row.customer = Customer.objects.create(
        organization=house.organization,
        name="Ada",
        phone="+12125550123",
        is_vip=True,
        birthday=f"{DATE:%m-%d}",
        tags=["Press"],
    )
    row.save()
    for name in ("Business", "Window"):
        save_tag(house.organization_id, TagValues(name, "", "gold", GuestTag.Kind.VISIT), by=HOST)
    clock.now = at("18:55")
    row.refresh_from_db()
    return row


def test_tags_are_ticked_in_the_drawer_and_stand_on_the_row(
    as_: As, cast: Cast, ada: Reservation
) -> None:
    client = as_(cast.host)
    drawer = client.get(f"{STAND}drawer/", {"party": ada.public_id}).content.decode()
    assert 'name="tag" value="Window">Window' in drawer
    said = {"do": f"tag {ada.public_id} {ada.version}", "tag": ["Window"], "once": "one"}
    assert client.post(f"{STAND}do/", said | {"date": DATE.isoformat()}).status_code == 302
    ada.refresh_from_db()
    assert ada.tags == ["Window"]
    page = client.get(STAND).content.decode()
    assert page.count('<span class="tag">Window</span>') == 1
    drawer = client.get(f"{STAND}drawer/", {"party": ada.public_id}).content.decode()
    assert 'name="tag" value="Window" checked>Window' in drawer
    assert '<span class="tag">Press</span>' in drawer


def test_a_server_reads_them_and_changes_none(as_: As, cast: Cast, ada: Reservation) -> None:
    Reservation.objects.filter(pk=ada.pk).update(tags=["Window"])
    client = as_(cast.server)
    drawer = client.get(f"{STAND}drawer/", {"party": ada.public_id}).content.decode()
    assert '<span class="tag">Window</span>' in drawer
    assert 'name="tag"' not in drawer
    ada.refresh_from_db()
    said = {"do": f"tag {ada.public_id} {ada.version}", "date": DATE.isoformat(), "once": "one"}
    assert client.post(f"{STAND}do/", said).status_code == 403
    ada.refresh_from_db()
    assert ada.tags == ["Window"]


def test_a_tag_nobody_made_is_refused_in_words(as_: As, cast: Cast, ada: Reservation) -> None:
    said = {"do": f"tag {ada.public_id} {ada.version}", "tag": ["<b>\0", "Window"], "once": "one"}
    answer = as_(cast.host).post(
        f"{STAND}do/", said | {"date": DATE.isoformat()}, headers={"X-Stand": "1"}
    )
    assert answer.status_code == 409
    assert answer.json()["said"] == "There is no tag “<b>” for visits."


def test_the_stand_knows_the_guest(as_: As, cast: Cast, ada: Reservation) -> None:
    assert ada.customer is not None
    add_note(ada.customer, "Sits with her back to the wall.", by=HOST)
    page = as_(cast.host).get(STAND).content.decode()
    assert 'title="VIP"' in page
    assert 'title="Birthday (10 November)"' in page
    drawer = as_(cast.host).get(f"{STAND}drawer/", {"party": ada.public_id}).content.decode()
    assert "Sits with her back to the wall.<small>Hanna Host · " in drawer
    Reservation.objects.filter(pk=ada.pk).update(diner_name="Zoe")
    drawer = as_(cast.host).get(f"{STAND}drawer/", {"party": ada.public_id}).content.decode()
    assert "Zoe" in drawer
    assert "back to the wall" not in drawer
    assert "Press" not in drawer


def test_the_sheet_shows_them_in_their_colour(as_: As, cast: Cast, ada: Reservation) -> None:
    Reservation.objects.filter(pk=ada.pk).update(tags=["Window"])
    page = as_(cast.host).get(f"/staff/r/bella/sheet/{DATE.isoformat()}/").content.decode()
    assert '<span class="label-tag label-tag--gold"' in page
    assert ">Window</span>" in page


def test_a_manager_makes_one_for_visits(as_: As, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.manager)
    page = client.get(TAGS).content.decode()
    assert "Of guests" in page
    assert "Of visits" in page
    said = {"name": "Stroller", "kind": "visit", "category": "", "colour": "blue"}
    assert client.post(TAGS, said).status_code == 302
    tag = GuestTag.objects.get(name="Stroller")
    assert (tag.kind, tag.colour) == ("visit", "blue")
    page = client.get(f"{TAGS}{tag.public_id}/").content.decode()
    assert 'name="kind"' not in page
    assert "Every booking that carries this tag loses it." in page
    guests = client.get("/staff/r/bella/guests/").content.decode()
    assert "Stroller" not in guests
    assert client.post(TAGS, said | {"name": "Other", "kind": "table"}).status_code == 422


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (dt.date(2027, 2, 24), []),
        (dt.date(2027, 2, 26), ["Birthday (29 February)"]),
        (dt.date(2028, 3, 3), ["Birthday (29 February)"]),
        (dt.date(2027, 3, 4), []),
    ],
)
def test_the_29th_of_february_comes_every_year(date: dt.date, expected: list[str]) -> None:
    assert special_dates(Customer(birthday="02-29"), date) == expected
