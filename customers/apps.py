"""Registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """See the package docstring."""

    name = "customers"
    default_auto_field = "django.db.models.BigAutoField"
