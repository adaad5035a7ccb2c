"""A client that speaks JSON and carries a guest's token."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from api import tokens


class Api:
    """Calls below ``/api`` as one guest, or as nobody."""

    def __init__(self, user: User | None = None) -> None:
        self.user = user
        self.headers: dict[str, str] = {}
        if user is not None:
            self.headers["HTTP_AUTHORIZATION"] = f"Bearer {tokens.access_token(user.public_id)}"
        self.client = Client(raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        extra: dict[str, Any] = self.headers | headers
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.generic(
            method,
            f"/api/{path}",
            b"" if body is None else data,
            content_type="application/json",
            **extra,
        )


@pytest.fixture
def api(user: User) -> Api:
    """The guest ``user``."""
    return Api(user)


@pytest.fixture
def nobody(db: None) -> Api:
    """A caller without a token."""
    return Api()


@pytest.fixture
def as_user() -> Callable[[User], Api]:
    """Makes the client of any guest."""
    return Api
