"""The dates of a report, and those it is compared with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection

_YEAR_OF_WEEKS = dt.timedelta(days=364)
"""Fifty-two weeks: a Saturday is compared with a Saturday."""


@dataclass(frozen=True, slots=True)
class Span:
    """Service dates of one house, both ends included."""

    house: int
    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        """How many dates."""
        return (self.last - self.first).days + 1

    @property
    def dates(self) -> list[dt.date]:
        """Each of them."""
        return [self.first + dt.timedelta(days=n) for n in range(self.days)]

    def before(self) -> Span:
        """As many dates right before."""
        away = dt.timedelta(days=self.days)
        return Span(self.house, self.first - away, self.last - away)

    def last_year(self) -> Span:
        """The same weekdays fifty-two weeks earlier."""
        return Span(self.house, self.first - _YEAR_OF_WEEKS, self.last - _YEAR_OF_WEEKS)

    def read(self, statement: str, **more: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement about these dates. One query."""
        values = {"house": self.house, "first": self.first, "last": self.last, **more}
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())
