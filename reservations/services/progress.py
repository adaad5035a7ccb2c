"""Taking a party through its evening: arrived, seated, left, no-show; and back within seconds."""

from __future__ import annotations

from django.db import transaction

from core import audit, clock
from core.actors import Actor
from core.locks import Space, again_if_undone, lock
from reservations.engine.lifecycle import HOLDS_TABLE, ActorKind, Status, allowed
from reservations.errors import NotChangeable
from reservations.ledger.place import release_reservation
from reservations.models import Reservation
from reservations.selectors.bookings import booking


@again_if_undone
def step(identifier: str, to: Status, *, by: Actor) -> str:
    """Take a reservation one step along the lifecycle; returns the status it had before.

    Under the day's lock. A step that ends the stay (no-show, completed, declined) gives the
    table back at once; the past part of a claim is kept as history. Cancelling is not a step
    but ``cancellation.cancel_reservation``. Raises ReservationNotFound and NotChangeable.
    """
    found = booking(identifier)
    with transaction.atomic():
        lock(Space.SERVICE_DAY, found.house.public_id, found.service_date)
        row = Reservation.objects.select_for_update(of=("self",)).get(pk=found.id)
        before = Status(row.status)
        needs_table = to in HOLDS_TABLE and before not in HOLDS_TABLE
        if to is Status.CANCELLED or needs_table or not allowed(before, to, ActorKind(by.kind)):
            raise NotChangeable(
                f"A {before.replace('_', ' ')} reservation cannot become {to.replace('_', ' ')}.",
                status=before,
            )
        now = clock.now()
        row.status = to.value
        row.status_changed_at = row.updated_at = now
        row.save(update_fields=["status", "status_changed_at", "updated_at"])
        if before in HOLDS_TABLE and to not in HOLDS_TABLE:
            release_reservation(row.pk, party_size=row.party_size, load_ids=row.load_ids, now=now)
        audit.record(
            f"reservation.{to}",
            row.public_id,
            by=by,
            restaurant_id=row.restaurant_id,
            before=before,
        )
    return before
