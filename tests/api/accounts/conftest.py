"""A caller of the account endpoints, and counters of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client

from accounts.models import User
from api import tokens
from core import rates

PASSWORD = "correct-horse-battery"

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def _own_counters(monkeypatch: pytest.MonkeyPatch, worker_id: str) -> None:
    """A database of the same Redis that tests running beside this one do not empty."""
    number = 8 + int(worker_id.removeprefix("gw")) % 8 if worker_id != "master" else 8
    own = redis.Redis.from_url(settings.REDIS_URL, db=number)
    own.flushdb()
    monkeypatch.setattr(rates, "get_redis_connection", lambda _: own)


@pytest.fixture
def call(db: None) -> Call:
    """``call("post", "/api/auth/token", {…}, token=…)``: JSON out, response in."""
    client = Client(enforce_csrf_checks=True)

    def send(method: str, path: str, body: Any = None, token: str = "", **extra: Any) -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        data = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(client, method)(path, **data, headers=headers, **extra)

    return send


@pytest.fixture
def ada(db: None) -> User:
    """A guest who can sign in."""
    return User.objects.create_user(
        "ada@example.com", PASSWORD, full_name="Ada Guest", phone="+12125550123"
    )


@pytest.fixture
def ada_token(ada: User) -> str:
    """Her access token."""
    return tokens.access_token(ada.public_id)
