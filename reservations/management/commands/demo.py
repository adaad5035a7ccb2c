"""``manage.py demo``: restaurants to try everything with, people, bookings, and who waits."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reservations import demo
from restaurants.demo.bella_notte import BELLA_NOTTE
from restaurants.models import Restaurant


class Command(BaseCommand):
    """Brings the demo data in line with what it should be; may be repeated at any time."""

    help = "Create or refresh the demo restaurants, logins and bookings."

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be left out, and the safety catch."""
        parser.add_argument(
            "--no-bookings", action="store_true", help="restaurants and people only"
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="even with the settings of production: the demo passwords are known to everyone",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Build, book, and say what there is."""
        if settings.SETTINGS_MODULE.endswith(".production") and not options["force"]:
            raise CommandError(
                "These are production settings, and demo accounts have passwords everyone knows."
                " Use --force if you mean it."
            )
        houses = demo.build_houses()
        for house in houses:
            self.stdout.write(f"Restaurant {house.public_id:<12} {house.name}")
        logins = demo.build_people()
        if not options["no_bookings"]:
            self._book()
        self.stdout.write(f"\nDemo logins (password of all: {demo.PASSWORD})")
        for login in logins:
            self.stdout.write(f"  {login.email:<28} {login.what}")

    def _book(self) -> None:
        report = demo.book_demo_nights()
        for name in sorted({*report.made, *report.kept}):
            self.stdout.write(
                f"Bookings at {name}: {report.made[name]} new, {report.kept[name]} there before,"
                f" {report.refused[name]} did not fit"
            )
        for name, visits in sorted(report.past.items()):
            if visits:
                self.stdout.write(f"Visits of past weeks at {name}: {visits}")
        for line in demo.build_tonight():
            self.stdout.write(line)
        bella = Restaurant.objects.get(public_id=BELLA_NOTTE.public_id)
        self.stdout.write(
            f"{bella.name} is nearly full on {demo.next_saturday(bella):%A, %d %B} at 19:00"
        )
