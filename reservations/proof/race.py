"""What one process of a race does: random deeds on few slots, through the real services."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.db import OperationalError, connection

from core import clock
from core.actors import Actor, ActorKind
from core.errors import DomainError
from notifications.services import deliver_due
from payments.services.refunds import process_refunds
from payments.services.settling import settle_unknown
from reservations.engine.lifecycle import Status
from reservations.engine.types import Channel
from reservations.errors import SlotUnavailable
from reservations.guests import Guest
from reservations.ledger.confirm import Contact
from reservations.proof.stage import Stage
from reservations.proof.tally import Tally
from reservations.services.availability import offers_of_day
from reservations.services.bookings import Extras, book
from reservations.services.cancellation import cancel_reservation
from reservations.services.changes import Change, change_reservation
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import (
    HoldRequest,
    expire_holds,
    extend_hold,
    place_hold,
    release_hold,
)
from reservations.services.progress import step

STAFF = Actor(ActorKind.STAFF, "proof", "Proof")
REFUSED_BY_CONSTRAINT = "refused by a constraint"

_DEEDS = (
    *(["place"] * 9),
    *(["confirm"] * 6),
    *(["cancel"] * 3),
    *(["change"] * 2),
    *(["release"] * 2),
    *("extend", "lapse", "book", "no_show", "sweep"),
)
_PARTIES = (1, 2, 2, 2, 3, 4, 4, 5, 6, 8)
_CARDS = (
    *(["tok_visa_4242"] * 16),
    "tok_visa_0002",
    "tok_sandbox_lost_answer",
    "tok_sandbox_never_arrives",
)
_DEADLOCK_DETECTED = "40P01"

# The oldest few: the fewer there are to choose from, the more processes meet on one row.
_LIVE_HOLD = """
SELECT h.public_id, h.guest_key, coalesce(u.public_id, '')
FROM reservations_hold h LEFT JOIN accounts_user u ON u.id = h.user_id
WHERE h.status = 'live' ORDER BY h.id LIMIT 12
"""
_UPCOMING = """
SELECT public_id FROM reservations_reservation WHERE status = 'confirmed' ORDER BY id LIMIT 12
"""
_LAPSE = """
WITH lapsed AS (
  UPDATE reservations_hold
  SET expires_at = %(now)s, created_at = least(created_at, %(now)s - interval '10 minutes')
  WHERE public_id = %(hold)s AND status = 'live' RETURNING id
)
UPDATE reservations_tableclaim c SET expires_at = %(now)s
FROM lapsed WHERE c.hold_id = lapsed.id AND c.released_at IS NULL
"""


class Racer:
    """One process's share of a race; each attempt is one deed of somebody."""

    def __init__(self, stage: Stage, seed: int, *, with_lock: bool = True) -> None:
        self.stage = stage
        self.tally = Tally()
        self._with_lock = with_lock
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._of_a_hold: Mapping[str, Callable[[str, Guest], None]] = {
            "confirm": self._confirm,
            "release": self._release,
            "extend": self._extend,
            "lapse": self._lapse,
        }
        self._of_a_booking: Mapping[str, Callable[[str], None]] = {
            "cancel": self._cancel,
            "change": self._change,
            "no_show": self._no_show,
        }

    def warm_up(self) -> None:
        """Read what is read in vain the first time, so that all are equally quick at the start."""
        for house in set(self.stage.houses):
            offers_of_day(house, self.stage.dates[0], 2)

    def first(self) -> None:
        """The first attempt of every process at once: one slot of the first house, one party."""
        stage, guest = self.stage, self._guest()
        request = HoldRequest(stage.houses[0], stage.dates[0], stage.times[0], 2)
        self._count("place", lambda: place_hold(request, guest, by=guest.actor))

    def attempt(self) -> None:
        """Do one thing and count what became of it. Never raises for what a service raises."""
        name, deed = "choose", None
        try:
            name, deed = self._choose()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted and fails the proof
            self._count_error(name, error)
        else:
            self._count(name, deed)

    def _choose(self) -> tuple[str, Callable[[], object]]:
        """A deed and what it is done to; where there is nothing to do it to, a hold is placed."""
        name = self._random.choice(_DEEDS)
        if name in self._of_a_hold:
            if hold := self._one_of(_LIVE_HOLD):
                return name, partial(self._of_a_hold[name], hold[0], Guest(hold[1], hold[2]))
        elif name in self._of_a_booking:
            if booking := self._one_of(_UPCOMING):
                return name, partial(self._of_a_booking[name], booking[0])
        elif name == "book":
            return name, self._book
        elif name == "sweep":
            return name, self._sweep
        return "place", self._place

    def _count(self, name: str, deed: Callable[[], object]) -> None:
        try:
            deed()
        except DomainError as refusal:
            self.tally.refused[name, _reason(refusal)] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted and fails the proof
            if _is_deadlock(error) and not self._with_lock:
                # What the lock is there for: without it, two wait for each other at the constraint.
                self.tally.refused[name, "deadlock"] += 1
            else:
                self._count_error(name, error)
        else:
            self.tally.accepted[name] += 1

    def _count_error(self, name: str, error: Exception) -> None:
        text = (str(error).splitlines() or [""])[0]
        self.tally.errors[name, f"{type(error).__name__}: {text}"] += 1
        connection.close_if_unusable_or_obsolete()

    # The deeds.

    def _place(self) -> None:
        guest = self._guest()
        place_hold(self._request(), guest, by=guest.actor)

    def _book(self) -> None:
        book(self._request(Channel.IN_HOUSE), Contact("Walker", ""), Extras(), by=STAFF)

    def _confirm(self, hold: str, guest: Guest) -> None:
        confirmation = confirm_hold(
            hold,
            guest,
            method={"token": self._random.choice(_CARDS)},
            particulars=Particulars(name="Ada", email="ada@proof.invalid"),
            by=guest.actor,
        )
        self.tally.promised.add(confirmation.booking.public_id)

    def _release(self, hold: str, guest: Guest) -> None:
        release_hold(hold, guest, by=guest.actor)

    def _extend(self, hold: str, guest: Guest) -> None:
        extend_hold(hold, guest, by=guest.actor)

    def _lapse(self, hold: str, _: Guest) -> None:
        """Time passes for one hold."""
        with connection.cursor() as cursor:
            cursor.execute(_LAPSE, {"hold": hold, "now": clock.now()})

    def _cancel(self, booking: str) -> None:
        cancel_reservation(booking, by=STAFF)

    def _change(self, booking: str) -> None:
        change = Change(
            service_date=self._random.choice(self.stage.dates),
            time=self._random.choice(self.stage.times),
            party_size=self._random.choice(_PARTIES),
        )
        change_reservation(booking, change, by=STAFF)

    def _no_show(self, booking: str) -> None:
        step(booking, Status.NO_SHOW, by=STAFF)

    def _sweep(self) -> None:
        expire_holds()
        settle_unknown(limit=5)
        process_refunds(limit=5)
        deliver_due(limit=5)

    # Whom and what the deeds are about.

    def _guest(self) -> Guest:
        return self._random.choice(self.stage.guests)

    def _request(self, channel: Channel = Channel.ONLINE) -> HoldRequest:
        return HoldRequest(
            restaurant=self._random.choice(self.stage.houses),
            service_date=self._random.choice(self.stage.dates),
            time=self._random.choice(self.stage.times),
            party_size=self._random.choice(_PARTIES),
            channel=channel,
        )

    def _one_of(self, query: str) -> tuple[Any, ...] | None:
        with connection.cursor() as cursor:
            cursor.execute(query)
            rows = cursor.fetchall()
        return self._random.choice(rows) if rows else None


def _reason(refusal: DomainError) -> str:
    """Why, as it is counted: the engine's first reason, or the code of the error."""
    if isinstance(refusal, SlotUnavailable):
        reasons = refusal.details.get("reasons") or [REFUSED_BY_CONSTRAINT]
        return str(reasons[0])
    return refusal.code.lower()


def _is_deadlock(error: Exception) -> bool:
    return (
        isinstance(error, OperationalError)
        and getattr(error.__cause__, "sqlstate", None) == _DEADLOCK_DETECTED
    )
