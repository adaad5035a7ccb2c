"""After the race, or a crash: what the sweeps of an hour, of a day would do, now."""

from __future__ import annotations

from datetime import timedelta

from notifications.services import deliver_due
from payments.services.refunds import process_refunds
from payments.services.settling import settle_unknown
from reservations.proof.isolation import later
from reservations.services.holds import expire_holds

HOURS = (0.1, 0.5, 2, 24)
"""When sweeps run: leases end after minutes, back-offs after hours."""


def come_to_rest() -> None:
    """Run every sweep, later and later, as beat would. Opens transactions of its own."""
    for hours in HOURS:
        with later(timedelta(hours=hours)):
            sweep()


def sweep() -> None:
    """Every sweep once, each until it finds nothing more."""
    for work in (expire_holds, settle_unknown, process_refunds, deliver_due):
        while work():
            pass
