"""Who may tell, see and change what: keys of a source, of the house, of another restaurant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reservations.models import Reservation, SourceRecord
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.api.multisource.conftest import BOOKING, Program
from tests.factories import make_bella
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

NewProgram = Callable[..., Program]
ADA: dict[str, Any] = {
    "customerName": "Ada",
    "customerEmail": "ada@example.com",
    "customerPhone": "",
}


def listed(caller: Api, query: str = "") -> list[str]:
    answer = caller("GET", f"reservations{query}")
    assert answer.status_code == 200, answer.content
    return [each["id"] for each in answer.json()["data"]]


# Whose name stands on it


@pytest.mark.parametrize(
    ("key", "body", "header", "source"),
    [
        ("", {"source": "OpenTable"}, {}, "opentable"),
        ("", {}, {"HTTP_X_SOURCE": "mobile_app"}, "mobile_app"),
        ("", {"source": "opentable"}, {"HTTP_X_SOURCE": "website"}, "opentable"),
        ("", {}, {}, "api"),
        ("resy", {}, {}, "resy"),
        ("resy", {"source": "resy"}, {"HTTP_X_SOURCE": "Resy"}, "resy"),
    ],
)
def test_the_key_says_the_source_or_else_the_caller(
    house: Restaurant, program: NewProgram, key: str, body: Any, header: Any, source: str
) -> None:
    answer = program(key)("POST", "reservations", BOOKING | body, **header)
    assert answer.status_code == 201
    assert Reservation.objects.get().source == source


@pytest.mark.parametrize(
    ("body", "header"), [({"source": "direct"}, {}), ({}, {"HTTP_X_SOURCE": "direct"})]
)
def test_a_partner_cannot_pass_for_the_house(
    house: Restaurant, program: NewProgram, body: Any, header: Any
) -> None:
    answer = program("resy")("POST", "reservations", BOOKING | body, **header)
    assert (answer.status_code, answer.json()["code"]) == (403, "SOURCE_MISMATCH")
    assert not Reservation.objects.exists()


@pytest.mark.parametrize("name", ["=cmd()", "a b", "x" * 31, "-x"])
def test_a_source_is_a_plain_name(house: Restaurant, program: NewProgram, name: str) -> None:
    refusal = program().book(400, source=name)
    assert list(refusal["details"]["fields"]) == ["source"]
    answer = program()("POST", "reservations", BOOKING, HTTP_X_SOURCE=name)
    assert answer.status_code == 400


# One visit from several sources


def test_the_loser_is_linked_and_answered_with_the_one_booking(
    house: Restaurant, program: NewProgram
) -> None:
    first = program("opentable").book(externalId="OT_1")
    answer = program("resy")("POST", "reservations", BOOKING | {"externalId": "R1"})
    assert (answer.status_code, answer.json()["data"]["id"]) == (200, first["id"])
    assert answer.json()["data"]["sources"] == [
        {"source": "opentable", "externalId": None, "isPrimary": True, "isLive": True},
        {"source": "resy", "externalId": "R1", "isPrimary": False, "isLive": True},
    ]
    whole = program()("GET", f"reservations/{first['id']}").json()["data"]["sources"]
    assert [each["externalId"] for each in whole] == ["OT_1", "R1"]


def test_one_source_does_not_see_what_the_guest_told_another(
    house: Restaurant, program: NewProgram
) -> None:
    made = program().book(source="direct", specialRequests="Divorce party")
    program("resy").book(200, customerEmail="", customerName="J.", externalId="R1")
    seen = program("resy")("GET", f"reservations/{made['id']}").json()["data"]
    assert (seen["customerName"], seen["customerEmail"], seen["specialRequests"]) == (
        "J.",
        None,
        "",
    )
    assert (seen["externalId"], seen["source"], seen["time"]) == ("R1", "direct", "19:00")
    own = program()("GET", f"reservations/{made['id']}").json()["data"]
    assert (own["customerEmail"], own["specialRequests"]) == ("john@example.com", "Divorce party")


def test_nor_does_the_source_that_counts(house: Restaurant, program: NewProgram) -> None:
    first, second = program("opentable"), program("resy")
    made = first.book(customerPhone="", externalId="OT")
    second.book(200, customerName="J.", specialRequests="Divorce party", externalId="R1")
    path = f"reservations/{made['id']}"
    seen = first("GET", path).json()["data"]
    assert (seen["customerName"], seen["customerPhone"], seen["specialRequests"]) == (
        "John Doe",
        None,
        "",
    )
    # Nor once it stands in for the one that has cancelled, and left more behind.
    first("PUT", path, {"customerPhone": "+12125550199"})
    first("PUT", path, {"status": "cancelled"})
    heir = second("GET", path).json()["data"]
    assert (heir["source"], heir["customerName"], heir["customerPhone"]) == (
        "resy",
        "J.",
        "+12125550142",
    )


@pytest.mark.parametrize("date", ["1900-01-01", "2999-12-31"])
def test_the_ends_of_the_calendar_are_refused_and_nothing_breaks(
    house: Restaurant, program: NewProgram, date: str
) -> None:
    caller = program()
    assert caller.book(400, date=date)["code"] in ("PAST", "BEYOND_WINDOW")
    assert listed(caller, f"?date={date}") == []
    for query in (f"to={date}", f"from={date}&to={date}"):
        assert caller("GET", f"analytics/sources?{query}").status_code in (200, 400)


def test_the_loser_changes_nothing_and_the_house_everything(
    house: Restaurant, program: NewProgram
) -> None:
    made = program("opentable").book()
    program("resy").book(200)
    path = f"reservations/{made['id']}"
    answer = program("resy")("PUT", path, {"status": "cancelled", "partySize": 2})
    assert (answer.json()["data"]["status"], answer.json()["data"]["partySize"]) == ("confirmed", 4)
    answer = program()("PUT", path, {"status": "cancelled"})
    assert answer.json()["data"]["status"] == "cancelled"


def test_a_repeat_answers_200_with_the_same(house: Restaurant, program: NewProgram) -> None:
    caller = program("opentable")
    first = caller.book(externalId="OT_1")
    assert caller.book(200, externalId="OT_1") == first


# Who sees what


def test_a_source_sees_what_it_told_and_the_house_sees_all(
    house: Restaurant, program: NewProgram
) -> None:
    opentable, resy = program("opentable"), program("resy")
    mine, theirs = opentable.book()["id"], resy.book(**ADA)["id"]
    assert (listed(opentable), listed(resy)) == ([mine], [theirs])
    assert set(listed(program())) == {mine, theirs}
    assert listed(opentable, "?source=resy") == []
    for method, body in (("GET", None), ("PUT", {"status": "cancelled"})):
        answer = opentable(method, f"reservations/{theirs}", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "RESERVATION_NOT_FOUND")
    assert Reservation.objects.filter(status="confirmed").count() == 2


def test_a_key_of_another_restaurant_finds_nothing(house: Restaurant, program: NewProgram) -> None:
    made = program(restaurant=house).book()
    stranger = program(restaurant=make_bella(deposit=None))
    assert listed(stranger) == []
    answer = stranger("PUT", f"reservations/{made['id']}", {"status": "cancelled"})
    assert answer.status_code == 404
    assert stranger("GET", "reservations?restaurantId=rest_001").status_code == 404
    assert stranger("GET", "reservations", HTTP_X_RESTAURANT_ID="rest_001").status_code == 404
    stranger.book(404, metadata={"restaurantId": "rest_001"})
    assert Reservation.objects.get().status == "confirmed"


def test_a_key_of_the_group_finds_a_booking_by_its_id_alone(
    house: Restaurant, program: NewProgram
) -> None:
    make_bella(deposit=None)
    made = program(restaurant=house).book()
    assert program()("GET", f"reservations/{made['id']}").status_code == 200
    assert program()("GET", "reservations").status_code == 400
    assert listed(program(), "?restaurantId=rest_001") == [made["id"]]


def test_test_keys_and_real_ones_do_not_see_each_other(
    house: Restaurant, program: NewProgram
) -> None:
    real, test = program(), program(is_test=True)
    ids = [caller.book(externalId="1", source="website")["id"] for caller in (real, test)]
    assert [listed(caller) for caller in (real, test)] == [[ids[0]], [ids[1]]]
    assert test("PUT", f"reservations/{ids[0]}", {"status": "cancelled"}).status_code == 404


def test_a_conflicting_booking_is_named_only_to_who_may_see_it(
    today: Clock, program: NewProgram
) -> None:
    make_bella(tables=1, deposit=None)
    made = program("opentable").book()
    refusals = {
        source: program(source).book(409, **ADA)["details"]["conflictingReservation"]
        for source in ("opentable", "resy", "")
    }
    assert refusals == {"opentable": made["id"], "resy": None, "": made["id"]}


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "reservations", "read:reservations"),
        ("POST", "reservations", "write:reservations"),
        ("GET", "reservations/{id}", "read:reservations"),
        ("PUT", "reservations/{id}", "write:reservations"),
        ("GET", "analytics/sources", "read:analytics"),
    ],
)
def test_each_operation_needs_its_scope(
    house: Restaurant,
    program: NewProgram,
    nobody: Api,
    api: Api,
    method: str,
    path: str,
    scope: str,
) -> None:
    made = program().book()
    path, body = path.format(id=made["id"]), None if method == "GET" else BOOKING | ADA
    others = {"read:reservations", "write:reservations", "read:analytics"} - {scope}
    refused = program(scopes=tuple(others))(method, path, body)
    assert refused.status_code == 403
    assert refused.json()["success"] is False
    assert refused.json()["details"]["required_permission"] == scope
    assert nobody(method, path, body).status_code == 401
    assert api(method, path, body).status_code == 401
    assert Reservation.objects.count() == 1
    assert Reservation.objects.get().guest_name == "John Doe"
    for scopes in ((scope,), ("*",)):
        assert program(scopes=scopes)(method, path, body).status_code in (200, 201)


# Lists


def test_filters_go_together(house: Restaurant, program: NewProgram) -> None:
    caller = program()
    ids = [
        caller.book(date=date, externalId=date, source=source)["id"]
        for date, source in (
            ("2024-02-15", "opentable"),
            ("2024-02-16", "resy"),
            ("2024-02-20", "opentable"),
        )
    ]
    caller("PUT", f"reservations/{ids[2]}", {"status": "cancelled"})
    assert listed(caller) == [ids[2], ids[1], ids[0]]
    assert listed(caller, "?dateRange=2024-02-15,2024-02-16") == ids[:2]
    assert listed(caller, "?date=2024-02-16") == [ids[1]]
    assert listed(caller, "?source=opentable") == [ids[2], ids[0]]
    assert listed(caller, "?status=cancelled") == [ids[2]]
    assert listed(caller, "?source=opentable&status=confirmed") == [ids[0]]
    assert listed(caller, "?status=completed") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=seated", "status"),
        ("date=15/02/2024", "date"),
        ("dateRange=2024-02-15", "dateRange"),
        ("dateRange=2024-02-16,2024-02-15", "dateRange"),
        ("dateRange=2024-02-15,2024-02-30", "dateRange"),
        ("date=2024-02-15&dateRange=2024-02-15,2024-02-16", "dateRange"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("state=confirmed", "state"),
    ],
)
def test_a_wrong_filter_is_named(
    house: Restaurant, program: NewProgram, query: str, field: str
) -> None:
    answer = program()("GET", f"reservations?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["details"]["fields"]) == [field]


def test_pages_follow_each_other_without_gap_or_repeat(
    house: Restaurant, program: NewProgram
) -> None:
    caller = program()
    made = [caller.book(time=f"{hour}:00", externalId=str(hour))["id"] for hour in range(15, 20)]
    made.append(caller.book(externalId="again")["id"])
    found, path = [], "/api/reservations?date=2024-02-15&limit=2"
    while path:
        page = caller("GET", path.removeprefix("/api/")).json()
        found += [each["id"] for each in page["data"]]
        following = page["pagination"]["next"]
        path = following and f"{urlsplit(following).path}?{urlsplit(following).query}"
    assert found == made
    assert caller("GET", "reservations?after=res_unknown").status_code == 404


def test_a_long_page_takes_few_queries(house: Restaurant, program: NewProgram) -> None:
    caller = program()
    for index in range(12):
        booking: dict[str, Any] = {"time": f"{11 + index % 6}:00", "externalId": str(index)}
        caller.book(**booking, customerEmail=f"g{index}@example.com", customerPhone="")
    caller("GET", "reservations")
    counts = []
    for limit in (2, 12):
        with CaptureQueriesContext(connection) as queries:
            assert len(listed(caller, f"?limit={limit}")) == limit
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= 8


# What is sent


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"customerEmail": "", "customerPhone": ""}, "customerEmail"),
        ({"customerName": ""}, "customerName"),
        ({"time": "7:00 PM"}, "time"),
        ({"partySize": "4"}, "partySize"),
        ({"metadata": "x"}, "metadata"),
        ({"metadata": {"commission": "2"}}, "metadata.commission"),
        ({"metadata": {"partnerFee": -1}}, "metadata.partnerFee"),
        ({"metadata": {"platform": 1}}, "metadata.platform"),
        ({"metadata": {"x": "y" * 5000}}, "metadata"),
        ({"customerPhone": "call me"}, "customerPhone"),
        ({"partysize": 4}, "partysize"),
    ],
)
def test_a_wrong_field_is_named(
    house: Restaurant, program: NewProgram, change: dict[str, Any], field: str
) -> None:
    refusal = program().book(400, **change)
    assert refusal["code"] == "VALIDATION_ERROR"
    assert list(refusal["details"]["fields"]) == [field]
    assert not Reservation.objects.exists()


def test_an_update_may_send_everything_again(house: Restaurant, program: NewProgram) -> None:
    caller = program("opentable")
    made = caller.book(externalId="OT_1")
    whole = BOOKING | {"source": "opentable", "externalId": "OT_1", "status": "confirmed"}
    answer = caller("PUT", f"reservations/{made['id']}", whole)
    assert answer.status_code == 200
    assert Reservation.objects.get().sequence == 0
    answer = caller("PUT", f"reservations/{made['id']}", whole | {"externalId": "OT_2"})
    assert answer.status_code == 400
    assert SourceRecord.objects.get().external_id == "OT_1"


def test_an_older_update_changes_nothing(house: Restaurant, program: NewProgram) -> None:
    caller = program("opentable")
    path = f"reservations/{caller.book()['id']}"
    for party, at in ((3, "2024-02-01T10:00:05Z"), (2, "2024-02-01T12:00:04+02:00")):
        answer = caller("PUT", path, {"partySize": party, "updatedAt": at})
    assert (answer.status_code, answer.json()["data"]["partySize"]) == (200, 3)


@pytest.mark.parametrize("at", ["2024-02-01", "2024-02-01T10:00:00", "2024-02-30T10:00:00Z", 5])
def test_an_instant_has_an_offset(house: Restaurant, program: NewProgram, at: Any) -> None:
    caller = program()
    answer = caller("PUT", f"reservations/{caller.book()['id']}", {"updatedAt": at})
    assert list(answer.json()["details"]["fields"]) == ["updatedAt"]


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("requested", "pending"),
        ("pending_payment", "pending"),
        ("reconfirmed", "confirmed"),
        ("seated", "confirmed"),
        ("paid", "confirmed"),
        ("completed", "completed"),
        ("no_show", "cancelled"),
        ("declined", "cancelled"),
        ("expired", "cancelled"),
    ],
)
def test_four_words_for_every_status(
    house: Restaurant, program: NewProgram, status: str, word: str
) -> None:
    caller = program()
    made = caller.book()
    Reservation.objects.update(status=status)
    assert caller("GET", f"reservations/{made['id']}").json()["data"]["status"] == word
    assert listed(caller, f"?status={word}") == [made["id"]]


def test_an_idempotency_key_makes_one_booking(house: Restaurant, program: NewProgram) -> None:
    caller = program()
    answers = [caller("POST", "reservations", BOOKING, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert Reservation.objects.get().request_key
    other = caller("POST", "reservations", BOOKING | ADA, HTTP_IDEMPOTENCY_KEY="k1")
    assert other.status_code == 422


def test_a_shared_path_answers_each_contracts_methods(
    house: Restaurant, program: NewProgram, api: Api
) -> None:
    made = program().book()
    path = f"reservations/{made['id']}"
    assert api("DELETE", path).json()["code"] == "RESERVATION_NOT_FOUND"
    refused = program()("POST", path, {})
    assert refused.status_code == 405
    assert refused["Allow"] == "GET, PUT, DELETE, HEAD"
