"""``POST /api/auth/token`` and ``/api/auth/refresh``."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.models import User
from api import tokens
from api.accounts import throttles
from core import rates
from tests.api.accounts.conftest import PASSWORD, Call
from tests.fixtures.domain import Clock

PATH = "/api/auth/token"
REFRESH = "/api/auth/refresh"


def sign_in(call: Call, username: str = "ada@example.com", password: str = PASSWORD) -> Any:
    return call("post", PATH, {"username": username, "password": password})


def test_address_and_password_give_a_pair_of_tokens(call: Call, ada: User, clock: Clock) -> None:
    answer = sign_in(call)
    assert answer.status_code == 200
    assert sorted(answer.json()) == ["access", "refresh"]
    assert tokens.read_access(answer.json()["access"]) == ada.public_id
    assert answer["Cache-Control"] == "no-store"
    ada.refresh_from_db()
    assert ada.last_login == clock.now


@pytest.mark.parametrize(
    "name",
    [
        {"username": "ADA@Example.com"},
        {"email": "ada@example.com"},
        {"username": " ada@example.com "},
        {"username": "ada@example.com", "email": "Ada@example.com"},
    ],
)
def test_the_name_may_be_said_in_two_ways_and_any_case(
    call: Call, ada: User, name: dict[str, str]
) -> None:
    assert call("post", PATH, name | {"password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("ada@example.com", "wrong"),
        ("ada@example.com", PASSWORD + " "),
        ("ada@example.com", PASSWORD.upper()),
        ("nobody@example.com", PASSWORD),
        ("not an address", PASSWORD),
    ],
)
def test_every_refusal_is_the_same(call: Call, ada: User, username: str, password: str) -> None:
    answer = sign_in(call, username, password)
    assert answer.status_code == 401
    assert answer.json()["code"] == "SIGN_IN_REFUSED"
    assert answer.json()["error"] == "The e-mail address or the password is wrong."
    assert answer["WWW-Authenticate"] == 'Bearer realm="couvert"'


def test_a_locked_account_is_refused_like_a_wrong_password(call: Call, ada: User) -> None:
    User.objects.update(is_active=False)
    assert sign_in(call).json()["code"] == "SIGN_IN_REFUSED"


def test_an_account_without_a_password_cannot_be_signed_in_to(call: Call) -> None:
    User.objects.create_user("link@example.com")
    assert sign_in(call, "link@example.com", "").status_code == 400
    assert sign_in(call, "link@example.com", "!").status_code == 401


@pytest.mark.parametrize("username", ["ada@example.com", "nobody@example.com"])
def test_an_unknown_address_costs_as_much_hashing_as_a_known_one(
    call: Call, ada: User, username: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counting(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    sign_in(call, username, "wrong")
    assert hashed == ["wrong"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (
            {"password": PASSWORD},
            {"username": "Send the e-mail address."},
        ),
        ({"username": "ada@example.com"}, {"password": "This field is missing."}),
        ({"username": 1, "password": PASSWORD}, {"username": "Send text in quotes."}),
        ({"username": "a@b.c", "password": ["x"]}, {"password": "Send text in quotes."}),
        (
            {"username": "a@b.c", "email": "d@e.f", "password": "x"},
            {"email": "This differs from username."},
        ),
        (
            {"user": "a@b.c", "username": "a@b.c", "password": "x"},
            {"user": "Unknown field. Did you mean username?"},
        ),
    ],
)
def test_bad_input_is_told_field_by_field(
    call: Call, body: dict[str, Any], fields: dict[str, str]
) -> None:
    answer = call("post", PATH, body)
    assert answer.status_code == 400
    assert answer.json()["details"] == {"fields": fields}


def test_guessing_one_account_ends_after_a_few_failures(
    call: Call, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles.TokenByAccount, "limit", 3)
    statuses = [sign_in(call, password=f"guess-{n}").status_code for n in range(4)]
    assert statuses == [401, 401, 401, 429]
    assert sign_in(call).status_code == 429
    assert sign_in(call, "bob@example.com").status_code == 401


def test_signing_in_often_is_no_offence(
    call: Call, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles.TokenByAccount, "limit", 2)
    assert {sign_in(call).status_code for _ in range(6)} == {200}


def test_guessing_from_one_address_ends_too(
    call: Call, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles.TokenByAddress, "limit", 3)
    statuses = [sign_in(call, f"guest{n}@example.com").status_code for n in range(4)]
    assert statuses == [401, 401, 401, 429]


def test_without_redis_guests_still_sign_in(
    call: Call, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(alias: str) -> Any:
        raise ConnectionError("no such file")

    monkeypatch.setattr(rates, "get_redis_connection", gone)
    assert sign_in(call).status_code == 200


def test_a_refresh_token_gives_a_new_access_token(call: Call, ada: User) -> None:
    refresh = sign_in(call).json()["refresh"]
    answer = call("post", REFRESH, {"refresh": refresh})
    assert answer.status_code == 200
    assert list(answer.json()) == ["access"]
    assert tokens.read_access(answer.json()["access"]) == ada.public_id
    assert call("post", REFRESH, {"refresh": refresh}).status_code == 200


@pytest.mark.parametrize("change", ["lock", "password", "delete"])
def test_a_session_ends_with_a_lock_out_a_new_password_or_the_account(
    call: Call, ada: User, change: str
) -> None:
    refresh = sign_in(call).json()["refresh"]
    if change == "lock":
        User.objects.update(is_active=False)
    elif change == "password":
        ada.set_password("another-long-password")
        ada.save()
    else:
        ada.delete()
    answer = call("post", REFRESH, {"refresh": refresh})
    assert answer.status_code == 401
    assert answer.json()["code"] == "SESSION_ENDED"
    assert answer.json()["error"] == "This session has ended. Sign in again."


def test_an_access_token_or_nonsense_does_not_refresh(call: Call, ada: User) -> None:
    access = sign_in(call).json()["access"]
    for token in (access, "nonsense", "x" * 4000):
        answer = call("post", REFRESH, {"refresh": token})
        assert answer.status_code == 401
        assert answer.json()["code"] == "TOKEN_INVALID"
        assert answer.json()["error"] == "This refresh token is not valid. Sign in again."


def test_an_expired_refresh_token_says_so(
    call: Call, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RefreshToken, "lifetime", dt.timedelta(seconds=-1))
    refresh = sign_in(call).json()["refresh"]
    answer = call("post", REFRESH, {"refresh": refresh})
    assert answer.status_code == 401
    assert answer.json()["code"] == "TOKEN_EXPIRED"
    assert answer.json()["error"] == "Your session has expired. Sign in again."


def test_a_refresh_token_opens_no_door(call: Call, ada: User) -> None:
    refresh = sign_in(call).json()["refresh"]
    answer = call("get", "/api/auth/me", token=refresh)
    assert answer.status_code == 401
    assert answer.json()["code"] == "TOKEN_INVALID"
