"""``manage.py create_staff``: a person with a role at one restaurant."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from accounts.management.typed import check_person
from accounts.models import User
from core.actors import SYSTEM
from restaurants.models import Restaurant, Role
from restaurants.people import grant_role


class Command(BaseCommand):
    """Makes the account if need be and sets the role. May be repeated, also to change the role.

    The user id stands alone on standard output, for scripts; a password that had to be made up
    goes to standard error, once.
    """

    help = "Give a person a role at a restaurant. Prints the user id."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, what, where."""
        parser.add_argument("email")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--restaurant", required=True, help="public id or slug")
        parser.add_argument("--password", help="default: a new one is made up and shown once")
        parser.add_argument("--name", default="", help="the person's name, for a new account")

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant, and print."""
        email, password = options["email"].strip(), options["password"]
        check_person(email, password=password, full_name=options["name"])
        wanted = options["restaurant"]
        restaurant = Restaurant.objects.filter(Q(public_id=wanted) | Q(slug=wanted)).first()
        if restaurant is None:
            raise CommandError(f"There is no restaurant {wanted}.")
        if not password and not User.objects.by_email(email).exists():
            password = secrets.token_urlsafe(12)
            self.stderr.write(f"Password (shown this once): {password}")
        membership = grant_role(
            restaurant,
            email,
            Role(options["role"]),
            by=SYSTEM,
            password=password or None,
            full_name=options["name"],
        )
        self.stdout.write(membership.user.public_id)
