"""Reading the environment, and what follows from it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import databases, env, roles
from config.schema import without_version_prefix

URL = "postgresql://couvert:p%40ss@db.example:6432/book?sslmode=require"


def test_a_secret_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n")
    monkeypatch.setenv("COUVERT_TRY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("COUVERT_TRY", "from-variable")
    assert env.secret("COUVERT_TRY") == "from-file"


def test_a_secret_file_that_cannot_be_read_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COUVERT_TRY_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match="COUVERT_TRY_FILE points to"):
        env.secret("COUVERT_TRY", "default")


def test_a_required_secret_is_asked_for_by_name() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"Set COUVERT_TRY \(or COUVERT_TRY_FILE\)"):
        env.required_secret("COUVERT_TRY")


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUVERT_TRY", "")
    assert env.text("COUVERT_TRY", "default") == "default"
    assert env.number("COUVERT_TRY", 7) == 7
    assert env.flag("COUVERT_TRY", default=True) is True
    assert env.words("COUVERT_TRY", ("a",)) == ["a"]


def test_lists_are_split_and_trimmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUVERT_TRY", "https://a.example, https://b.example,")
    assert env.words("COUVERT_TRY") == ["https://a.example", "https://b.example"]


def test_a_generated_secret_is_made_once_and_private(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    first = env.generated_secret("secret_key")
    assert env.generated_secret("secret_key") == first
    assert len(first) >= 50
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600


def test_given_addresses_win_over_embedded_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("REDIS_URL", "redis://cache.example/1")
    assert env.database_url() == URL
    assert env.redis_url() == "redis://cache.example/1"


def test_a_url_becomes_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_CONNECTIONS", raising=False)
    database = databases.database_from_url(URL)
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", 6432, "book")
    assert (database["USER"], database["PASSWORD"]) == ("couvert", "p@ss")
    assert database["OPTIONS"]["sslmode"] == "require"
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (60, True)
    assert "pool" not in database["OPTIONS"]


def test_a_socket_directory_becomes_a_host() -> None:
    host = databases.database_from_url("postgresql://couvert@%2Fvar%2Frun/couvert")["HOST"]
    assert host == "/var/run"


def test_web_servers_share_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_CONNECTIONS", "pool")
    monkeypatch.setenv("DATABASE_POOL_MAX", "5")
    database = databases.database_from_url(URL)
    assert database["OPTIONS"]["pool"]["max_size"] == 5
    assert database["CONN_MAX_AGE"] == 0


def test_an_outside_pooler_needs_no_prepared_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_CONNECTIONS", "close")
    monkeypatch.setenv("DATABASE_PREPARE_THRESHOLD", "0")
    database = databases.database_from_url(URL)
    assert "prepare_threshold" not in database["OPTIONS"]
    assert "server_side_binding" not in database["OPTIONS"]
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (0, False)


def test_an_unknown_way_of_keeping_connections_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_CONNECTIONS", "sometimes")
    with pytest.raises(ImproperlyConfigured, match="pool, persistent or close"):
        databases.database_from_url(URL)


@pytest.mark.parametrize("url", ["sqlite:///book.db", "mysql://u@h/d"])
def test_any_other_database_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="must point to PostgreSQL"):
        databases.database_from_url(url)


def test_the_broker_speaks_over_the_same_redis() -> None:
    assert settings.CELERY_BROKER_URL.startswith(("redis+socket://", "redis://"))
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > (
        settings.CELERY_TASK_TIME_LIMIT
    )


def test_every_role_has_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9001")
    monkeypatch.setenv("WEB_WORKERS", "3")
    web = roles.command("web")
    assert web[-1] == "config.wsgi:application"
    assert web[web.index("--port") + 1] == "9001"
    assert web[web.index("--workers") + 1] == "3"
    for role in ("worker", "beat"):
        assert role in roles.command(role)
        assert "config.celery:app" in roles.command(role)


def test_the_schema_lists_every_path_once() -> None:
    endpoints = [("/api/hold",), ("/api/v1/hold",), ("/api/v1beta",)]
    assert without_version_prefix(endpoints) == [("/api/hold",), ("/api/v1beta",)]


@pytest.mark.parametrize(
    ("port", "given", "stream"),
    [("8000", "", 18_000), ("60000", "", 50_000), ("8000", "8001", 8001)],
)
def test_streams_have_a_port_of_their_own(
    port: str, given: str, stream: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", port)
    monkeypatch.setenv("STREAM_PORT", given)
    assert env.stream_port() == stream
    assert roles.command("stream")[-1] == "config.stream"
