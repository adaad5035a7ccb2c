"""``GET`` and ``PATCH /api/auth/me``."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from api import tokens
from core.models import AuditEntry
from tests.api.accounts.conftest import Call

PATH = "/api/auth/me"


def test_a_guest_sees_their_own_account_in_one_query(
    call: Call, ada: User, ada_token: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        answer = call("get", PATH, token=ada_token)
    assert answer.status_code == 200
    assert answer.json() == {
        "userId": ada.public_id,
        "email": "ada@example.com",
        "fullName": "Ada Guest",
        "phone": "+12125550123",
    }


@pytest.mark.parametrize("method", ["get", "patch"])
def test_strangers_see_nothing(call: Call, method: str) -> None:
    answer = call(method, PATH, {} if method == "patch" else None)
    assert answer.status_code == 401
    assert answer.json()["code"] == "UNAUTHORIZED"
    assert answer["WWW-Authenticate"] == 'Bearer realm="couvert"'


def test_an_expired_token_says_what_to_do(
    call: Call, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AccessToken, "lifetime", dt.timedelta(seconds=-1))
    answer = call("get", PATH, token=tokens.access_token(ada.public_id))
    assert answer.status_code == 401
    assert answer.json()["code"] == "TOKEN_EXPIRED"
    assert answer.json()["error"] == (
        "Your session has expired. Sign in again, or use your refresh token."
    )


@pytest.mark.parametrize("method", ["get", "patch"])
def test_a_locked_account_is_out_at_once(
    call: Call, ada: User, ada_token: str, method: str
) -> None:
    User.objects.update(is_active=False)
    answer = call(method, PATH, {"fullName": "Eve"} if method == "patch" else None, ada_token)
    assert answer.status_code == 401
    assert answer.json()["code"] == "SESSION_ENDED"
    ada.refresh_from_db()
    assert ada.full_name == "Ada Guest"


@pytest.mark.parametrize(
    ("change", "full_name", "phone"),
    [
        ({"fullName": "Ada Lovelace 👩🏽‍💻"}, "Ada Lovelace 👩🏽‍💻", "+12125550123"),
        ({"phone": "+44 20 7946 0958"}, "Ada Guest", "+442079460958"),
        ({"phone": "0044 20 7946 0958"}, "Ada Guest", "+442079460958"),
        ({"phone": ""}, "Ada Guest", ""),
        ({"fullName": "", "phone": ""}, "", ""),
    ],
)
def test_what_is_sent_changes_and_the_rest_stays(
    call: Call, ada: User, ada_token: str, change: dict[str, str], full_name: str, phone: str
) -> None:
    answer = call("patch", PATH, change, ada_token)
    assert answer.status_code == 200
    assert (answer.json()["fullName"], answer.json()["phone"]) == (full_name, phone)
    ada.refresh_from_db()
    assert (ada.full_name, ada.phone) == (full_name, phone)


def test_the_trail_says_which_fields_changed_and_not_to_what(
    call: Call, ada: User, ada_token: str
) -> None:
    change = {"phone": "+442079460958", "fullName": "Ada Guest"}
    call("patch", PATH, change, ada_token)
    call("patch", PATH, change, ada_token)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.data) == (
        "account.changed",
        ada.public_id,
        {"fields": ["phone"]},
    )
    assert (entry.actor_kind, entry.actor_id) == ("guest", ada.public_id)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, {"body": "Send fullName, phone or both."}),
        ({"email": "eve@example.com"}, {"email": "Unknown field."}),
        ({"userId": "user_eve", "phone": ""}, {"userId": "Unknown field."}),
        ({"fullName": None}, {"fullName": "This field must not be null."}),
        ({"fullName": 7}, {"fullName": "Send text in quotes."}),
        (
            {"phone": "020 7946 0958"},
            {"phone": "Give the number with its country code, such as +1 212 555 0123."},
        ),
        (
            {"phone": "+1 55512"},
            {"phone": "This telephone number is too short, too long or from nowhere."},
        ),
    ],
)
def test_bad_changes_change_nothing(
    call: Call, ada: User, ada_token: str, change: dict[str, Any], fields: dict[str, str]
) -> None:
    answer = call("patch", PATH, change, ada_token)
    assert answer.status_code == 400
    assert answer.json()["details"] == {"fields": fields}
    ada.refresh_from_db()
    assert (ada.email, ada.full_name, ada.phone) == (
        "ada@example.com",
        "Ada Guest",
        "+12125550123",
    )


def test_other_methods_are_not_answered(call: Call, ada_token: str) -> None:
    answer = call("delete", PATH, None, ada_token)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, PATCH, HEAD"
    assert answer.json()["error"] == "This address answers GET and PATCH only."
