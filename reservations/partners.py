"""What a partner tells of a booking, as services take it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from reservations.details import NO_DETAILS, Details
from reservations.engine.lifecycle import Status
from reservations.engine.types import Channel


@dataclass(frozen=True, slots=True)
class PartnerBooking:
    """A new booking; see ``services.partner_bookings`` for an example."""

    restaurant: str
    """Public id."""
    service_date: dt.date
    time: str
    """``HH:MM`` on the restaurant's clock."""
    party_size: int
    source: str
    """In the spelling of ``engine.sources.source_name``."""
    name: str = ""
    email: str = ""
    phone: str = ""
    external_id: str = ""
    request_key: str = ""
    details: Details = NO_DETAILS
    metadata: dict[str, Any] = field(default_factory=dict)
    """In the source's own words; kept as told."""
    commission: Decimal | None = None
    partner_fee: Decimal | None = None
    told_at: dt.datetime | None = None
    """By the source's clock: what is told later and is older is out of date."""
    is_test: bool = False
    """Takes a real table, so that tests are like the real thing; tells nobody, and is swept."""
    status: str | None = None
    """``confirmed`` or ``pending``; None is what the house says: pending where staff accept each
    booking, or where a deposit is due that was not paid."""
    channel: Channel = Channel.ONLINE
    room_id: int | None = None
    service_id: int | None = None
    step_free: bool = False
    user_id: int | None = None
    turn_minutes: int | None = None
    """How long the table is needed, if that was agreed."""
    dietary: tuple[str, ...] = ()
    celebration: str = ""
    family_name: str = ""
    """The end of ``name``, where it was told apart."""
    sms_consents: bool = False
    """To offers by SMS; counts for guests the group did not know before."""
    draw_code: Callable[[], str] | None = None
    """The channel's own form of booking codes; None is the house's."""
    notify: bool = True
    pays_by_link: bool = False
    """Whether the caller can send its guest to a payment page: then a booking that owes money in
    advance is ``pending_payment`` and expires unless it is paid."""


@dataclass(frozen=True, slots=True)
class PartnerUpdate:
    """What a source says now of a booking it told; None leaves it as it is."""

    status: Status | None = None
    """PENDING, CONFIRMED, CANCELLED or COMPLETED."""
    service_date: dt.date | None = None
    time: str | None = None
    party_size: int | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    special_requests: str | None = None
    metadata: dict[str, Any] | None = None
    commission: Decimal | None = None
    partner_fee: Decimal | None = None
    told_at: dt.datetime | None = None
    """By the source's clock; what is older than the last is out of date. None always counts."""
