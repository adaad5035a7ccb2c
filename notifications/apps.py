"""Registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """See the package docstring."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
