"""After the race, or a crash: what the sweeps of an hour, of a day would do, now."""

from __future__ import annotations

from datetime import timedelta

from notifications.services import deliver_due
from payments.services.errands import process_errands
from payments.services.refunds import process_refunds
from payments.services.settling import settle_unknown
from reservations.proof.isolation import later
from reservations.services.holds import expire_holds
from reservations.services.payment_links import expire_requests

_SWEEPS = (
    expire_holds,
    expire_requests,
    settle_unknown,
    process_errands,
    process_refunds,
    deliver_due,
)

HOURS = (0.1, 0.5, 2, 24)
"""When sweeps run: leases end after minutes, back-offs after hours."""


def come_to_rest() -> None:
    """Run every sweep, later and later, as beat would. Opens transactions of its own."""
    for hours in HOURS:
        with later(timedelta(hours=hours)):
            sweep()


def sweep() -> None:
    """Every sweep once, each until it finds nothing more."""
    for work in _SWEEPS:
        while work():
            pass
