"""Production: refuses to start half configured, and assumes TLS in front."""

from __future__ import annotations

from config import env
from config.settings.base import *
from config.settings.base import use_services

SECRET_KEY = env.required_secret("SECRET_KEY")
ALLOWED_HOSTS = [
    host.strip() for host in env.required_secret("ALLOWED_HOSTS").split(",") if host.strip()
]
# Where guests find us: a link in a message that leads to localhost is a booking nobody can change.
PUBLIC_URL = env.required_secret("PUBLIC_URL")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

globals().update(
    use_services(env.required_secret("DATABASE_URL"), env.required_secret("REDIS_URL"))
)

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

_TLS = env.flag("TLS", default=True)
SECURE_SSL_REDIRECT = _TLS
# Health checks come from inside, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 31536000) if _TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _TLS
SECURE_HSTS_PRELOAD = _TLS
SESSION_COOKIE_SECURE = _TLS
CSRF_COOKIE_SECURE = _TLS
