"""Programs that hold and confirm for guests: with the scope, at their own restaurant only."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import ApiKey, User
from accounts.services import keys
from core.actors import SYSTEM
from core.models import AuditEntry
from reservations.models import Hold, Reservation
from restaurants.models import GuestPreferences, Restaurant, Swipe
from tests.api.conftest import Api
from tests.factories import make_bella, make_user
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

CARD = {"type": "credit-card", "last4": "4242", "cardBrand": "Visa"}


@pytest.fixture(autouse=True)
def _stands_still(clock: Clock) -> None:
    """All of it happens on Monday 10 November 2025."""


class Program(Api):
    """A caller with an API key."""

    def __init__(self, *scopes: str, restaurant: Restaurant | None = None) -> None:
        super().__init__()
        pk = restaurant.pk if restaurant else None
        self.made = keys.create_key("Concierge", by=SYSTEM, scopes=scopes, restaurant_id=pk)
        self.headers = {"HTTP_X_API_KEY": self.made.text}


def _wish(user: User, house: Restaurant) -> dict[str, Any]:
    return {
        "userId": user.public_id,
        "restaurantId": house.public_id,
        "date": "2025-11-15",
        "time": "19:00",
        "partySize": 2,
    }


def test_a_program_with_the_scope_books_for_a_guest_and_the_log_names_it(
    user: User, bella: Restaurant
) -> None:
    program = Program("act:guests", restaurant=bella)
    held = program("POST", "reservations/hold", _wish(user, bella))
    assert held.status_code == 201, held.content
    body = {
        "holdId": held.json()["hold"]["holdId"],
        "userId": user.public_id,
        "paymentMethod": CARD,
    }
    done = program("POST", "reservations/confirm", body)
    assert done.status_code == 201, done.content
    identifier = done.json()["reservation"]["reservationId"]
    entry = AuditEntry.objects.get(verb="reservation.confirmed")
    assert (entry.actor_kind, entry.actor_id, entry.actor_label) == (
        "partner",
        program.made.key.public_id,
        "Concierge",
    )
    listed = program("GET", f"reservations/user/{user.public_id}?filter=upcoming").json()
    assert [each["reservationId"] for each in listed] == [identifier]
    gone = program("DELETE", f"reservations/{identifier}", {"userId": user.public_id})
    assert gone.status_code == 200
    assert gone.headers["X-RateLimit-Limit"] == "1000"


def test_without_the_scope_nothing_happens(user: User, bella: Restaurant) -> None:
    answer = Program("write:reservations")("POST", "reservations/hold", _wish(user, bella))
    assert answer.status_code == 403
    assert answer.json()["details"]["requiredPermission"] == "act:guests"
    assert not Hold.objects.exists()


def test_a_program_has_to_name_its_guest(bella: Restaurant) -> None:
    answer = Program("*")("GET", "reservations/hold/active")
    assert answer.status_code == 400
    assert "userId" in answer.json()["details"]["fields"]


def test_a_program_of_another_house_sees_and_touches_nothing(
    api: Api, user: User, bella: Restaurant
) -> None:
    stranger = Program("act:guests", restaurant=make_bella(name="Other"))
    assert stranger("POST", "reservations/hold", _wish(user, bella)).status_code == 404
    hold = api("POST", "reservations/hold", _wish(user, bella)).json()["hold"]["holdId"]
    assert stranger("GET", f"reservations/hold/active?userId={user.public_id}").json() is None
    confirm = {"holdId": hold, "userId": user.public_id, "paymentMethod": CARD}
    assert stranger("POST", "reservations/confirm", confirm).status_code == 404
    assert not Reservation.objects.exists()
    identifier = api("POST", "reservations/confirm", confirm).json()["reservation"]["reservationId"]
    cancel = stranger("DELETE", f"reservations/{identifier}", {"userId": user.public_id})
    assert cancel.status_code == 404
    assert stranger("GET", f"reservations/user/{user.public_id}?filter=upcoming").json() == []
    assert Reservation.objects.get().status == "confirmed"


def test_a_program_cannot_act_for_a_guest_that_does_not_exist(bella: Restaurant) -> None:
    nobody = make_user("gone@example.com", is_active=False)
    answer = Program("*")("POST", "reservations/hold", _wish(nobody, bella))
    assert (answer.status_code, answer.json()["code"]) == (404, "GUEST_NOT_FOUND")
    assert not Hold.objects.exists()


def test_a_test_key_acts_for_nobody(user: User, bella: Restaurant) -> None:
    program = Program("*")
    ApiKey.objects.update(is_test=True)
    answer = program("POST", "reservations/hold", _wish(user, bella))
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "restaurants/discovery?userId={user}", None),
        ("POST", "restaurants/{house}/swipe", {"userId": "{user}", "action": "like"}),
        ("GET", "preferences?userId={user}", None),
        ("PUT", "preferences", {"cuisines": ["Italian"], "location": None}),
    ],
)
def test_a_guests_taste_is_no_programs_business(
    user: User, bella: Restaurant, method: str, path: str, body: dict[str, Any] | None
) -> None:
    names = {"user": user.public_id, "house": bella.public_id}
    if body and "userId" in body:
        body = body | {"userId": user.public_id}
    answer = Program("*")(method, path.format(**names), body)
    assert answer.status_code == 401
    assert not Swipe.objects.exists()
    assert not GuestPreferences.objects.exists()


def test_a_revoked_key_gets_no_kept_answer(user: User, bella: Restaurant) -> None:
    program = Program("act:guests", restaurant=bella)

    def hold() -> Any:
        return program("POST", "reservations/hold", _wish(user, bella), HTTP_IDEMPOTENCY_KEY="once")

    assert hold().status_code == 201
    assert hold().headers["Idempotency-Replayed"] == "true"
    keys.revoke_key(program.made.key, by=SYSTEM)
    refused = hold()
    assert (refused.status_code, refused.json()["code"]) == (401, "UNAUTHORIZED")
    assert "Idempotency-Replayed" not in refused.headers
