"""Who may do what: every operation of the API, for everybody who should not, and for whom it is.

The operations come from the OpenAPI document: a new one fails here until it is listed, with what
it takes to reach something that exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import User
from accounts.scopes import EVERYTHING, SCOPES
from accounts.services.keys import create_key
from core.actors import SYSTEM
from customers.models import Customer
from reservations.models import Hold, Reservation
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.factories import make_bella, make_user
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

DAY = "2025-11-15"
CARD = {"type": "credit-card", "last4": "4242", "cardBrand": "Visa"}


@dataclass(frozen=True)
class Operation:
    """One operation, and how to ask it for something that is somebody's."""

    method: str
    path: str
    """With ``{booking}``, ``{code}``, ``{customer}``, ``{user}``, ``{hold}``, ``{endpoint}``…"""
    body: Callable[[dict[str, str]], dict[str, Any]] | None = None
    scope: str = ""
    """The scope that opens it to programs; empty where guests are the callers."""
    is_list: bool = False
    """Answers 200 to other houses and other guests, with nothing of this one's."""


FOR_PROGRAMS: dict[str, Operation] = {
    "multisource_create": Operation(
        "POST",
        "reservations",
        lambda _: {
            "customerName": "John",
            "customerEmail": "john@example.com",
            "date": DAY,
            "time": "21:00",
            "partySize": 2,
        },
        "write:reservations",
    ),
    "multisource_list": Operation(
        "GET", "reservations?date=" + DAY, None, "read:reservations", is_list=True
    ),
    "multisource_read": Operation("GET", "reservations/{booking}", None, "read:reservations"),
    "multisource_update": Operation(
        "PUT", "reservations/{booking}", lambda _: {"partySize": 3}, "write:reservations"
    ),
    "multisource_figures": Operation(
        "GET", f"analytics/sources?from={DAY}&to={DAY}", None, "read:analytics", is_list=True
    ),
    "venue_availability": Operation(
        "GET",
        f"table-bookings/availability?date={DAY}&party_size=2",
        None,
        "read:table_bookings",
        is_list=True,
    ),
    "venue_search_bookings": Operation(
        "GET", "table-bookings", None, "read:table_bookings", is_list=True
    ),
    "venue_create_booking": Operation(
        "POST",
        "table-bookings",
        lambda _: {
            "booking_type": "regular",
            "date": DAY,
            "time": "21:00",
            "party_size": 2,
            "customer": {"first_name": "J", "last_name": "D", "mobile_number": "+12125550143"},
        },
        "write:table_bookings",
    ),
    "venue_booking": Operation("GET", "table-bookings/{code}", None, "read:table_bookings"),
    "venue_update_booking": Operation(
        "PUT",
        "table-bookings/{code}",
        lambda _: {"customer_phone": "+12125550142", "updates": {"party_size": 3}},
        "write:table_bookings",
    ),
    "venue_cancel_booking": Operation(
        "POST",
        "table-bookings/{code}/cancel",
        lambda _: {"customer_phone": "+12125550142", "reason": "Rain"},
        "write:table_bookings",
    ),
    "venue_customers": Operation(
        "GET", "customers?search=Ada", None, "read:customers", is_list=True
    ),
    "venue_customer": Operation("GET", "customers/{customer}", None, "read:customers"),
    "venue_export_customer": Operation(
        "GET", "customers/{customer}/export", None, "read:customers"
    ),
    "venue_update_customer": Operation(
        "PUT", "customers/{customer}", lambda _: {"last_name": "King"}, "write:customers"
    ),
    "venue_patch_customer": Operation(
        "PATCH", "customers/{customer}", lambda _: {"last_name": "King"}, "write:customers"
    ),
    "venue_merge_customers": Operation(
        "POST",
        "customers/{customer}/merge",
        lambda ids: {"merge_from": ids["second_customer"]},
        "write:customers",
    ),
    "venue_erase_customer": Operation(
        "DELETE", "customers/{third_customer}", lambda _: {"reason": "Asked"}, "write:customers"
    ),
    "payments_process": Operation(
        "POST",
        "payments/process",
        lambda ids: {
            "amount": 2500,
            "currency": "USD",
            "source_id": "tok_visa_4242",
            "reservation_id": ids["booking"],
            "idempotency_key": "bill-of-the-evening",
        },
        "write:payments",
    ),
}

FOR_GUESTS: dict[str, Operation] = {
    "holds_place": Operation(
        "POST",
        "reservations/hold",
        lambda ids: {
            "userId": ids["second_user"],
            "restaurantId": ids["house"],
            "date": DAY,
            "time": "21:00",
            "partySize": 2,
        },
    ),
    "holds_active": Operation("GET", "reservations/hold/active?userId={user}", is_list=True),
    "holds_extend": Operation("POST", "reservations/hold/{hold}/extend?userId={user}"),
    "holds_release": Operation("DELETE", "reservations/hold/{hold}?userId={user}"),
    "holds_confirm": Operation(
        "POST",
        "reservations/confirm",
        lambda ids: {"holdId": ids["hold"], "userId": ids["user"], "paymentMethod": CARD},
    ),
    "holds_reservations": Operation(
        "GET", "reservations/user/{user}?filter=upcoming", is_list=True
    ),
    "holds_cancel": Operation(
        "DELETE", "reservations/{own_booking}", lambda ids: {"userId": ids["user"]}
    ),
}

