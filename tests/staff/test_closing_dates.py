"""What closes: never in the past, never cut, never at a time that the clocks leave out."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import AuditEntry
from restaurants.models import Closure, Restaurant, SpecialDay
from tests.fixtures.domain import Clock
from tests.staff.conftest import As, Cast
from tests.staff.test_setup import opened, text_of, url
from tests.staff.test_sources import book

pytestmark = pytest.mark.django_db

TOO_LONG = (
    "At most 366 days are closed at once. Close the others in a second step. If guests are"
    " not to book at all, unset “Guests can book” in the booking rules."
)


def errors_of(page: Any) -> dict[str, list[str]]:
    assert page.status_code == 422
    return {name: list(texts) for name, texts in page.context["form"].errors.items()}


def nothing_closed(house: Restaurant) -> bool:
    rows = (Closure, SpecialDay)
    return not any(model._default_manager.filter(restaurant=house).exists() for model in rows)


# --- Many days ------------------------------------------------------------------------------------


def test_a_year_is_closed_whole_and_more_is_refused(as_: As, cast: Cast, house: Restaurant) -> None:
    client, address = opened(as_(cast.manager)), url(house, "setup_closures")
    year = {"kind": "day", "date": "2029-01-01", "note": "Works"}
    for last in ("2030-01-02", "2030-06-30", "2199-12-31"):
        for button in ({}, {"preview": "1"}, {"sure": "1"}):
            page = client.post(address, {**year, "until_date": last, **button})
            if "preview" in button:
                assert TOO_LONG in text_of(page)
            else:
                assert errors_of(page) == {"until_date": [TOO_LONG]}
    assert nothing_closed(house)
    own = SpecialDay.objects.create(
        restaurant=house, date=dt.date(2029, 12, 24), opens=dt.time(12), closes=dt.time(16)
    )
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.post(address, {**year, "date": "2028-05-01"})
    with CaptureQueriesContext(connection) as many:
        assert client.post(address, {**year, "until_date": "2030-01-01"}).status_code == 302
    assert len(many) == len(few)
    days = SpecialDay.objects.filter(restaurant=house, is_closed=True, date__gte="2029-01-01")
    dates = [dt.date(2029, 1, 1) + dt.timedelta(days=n) for n in range(366)]
    assert list(days.order_by("date").values_list("date", flat=True)) == dates
    assert set(days.values_list("note", flat=True)) == {"Works"}
    own.refresh_from_db()
    assert (own.is_closed, own.opens) == (True, dt.time(12))
    lines = AuditEntry.objects.filter(verb="restaurant.day_closed").order_by("id")[1:]
    assert [line.data for line in lines] == [
        {"date": date.isoformat(), "note": "Works"} for date in dates
    ]
    assert {(line.target, line.actor_label) for line in lines} == {
        (house.public_id, cast.manager.called)
    }


def test_a_long_closure_lists_who_is_booked_before(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    book(house, "18:00", 2, "Ada")
    client, address = opened(as_(cast.manager)), url(house, "setup_closures")
    sent = {"kind": "day", "date": "2025-11-10", "until_date": "2026-11-10"}
    page = client.post(address, sent)
    assert page.status_code == 409
    assert "Ada, 2 guests" in text_of(page)
    assert nothing_closed(house)
    assert client.post(address, {**sent, "sure": "1"}).status_code == 302
    assert SpecialDay.objects.filter(restaurant=house, is_closed=True).count() == 366
