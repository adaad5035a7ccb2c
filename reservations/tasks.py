"""Sweeps of the book. Each is safe to run twice and at once."""

from __future__ import annotations

from celery import shared_task

from reservations.services import holds, progress, sign_in, waitlist


@shared_task(name="reservations.expire_holds")
def expire_holds() -> int:
    """Release lapsed holds, a batch at a time until none is left."""
    total = 0
    while released := holds.expire_holds():
        total += released
    return total


@shared_task(name="reservations.expire_unanswered")
def expire_unanswered() -> int:
    """Turn away bookings that staff did not accept in time."""
    return progress.expire_unanswered()


@shared_task(name="reservations.expire_waitlist")
def expire_waitlist() -> int:
    """End waiting for dates that have passed."""
    return waitlist.expire_waitlist()


@shared_task(name="reservations.forget_sign_ins")
def forget_sign_ins() -> int:
    """Delete old requests to sign in."""
    return sign_in.forget_sign_ins()
