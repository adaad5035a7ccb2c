"""The drawer of a party of the queue: how it stands, all that can be done, and changing it."""

from __future__ import annotations

from typing import Any

from reservations.models import QueueEntry
from reservations.selectors.queue import QueueRow
from reservations.services.queue_replies import message_address
from reservations.views.ticket import qr_code
from reservations.views.wording import phone
from staff.views.stand import queue_words, queueing, words
from staff.views.stand.base import StandView
from staff.views.stand.lines import log_of, messages_of


def facts_of(view: StandView, row: QueueRow) -> dict[str, Any]:
    """What the drawer says of a party of the queue; three queries."""
    night, venue = view.night, view.request.venue
    is_called = row.status != QueueEntry.Status.WAITING
    until = row.keep_until if is_called else row.promised_at
    page = message_address(row.public_id)
    kept = words.tables(night.labels(row.kept))
    return {
        "row": row,
        "is_called": is_called,
        "word": queueing.state_word(row),
        "quoted": queueing.quoted_words(row),
        "estimate": queueing.estimate_words(row.wait),
        "why": queue_words.wait_words(row.wait, night),
        "until": words.clock(until),
        "until_at": int(until.timestamp()) if until else 0,
        "since": words.clock(row.joined_at),
        "since_at": int(row.joined_at.timestamp()),
        "kept": kept,
        "presses": queueing.presses_of(row, night),
        "has_tables": bool(night.tables) and night.is_tonight,
        "flags": queueing.flags_of(row, night.house.rooms),
        "phone": phone(row.phone) if row.phone else "",
        "rooms": night.rooms if len(night.rooms) > 1 else (),
        "page": page,
        "code": qr_code(page),
        "log": log_of(venue, row.public_id),
        "messages": messages_of(venue, row.public_id),
    }
