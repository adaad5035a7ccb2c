"""``manage.py create_webhook_secret``: what a source signs its messages with, shown once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from core.actors import SYSTEM
from core.errors import DomainError
from reservations.services.source_secrets import create_source_secret, rotate_source_secret
from restaurants.models import Restaurant


class Command(BaseCommand):
    """Makes a new secret each time. It stands alone on standard output, for scripts."""

    help = "Create or rotate the secret with which a source signs its webhooks."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose it is, or which one it replaces."""
        parser.add_argument("source", nargs="?", default="", help="such as opentable")
        parser.add_argument("--restaurant", default="", help="public id or slug")
        parser.add_argument("--test", action="store_true", help="what it signs are test bookings")
        parser.add_argument(
            "--rotate", metavar="ID", help="replace this one (whs_…), which works for a day longer"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, and print it."""
        try:
            self.stdout.write(_made(options))
        except DomainError as error:
            raise CommandError(" ".join([error.text, *map(str, error.details.values())])) from None


def _made(options: dict[str, Any]) -> str:
    if options["rotate"]:
        return rotate_source_secret(options["rotate"], by=SYSTEM)
    if not options["source"]:
        raise CommandError("Name a source, such as opentable, or a secret to --rotate.")
    named = options["restaurant"]
    houses = Restaurant.objects.filter(Q(public_id=named) | Q(slug=named) if named else Q())
    found = list(houses[:2])
    if not found:
        raise CommandError(f"There is no restaurant {named}.".replace("  ", " "))
    if len(found) > 1:
        raise CommandError("Name one with --restaurant: there are several.")
    return create_source_secret(found[0], options["source"], is_test=options["test"], by=SYSTEM)
