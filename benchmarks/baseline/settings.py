"""The least a Django application needs, with Couvert's own way of keeping connections."""

from __future__ import annotations

from config import env
from config.databases import database_from_url

SECRET_KEY = env.required_secret("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
INSTALLED_APPS = ["benchmarks.baseline"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "benchmarks.baseline.urls"
# The document's columns are TIMESTAMP without zone.
USE_TZ = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

DATABASES = {"default": database_from_url(env.required_secret("DATABASE_URL"))}
DATABASES["default"]["OPTIONS"]["options"] = "-c search_path=contract2"
REDIS_URL = env.required_secret("REDIS_URL")
