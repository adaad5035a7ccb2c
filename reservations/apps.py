"""Registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class ReservationsConfig(AppConfig):
    """Connects the receivers (the book listens for money that arrives later), the readings, and
    the addresses that messages lead to.
    """

    name = "reservations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from notifications.links import register_links
        from reservations import readings, receivers  # noqa: F401 - connects on import
        from reservations.services import (
            links,
            payment_requests,
            queue_replies,
            sign_in,
            waitlist,
        )

        readings.register()
        register_links("res", links.message_address)
        register_links("payreq", payment_requests.message_address)
        register_links("wait", waitlist.message_address)
        register_links("queue", queue_replies.message_address)
        register_links("signin", sign_in.message_address)
