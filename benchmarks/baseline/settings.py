"""A Django project as ``startproject`` makes it, with this database: what people start from."""

from __future__ import annotations

from typing import Any

from config import env
from config.databases import database_from_url

SECRET_KEY = env.required_secret("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "benchmarks.baseline",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "benchmarks.baseline.urls"
# The document's columns are TIMESTAMP without zone.
USE_TZ = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
REDIS_URL = env.required_secret("REDIS_URL")

SCHEMA = "-c search_path=contract2"


def defaults() -> dict[str, Any]:
    """The database as a project's settings name it: a connection for each request."""
    found = database_from_url(env.required_secret("DATABASE_URL"))
    named = {key: found[key] for key in ("ENGINE", "NAME", "USER", "HOST")}
    return {**named, "OPTIONS": {"options": SCHEMA}}


DATABASES = {"default": defaults()}
