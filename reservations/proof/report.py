"""A finding in words and figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from textwrap import indent

from reservations.proof.checks import Check
from reservations.proof.invariants import AT_REST, OVERLAPPING_CLAIMS
from reservations.proof.prove import Finding
from reservations.proof.tally import Tally

_SHOWN = 5


def report(finding: Finding) -> Iterator[str]:
    """The whole report, line by line: figures, the statements and what they found, a summary."""
    yield from _figures(finding.tally)
    yield ""
    yield "Proof: each statement selects what breaks its promise."
    for check in AT_REST:
        yield from _check(check, finding)
    told, lost = len(finding.tally.promised), len(finding.not_kept)
    yield f"{_mark(lost)} Of {told} reservations that guests were told of, {lost} are missing"
    yield ""
    yield summary(finding)


def summary(finding: Finding) -> str:
    """The figures that matter, in one line."""
    tally = finding.tally
    overlaps = len(finding.broken.get(OVERLAPPING_CLAIMS.name, []))
    return (
        f"attempts {tally.attempts} · accepted {tally.accepted.total()}"
        f" · refused {tally.refused.total()} · errors {tally.errors.total()}"
        f" · overlaps {overlaps} · {tally.attempts / finding.seconds:.0f} attempts/s"
    )


def _figures(tally: Tally) -> Iterator[str]:
    yield f"{'deed':<12}{'attempts':>9}{'accepted':>9}{'refused':>9}{'errors':>9}"
    refused, errors = _by_deed(tally.refused), _by_deed(tally.errors)
    for deed in sorted({*tally.accepted, *refused, *errors}):
        counts = (tally.accepted[deed], refused[deed], errors[deed])
        yield f"{deed:<12}{sum(counts):>9}" + "".join(f"{count:>9}" for count in counts)
    yield ""
    yield "Refused, by reason:"
    reasons: Counter[str] = Counter()
    for (_, reason), count in tally.refused.items():
        reasons[reason] += count
    for reason, count in reasons.most_common():
        yield f"{count:>9}  {reason}"
    for (deed, error), count in tally.errors.most_common():
        yield f"ERROR {count} × {deed}: {error}"


def _by_deed(counted: Counter[tuple[str, str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for (deed, _), count in counted.items():
        total[deed] += count
    return total


def _mark(violations: int) -> str:
    return "[BROKEN]" if violations else "[ok]"


def _check(check: Check, finding: Finding) -> Iterator[str]:
    rows = finding.broken.get(check.name, [])
    yield f"{_mark(len(rows))} {check.name}: {check.promise}: {len(rows)} rows"
    yield indent(check.sql, "       ")
    for row in rows[:_SHOWN]:
        yield f"    ->  {' | '.join(map(str, row))}"
    if len(rows) > _SHOWN:
        yield f"    ->  and {len(rows) - _SHOWN} more"
