"""Seating decisions: kept for acceptances and refusals alike."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection

from core.actors import Actor
from reservations.engine import types as e
from reservations.ledger.guard import actor_parameters, dump

_DECISION = """
INSERT INTO reservations_seatingdecision
  (restaurant_id, service_date, subject, at, accepted, asked, candidates, tables, refusals,
   rule_version, plan_version, actor_kind, actor_label)
VALUES (%(restaurant_id)s, %(service_date)s, %(subject)s, %(now)s, %(accepted)s, %(asked)s::jsonb,
  %(candidates)s::jsonb, %(tables)s::jsonb, %(refusals)s::jsonb, %(rule_version)s, %(plan_version)s,
  %(actor_kind)s, %(actor_label)s)
"""


def record_decision(
    decision: e.Decision,
    *,
    restaurant_id: int,
    plan_version: int,
    subject: str,
    by: Actor,
    now: dt.datetime,
) -> None:
    """Keep what was asked and why it was answered so (see ``SeatingDecision``)."""
    with connection.cursor() as cursor:
        cursor.execute(
            _DECISION,
            {
                **actor_parameters(by),
                "restaurant_id": restaurant_id,
                "service_date": decision.query.service_date,
                "subject": subject,
                "now": now,
                "accepted": decision.accepted,
                "asked": dump(asked(decision)),
                "candidates": dump(candidates(decision)),
                "tables": dump(decision.seating.table_ids if decision.seating else ()),
                "refusals": dump([{"reason": r.reason, **r.facts} for r in decision.refusals]),
                "rule_version": decision.rule_version,
                "plan_version": plan_version,
            },
        )


def asked(decision: e.Decision) -> dict[str, Any]:
    """The question of a decision, as it is stored."""
    query, slot = decision.query, decision.slot
    return {
        "party_size": query.party_size,
        "date": query.service_date.isoformat(),
        "time": slot.label if slot else None,
        "service": slot.service.name if slot else None,
        "channel": query.channel,
        "room_id": query.room_id,
        "step_free": query.step_free,
        **({"offer_id": query.offer_id} if query.offer_id is not None else {}),
    }


def candidates(decision: e.Decision) -> list[list[Any]]:
    """The best few seatings that were possible, with their scores, as they are stored."""
    return [[c.table_ids, c.score] for c in decision.candidates[:5]]
