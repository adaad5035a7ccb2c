"""The pseudo-code's WSGI application."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from config import env

env.set_default("DATABASE_CONNECTIONS", "pool")

application = get_wsgi_application()
