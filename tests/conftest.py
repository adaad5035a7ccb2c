"""What every test gets: no network beyond this machine, no real mail, servers that end with the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import enable_socket, socket_allow_hosts

from config import embedded, env

pytest_plugins = (
    ["tests.fixtures.domain"] if (Path(__file__).parent / "fixtures" / "domain.py").exists() else []
)


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Loopback and unix sockets only: a test that needs the internet is a test that fails on a train."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    yield
    enable_socket()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the embedded test servers, unless another run with the same DATA_DIR still uses them."""
    if hasattr(config, "workerinput") or env.secret("DATABASE_URL"):
        return
    embedded.stop_if_unused(env.data_dir(), durable=False)
