"""Registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Says how events are written for integrators."""

    name = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from api.webhooks.payloads import IntegratorsWire
        from webhooks.wire import register_wire

        register_wire(IntegratorsWire())
