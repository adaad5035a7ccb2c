"""What every test run gets: servers that end with it, and the fixtures of ``tests/fixtures``.

The network is off but for this machine (``--allow-hosts`` in pyproject.toml): a test that needs the
internet is a test that fails on a train. Mail goes to Django's in-memory outbox.
"""

from __future__ import annotations

import os

import pytest
from django.conf import settings

from config import embedded, env

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.domain",
    "tests.fixtures.partners",
    "tests.fixtures.streams",
    "tests.fixtures.stripe",
    "tests.fixtures.twilio",
]

REDIS_DATABASES = 16


def pytest_xdist_auto_num_workers() -> int:
    """One more than processors: somebody always waits, for the database, a browser or a clock.

    Not more than Redis has databases.
    """
    return min((os.cpu_count() or 1) + 1, REDIS_DATABASES)


def pytest_configure(config: pytest.Config) -> None:
    """Give each process of a run a Redis database of its own: tests empty the cache."""
    worker = getattr(config, "workerinput", {}).get("workerid", "gw0")
    database = int(worker.removeprefix("gw")) % REDIS_DATABASES
    settings.CACHES["default"]["OPTIONS"]["CONNECTION_POOL_KWARGS"] = {"db": database}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let several processes begin with what takes long, or one would end long after the others."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the embedded test servers, unless another run with the same DATA_DIR still uses them."""
    if hasattr(config, "workerinput") or env.secret("DATABASE_URL"):
        return
    embedded.stop_if_unused(env.data_dir(), durable=False)
