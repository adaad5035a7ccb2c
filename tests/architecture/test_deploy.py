"""Django's deployment check on the production settings."""

from __future__ import annotations

import subprocess
import sys

import pytest

from config import env
from tests.architecture.project import ROOT

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "EMBEDDED_SERVICES": "0",
    "SECRET_KEY": "abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ALLOWED_HOSTS": "couvert.example",
    "PUBLIC_URL": "https://couvert.example",
    "DATABASE_URL": "postgresql://couvert@database.invalid/couvert",
    "REDIS_URL": "redis://redis.invalid/0",
}


def check(**changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=env.child_environment(**PRODUCTION | changes),
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_settings_pass_the_deployment_check() -> None:
    done = check()
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "missing", ["SECRET_KEY", "ALLOWED_HOSTS", "PUBLIC_URL", "DATABASE_URL", "REDIS_URL"]
)
def test_production_says_what_it_cannot_start_without(missing: str) -> None:
    done = check(**{missing: ""})
    assert done.returncode != 0
    assert f"Set {missing}" in done.stderr
