"""Replaying a file, a row at a time, so that it can be stopped anywhere and continued.

What became of a row and the run's counters are committed together: whatever ends the process,
Ctrl-C, a kill or the power, the next run goes on with the row after the last one that counted,
and no row is booked twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.db import IntegrityError, connection, transaction

from core import clock
from core.actors import Actor, ActorKind
from core.errors import Busy, DomainError
from reservations.engine.types import Channel
from reservations.errors import SlotUnavailable
from reservations.imports.houses import create_house
from reservations.imports.source import Booking, Row, rows_of
from reservations.imports.survey import Survey
from reservations.imports.venues import Venue, known_venues
from reservations.ledger.confirm import Contact
from reservations.models import ImportRun, Reservation
from reservations.services.bookings import Extras, book
from reservations.services.holds import HoldRequest

SOURCE = "import"
IMPORTER = Actor(ActorKind.SYSTEM, label="Import")

ACCEPTED = ""
"""The outcome of a row that was booked; any other is a reason."""
MALFORMED = "malformed"
UNKNOWN_RESTAURANT = "unknown_restaurant"
ALREADY_IMPORTED = "already_imported"

_BUSY_TRIES = 5

# Guarded by the row's own number: two imports of one file at once could not both count it. The
# setting is the transaction's: losing the last moments with the server is fine, for the counters
# and the bookings go together.
_COUNT = """
UPDATE reservations_importrun
SET next_row = %(row)s + 1, accepted = accepted + %(accepted)s,
    refused = CASE WHEN %(accepted)s = 1 THEN refused ELSE jsonb_set(
      refused, ARRAY[%(reason)s::text],
      to_jsonb(coalesce((refused ->> %(reason)s::text)::int, 0) + 1)) END
WHERE id = %(run)s AND next_row <= %(row)s
RETURNING set_config('synchronous_commit', 'off', true)
"""


class RunElsewhere(Exception):
    """Another process imports the same file and was faster."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How unknown restaurants are treated, and which rows count."""

    create: bool = True
    zone: str = "Asia/Tokyo"
    currency: str = "JPY"
    country: str = "JP"
    only: frozenset[str] = frozenset()
    """Names of restaurants; empty is all."""


class Replay:
    """One file being replayed into the book."""

    def __init__(self, path: Path, digest: str, survey: Survey, settings: Settings) -> None:
        self.path = path
        self.digest = digest
        self.survey = survey
        self.settings = settings
        self.run = _run_of(path, digest, settings.only)
        self.created: list[str] = []
        self._venues = known_venues(survey.restaurants)
        self._imported = self._imported_before()

    @property
    def prefix(self) -> str:
        """How the external ids of the rows of this file begin."""
        return f"{self.digest[:16]}:"

    @property
    def is_finished(self) -> bool:
        """Whether an earlier run came to the end of the file."""
        return self.run.finished_at is not None

    def unknown(self) -> list[str]:
        """The restaurants that the book does not know, most rows first."""
        seen = self.survey.restaurants
        unknown = [name for name in seen if name not in self._venues]
        return sorted(unknown, key=lambda name: -seen[name].rows)

    def create_unknown(self) -> None:
        """Make the restaurants that the book does not know."""
        for name in self.unknown():
            settings = self.settings
            create_house(
                name,
                self.survey.restaurants[name],
                zone=settings.zone,
                currency=settings.currency,
                country=settings.country,
            )
            self.created.append(name)
        self._venues |= known_venues(self.created)

    def rows(self) -> Iterable[Row]:
        """The rows that are left."""
        return rows_of(self.path, start=self.run.next_row)

    def replay(self, row: Row) -> str | None:
        """Book one row and count it, in one transaction. The outcome; None when it is passed over.

        Raises RunElsewhere, and Busy when the restaurant is busy for half a minute.
        """
        for tries_left in reversed(range(_BUSY_TRIES)):
            try:
                with transaction.atomic():
                    outcome = self._outcome(row)
                    self._count(row, outcome)
                    return outcome
            except Busy:
                if not tries_left:
                    raise
            except IntegrityError as error:
                if "reservation_external_id_once" in str(error):
                    raise RunElsewhere from error
                raise
        raise AssertionError("unreachable")

    def finish(self) -> None:
        """Note that the file came to its end."""
        ImportRun.objects.filter(pk=self.run.pk).update(finished_at=clock.now())
        self.run.refresh_from_db()

    def _outcome(self, row: Row) -> str | None:
        asked = row.booking
        if asked is None:
            return MALFORMED
        if self.settings.only and asked.restaurant not in self.settings.only:
            return None
        venue = self._venues.get(asked.restaurant)
        if venue is None:
            return UNKNOWN_RESTAURANT
        if row.number in self._imported:
            return ALREADY_IMPORTED
        try:
            self._book(row, asked, venue)
        except Busy:
            raise
        except DomainError as refusal:
            return _reason(refusal)
        return ACCEPTED

    def _book(self, row: Row, booking: Booking, venue: Venue) -> None:
        asked = venue.asked(booking.reserve_at, booking.visit_at)
        request = HoldRequest(
            restaurant=asked.restaurant,
            service_date=asked.service_date,
            time=asked.time,
            party_size=booking.party_size,
            channel=Channel.IN_HOUSE,
            source=SOURCE,
        )
        extras = Extras(
            external_id=f"{self.prefix}{row.number}",
            status="completed" if asked.visit < clock.now() else "confirmed",
            notify=False,
        )
        book(request, Contact("", ""), extras, by=IMPORTER, now=asked.reserved)

    def _count(self, row: Row, outcome: str | None) -> None:
        if outcome is None:
            # Of another restaurant: it is passed over again if the run is interrupted here.
            return
        with connection.cursor() as cursor:
            cursor.execute(
                _COUNT,
                {
                    "run": self.run.pk,
                    "row": row.number,
                    "accepted": int(outcome == ACCEPTED),
                    "reason": outcome,
                },
            )
            if cursor.rowcount == 0:
                raise RunElsewhere

    def _imported_before(self) -> frozenset[int]:
        """Rows of this file that a run with other restaurants booked already."""
        ids = Reservation.objects.filter(source=SOURCE, external_id__startswith=self.prefix)
        found = ids.values_list("external_id", flat=True)
        numbers = (int(external_id.partition(":")[2]) for external_id in found)
        return frozenset(number for number in numbers if number >= self.run.next_row)


def _run_of(path: Path, digest: str, only: frozenset[str]) -> ImportRun:
    """The run of this file; with other restaurants it is another run."""
    key = digest
    if only:
        key = hashlib.sha256(":".join([digest, *sorted(only)]).encode()).hexdigest()
    run, _ = ImportRun.objects.get_or_create(
        digest=key, defaults={"file_name": path.name[:200], "started_at": clock.now()}
    )
    return run


def _reason(refusal: DomainError) -> str:
    if isinstance(refusal, SlotUnavailable):
        return str((refusal.details.get("reasons") or [refusal.code.lower()])[0])
    return refusal.code.lower()