ABOUT_ONESELF = {
    "auth_me",
    "auth_me_change",
    "holds_preferences",
    "holds_set_preferences",
    "holds_discovery",
    "holds_swipe",
}
"""Guests only, who ask about nobody but themselves (keys: ``test_on_behalf``)."""

OPEN_TO_ALL = {
    "auth_register",
    "auth_token",
    "auth_refresh",
    "embed_create_reservation",
    "holds_availability",
    "holds_restaurant",
    "venue_business_hours",
    "venue_payment",
    "multisource_webhook",
}
"""Without credentials, or with others than keys and tokens (the webhook's signature)."""


OF_THE_KEY_ITSELF = {
    "webhooks_list",
    "webhooks_create",
    "webhooks_get",
    "webhooks_change",
    "webhooks_remove",
    "webhooks_rotate",
    "webhooks_test",
    "webhooks_replay_many",
    "webhooks_log",
    "webhooks_delivery",
    "webhooks_replay",
}
"""Not even another key of the same house reaches these: tests/api/webhooks asks as everybody."""


class Caller(Api):
    """A program with these scopes; of this restaurant, or of all."""

    def __init__(self, *scopes: str, house: Restaurant | None = None) -> None:
        super().__init__()
        pk = house.pk if house else None
        made = create_key("Program", by=SYSTEM, scopes=scopes, restaurant_id=pk)
        self.headers["HTTP_X_API_KEY"] = made.text


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    """Where everything is."""
    return make_bella(deposit=None, public_id="rest_here")


@pytest.fixture
def other(clock: Clock) -> Restaurant:
    """Another house of another group."""
    return make_bella(deposit=None, public_id="rest_there", name="Other")


@pytest.fixture
def second(db: None) -> User:
    """A guest who has nothing."""
    return make_user("bob@example.com")


@pytest.fixture
def ids(house: Restaurant, user: User, second: User) -> dict[str, str]:
    """One of everything at the house: a partner's booking, a guest's own, a hold, customers."""
    partner = Caller("*", house=house)
    booked = [
        partner(
            "POST",
            "reservations",
            {
                "customerName": name,
                "customerEmail": f"{name.lower()}@example.net",
                "customerPhone": f"+1212555014{number}",
                "date": DAY,
                "time": f"{17 + number}:00",
                "partySize": 2,
            },
        ).json()["data"]["id"]
        for number, name in ((2, "Ada"), (1, "Bea"))
    ]
    rows = {row.public_id: row for row in Reservation.objects.select_related("customer")}
    guest = Api(user)
    own = _confirm(guest, user, house, "12:00")
    hold = guest("POST", "reservations/hold", _hold(user, house, "14:00")).json()["hold"]["holdId"]
    # A guest without any visit to come.
    third = Customer.objects.create(organization_id=house.organization_id, name="Cleo")
    Reservation.objects.filter(public_id=booked[1]).update(
        status="cancelled", cancelled_at=rows[booked[1]].created_at
    )
    found = Customer.objects.in_bulk([rows[each].customer_id for each in booked])
    customers = [found[rows[each].customer_id].public_id for each in booked]
    return {
        "house": house.public_id,
        "booking": booked[0],
        "code": rows[booked[0]].code,
        "own_booking": own,
        "hold": hold,
        "user": user.public_id,
        "second_user": second.public_id,
        "customer": customers[0],
        "second_customer": customers[1],
        "third_customer": third.public_id,
    }


def _hold(user: User, house: Restaurant, time: str) -> dict[str, Any]:
    return {
        "userId": user.public_id,
        "restaurantId": house.public_id,
        "date": DAY,
        "time": time,
        "partySize": 2,
    }


def _confirm(guest: Api, user: User, house: Restaurant, time: str) -> str:
    held = guest("POST", "reservations/hold", _hold(user, house, time)).json()["hold"]["holdId"]
    body = {"holdId": held, "userId": user.public_id, "paymentMethod": CARD}
    return str(guest("POST", "reservations/confirm", body).json()["reservation"]["reservationId"])


def _ask(caller: Api, operation: Operation, ids: dict[str, str], **headers: str) -> Any:
    body = operation.body(ids) if operation.body else None
    if operation.path == "table-bookings/{code}" and operation.method == "GET":
        headers["HTTP_X_CUSTOMER_EMAIL"] = "ada@example.net"
    return caller(operation.method, operation.path.format(**ids), body, **headers)


NOT_COUNTED = {
    "accounts_apikey",
    "accounts_apikeysecret",
    "api_idempotencyrecord",
    "django_session",
}
"""A key notes when it was used, and the answer it was given."""


