"""Without scripts every link and form of the stand stays on the date and in the view it is in."""

from __future__ import annotations

import datetime as dt
import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from reservations.models import Reservation
from reservations.services import stand
from staff.views.stand import piece
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh, ids, tables_of
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db

STAND = "/staff/r/bella/stand/"
TODAY = DATE - dt.timedelta(days=1)


@pytest.fixture
def evening(cast: Cast, clock: Clock) -> Reservation:
    """Ada, two guests at seven tomorrow; one more has no table yet, and somebody waits."""
    house = cast.host.memberships.get().restaurant
    row = booked(house)
    lost = booked(house, name="Bo Weber")
    lost.claims.all().delete()
    Reservation.objects.filter(pk=row.pk).update(allergy_note="nuts")
    clock.now = at("18:55") - dt.timedelta(days=1)
    return fresh(row)


def links(page: str) -> list[dict[str, list[str]]]:
    """The query of every link of the page that leads to another state of the stand."""
    found = [html.unescape(href) for href in re.findall(r'<a\b[^>]*?href="([^"]*)"', page)]
    own = [urlsplit(href) for href in found]
    return [parse_qs(each.query) for each in own if each.path in ("", STAND) and each.query]


def pieces_of(page: str) -> str:
    """What is below the strip: lists, alerts, the view, the drawer."""
    return page.partition('<section id="alerts"')[2]


def get(client: Client, **asked: str) -> str:
    answer = client.get(STAND, asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("view", ["floor", "timeline", "list"])
@pytest.mark.parametrize("chosen", ["nobody", "party", "table"])
def test_every_link_keeps_the_date_and_the_view(
    view: str, chosen: str, as_: As, cast: Cast, evening: Reservation
) -> None:
    asked = {"date": DATE.isoformat(), "view": view}
    if chosen == "party":
        asked["party"] = evening.public_id
    elif chosen == "table":
        asked["table"] = ids(evening.restaurant, "1")[0]
    found = links(pieces_of(get(as_(cast.host), **asked)))
    assert len(found) > 8
    for query in found:
        assert query["date"] == [DATE.isoformat()], query
        assert query.get("view", ["floor"]) == [view], query


def test_every_form_keeps_them_too(as_: As, cast: Cast, evening: Reservation) -> None:
    page = get(as_(cast.host), date=DATE.isoformat(), view="timeline", party=evening.public_id)
    forms = re.findall(
        r'<form\b[^>]*action="[^"]*stand/(?:do|undo)/"[^>]*>(.*?)</form>', page, re.DOTALL
    )
    assert len(forms) > 6
    for form in forms:
        assert f'name="date" value="{DATE}"' in form, form
        assert 'name="view" value="timeline"' in form, form


def test_a_piece_of_one_day_is_never_shown_on_another(
    as_: As, cast: Cast, evening: Reservation
) -> None:
    """The same free tables, the same words: what was drawn for one date is not good for another."""
    client, dates = as_(cast.host), (TODAY, DATE, TODAY, DATE)
    piece._rendered = piece._Rendered(6000)
    for date in dates:
        for view in ("floor", "timeline"):
            page = get(client, date=date.isoformat(), view=view)
            assert {query["date"][0] for query in links(pieces_of(page))} == {date.isoformat()}


def test_a_screen_of_another_day_is_sent_anew(as_: As, cast: Cast, evening: Reservation) -> None:
    client = as_(cast.host)
    here = client.get(f"{STAND}fragment/", {"date": TODAY.isoformat()}).json()
    asked = {"date": DATE.isoformat(), "stamp": here["stamp"]}
    there = client.get(f"{STAND}fragment/", asked).json()
    assert {key for key, _ in here["pieces"]} <= {key for key, _ in there["pieces"]}
    assert all("2025-11-09" not in drawn for _, drawn in there["pieces"])


def test_a_tap_on_another_date_acts_on_that_date(as_: As, cast: Cast, evening: Reservation) -> None:
    client = as_(cast.host)
    asked = {"date": DATE.isoformat(), "view": "list"}
    row = next(
        query for query in links(get(client, **asked)) if query.get("party") == [evening.public_id]
    )
    drawer = get(client, **{name: values[0] for name, values in row.items()})
    move = next(query for query in links(drawer) if query.get("mode") == ["move"])
    page = get(client, **{name: values[0] for name, values in move.items()})
    places = page.partition('class="mode__places"')[2]
    form = re.findall(r"<form.*?</form>", places, re.DOTALL)[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    answer = client.post(f"{STAND}do/", fields)
    assert tables_of(evening) == ["2"]
    back = parse_qs(urlsplit(answer["Location"]).query)
    assert (back["date"], back["view"]) == ([DATE.isoformat()], ["list"])


def test_the_list_shown_is_that_of_who_is_chosen(
    as_: As, cast: Cast, evening: Reservation, clock: Clock
) -> None:
    clock.now = at("19:00")
    stand.seat(evening.public_id, expected=evening.version, by=HOST)
    page = get(as_(cast.host), party=evening.public_id)
    assert 'id="list-seated" data-box data-tab="seated">' in page
    assert f"view=timeline&amp;party={evening.public_id}" in page
