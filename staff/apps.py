"""The staff area as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """Pages, and the addresses its messages lead to: it has no tables of its own."""

    name = "staff"

    def ready(self) -> None:
        from notifications.links import register_links
        from staff.services import people

        register_links("pwlink", people.link_address)
        register_links("user", people.door_address)
