"""Registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class RestaurantsConfig(AppConfig):
    """See the package docstring."""

    name = "restaurants"
    default_auto_field = "django.db.models.BigAutoField"
