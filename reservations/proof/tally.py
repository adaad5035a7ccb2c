"""Counting what became of the attempts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

ACCEPTED = "accepted"


@dataclass(slots=True)
class Tally:
    """Outcomes of attempts, by deed; they add up over processes."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By deed and reason."""
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By deed and what was raised: nothing that a guest should ever see."""
    promised: set[str] = field(default_factory=set)
    """Public ids of reservations that somebody was told they have."""

    def add(self, other: Tally) -> None:
        """Take in what another process counted."""
        self.accepted += other.accepted
        self.refused += other.refused
        self.errors += other.errors
        self.promised |= other.promised

    @property
    def attempts(self) -> int:
        """How many attempts were made."""
        return sum(counter.total() for counter in (self.accepted, self.refused, self.errors))

    def line(self) -> str:
        """The figures in one line."""
        return (
            f"{self.attempts} attempts · {self.accepted.total()} accepted"
            f" · {self.refused.total()} refused · {self.errors.total()} errors"
        )
