"""From the book to contract 1's words."""

from __future__ import annotations

import datetime as dt
from typing import Any

from reservations.engine.lifecycle import Status
from reservations.selectors.source_figures import Figures, SourceFigures
from reservations.selectors.sources import Told, ToldBooking

_WORDS = {
    Status.REQUESTED: "pending",
    Status.PENDING: "pending",
    Status.PENDING_PAYMENT: "pending",
    Status.COMPLETED: "completed",
    Status.CANCELLED: "cancelled",
    Status.NO_SHOW: "cancelled",
    Status.DECLINED: "cancelled",
    Status.EXPIRED: "cancelled",
}
"""Contract 1 knows four words. Who is expected or at the table is confirmed."""


def status_word(status: str) -> str:
    """The contract's word for a status of the book."""
    return _WORDS.get(Status(status), "confirmed")


def statuses_of(word: str) -> tuple[str, ...]:
    """The statuses of the book for which the contract has this word."""
    return tuple(status.value for status in Status if status_word(status) == word)


def created(found: ToldBooking, seen_by: str) -> dict[str, Any]:
    """The answer to a new reservation, and who else told of it."""
    answer = _head(found, seen_by)
    if len(found.told) > 1:
        answer["sources"] = _sources(found, seen_by)
    return answer


def reservation(found: ToldBooking, seen_by: str) -> dict[str, Any]:
    """A reservation in full, as far as ``seen_by`` may know it (empty is the house).

    Of a visit that several sources told of, each sees where and when the party sits, and of the
    guest what it told itself: a booking must not tell one platform what a guest told another. That
    goes for the one that counts as well, since the others fill what it left out.
    """
    booked, own = found.booking, _own(found, seen_by)
    email, phone, wish = booked.guest_email, booked.guest_phone, booked.special_requests
    if own is not None and _is_shared(found):
        email, phone, wish = own.email, own.phone, own.special_requests
    record = own or next(iter(found.told), None)
    external_id = record.external_id if record else found.external_id
    return _head(found, seen_by) | {
        "restaurantId": booked.house.public_id,
        "customerEmail": email or None,
        "customerPhone": phone or None,
        "date": booked.service_date.isoformat(),
        "time": booked.wall_time,
        "partySize": booked.party_size,
        "specialRequests": wish,
        "confirmationCode": booked.code,
        "externalId": external_id or None,
        "metadata": record.metadata if record else {},
        "updatedAt": instant(found.updated_at),
        "sources": _sources(found, seen_by),
    }


def _head(found: ToldBooking, seen_by: str) -> dict[str, Any]:
    booked, own = found.booking, _own(found, seen_by)
    name = own.name if own is not None and _is_shared(found) else booked.guest_name
    return {
        "id": booked.public_id,
        "customerName": name,
        "status": status_word(booked.status),
        "source": booked.source,
        "createdAt": instant(booked.created_at),
    }


def _is_shared(found: ToldBooking) -> bool:
    return len({each.source for each in found.told}) > 1


def _own(found: ToldBooking, seen_by: str) -> Told | None:
    return found.by(seen_by) if seen_by else None


def _sources(found: ToldBooking, seen_by: str) -> list[dict[str, Any]]:
    """Who told of it; ids at other sources are theirs and the house's to know."""
    return [
        {
            "source": each.source,
            "externalId": (each.external_id or None) if seen_by in ("", each.source) else None,
            "isPrimary": each.is_primary,
            "isLive": each.is_live,
        }
        for each in found.told
    ]


def figures(found: Figures) -> dict[str, Any]:
    """What the sources brought."""
    return {
        "restaurantId": found.restaurant,
        "currency": found.currency,
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "sources": [source_figures(each) for each in found.sources],
        "total": source_figures(found.total) | {"source": "all"},
    }


def source_figures(each: SourceFigures) -> dict[str, Any]:
    """One row, by the contract's names."""
    return {
        "source": each.source,
        "totalReservations": each.reservations,
        "totalCovers": each.covers,
        "avgPartySize": each.average_party,
        "totalRevenue": each.estimated_revenue,
        "commission": each.commission,
        "cancellations": each.cancellations,
        "noShows": each.no_shows,
        "completed": each.completed,
        "linked": each.linked,
        "avgLeadTimeHours": each.lead_hours,
    }


def instant(moment: dt.datetime) -> str:
    """In UTC, to the second."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
