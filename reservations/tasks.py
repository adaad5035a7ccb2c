"""Sweeps of the book. Each is safe to run twice and at once."""

from __future__ import annotations

from celery import shared_task

from reservations.services import (
    holds,
    near_holds,
    partner_upkeep,
    payment_links,
    progress,
    queue_nights,
    reminders,
    sign_in,
    visit_joins,
    wait_marks,
    wait_offers,
    waitlist,
)
from reservations.services.stand import sweeps


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
    """End waiting for dates that have passed, and look at all others once more."""
    over = waitlist.expire_waitlist()
    wait_marks.mark_all()
    return over + queue_nights.end_queues()


@shared_task(name="reservations.offer_tables")
def offer_tables() -> int:
    """Offer tables that came free to who waits for them."""
    return wait_offers.offer_tables()


@shared_task(name="reservations.forget_sign_ins")
def forget_sign_ins() -> int:
    """Delete old requests to sign in."""
    return sign_in.forget_sign_ins()


@shared_task(name="reservations.sweep_tests")
def sweep_tests() -> int:
    """Give back the tables of old test bookings."""
    return partner_upkeep.sweep_tests()


@shared_task(name="reservations.forget_deliveries")
def forget_deliveries() -> int:
    """Delete old messages of sources."""
    return partner_upkeep.forget_deliveries()


@shared_task(name="reservations.join_visits")
def join_visits() -> int:
    """Let partners' bookings give way to those of the same visit that guests made themselves."""
    return visit_joins.join_visits()


@shared_task(name="reservations.expire_payment_requests")
def expire_payment_requests() -> int:
    """End payment links whose time is over, and the bookings that waited for them."""
    return payment_links.expire_requests()


@shared_task(name="reservations.authorise_holds")
def authorise_holds() -> int:
    """Set money aside on saved cards shortly before the visit."""
    return near_holds.authorise_holds()


@shared_task(name="reservations.let_cards_go")
def let_cards_go() -> int:
    """Let go of cards and holds of visits that are over."""
    return near_holds.let_cards_go()


@shared_task(name="reservations.remind")
def remind() -> int:
    """Remind guests of visits that are near."""
    return reminders.remind_due()


@shared_task(name="reservations.keep_the_stand")
def keep_the_stand() -> int:
    """Mark who is late, free tables that were cleared, keep those of parties that stay on."""
    return sweeps.end_clearing() + sweeps.extend_overstays() + sweeps.mark_late()


@shared_task(name="reservations.tidy_the_stand")
def tidy_the_stand() -> int:
    """End the evening of forgotten parties, withdraw their links, forget old actions."""
    return sweeps.complete_forgotten() + sweeps.settle_over() + sweeps.forget_actions()
