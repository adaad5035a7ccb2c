"""The test suite: real servers of its own, tuned for speed; no mail; tasks run in place."""

from __future__ import annotations

from config import env
from config.settings.base import *
from config.settings.base import use_services

SECRET_KEY = "only-for-tests-0123456789-0123456789-0123456789"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

globals().update(use_services(env.database_url(durable=False), env.redis_url(durable=False)))

# Argon2 is slow by design; hashing is Django's to test.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SANDBOX_ENABLED = True
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
PUBLIC_URL = "http://testserver"
CORS_ALLOWED_ORIGINS = ["http://localhost:3000"]
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
