"""A laptop, ``make run``, a small restaurant's own box: starts with nothing configured."""

from __future__ import annotations

from config import env
from config.settings.base import *
from config.settings.base import use_services

# Off even here: `make run` may serve real guests. DEBUG=1 shows error pages while developing.
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY") or env.generated_secret("secret_key")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ("localhost", ".localhost", "127.0.0.1", "[::1]"))
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
CORS_ALLOWED_ORIGINS = env.words(
    "CORS_ALLOWED_ORIGINS", ("http://localhost:3000", "http://localhost:3002")
)

globals().update(use_services(env.database_url(), env.redis_url()))

# The pretend payment provider: cards are not charged (payments/gateways/sandbox.py).
SANDBOX_ENABLED = env.flag("SANDBOX_ENABLED", default=True)
# Texts of houses without an account are printed by the worker, as mails are.
SMS_CONSOLE = env.flag("SMS_CONSOLE", default=True)

# Static files are served from where they are: no collectstatic before the first start.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
