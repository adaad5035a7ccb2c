"""Registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class ReservationsConfig(AppConfig):
    """Connects the receivers (the book listens for money that arrives later) and the readings."""

    name = "reservations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from reservations import readings, receivers  # noqa: F401 - connects on import

        readings.register()
