"""Tokens: which are believed, and what is said about the others. Without a database."""

from __future__ import annotations

import base64
import datetime as dt
import json
import warnings
from dataclasses import FrozenInstanceError
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.test import RequestFactory
from rest_framework.request import Request

from accounts.errors import NotSignedIn
from accounts.services import SignedIn
from api import tokens
from api.auth import (
    GuestJWTAuthentication,
    KeyRefused,
    OnBehalf,
    SchemeUnknown,
    TokenGuest,
    guest_of,
    require_self,
)
from api.tokens import TokenExpired, TokenInvalid
from core.actors import Actor, ActorKind
from core.errors import Forbidden

SESSION = SignedIn("user_ada", "stamp")


def request_with(**headers: str) -> Request:
    return Request(
        RequestFactory().get("/", headers=headers), authenticators=[GuestJWTAuthentication()]
    )


def signed(key: str = settings.SECRET_KEY, algorithm: str = "HS256", **claims: Any) -> str:
    now = dt.datetime.now(dt.UTC)
    payload = {
        "token_type": "access",
        "exp": now + dt.timedelta(hours=5),
        "iat": now,
        "jti": "1",
        "user_id": "user_ada",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the key is short for HS512
        return jwt.encode(payload | claims, key, algorithm)


def without_signature(token: str) -> str:
    _, payload, _ = token.split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    return f"{header.decode().rstrip('=')}.{payload}."


def test_an_access_token_makes_a_guest_without_asking_the_database() -> None:
    token = tokens.issue(SESSION).access
    request = request_with(authorization=f"Bearer {token}")
    assert guest_of(request) == TokenGuest("user_ada")
    assert request.auth == token
    assert request.user.is_authenticated


def test_the_scheme_is_read_in_any_case() -> None:
    token = tokens.access_token("user_ada")
    assert guest_of(request_with(authorization=f"bearer  {token} ")).public_id == "user_ada"


def test_a_token_says_nothing_about_the_person() -> None:
    pair = tokens.issue(SESSION)
    access = jwt.decode(pair.access, options={"verify_signature": False})
    refresh = jwt.decode(pair.refresh, options={"verify_signature": False})
    assert sorted(access) == ["exp", "iat", "jti", "token_type", "user_id"]
    assert sorted(refresh) == ["exp", "iat", "jti", "stamp", "token_type", "user_id"]


def test_without_headers_nobody_is_signed_in() -> None:
    request = request_with()
    assert not request.user
    with pytest.raises(NotSignedIn):
        guest_of(request)


def test_an_expired_token_is_told_from_a_forged_one() -> None:
    token = signed(exp=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1))
    with pytest.raises(TokenExpired, match=r"Your session has expired\. Sign in again"):
        tokens.read_access(token)


@pytest.mark.parametrize(
    "token",
    # Named, for the tokens are others each second: each process of a run collects the same tests.
    [
        signed(key="another-key-of-sufficient-length-000000000"),
        signed()[:-2] + "xx",
        without_signature(signed()),
        without_signature(signed()) + "e30",
        signed(algorithm="HS512"),
        signed(user_id=None),
        signed(user_id=7),
        signed(user_id=""),
        signed(token_type="refresh"),
        tokens.issue(SESSION).refresh,
        "not-a-token",
        "a.b.c",
        "ключ",
        "x" * 5000,
        "",
    ],
    ids=[
        "another key",
        "another signature",
        "no signature",
        "an empty object for a signature",
        "another algorithm",
        "of nobody",
        "of a number",
        "of an empty name",
        "called a refresh token",
        "a refresh token",
        "a word",
        "three letters",
        "Cyrillic",
        "long",
        "empty",
    ],
)
def test_anything_that_is_not_an_access_token_of_ours_is_invalid(token: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.read_access(token)


def test_a_token_that_never_expires_is_invalid() -> None:
    claims = {"token_type": "access", "jti": "1", "user_id": "user_ada"}
    with pytest.raises(TokenInvalid):
        tokens.read_access(jwt.encode(claims, settings.SECRET_KEY, "HS256"))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 10**30},
        {"exp": 10**18},
        {"exp": float("inf")},
        {"exp": "9999999999"},
        {"exp": []},
        {"user_id": "user_\x00ada"},
        {"user_id": "user_\ud800"},
        {"user_id": "u" * 41},
    ],
    ids=str,
)
def test_claims_that_we_never_write_make_no_token(claims: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        tokens.read_access(signed(**claims))
    with pytest.raises(TokenInvalid):
        tokens.read_refresh(signed(token_type="refresh", **claims))


def test_a_refresh_token_comes_back_as_the_session_it_began_with() -> None:
    assert tokens.read_refresh(tokens.issue(SESSION).refresh) == SESSION


def test_an_access_token_does_not_refresh() -> None:
    with pytest.raises(TokenInvalid, match="This refresh token is not valid"):
        tokens.read_refresh(tokens.access_token("user_ada"))


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"authorization": "Bearer cv_live_0123456789"}, KeyRefused),
        ({"x-api-key": "cv_live_0123456789"}, KeyRefused),
        ({"x-api-key": "anything", "authorization": "Bearer x"}, KeyRefused),
        ({"authorization": "Basic YWRhOnB3"}, SchemeUnknown),
        ({"authorization": "Bearer"}, SchemeUnknown),
        ({"authorization": "Bearer "}, SchemeUnknown),
        ({"authorization": "eyJhbGciOi"}, SchemeUnknown),
    ],
)
def test_credentials_of_another_kind_are_refused_not_ignored(
    headers: dict[str, str], error: type[NotSignedIn]
) -> None:
    with pytest.raises(error):
        _ = request_with(**headers).user


def test_a_guest_may_only_speak_for_themselves() -> None:
    request = request_with(authorization=f"Bearer {tokens.access_token('user_ada')}")
    assert require_self(request, "user_ada") == OnBehalf("user_ada")
    assert require_self(request, None) == OnBehalf("user_ada")
    with pytest.raises(Forbidden, match="The userId must be your own"):
        require_self(request, "user_bob")
    with pytest.raises(Forbidden):
        require_self(request, "")


def test_nobody_speaks_for_anybody() -> None:
    with pytest.raises(NotSignedIn):
        require_self(request_with(), "user_ada")


def test_a_guest_is_an_actor_and_cannot_be_changed() -> None:
    guest = TokenGuest("user_ada")
    assert guest.as_actor() == Actor(ActorKind.GUEST, "user_ada", "user_ada")
    with pytest.raises(FrozenInstanceError):
        guest.public_id = "user_bob"  # type: ignore[misc]
