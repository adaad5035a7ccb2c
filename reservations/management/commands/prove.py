"""``manage.py prove``: real processes race for the same tables, and SQL looks for a double sale."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from tqdm import tqdm

from reservations.proof.prove import Finding, Terms, prove
from reservations.proof.report import report
from reservations.proof.tally import Tally

MOST_WORKERS = 64


class Command(BaseCommand):
    """Exits with 0 when every promise held, with 1 when anything at all broke.

    Works in a schema of its own that it drops at the end, also after Ctrl-C, so it can be run
    beside a house that is open. Without its guards it is the negative control: then it is
    expected to find double bookings and to exit with 1.
    """

    help = "Race for the same tables with real processes and prove that none was sold twice."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many, how often, and the guards that can be left out."""
        parser.add_argument("--workers", type=int, default=8, help="processes (default: 8)")
        parser.add_argument("--attempts", type=int, default=4000, help="in all (default: 4000)")
        parser.add_argument(
            "--without-constraint",
            action="store_true",
            help="drop the exclusion constraint and the checks of counters, in the scratch schema",
        )
        parser.add_argument(
            "--without-lock", action="store_true", help="take no lock on the service date"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Race, report, and judge."""
        terms = self._terms(options)
        try:
            finding = self._race(terms)
        except KeyboardInterrupt:
            raise CommandError("Stopped. The scratch book is dropped.", returncode=130) from None
        except DatabaseError as error:
            raise CommandError(f"The database does not allow it: {error}".strip()) from error
        for line in report(finding):
            self.stdout.write(line)
        self._judge(terms, finding)

    def _terms(self, options: dict[str, Any]) -> Terms:
        workers, attempts = options["workers"], options["attempts"]
        if not 1 <= workers <= MOST_WORKERS:
            raise CommandError(f"--workers is a number from 1 to {MOST_WORKERS}.")
        if attempts < workers:
            raise CommandError("--attempts is at least one for each of the workers.")
        return Terms(
            workers=workers,
            attempts=attempts,
            with_constraint=not options["without_constraint"],
            with_lock=not options["without_lock"],
        )

    def _race(self, terms: Terms) -> Finding:
        with tqdm(
            total=terms.attempts,
            unit=" attempts",
            mininterval=0.2 if sys.stderr.isatty() else 5,
            dynamic_ncols=True,
        ) as bar:

            def show(tally: Tally) -> None:
                bar.set_postfix_str(
                    f"accepted {tally.accepted.total()}, refused {tally.refused.total()},"
                    f" errors {tally.errors.total()}",
                    refresh=False,
                )
                bar.update(tally.attempts - bar.n)

            return prove(terms, say=lambda text: bar.write(text, file=sys.stderr), show=show)

    def _judge(self, terms: Terms, finding: Finding) -> None:
        if terms.with_lock or terms.with_constraint:
            if not finding.holds:
                raise CommandError("The book broke a promise: see above.", returncode=1)
            self.stdout.write("Every promise held.")
        elif finding.broken:
            raise CommandError(
                "Double bookings, as expected: the lock and the constraint were both off. So this"
                " proof can fail.",
                returncode=1,
            )
        else:
            self.stdout.write(
                "Nothing broke although the guards were off: too few attempts to prove anything."
            )
