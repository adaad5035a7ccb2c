"""``manage.py create_guest``: an account for a guest, without the registration form."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts import services
from accounts.management.typed import check_person


class Command(BaseCommand):
    """Makes the account, or sets the password of the one that exists. May be repeated.

    The user id stands alone on standard output, for scripts; a password that had to be made up
    goes to standard error, once.
    """

    help = "Create a guest's account, or set its password. Prints the user id."

    def add_arguments(self, parser: CommandParser) -> None:
        """The address, and what may be set."""
        parser.add_argument("email")
        parser.add_argument("--password", help="default: a new one is made up and shown once")
        parser.add_argument("--name", help="the guest's name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create or update, and print."""
        email, password = options["email"].strip(), options["password"]
        check_person(email, password=password, full_name=options["name"])
        guest = services.ensure_guest(
            email=email, password=password or None, full_name=options["name"]
        )
        if guest.made_up_password:
            self.stderr.write(f"Password (shown this once): {guest.made_up_password}")
        self.stdout.write(guest.profile.user_id)
