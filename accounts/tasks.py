"""Background work of accounts."""

from __future__ import annotations

from celery import shared_task

from accounts.services import guessing


@shared_task(name="accounts.forget_guesses")
def forget_guesses() -> int:
    """Delete counts of wrong tries that no longer matter; how many. Safe to run twice."""
    return guessing.forget_old()
