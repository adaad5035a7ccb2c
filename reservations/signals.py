"""What this app tells the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

guest_erased = Signal()
"""Everything about a guest is being made nobody's.

Arguments: ``organization_id`` (int, primary key) and ``reservations`` (public ids of the guest's
reservations). Sent inside the transaction that erases: who keeps copies of what bookings said
blanks them in it, and does nothing else.
"""
