"""``manage.py import_reservations``: the bookings of a file, in the order they were made."""

from __future__ import annotations

import signal
import sys
import time
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from tqdm import tqdm

from core.errors import Busy
from reservations.imports.houses import ASSUMED
from reservations.imports.replay import ACCEPTED, Replay, RunElsewhere, Settings
from reservations.imports.report import figures_of, report
from reservations.imports.source import COLUMNS, Row, Unreadable, digest_of, rows_of
from reservations.imports.survey import survey_of

SHOWN_PROBLEMS = 20


class Command(BaseCommand):
    """Replays each row through the real booking service as of the moment it was booked.

    Past visits become completed, future ones confirmed; nobody is written to. Can be stopped and
    run again at any moment: it goes on where it was, and a file is never imported twice. Unknown
    restaurants are made with a standard floor (see ``reservations.imports.houses``).
    """

    help = "Import bookings from a CSV file, plain or gzipped; run it again to continue."

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._stop = False
        self._problems = 0

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, which of its rows, and what unknown restaurants are like."""
        parser.add_argument("file", type=Path, help=f"columns {', '.join(COLUMNS)}")
        parser.add_argument(
            "--no-create", action="store_true", help="refuse rows of unknown restaurants"
        )
        parser.add_argument(
            "--restaurant", action="append", default=[], help="only this one; may be repeated"
        )
        parser.add_argument("--limit", type=int, help="stop after this many rows")
        parser.add_argument("--zone", default="Asia/Tokyo", help="of new restaurants")
        parser.add_argument("--currency", default="JPY", help="of new restaurants")
        parser.add_argument("--country", default="JP", help="of new restaurants, ISO 3166")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look through the file, replay what is left of it, report."""
        try:
            self._import(options["file"], _settings(options), options["limit"])
        except Unreadable as error:
            raise CommandError(str(error)) from error
        except RunElsewhere:
            raise CommandError("Another process is importing this file. Let it finish.") from None
        except Busy as error:
            raise CommandError(
                "A restaurant is being booked by somebody else all the time. Everything so far is"
                " kept; run the same command again to continue."
            ) from error
        except DatabaseError as error:
            raise CommandError(
                f"The database went away: {str(error).strip()}. Everything counted so far is kept;"
                " run the same command again to continue."
            ) from error

    def _import(self, path: Path, settings: Settings, limit: int | None) -> None:
        digest = digest_of(path)
        survey = survey_of(rows_of(path), settings.only)
        replay = Replay(path, digest, survey, settings)
        self.stdout.write(
            f"{path.name}: {survey.rows:,} rows, {len(survey.restaurants):,} restaurants"
        )
        if replay.is_finished:
            self.stdout.write(f"Imported already on {replay.run.finished_at:%Y-%m-%d %H:%M} UTC.")
        else:
            self._prepare(replay, settings)
            seconds, rows = self._replay(replay, survey.rows, limit)
            self.stdout.write(f"{rows:,} rows in {seconds:.1f} s, {rows / seconds:,.0f} rows/s")
        figures = figures_of(replay)
        for line in report(figures, total=survey.rows, new=len(replay.created)):
            self.stdout.write(line)
        if figures.overlaps:
            raise CommandError("A table was given away twice: see above.")
        if self._stop:
            raise CommandError(
                "Interrupted. Run the same command again to continue with row"
                f" {replay.run.next_row:,}.",
                returncode=130,
            )
        if not replay.is_finished:
            self.stdout.write("Run the same command again to continue.")

    def _prepare(self, replay: Replay, settings: Settings) -> None:
        unknown = replay.unknown()
        if unknown and settings.create:
            self.stdout.write(f"{len(unknown):,} restaurants are new ({settings.zone}). {ASSUMED}")
            replay.create_unknown()
        elif unknown:
            self.stdout.write(
                f"{len(unknown):,} restaurants are unknown, their rows are refused for good:"
                f" {', '.join(unknown[:10])}{' …' if len(unknown) > 10 else ''}"
            )
        if replay.run.next_row:
            self.stdout.write(f"Continuing with row {replay.run.next_row:,}.")

    def _replay(self, replay: Replay, total: int, limit: int | None) -> tuple[float, int]:
        """Replay what is left; how long it took, and how many rows it was."""
        began, done, accepted = time.monotonic(), 0, 0
        with self._stoppable(), _bar(total, replay.run.next_row) as bar:
            for row in replay.rows():
                if self._stop or done == limit:
                    break
                outcome = replay.replay(row)
                self._mention(row, bar)
                bar.update()
                if outcome is None:
                    continue
                done += 1
                accepted += outcome == ACCEPTED
                bar.set_postfix_str(f"accepted {accepted}, refused {done - accepted}", False)
            else:
                replay.finish()
        return max(time.monotonic() - began, 1e-9), done

    def _mention(self, row: Row, bar: tqdm[Any]) -> None:
        """Say what is wrong with a malformed row, the first few times."""
        if not row.problem:
            return
        self._problems += 1
        if self._problems <= SHOWN_PROBLEMS:
            bar.write(f"line {row.line}: {row.problem}", file=sys.stderr)
        elif self._problems == SHOWN_PROBLEMS + 1:
            bar.write("Further malformed lines are counted, not shown.", file=sys.stderr)

    @contextmanager
    def _stoppable(self) -> Iterator[None]:
        """Ctrl-C finishes the row in hand; a second one does not wait even for that."""
        numbers = (signal.SIGINT, signal.SIGTERM)

        def stop(_number: int, _frame: FrameType | None) -> None:
            if self._stop:
                raise KeyboardInterrupt
            self._stop = True

        before = {number: signal.signal(number, stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _settings(options: dict[str, Any]) -> Settings:
    if options["zone"] not in zoneinfo.available_timezones():
        raise CommandError(f"{options['zone']} is not a time zone such as Europe/Paris.")
    for name, length in (("currency", 3), ("country", 2)):
        value = options[name]
        if not (len(value) == length and value.isascii() and value.isalpha() and value.isupper()):
            raise CommandError(f"--{name} is {length} capital letters, not {value!r}.")
    if options["limit"] is not None and options["limit"] < 1:
        raise CommandError("--limit is at least 1.")
    return Settings(
        create=not options["no_create"],
        zone=options["zone"],
        currency=options["currency"],
        country=options["country"],
        only=frozenset(options["restaurant"]),
    )


def _bar(total: int, start: int) -> tqdm[Any]:
    return tqdm(
        total=total,
        initial=start,
        unit=" rows",
        mininterval=0.2 if sys.stderr.isatty() else 5,
        dynamic_ncols=True,
    )
