"""Registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class ReservationsConfig(AppConfig):
    """See the package docstring."""

    name = "reservations"
    default_auto_field = "django.db.models.BigAutoField"
