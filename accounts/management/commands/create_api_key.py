"""``manage.py create_api_key``: a key for a program, shown once."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from accounts.management.typed import check_fields
from accounts.models import ApiKey
from accounts.models.keys import DEFAULT_RATE
from accounts.scopes import SCOPES
from accounts.services import keys
from core.actors import SYSTEM
from core.errors import Invalid


class Command(BaseCommand):
    """Makes a new key each time. The key stands alone on standard output, for scripts."""

    help = "Create an API key. Prints the key, this once."

    def add_arguments(self, parser: CommandParser) -> None:
        """What it is called, what it may do and for whom."""
        parser.add_argument("name", help="stands in the log beside all that it does")
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            metavar="SCOPE",
            help=f"may be repeated; one of {', '.join(SCOPES)}",
        )
        parser.add_argument("--source", default="", help="such as opentable; default: callers say")
        parser.add_argument("--restaurant", help="public id or slug; default: every restaurant")
        parser.add_argument("--test", action="store_true", help="a test key")
        parser.add_argument("--rate", type=int, default=DEFAULT_RATE, help="requests an hour")
        parser.add_argument(
            "--allow",
            action="append",
            default=[],
            metavar="NETWORK",
            help="an address or network it may call from; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create, and print."""
        restaurant_id = None
        if wanted := options["restaurant"]:
            # By its label: accounts know nothing of the apps above them.
            houses = apps.get_model("restaurants", "Restaurant")._default_manager
            restaurant = houses.filter(Q(public_id=wanted) | Q(slug=wanted)).first()
            if restaurant is None:
                raise CommandError(f"There is no restaurant {wanted}.")
            restaurant_id = restaurant.pk
        if options["rate"] < 1:
            raise CommandError("--rate must be at least 1.")
        typed = ApiKey(name=options["name"], rate_per_hour=options["rate"])
        check_fields(typed, "name", "rate_per_hour")
        try:
            made = keys.create_key(
                options["name"],
                by=SYSTEM,
                scopes=options["scope"],
                restaurant_id=restaurant_id,
                source=options["source"],
                is_test=options["test"],
                allowed_networks=options["allow"],
                rate_per_hour=options["rate"],
            )
        except Invalid as error:
            raise CommandError(" ".join(map(str, error.details.values()))) from None
        if not options["scope"]:
            self.stderr.write("It has no scope yet: it can only read what is public.")
        self.stdout.write(made.text)
