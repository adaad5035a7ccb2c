"""Two people and the bills of one evening: neither takes away unseen what the other has typed."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client

from core.actors import SYSTEM
from core.models import AuditEntry
from reservations.errors import BillsChanged
from reservations.models import Reservation, VisitBill
from reservations.services.bills import record_bills
from restaurants.models import Restaurant
from tests.concurrency.together import at_once, kind
from tests.reservations.test_reports import book
from tests.staff.conftest import As, Cast
from tests.staff.test_sheet_and_reports import FRIDAY, sheet

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(house: Restaurant) -> Reservation:
    house.services.update(name="Dinner")
    return book(house, FRIDAY, "19:00", 2, guest_name="Ada")


@pytest.fixture
def ben(house: Restaurant, ada: Reservation) -> Reservation:
    return book(house, FRIDAY, "20:00", 2, guest_name="Ben")


def opened(client: Client, address: str) -> dict[str, str]:
    """All that the form of this page would send."""
    return fields(client.get(address))


def fields(page: Any) -> dict[str, str]:
    pairs = re.findall(r'name="((?:was|bill)-\w+)" value="([^"]*)"', page.content.decode())
    return dict(pairs)


def bill(row: Reservation, text: str) -> dict[str, str]:
    return {f"bill-{row.public_id}": text}


def totals() -> dict[str, Decimal]:
    return dict(VisitBill.objects.values_list("reservation__guest_name", "total"))


def test_a_bill_that_one_never_saw_stays(
    as_: As, cast: Cast, house: Restaurant, ada: Reservation, ben: Reservation
) -> None:
    first, second, here = as_(cast.host), as_(cast.manager), sheet(house, "after/")
    saw, older = opened(first, here), opened(second, here)
    assert first.post(here, saw | bill(ada, "84.50")).status_code == 302
    assert second.post(here, older | bill(ben, "60")).status_code == 302
    assert totals() == {"Ada": Decimal("84.50"), "Ben": Decimal(60)}


def test_who_changes_the_same_bill_second_is_told_and_nothing_is_saved(
    as_: As, cast: Cast, house: Restaurant, ada: Reservation, ben: Reservation
) -> None:
    first, second, here = as_(cast.host), as_(cast.manager), sheet(house, "after/")
    saw, older = opened(first, here), opened(second, here)
    assert first.post(here, saw | bill(ada, "84.50")).status_code == 302
    page = second.post(here, older | bill(ada, "90") | bill(ben, "60"))
    assert (page.status_code, totals()) == (409, {"Ada": Decimal("84.50")})
    said = " ".join(html.unescape(re.sub(r"<[^>]+>", "", page.content.decode())).split())
    assert "Somebody else has changed this since you opened it. Nothing of yours is saved" in said
    assert "Bill of Ada: now 84.50; you typed 90" in said
    assert "Bill of Ben:" not in said
    again = fields(page)
    assert {again[f"bill-{row.public_id}"] for row in (ada, ben)} == {"90", "60"}
    # They have seen it now.
    assert second.post(here, again).status_code == 302
    assert totals() == {"Ada": Decimal(90), "Ben": Decimal(60)}
    assert AuditEntry.objects.filter(verb="reservation.billed").count() == 3


def test_a_bill_is_not_taken_away_that_somebody_has_changed(
    as_: As, cast: Cast, house: Restaurant, ada: Reservation
) -> None:
    client, here = as_(cast.host), sheet(house, "after/")
    assert client.post(here, opened(client, here) | bill(ada, "84.50")).status_code == 302
    older = opened(client, here)
    assert client.post(here, opened(client, here) | bill(ada, "90")).status_code == 302
    page = client.post(here, older | bill(ada, ""))
    assert (page.status_code, totals()) == (409, {"Ada": Decimal(90)})
    assert client.post(here, fields(page)).status_code == 302
    assert totals() == {}


def test_a_page_that_says_nothing_of_what_it_showed_takes_nothing_away(
    as_: As, cast: Cast, house: Restaurant, ada: Reservation
) -> None:
    client, here, was = as_(cast.host), sheet(house, "after/"), f"was-{ada.public_id}"
    assert client.post(here, bill(ada, "84.50")).status_code == 302
    assert client.post(here, bill(ada, "")).status_code == 302
    for odd in ("", "much", "sNaN", "-1"):
        assert client.post(here, bill(ada, "90") | {was: odd}).status_code == 409, odd
    assert totals() == {"Ada": Decimal("84.50")}


def test_what_was_wrong_is_still_compared_with_what_was_shown_first(
    as_: As, cast: Cast, house: Restaurant, ada: Reservation, ben: Reservation
) -> None:
    client, here = as_(cast.host), sheet(house, "after/")
    older = opened(client, here)
    assert client.post(here, older | bill(ada, "84.50")).status_code == 302
    page = client.post(here, older | bill(ada, "90") | bill(ben, "much"))
    assert page.status_code == 422
    assert client.post(here, fields(page) | bill(ben, "60")).status_code == 409
    assert totals() == {"Ada": Decimal("84.50")}


@pytest.mark.django_db(transaction=True)
def test_of_six_at_once_who_saw_no_bill_one_writes_it(
    house: Restaurant, ada: Reservation, ben: Reservation
) -> None:
    def write(total: int) -> int:
        said = {row.public_id: Decimal(total) for row in (ada, ben)}
        return record_bills(house.pk, said, shown={}, by=SYSTEM)

    found = at_once([partial(write, 60 + number) for number in range(6)])
    assert kind(found) == {"int": 1, BillsChanged.__name__: 5}
    assert len(set(totals().values())) == 1
