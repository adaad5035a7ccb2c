"""Counting attempts: where the line is, whose they are, and what happens without Redis."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.conf import LazySettings, settings
from django.test import RequestFactory
from django_redis import get_redis_connection
from rest_framework.request import Request
from rest_framework.views import APIView

from api.throttling import AddressThrottle, WindowThrottle
from core import rates
from core.rates import client_network

VIEW = APIView()


class Narrow(AddressThrottle):
    scope = "test-narrow"
    limit = 2
    seconds = 60


class NarrowToo(Narrow):
    scope = "test-narrow-too"


class Nobody(WindowThrottle):
    scope = "test-nobody"
    limit = 0
    seconds = 60

    def subject(self, request: Request) -> str | None:
        return None


def asked_from(address: str = "203.0.113.7", **meta: str) -> Request:
    extra: dict[str, Any] = {"REMOTE_ADDR": address, **meta}
    return Request(RequestFactory().get("/", **extra))


@pytest.fixture(autouse=True)
def own_redis(monkeypatch: pytest.MonkeyPatch, worker_id: str) -> redis.Redis:
    """A database of the same Redis that no other test empties meanwhile."""
    number = 8 + int(worker_id.removeprefix("gw")) % 8 if worker_id != "master" else 8
    own = redis.Redis.from_url(settings.REDIS_URL, db=number)
    own.flushdb()
    monkeypatch.setattr(rates, "get_redis_connection", lambda _: own)
    return own


def test_attempts_up_to_the_limit_pass_and_the_next_does_not() -> None:
    throttles = [Narrow() for _ in range(3)]
    passed = [throttle.allow_request(asked_from(), VIEW) for throttle in throttles]
    assert passed == [True, True, False]
    assert throttles[-1].wait() == pytest.approx(60, abs=2)


def test_addresses_and_scopes_are_counted_apart() -> None:
    for _ in range(2):
        assert Narrow().allow_request(asked_from(), VIEW)
    assert Narrow().allow_request(asked_from("203.0.113.8"), VIEW)
    assert NarrowToo().allow_request(asked_from(), VIEW)
    assert not Narrow().allow_request(asked_from(), VIEW)


def test_a_window_ends(own_redis: redis.Redis) -> None:
    for _ in range(3):
        Narrow().allow_request(asked_from(), VIEW)
    [key] = own_redis.keys("couvert:throttle:*")
    assert 0 < own_redis.ttl(key) <= 60
    own_redis.delete(key)
    assert Narrow().allow_request(asked_from(), VIEW)


def test_an_honest_attempt_is_given_back() -> None:
    for _ in range(10):
        throttle = Narrow()
        assert throttle.allow_request(asked_from(), VIEW)
        throttle.forgive(asked_from())


def test_giving_back_after_the_window_leaves_no_counter_without_an_end(
    own_redis: redis.Redis,
) -> None:
    Narrow().forgive(asked_from())
    [key] = own_redis.keys("couvert:throttle:*")
    assert (own_redis.get(key), own_redis.ttl(key)) == (b"0", 60)


def test_what_has_no_subject_is_not_counted(own_redis: redis.Redis) -> None:
    throttle = Nobody()
    assert throttle.allow_request(asked_from(), VIEW)
    throttle.forgive(asked_from())
    assert own_redis.keys() == []


def test_redis_learns_no_address(own_redis: redis.Redis) -> None:
    Narrow().allow_request(asked_from("203.0.113.7"), VIEW)
    [key] = own_redis.keys()
    assert b"203.0.113.7" not in key


def test_without_redis_everybody_passes_and_it_is_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    pool = redis.ConnectionPool.from_url(f"unix://{tmp_path}/gone.sock")
    gone = redis.Redis(connection_pool=pool)
    monkeypatch.setattr(rates, "get_redis_connection", lambda _: gone)
    before = rates.FAILED_OPEN._value.get()
    for _ in range(3):
        assert Narrow().allow_request(asked_from(), VIEW)
    Narrow().forgive(asked_from())
    assert rates.FAILED_OPEN._value.get() - before == 4
    assert set(caplog.messages) == {"Redis away, not counting attempts"}


def test_the_configured_cache_is_what_counts() -> None:
    assert get_redis_connection("default").ping()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        # IPv4 on a socket for both: not one line, everybody's.
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.8", "203.0.113.8"),
        ("", None),
        ("unix:", "unix:"),
    ],
)
def test_an_ipv6_line_counts_as_one(address: str, network: str | None) -> None:
    assert client_network(asked_from(address).META) == network


@pytest.mark.parametrize(
    ("proxies", "forwarded", "network"),
    [
        (0, "198.51.100.1", "203.0.113.7"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "10.9.9.9, 198.51.100.1", "198.51.100.1"),
        (2, "10.9.9.9, 198.51.100.1, 192.0.2.1", "198.51.100.1"),
        (3, "198.51.100.1", "198.51.100.1"),
        (1, "", "203.0.113.7"),
        # Some proxies write the port, which is another one for every connection.
        (1, "198.51.100.1:50123", "198.51.100.1"),
        (1, "[2001:db8:1:2::7]:50123", "2001:db8:1:2::/64"),
        (1, "::ffff:198.51.100.1", "198.51.100.1"),
    ],
)
def test_forwarded_addresses_are_believed_as_far_as_our_proxies_wrote_them(
    settings: LazySettings, proxies: int, forwarded: str, network: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = asked_from(HTTP_X_FORWARDED_FOR=forwarded)
    assert client_network(request.META) == network
