"""``POST /api/auth/register``."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from api import tokens
from api.accounts import throttles
from core.models import AuditEntry
from tests.api.accounts.conftest import PASSWORD, Call

PATH = "/api/auth/register"


def register(call: Call, **changes: Any) -> Any:
    return call("post", PATH, {"email": "ada@example.com", "password": PASSWORD} | changes)


def test_a_guest_registers_and_is_signed_in(call: Call) -> None:
    answer = register(call, fullName="Ada Guest 🥂", phone="+1 (212) 555-0123")
    assert answer.status_code == 201
    body = answer.json()
    user = User.objects.get()
    assert body == {
        "userId": user.public_id,
        "email": "ada@example.com",
        "fullName": "Ada Guest 🥂",
        "access": body["access"],
        "refresh": body["refresh"],
    }
    assert body["userId"].startswith("user_")
    assert tokens.read_access(body["access"]) == user.public_id
    assert (user.phone, user.is_active, user.is_staff) == ("+12125550123", True, False)
    assert user.check_password(PASSWORD)
    assert answer["Cache-Control"] == "no-store"
    assert call("get", "/api/auth/me", token=body["access"]).json()["fullName"] == "Ada Guest 🥂"
    assert call("post", "/api/auth/refresh", {"refresh": body["refresh"]}).status_code == 200


def test_name_and_telephone_are_optional(call: Call) -> None:
    answer = register(call)
    assert answer.status_code == 201
    assert answer.json()["fullName"] == ""


def test_the_versioned_address_is_the_same(call: Call) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    assert call("post", "/api/v1/auth/register", body).status_code == 201


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@example.com", "ada@EXAMPLE.com"])
def test_a_known_address_is_a_conflict(call: Call, ada: User, email: str) -> None:
    answer = register(call, email=email)
    assert answer.status_code == 409
    assert answer.json()["code"] == "EMAIL_TAKEN"
    assert answer.json()["error"] == (
        "There is an account with this e-mail address already. Sign in instead."
    )
    assert User.objects.count() == 1
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        (
            "short1!",
            "This password is too short. It must contain at least 8 characters.",
        ),
        ("password", "This password is too common."),
        ("84726153", "This password is entirely numeric."),
        ("ada@example", "The password is too similar to the email."),
    ],
)
def test_a_weak_password_is_refused_in_the_validators_words(
    call: Call, password: str, sentence: str
) -> None:
    answer = register(call, password=password)
    assert answer.status_code == 400
    assert answer.json()["code"] == "VALIDATION_ERROR"
    assert sentence in answer.json()["details"]["fields"]["password"]
    assert answer.json()["error"].startswith("Check password: ")
    assert User.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"email": "ada"}, {"email": "This is not an e-mail address."}),
        ({"email": ""}, {"email": "This must not be empty."}),
        ({"email": 7}, {"email": "This is not an e-mail address."}),
        ({"email": None}, {"email": "This field must not be null."}),
        ({"password": 12345678}, {"password": "Send text in quotes."}),
        ({"password": "x" * 129}, {"password": "Send at most 128 characters."}),
        ({"email": "a" * 250 + "@b.co"}, {"email": "Send at most 254 characters."}),
        ({"fullName": "A\u0007da"}, {"fullName": "This holds control characters. Remove them."}),
        ({"fullName": "x" * 121}, {"fullName": "Send at most 120 characters."}),
        (
            {"phone": "212 555 0123"},
            {"phone": "Give the number with its country code, such as +1 212 555 0123."},
        ),
        ({"phone": "+1"}, {"phone": "This is not a telephone number."}),
        ({"full_name": "Ada"}, {"full_name": "Unknown field. Did you mean fullName?"}),
        ({"isStaff": True}, {"isStaff": "Unknown field."}),
    ],
)
def test_bad_input_is_told_field_by_field(
    call: Call, changes: dict[str, Any], fields: dict[str, str]
) -> None:
    answer = register(call, **changes)
    assert answer.status_code == 400
    assert answer.json()["details"] == {"fields": fields}
    assert User.objects.count() == 0


def test_missing_fields_are_named(call: Call) -> None:
    answer = call("post", PATH, {})
    assert answer.json()["error"] == "Check these fields: email, password."
    assert answer.json()["details"]["fields"] == {
        "email": "This field is missing.",
        "password": "This field is missing.",
    }


def test_nul_never_reaches_the_database(call: Call) -> None:
    answer = call(
        "post", PATH, f'{{"email": "a\\u0000@example.com", "password": "{PASSWORD}"}}'.encode()
    )
    assert answer.status_code == 400
    assert answer.json()["error"] == "Text must not contain NUL characters (email)."


def test_the_trail_and_the_log_hold_no_address(
    call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    register(call, phone="+12125550123")
    register(call)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target) == ("account.registered", User.objects.get().public_id)
    told = f"{entry.data} {entry.actor_label} {caplog.text}"
    assert "ada@example.com" not in told
    assert "12125550123" not in told
    assert PASSWORD not in told


def test_one_address_cannot_register_without_end(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles.RegisterByAddress, "limit", 2)
    statuses = [register(call, email=f"g{n}@example.com").status_code for n in range(3)]
    assert statuses == [201, 201, 429]
    elsewhere = {"email": "new@example.com", "password": PASSWORD}
    assert call("post", PATH, elsewhere, REMOTE_ADDR="198.51.100.9").status_code == 201


def test_an_account_cannot_be_probed_without_end(
    call: Call, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles.RegisterByAccount, "limit", 2)
    statuses = [register(call, email=email).status_code for email in ("ada@example.com",) * 2]
    assert statuses == [409, 409]
    answer = register(call, email=" ADA@example.com")
    assert answer.status_code == 429
    assert answer.json()["code"] == "RATE_LIMIT_EXCEEDED"
    assert int(answer["Retry-After"]) == answer.json()["details"]["retryAfter"] <= 300