def _everything() -> dict[str, str]:
    """A fingerprint of every table of Couvert."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if model._meta.managed and table not in NOT_COUNTED:
                cursor.execute(
                    f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t'
                )
                found[table] = cursor.fetchone()[0]
    return found


def test_every_operation_is_listed(nobody: Api) -> None:
    document = nobody("GET", "schema").json()
    methods = ("get", "post", "put", "patch", "delete")
    found = {
        path[method]["operationId"]
        for path in document["paths"].values()
        for method in path
        if method in methods
    }
    listed = {*FOR_PROGRAMS, *FOR_GUESTS, *ABOUT_ONESELF, *OF_THE_KEY_ITSELF, *OPEN_TO_ALL}
    assert found == listed


@pytest.mark.parametrize("name", [*FOR_PROGRAMS, *FOR_GUESTS])
def test_nobody_gets_in_without_credentials_of_the_right_kind(
    name: str, ids: dict[str, str], nobody: Api, second: User
) -> None:
    operation = (FOR_PROGRAMS | FOR_GUESTS)[name]
    before = _everything()
    callers: list[Api] = [nobody]
    forged = Api()
    forged.headers["HTTP_X_API_KEY"] = f"cv_live_{'0' * 16}_{'x' * 43}"
    callers.append(forged)
    if name in FOR_PROGRAMS:
        callers.append(Api(second))
    for caller in callers:
        answer = _ask(caller, operation, ids)
        assert answer.status_code == 401, answer.content
    assert _everything() == before


@pytest.mark.parametrize("name", [*FOR_PROGRAMS, *FOR_GUESTS])
def test_a_key_without_the_scope_is_refused(
    name: str, ids: dict[str, str], house: Restaurant
) -> None:
    operation = (FOR_PROGRAMS | FOR_GUESTS)[name]
    needed = {operation.scope or "act:guests", EVERYTHING}
    if operation.method == "POST" and operation.path == "table-bookings":
        needed.add("create:bookings")
    others = [scope for scope in SCOPES if scope not in needed]
    callers = [Caller(house=house), Caller(*others, house=house)]
    before = _everything()
    for caller in callers:
        answer = _ask(caller, operation, ids)
        assert answer.status_code == 403, answer.content
        assert (operation.scope or "act:guests").encode() in answer.content
    assert _everything() == before


@pytest.mark.parametrize("name", [*FOR_PROGRAMS, *FOR_GUESTS])
def test_a_key_of_another_house_sees_and_changes_nothing(
    name: str, ids: dict[str, str], house: Restaurant, other: Restaurant
) -> None:
    operation = (FOR_PROGRAMS | FOR_GUESTS)[name]
    stranger = Caller(EVERYTHING, house=other)
    before = _everything()
    named = {"HTTP_X_RESTAURANT_ID": house.public_id} if name in FOR_PROGRAMS else {}
    answer = _ask(stranger, operation, ids, **named)
    if operation.is_list and not named:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 404, answer.content
    _says_nothing(answer, ids)
    if operation.is_list or "{" in operation.path:
        unnamed = _ask(stranger, operation, ids)
        assert unnamed.status_code == (200 if operation.is_list else 404), unnamed.content
        _says_nothing(unnamed, ids)
    assert _everything() == before


@pytest.mark.parametrize("name", list(FOR_GUESTS))
def test_another_guest_sees_and_changes_nothing(
    name: str, ids: dict[str, str], user: User, second: User
) -> None:
    operation = FOR_GUESTS[name]
    asked = ids
    if name == "holds_place":
        asked = ids | {"second_user": user.public_id}
    before = _everything()
    answer = _ask(Api(second), operation, asked)
    assert answer.status_code in (403, 404), answer.content
    _says_nothing(answer, ids)
    assert _everything() == before


@pytest.mark.parametrize("name", list(FOR_PROGRAMS))
def test_a_key_with_just_the_scope_gets_in(
    name: str, ids: dict[str, str], house: Restaurant
) -> None:
    operation = FOR_PROGRAMS[name]
    for caller in (Caller(operation.scope, house=house), Caller(operation.scope)):
        answer = _ask(caller, operation, ids, HTTP_X_RESTAURANT_ID=house.public_id)
        assert answer.status_code in (200, 201), answer.content
        if operation.method != "GET":
            break  # a second time it would be another request


@pytest.mark.parametrize("name", list(FOR_GUESTS))
def test_guests_and_programs_that_act_for_them_get_in(
    name: str, ids: dict[str, str], user: User, second: User, house: Restaurant
) -> None:
    operation = FOR_GUESTS[name]
    guest = Api(second if name == "holds_place" else user)
    assert _ask(guest, operation, ids).status_code in (200, 201, 204)
    if name == "holds_active":
        program = Caller("act:guests", house=house)
        assert _ask(program, operation, ids).json()["holdId"] == ids["hold"]
    assert Hold.objects.exists()


def _says_nothing(answer: Any, ids: dict[str, str]) -> None:
    """No id that was not asked about, and no name, address or number."""
    text = answer.content.decode()
    secrets = [ids[name] for name in ("booking", "code", "own_booking", "customer", "hold")]
    for each in (*secrets, "Ada", "example.net", "555014"):
        assert each not in text, each
