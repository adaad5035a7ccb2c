"""Table bookings of contract 5: every request and answer of the document, and its rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections

from core import jobs
from core.models import AuditEntry
from customers.models import Customer
from notifications.models import Message
from payments.models import Payment
from reservations.guests import Guest
from reservations.ledger.confirm import Contact
from reservations.models import Reservation, ServiceLoad
from reservations.services.bookings import Extras, book
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.api.golden_files import assert_like, golden
from tests.factories import make_bella
from tests.fixtures.domain import Clock
from tests.fixtures.twilio import connect

pytestmark = pytest.mark.django_db(transaction=True)

DATE = "2025-11-14"
ASIDE = {"booking_id", "booking_reference", "reference", "id", "customer_id"}
PHONE = "07700900000"


def basic(**more: Any) -> dict[str, Any]:
    return {**golden("venue", "create_basic")["request"], "date": DATE, **more}


def create(site: Api, status: int = 201, **more: Any) -> Any:
    answer = site("POST", "table-bookings", basic(**more))
    assert answer.status_code == status, answer.content
    return answer.json()


def reference(site: Api, **more: Any) -> str:
    return str(create(site, **more)["data"]["booking_reference"])


def seat(restaurant: Restaurant, time: str, size: int, date: str = DATE) -> None:
    request = HoldRequest(restaurant.public_id, dt.date.fromisoformat(date), time, size)
    book(request, Contact("Ada", "", ""), Extras(notify=False), by=Guest.visitor("x").actor)


# --- Creating ---


@pytest.mark.parametrize("example", ["create_basic", "create_full", "create_accessible"])
def test_the_documents_bookings(anchor: Restaurant, site: Api, example: str) -> None:
    printed = golden("venue", example)
    asked = printed["request"] | {"date": DATE}
    answer = site("POST", "table-bookings", asked)
    assert answer.status_code == 201, answer.content
    got, shape = answer.json()["data"], printed["response"]["data"]
    assert set(got) == set(shape)
    assert set(got["booking_details"]) == set(shape["booking_details"])
    assert got["booking_details"] == {
        "date": DATE,
        "time": asked["time"],
        "party_size": asked["party_size"],
        "duration_minutes": asked.get("duration_minutes", 120),
        "special_requirements": asked.get("special_requirements"),
        "occasion": asked.get("celebration_type"),
    }
    assert (got["status"], got["sms_status"]) == ("confirmed", "not_sent")
    assert got["booking_reference"].startswith("TB-2025-")
    assert len(got["booking_reference"]) == len("TB-2025-1234")
    booked = Reservation.objects.get(code=got["booking_reference"])
    assert booked.customer is not None
    assert got["customer_id"] == booked.customer.public_id
    assert booked.guest_phone == f"+44{asked['customer']['mobile_number'][1:]}"


def test_the_state_of_the_text_is_told(
    anchor: Restaurant, site: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "wake", lambda *_: None)
    connect(anchor)
    who = {**basic()["customer"], "email": None, "sms_opt_in": False}
    made = create(site, customer=who)["data"]
    # A number only: by text, which is on its way when the answer is written.
    assert (made["sms_status"], made["confirmation_sent"]) == ("queued", True)
    message = Message.objects.get()
    assert (message.channel, message.recipient) == ("sms", "+447700900000")
    opted = who | {"email": "john@example.com", "mobile_number": "07700900001"}
    made = create(site, customer=opted, time="18:00")["data"]
    assert (made["sms_status"], made["confirmation_sent"]) == ("not_sent", True)
    wished = opted | {"sms_opt_in": True, "mobile_number": "07700900002", "email": "j@example.com"}
    assert create(site, customer=wished, time="20:00")["data"]["sms_status"] == "queued"


def test_a_known_guest_is_found_by_any_form_of_their_number_and_not_changed(
    anchor: Restaurant, site: Api
) -> None:
    first = create(site)["data"]["customer_id"]
    for hour, number in enumerate(("+447700900000", "447700900000", "07700 900 000"), 12):
        who = {
            "first_name": "Jane",
            "last_name": "Jones",
            "mobile_number": number,
            "sms_opt_in": True,
        }
        date = (dt.date(2025, 11, 18) + dt.timedelta(days=hour - 12)).isoformat()
        assert create(site, customer=who, date=date)["data"]["customer_id"] == first
    john = Customer.objects.get()
    assert (john.name, john.family_name, john.sms_consent_at) == ("John Smith", "Smith", None)


def test_a_new_guests_consent_to_sms_is_kept_with_its_proof(
    anchor: Restaurant, site: Api, clock: Clock
) -> None:
    who = basic()["customer"] | {"sms_opt_in": True}
    made = create(site, customer=who)["data"]
    assert Customer.objects.get().sms_consent_at == clock.now
    entry = AuditEntry.objects.get(verb="customer.consented")
    assert entry.data == {"booking": made["booking_id"], "to": "sms"}
    assert entry.actor_label == "Website"


def test_what_kitchen_and_house_should_know_is_kept(anchor: Restaurant, site: Api) -> None:
    asked = golden("venue", "create_full")["request"] | {"date": DATE}
    code = site("POST", "table-bookings", asked).json()["data"]["booking_reference"]
    row = Reservation.objects.get(code=code)
    assert row.dietary == ["vegetarian", "gluten_free"]
    assert row.allergens == ["nuts", "crustaceans", "molluscs"]
    assert (row.allergy_note, row.celebration, row.occasion) == (
        "shellfish",
        "birthday",
        "birthday",
    )
    assert (row.ends_at - row.starts_at, row.turn_minutes) == (dt.timedelta(minutes=150), 150)
    assert (row.source, row.channel) == ("website", "online")


def test_the_documents_validation_error(anchor: Restaurant, site: Api, clock: Clock) -> None:
    who = {"last_name": "Smith", "mobile_number": PHONE}
    answer = site("POST", "table-bookings", basic(customer=who, party_size=51))
    assert answer.status_code == 400
    printed = golden("venue", "error_validation")["response"]
    got = answer.json()
    assert_like(got, printed, aside={"correlation_id", "timestamp"})
    errors = sorted(got["error"]["details"]["errors"], key=str)
    assert errors == printed["error"]["details"]["errors"]
    assert got["error"]["correlation_id"] == answer["X-Request-Id"]
    assert got["error"]["timestamp"] == "2025-11-10T17:00:00Z"


@pytest.mark.parametrize(
    ("wrong", "field", "message"),
    [
        ({"occasion": "birthday"}, "occasion", "Use celebration_type instead."),
        ({"special_requests": "x"}, "special_requests", "Use special_requirements instead."),
        (
            {"dietary_requirements": "vegetarian, vegan"},
            "dietary_requirements",
            'Send a list in brackets, such as ["vegetarian", "vegan"].',
        ),
        ({"allergies": "nuts"}, "allergies", 'Send a list in brackets, such as ["nuts",'),
        ({"time": "19:00:00"}, "time", "Send the time as HH:MM, such as 19:00."),
        ({"time": "7:00 PM"}, "time", "Send the time as HH:MM"),
        ({"date": "2025-02-30"}, "date", "There is no such day."),
        ({"date": "2025-11-01"}, "date", "Must be a future date"),
        ({"time": "19:10"}, "time", "Guests are not seated at this time."),
        ({"date": "2025-11-17"}, "date", "The restaurant does not serve on this date."),
        ({"booking_type": "sunday_lunch"}, "booking_type", "Sunday lunch cannot be booked here"),
        ({"date": "2025-11-16", "time": "13:00"}, "booking_type", "This time is Sunday lunch"),
        ({"duration_minutes": 30}, "duration_minutes", "Duration must be between 60 and 240"),
        (
            {"customer": {"first_name": "J", "last_name": "S", "mobile_number": "12"}},
            "customer.mobile_number",
            "Send a mobile number, such as 07400123456 or +447400123456.",
        ),
        (
            {"customer": {"name": "J S", "mobile_number": PHONE}},
            "customer.name",
            "Use first_name and last_name instead.",
        ),
        (
            {
                "customer": {
                    "first_name": "J",
                    "last_name": "S",
                    "mobile_number": PHONE,
                    "sms_opt_in": "yes",
                }
            },
            "customer.sms_opt_in",
            "Send true or false",
        ),
        ({"allergies": ["x" * 60] * 5}, "allergies", "Please use at most 200 characters."),
    ],
)
def test_what_is_wrong_is_said_by_field_with_what_to_do(
    anchor: Restaurant, site: Api, wrong: dict[str, Any], field: str, message: str
) -> None:
    answer = site("POST", "table-bookings", basic(**wrong))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    by_field = {each["field"]: each["message"] for each in error["details"]["errors"]}
    assert by_field[field].startswith(message)
    assert not Reservation.objects.exists()
    assert not Customer.objects.exists()


def test_the_documents_capacity_error(anchor: Restaurant, site: Api) -> None:
    seat(anchor, "19:00", 46)
    answer = site("POST", "table-bookings", basic(party_size=6))
    assert answer.status_code == 400
    printed = golden("venue", "error_capacity")["response"]
    assert_like(answer.json(), printed, aside={"correlation_id", "timestamp", "suggestion"})
    suggestion = answer.json()["error"]["details"]["suggestion"]
    assert suggestion.startswith("Try ")
    first = suggestion.split()[1]
    assert create(site, party_size=6, time=first)["data"]["status"] == "confirmed"


def test_the_same_idempotency_key_books_once(anchor: Restaurant, site: Api) -> None:
    one = site("POST", "table-bookings", basic(), HTTP_IDEMPOTENCY_KEY="abc")
    two = site("POST", "table-bookings", basic(), HTTP_IDEMPOTENCY_KEY="abc")
    assert one.content == two.content
    assert two["Idempotency-Replayed"] == "true"
    other = site("POST", "table-bookings", basic(party_size=5), HTTP_IDEMPOTENCY_KEY="abc")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert Reservation.objects.count() == 1


def test_the_same_idempotency_key_for_another_restaurant_is_another_request(
    anchor: Restaurant, keyed: Callable[..., Api]
) -> None:
    other = make_bella(country="GB")
    group = keyed("*")
    key = {"HTTP_IDEMPOTENCY_KEY": "one"}
    first = group("POST", "table-bookings", basic(), HTTP_X_RESTAURANT_ID="anchor", **key)
    assert first.status_code == 201, first.content
    again = group("POST", "table-bookings", basic(), HTTP_X_RESTAURANT_ID=other.public_id, **key)
    assert (again.status_code, again.json()["error"]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize("empty", [None, ""])
def test_what_is_optional_may_be_empty(anchor: Restaurant, site: Api, empty: str | None) -> None:
    asked = basic(source=empty, special_requirements=empty, celebration_type=empty)
    asked["customer"] = asked["customer"] | {"email": empty, "sms_opt_in": False}
    if empty is None:
        asked |= {"dietary_requirements": None, "allergies": None, "duration_minutes": None}
        asked["customer"]["sms_opt_in"] = None
    answer = site("POST", "table-bookings", asked)
    assert answer.status_code == 201, answer.content
    row = Reservation.objects.get()
    assert (row.source, row.guest_email, row.special_requests) == ("website", "", "")


def test_a_test_keys_bookings_are_seen_by_test_keys_alone(
    anchor: Restaurant, keyed: Callable[..., Api], site: Api
) -> None:
    test = keyed("*", restaurant=anchor, is_test=True)
    made = create(test)["data"]
    assert (made["customer_id"], made["confirmation_sent"]) == (None, False)
    assert not Customer.objects.exists()
    path = f"table-bookings/{made['booking_reference']}?customer_phone={PHONE}"
    assert test("GET", path).status_code == 200
    assert site("GET", path).status_code == 404
    assert site("GET", "table-bookings").json()["pagination"]["total"] == 0


@pytest.mark.slow
def test_fifty_seats_are_never_given_to_more(anchor: Restaurant, site: Api) -> None:
    def one(number: int) -> int:
        try:
            who = basic()["customer"] | {"mobile_number": f"07700{900000 + number}"}
            times = ("18:00", "18:30", "19:00")
            body = basic(customer=who, party_size=3, time=times[number % 3])
            return int(site("POST", "table-bookings", body).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(48)))
    assert set(answers) == {201, 400}
    assert 0 < answers.count(201) * 3 <= 50
    used = ServiceLoad.objects.filter(gauge="seats").values_list("covers", flat=True)
    assert max(used) == answers.count(201) * 3
    assert answers.count(201) == 16
    connection.close()


# --- Reading ---


def test_a_booking_is_shown_to_whoever_knows_address_or_number(
    anchor: Restaurant, site: Api
) -> None:
    asked = golden("venue", "create_full")["request"] | {"date": DATE}
    asked["customer"] = asked["customer"] | {"email": "john@example.com"}
    code = site("POST", "table-bookings", asked).json()["data"]["booking_reference"]
    answer = site("GET", f"table-bookings/{code}", HTTP_X_CUSTOMER_EMAIL="John@Example.com")
    assert answer.status_code == 200
    booking, shape = answer.json()["booking"], golden("venue", "booking")["response"]["booking"]
    assert set(booking) == set(shape)
    assert {name: value for name, value in booking.items() if name not in ASIDE} == {
        "status": "confirmed",
        "date": DATE,
        "time": "19:00",
        "party_size": 4,
        "customer_name": "John Smith",
        "special_requirements": "Window table please, bringing a birthday cake",
        "dietary_requirements": ["vegetarian", "gluten_free"],
        "allergies": ["nuts", "shellfish"],
        "can_cancel": True,
        "cancellation_policy": {
            "full_refund_until": "2025-11-13T19:00:00Z",
            "partial_refund_until": "2025-11-14T15:00:00Z",
            "refund_percentage": 50,
        },
    }
    by_number = site("GET", f"table-bookings/{code.lower()}?customer_phone=%2B447700900000")
    assert by_number.json() == answer.json()


def test_without_proof_or_with_a_wrong_one_there_is_no_booking(
    anchor: Restaurant, site: Api
) -> None:
    code = reference(site)
    missing = site("GET", f"table-bookings/{code}")
    assert (missing.status_code, missing.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    answers = [
        site("GET", f"table-bookings/{code}", HTTP_X_CUSTOMER_EMAIL="eve@example.com"),
        site("GET", f"table-bookings/{code}?customer_phone=07700900999"),
        site(
            "GET",
            f"table-bookings/{code}?customer_phone={PHONE}",
            HTTP_X_CUSTOMER_EMAIL="eve@example.com",
        ),
        site("GET", f"table-bookings/TB-2025-0000?customer_phone={PHONE}"),
        site("PUT", f"table-bookings/{code}", {"customer_phone": "07700900999", "updates": {}}),
        site("POST", f"table-bookings/{code}/cancel", {"customer_phone": "07700900999"}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["error"]["message"] for answer in answers} == {"Reservation not found"}
    assert Reservation.objects.get().status == "confirmed"


def test_a_search_has_pages(
    anchor: Restaurant, site: Api, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        who = basic()["customer"] | {"mobile_number": f"0770090000{number}"}
        reference(site, customer=who, date=f"2025-11-{18 + number}")
    with django_assert_max_num_queries(8):
        got = site("GET", "table-bookings?limit=2&page=2&date_from=2025-11-01").json()
    assert got["pagination"] == {"page": 2, "limit": 2, "total": 3, "total_pages": 2}
    [last] = got["bookings"]
    assert set(last) == set(golden("venue", "search")["response"]["bookings"][0])
    assert (last["date"], last["booking_type"], last["customer_name"]) == (
        "2025-11-20",
        "regular",
        "John Smith",
    )


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("", 2),
        ("?status=confirmed", 1),
        ("?status=cancelled", 1),
        ("?status=no_show", 0),
        ("?booking_type=regular", 2),
        ("?booking_type=sunday_lunch", 0),
        ("?search=smith", 2),
        ("?search=nobody", 0),
        ("?date_to=2025-11-13", 0),
        (f"?date_from={DATE}&date_to={DATE}", 2),
    ],
)
def test_a_search_narrows_down(anchor: Restaurant, site: Api, query: str, total: int) -> None:
    reference(site)
    other = basic()["customer"] | {"mobile_number": "07700900001"}
    code = reference(site, customer=other, time="17:00")
    site("POST", f"table-bookings/{code}/cancel", {"customer_phone": "07700900001"})
    assert site("GET", f"table-bookings{query}").json()["pagination"]["total"] == total


# --- Changing and cancelling ---


def test_the_documents_change(anchor: Restaurant, site: Api) -> None:
    code = reference(site, duration_minutes=90)
    printed = golden("venue", "update")
    answer = site("PUT", f"table-bookings/{code}", printed["request"])
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"booking": printed["response"]["booking"] | {"reference": code}}
    row = Reservation.objects.get()
    assert (row.party_size, row.special_requests) == (6, "Need highchair for baby")
    assert row.starts_at == dt.datetime(2025, 11, 14, 19, 30, tzinfo=dt.UTC)
    assert row.ends_at - row.starts_at == dt.timedelta(minutes=90)
    entry = AuditEntry.objects.get(verb="reservation.changed")
    assert (entry.actor_kind, entry.actor_label) == ("partner", "Website")


def test_a_change_without_room_leaves_everything_as_it_is(anchor: Restaurant, site: Api) -> None:
    code = reference(site)
    seat(anchor, "19:00", 44)
    updates = {"party_size": 8, "special_requirements": "x"}
    body = {"customer_phone": PHONE, "updates": updates}
    answer = site("PUT", f"table-bookings/{code}", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "INSUFFICIENT_CAPACITY"
    row = Reservation.objects.get(code=code)
    assert (row.party_size, row.special_requests) == (4, "")


def test_the_documents_cancellation_without_a_deposit(anchor: Restaurant, site: Api) -> None:
    code = reference(site)
    answer = site("POST", f"table-bookings/{code}/cancel", golden("venue", "cancel")["request"])
    assert answer.status_code == 200
    assert answer.json() == {
        "booking_id": Reservation.objects.get().public_id,
        "status": "cancelled",
        "refund_details": {"eligible": False, "amount": 0, "processing_time": None},
    }
    again = site("POST", f"table-bookings/{code}/cancel", golden("venue", "cancel")["request"])
    assert (again.status_code, again.json()["error"]["code"]) == (409, "ALREADY_CANCELLED")


def test_what_was_paid_goes_back_by_the_ladder(keyed: Callable[..., Api], clock: Clock) -> None:
    bella = make_bella(country="GB", zone="Europe/London", currency="GBP", deposit="24.95")
    visitor = Guest.visitor("token")
    held = place_hold(
        HoldRequest(bella.public_id, dt.date(2025, 11, 14), "19:00", 2), visitor, by=visitor.actor
    )
    made = confirm_hold(
        held.public_id,
        visitor,
        method={"type": "card", "last4": "4242", "cardBrand": "visa"},
        particulars=Particulars(name="John Smith", phone="+447700900000"),
        by=visitor.actor,
    ).booking
    site = keyed("*", restaurant=bella)
    clock.set("2025-11-14T12:00+00:00")
    answer = site(
        "POST", f"table-bookings/{made.code}/cancel", golden("venue", "cancel")["request"]
    )
    printed = golden("venue", "cancel")["response"]
    assert answer.json() == printed | {"booking_id": made.public_id}
    assert Payment.objects.get().refunded == Decimal("24.95")


# --- Who may ---


def test_a_key_without_the_scope_is_told_which_one_is_missing(
    anchor: Restaurant, keyed: Callable[..., Api]
) -> None:
    reader = keyed("read:events", "read:table_bookings", restaurant=anchor)
    answer = reader("POST", "table-bookings", basic())
    assert answer.status_code == 403
    error = answer.json()["error"]
    printed = golden("venue", "error_scope")["response"]["error"]
    assert {name: error[name] for name in printed} == printed
    create(keyed("create:bookings", restaurant=anchor))


def test_another_restaurants_key_finds_nothing_and_changes_nothing(
    anchor: Restaurant, site: Api, keyed: Callable[..., Api]
) -> None:
    code = reference(site)
    theirs = keyed("*", restaurant=make_bella())
    body = {"customer_phone": PHONE}
    assert theirs("GET", f"table-bookings/{code}?customer_phone={PHONE}").status_code == 404
    assert theirs("POST", f"table-bookings/{code}/cancel", body).status_code == 404
    assert theirs("GET", "table-bookings").json()["bookings"] == []
    named = theirs("GET", "table-bookings", HTTP_X_RESTAURANT_ID="anchor")
    assert named.status_code == 404
    assert Reservation.objects.get().status == "confirmed"
