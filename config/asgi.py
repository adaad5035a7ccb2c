"""The ASGI application: for event streams only; the rest is served by WSGI (docs/adr/0002)."""

from __future__ import annotations

from django.core.asgi import get_asgi_application

from config import env

env.set_default("DJANGO_SETTINGS_MODULE", "config.settings.development")
env.set_default("DATABASE_CONNECTIONS", "pool")

application = get_asgi_application()
