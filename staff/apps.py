"""The staff area as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """Pages only: it has no tables of its own."""

    name = "staff"
