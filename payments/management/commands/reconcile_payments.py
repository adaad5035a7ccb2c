"""``manage.py reconcile_payments``: compare a day's books with the providers' and report."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from payments.services import reconciliation


class Command(BaseCommand):
    """Safe to run as often as one likes; exits with 1 where something could not be compared."""

    help = "Compare our books of a day with those of every payment provider."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which day."""
        parser.add_argument("--date", default="", help="YYYY-MM-DD (UTC); yesterday if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, and print what differs."""
        given = options["date"]
        try:
            day = dt.date.fromisoformat(given) if given else None
        except ValueError:
            raise CommandError(f"{given} is not a date: write YYYY-MM-DD.") from None
        day = day or clock.now().date() - dt.timedelta(days=1)
        runs = reconciliation.reconcile_day(day)
        self.stdout.write(reconciliation.report(runs))
        if any(run.last_error for run in runs):
            raise CommandError("Not everything could be compared.")
