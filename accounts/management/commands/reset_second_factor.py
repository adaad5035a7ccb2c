"""``manage.py reset_second_factor``: for who lost the telephone and the codes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import User
from accounts.services.passwords import end_sessions
from accounts.services.second_factor import remove
from core.actors import SYSTEM


class Command(BaseCommand):
    """The password alone is enough again, and every session ends. May be repeated."""

    help = "Take a person's second factor away. Be sure that it is really them who asks."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take it away, and say so."""
        user = User.objects.by_email(options["email"].strip()).first()
        if user is None:
            raise CommandError(f"There is no account {options['email']}.")
        with transaction.atomic():
            if not remove(user, by=SYSTEM):
                self.stdout.write("There was no second factor.")
                return
            end_sessions(user)
        self.stdout.write("The second factor is taken away.")
