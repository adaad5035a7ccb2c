"""Why this table: the last decision about a party, with the places it had to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from reservations.models import Hold, SeatingDecision
from reservations.selectors.night import Night, PartyRow
from reservations.views.wording import short_day
from staff import log_words
from staff.views.stand import words
from staff.why_words import score_parts


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that was free, and what counted against it."""

    tables: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A decision as it was written down."""

    when: str
    day: str
    """Said only of another day than the evening's."""
    by: str
    tables: str
    candidates: list[Candidate]
    """The best five; the first is the best."""
    is_elsewhere: bool
    """Somebody gave the party another table since, by hand."""
    is_by_hand: bool
    """The place taken was none of the candidates that are kept, or not the best of them."""


def reasoned(night: Night, party: PartyRow) -> Reasoned | None:
    """The last decision that gave the party a table; None when there is none. One query."""
    of_hold = Hold.objects.filter(reservation__public_id=party.public_id).values("public_id")
    row = (
        SeatingDecision.objects.filter(
            Q(subject=party.public_id) | Q(subject__in=of_hold),
            restaurant_id=night.house.id,
            service_date=night.service_date,
            accepted=True,
        )
        .order_by("-id")
        .first()
    )
    if row is None or not row.tables:
        return None
    chosen = list(row.tables)
    candidates = [
        Candidate(
            tables=words.tables(night.labels(tables)),
            text=", ".join(score_parts(row.rule_version, score)),
            is_chosen=list(tables) == chosen,
        )
        for tables, score in row.candidates
    ]
    label = row.actor_label if row.actor_kind != "guest" else ""
    at = row.at.astimezone(night.zone)
    return Reasoned(
        when=words.clock(at),
        day="" if at.date() == night.service_date else short_day(at.date()),
        by=label or str(log_words.ACTORS.get(row.actor_kind, row.actor_kind)),
        tables=words.tables(night.labels(chosen)),
        candidates=candidates,
        is_elsewhere=bool(party.table_ids) and set(party.table_ids) != set(chosen),
        is_by_hand=not (candidates and candidates[0].is_chosen),
    )
