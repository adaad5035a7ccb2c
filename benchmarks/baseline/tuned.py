"""The same project with everything Couvert's own settings do for speed, and no middleware."""

from __future__ import annotations

from benchmarks.baseline.settings import *  # noqa: F403
from benchmarks.baseline.settings import SCHEMA
from config import env
from config.databases import database_from_url

MIDDLEWARE: list[str] = []
DATABASES = {"default": database_from_url(env.required_secret("DATABASE_URL"))}
DATABASES["default"]["OPTIONS"]["options"] = SCHEMA
