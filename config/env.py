"""The only reader of the environment. Everything that can be configured passes through here.

A ``.env`` file at the top of the checkout is read first; real environment variables win over it.
``.env.example`` lists every variable.
"""

from __future__ import annotations

import os
import secrets as random_secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from config import embedded
from config.embedded.layout import make_directory

BASE_DIR = Path(__file__).resolve().parent.parent

_FAR, _PORTS = 10_000, 65_536

_env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def text(name: str, default: str = "") -> str:
    """A string; an empty variable counts as unset."""
    return str(_env.str(name, default="")) or default


def number(name: str, default: int) -> int:
    """A whole number."""
    given = text(name)
    try:
        return int(given) if given else default
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} is {given!r}, which is no whole number. Set it to one such as {default}."
        ) from None


def flag(name: str, *, default: bool) -> bool:
    """A yes/no: 1, true, yes, on and their opposites."""
    return bool(_env.bool(name, default=default)) if text(name) else default


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or list(default)


def secret(name: str, default: str = "") -> str:
    """A secret, from ``NAME`` or from the file ``NAME_FILE`` points to.

    A file that is named and cannot be read is an error: falling back in silence would run
    production with a default secret.
    """
    path = text(f"{name}_FILE")
    if not path:
        return text(name, default)
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE points to {path}, which cannot be read: {error.strerror}."
        ) from error


def required_secret(name: str) -> str:
    """A secret that must be there."""
    value = secret(name)
    if not value:
        raise ImproperlyConfigured(
            f"Set {name} (or {name}_FILE): production does not start without it."
        )
    return value


def set_default(name: str, value: str) -> None:
    """Give a variable a value unless it has one: entry points know which process they start."""
    os.environ.setdefault(name, value)


def port() -> int:
    """Where pages are served, ``PORT``."""
    return _checked_port("PORT", number("PORT", 8000))


def stream_port() -> int:
    """Where event streams are served, ``STREAM_PORT``: by default far from the pages' port.

    Not beside it, where a second Couvert might want its own.
    """
    pages = port()
    far = pages + _FAR if pages + _FAR < _PORTS else pages - _FAR
    return _checked_port("STREAM_PORT", number("STREAM_PORT", far))


def _checked_port(name: str, found: int) -> int:
    if not 0 < found < _PORTS:
        raise ImproperlyConfigured(
            f"{name} is {found}, which is no port. Choose one from 1 to {_PORTS - 1}."
        )
    return found


def child_environment(**changes: str) -> dict[str, str]:
    """The environment for a process we start, with changes."""
    return {**os.environ, **changes}


def data_dir() -> Path:
    """Where everything local lives (embedded servers, the generated secret key): ``DATA_DIR``."""
    return BASE_DIR / text("DATA_DIR", ".data")


def database_url(*, durable: bool = True) -> str:
    """``DATABASE_URL``, or the embedded PostgreSQL, started unless ``EMBEDDED_SERVICES`` is off."""
    given = secret("DATABASE_URL")
    if given:
        return given
    if flag("EMBEDDED_SERVICES", default=True):
        return embedded.ensure_database_url(data_dir(), durable=durable)
    return embedded.database_url(data_dir(), durable=durable)


def redis_url(*, durable: bool = True) -> str:
    """``REDIS_URL``, or the embedded Redis, started unless ``EMBEDDED_SERVICES`` is off."""
    given = secret("REDIS_URL")
    if given:
        return given
    if flag("EMBEDDED_SERVICES", default=True):
        return embedded.ensure_redis_url(data_dir(), durable=durable)
    return embedded.redis_url(data_dir(), durable=durable)


def generated_secret(name: str) -> str:
    """A secret made once and kept in ``DATA_DIR`` (mode 0600), for installations that set none."""
    path = data_dir() / name
    make_directory(path.parent)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(random_secrets.token_urlsafe(50))
    return path.read_text().strip()


def share_metrics() -> None:
    """Let the processes of one server add up their metrics in files; call before they start."""
    directory = data_dir() / "metrics"
    make_directory(directory)
    for stale in directory.glob("*.db"):
        stale.unlink(missing_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
