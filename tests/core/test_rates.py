"""Whose address it is, where a proxy may stand in front."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from core.rates import first_use, guest_network


@pytest.mark.parametrize(
    ("proxies", "address", "forwarded", "network"),
    [
        (0, "203.0.113.7", None, "203.0.113.7"),
        (0, "127.0.0.1", None, "127.0.0.1"),
        # A proxy nobody told us of: every guest would be the same.
        (0, "127.0.0.1", "198.51.100.1", None),
        (0, "10.0.0.5", "198.51.100.1", None),
        (0, "::ffff:10.0.0.5", "198.51.100.1", None),
        # A guest on the open internet cannot hide behind a header.
        (0, "8.8.8.8", "198.51.100.1", "8.8.8.8"),
        (1, "10.0.0.5", "198.51.100.1", "198.51.100.1"),
        (0, "", "198.51.100.1", None),
    ],
)
def test_the_address_of_a_guest(
    settings: LazySettings, proxies: int, address: str, forwarded: str | None, network: str | None
) -> None:
    settings.TRUSTED_PROXIES = proxies
    meta = {"REMOTE_ADDR": address}
    if forwarded is not None:
        meta["HTTP_X_FORWARDED_FOR"] = forwarded
    assert guest_network(meta) == network


def test_a_token_is_used_for_the_first_time_once() -> None:
    assert [first_use("test", "one", 60) for _ in range(3)] == [True, False, False]
    assert first_use("test", "two", 60)
    assert first_use("other", "one", 60)
