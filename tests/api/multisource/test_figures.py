"""Figures by source: counted by the database, the same as by hand."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from reservations.models import Reservation
from restaurants.models import Restaurant
from tests.api.multisource.conftest import Program
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

NewProgram = Callable[..., Program]
PERIOD = "from=2024-02-01&to=2024-02-29"


@pytest.fixture
def february(house: Restaurant, program: NewProgram) -> Program:
    """OpenTable: 4 came, 2 cancelled, 2 stayed away. Resy: 3 expected, told by TheFork as well."""
    Restaurant.objects.update(average_spend=Decimal(50))
    caller = program()

    def book(source: str, party: int, name: str, status: str = "", **other: Any) -> None:
        guest: dict[str, Any] = {"customerEmail": f"{name}@example.com", "customerPhone": ""}
        made = caller.book(source=source, partySize=party, **guest, **other)
        if status:
            more = {"cancelled_at": "2024-02-02T00:00Z"} if status == "cancelled" else {}
            Reservation.objects.filter(public_id=made["id"]).update(status=status, **more)

    book("opentable", 4, "a", "completed", metadata={"commission": 2.5, "partnerFee": 1})
    book("opentable", 2, "b", "cancelled", metadata={"commission": 2.5})
    book("opentable", 2, "c", "no_show")
    book("resy", 3, "d", date="2024-02-16")
    caller.book(200, source="thefork", customerEmail="d@example.com", date="2024-02-16")
    book("opentable", 4, "e", date="2024-03-15")
    program(is_test=True).book(source="opentable")
    return caller


def row(source: str, **other: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        "totalReservations": 0,
        "totalCovers": 0,
        "avgPartySize": None,
        "totalRevenue": 0,
        "commission": 0,
        "cancellations": 0,
        "noShows": 0,
        "completed": 0,
        "linked": 0,
        "avgLeadTimeHours": None,
    }
    return {"source": source} | nothing | other


OPENTABLE = row(
    "opentable",
    totalReservations=3,
    totalCovers=8,
    avgPartySize=2.67,
    totalRevenue=200,
    commission=3.5,
    cancellations=1,
    noShows=1,
    completed=1,
    avgLeadTimeHours=350,
)
RESY = row(
    "resy",
    totalReservations=1,
    totalCovers=3,
    avgPartySize=3,
    totalRevenue=150,
    avgLeadTimeHours=374,
)


def test_each_source_and_their_sum(february: Program) -> None:
    answer = february("GET", f"analytics/sources?{PERIOD}")
    assert answer.json() == {
        "success": True,
        "data": {
            "restaurantId": "rest_001",
            "currency": "USD",
            "from": "2024-02-01",
            "to": "2024-02-29",
            "sources": [OPENTABLE, RESY, row("thefork", linked=1)],
            "total": row(
                "all",
                totalReservations=4,
                totalCovers=11,
                avgPartySize=2.75,
                totalRevenue=350,
                commission=3.5,
                cancellations=1,
                noShows=1,
                completed=1,
                linked=1,
                avgLeadTimeHours=356,
            ),
        },
    }


def test_the_same_as_a_table(february: Program) -> None:
    answer = february("GET", f"analytics/sources?{PERIOD}&format=csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == (
        'attachment; filename="sources-2024-02-01-2024-02-29.csv"'
    )
    lines = answer.content.decode().splitlines()
    assert lines[0] == (
        "source,totalReservations,totalCovers,avgPartySize,totalRevenue,commission,cancellations,"
        "noShows,completed,linked,avgLeadTimeHours,currency"
    )
    assert lines[1:] == [
        "opentable,3,8,2.67,200.00,3.50,1,1,1,0,350.0,USD",
        "resy,1,3,3.00,150.00,0.00,0,0,0,0,374.0,USD",
        "thefork,0,0,,0.00,0.00,0,0,0,1,,USD",
    ]


def test_a_source_sees_its_own_figures(february: Program, program: NewProgram) -> None:
    data = program("resy")("GET", f"analytics/sources?{PERIOD}").json()["data"]
    assert data["sources"] == [RESY]
    assert data["total"] == RESY | {"source": "all"}


def test_without_an_average_nothing_is_estimated(february: Program) -> None:
    Restaurant.objects.update(average_spend=None)
    data = february("GET", f"analytics/sources?{PERIOD}").json()["data"]
    assert data["sources"][0]["totalRevenue"] is None


def test_a_period_without_bookings(house: Restaurant, program: NewProgram, today: Clock) -> None:
    data = program()("GET", "analytics/sources").json()["data"]
    assert (data["from"], data["to"], data["sources"]) == ("2024-01-02", "2024-02-01", [])
    assert data["total"] == row("all", totalRevenue=None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2024-03-01&to=2024-02-01", "from"),
        ("from=yesterday", "from"),
        ("format=xls", "format"),
        ("until=2024-02-01", "until"),
    ],
)
def test_a_wrong_period_is_named(
    house: Restaurant, program: NewProgram, query: str, field: str
) -> None:
    answer = program()("GET", f"analytics/sources?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["details"]["fields"]) == [field]
