"""Registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """See the package docstring."""

    name = "payments"
    default_auto_field = "django.db.models.BigAutoField"
