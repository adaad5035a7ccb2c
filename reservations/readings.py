"""What ``/metrics`` reads from the book when it is asked."""

from __future__ import annotations

from django.db import connection

from core import clock
from core.metrics import Reading, register_reading


def register() -> None:
    """Add the book's readings; called once at start-up."""
    register_reading("couvert_holds_live", "Holds that keep a table now", _live_holds)
    register_reading(
        "couvert_holds_lapsed", "Lapsed holds the sweep has not tidied yet", _lapsed_holds
    )
    register_reading("couvert_outbox_messages", "Messages by state", _messages, labels=("status",))
    register_reading(
        "couvert_outbox_oldest_seconds", "Age of the oldest message that is due", _oldest_message
    )
    register_reading(
        "couvert_payments_open",
        "Payments and refunds not settled yet",
        _open_money,
        labels=("kind",),
    )
    register_reading(
        "couvert_payment_differences",
        "Differences to the providers' books nobody has looked into",
        _differences,
    )
    register_reading(
        "couvert_provider_events_waiting", "Messages of providers not looked into yet", _events
    )


def _one(statement: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"now": clock.now()})
        return float(cursor.fetchone()[0] or 0)


def _live_holds() -> Reading:
    where = "status = 'live' AND expires_at > %(now)s"
    return {(): _one(f"SELECT count(*) FROM reservations_hold WHERE {where}")}


def _lapsed_holds() -> Reading:
    where = "status = 'live' AND expires_at <= %(now)s"
    return {(): _one(f"SELECT count(*) FROM reservations_hold WHERE {where}")}


def _messages() -> Reading:
    counts = "SELECT count(*) FROM notifications_message WHERE status = "
    return {(status,): _one(f"{counts}'{status}'") for status in ("queued", "sending", "failed")}


def _oldest_message() -> Reading:
    return {
        (): _one(
            "SELECT date_part('epoch', %(now)s::timestamptz - min(created_at))"
            " FROM notifications_message"
            " WHERE status IN ('queued', 'sending') AND not_before <= %(now)s"
        )
    }


def _open_money() -> Reading:
    open_payments = "SELECT count(*) FROM payments_payment WHERE status IN ('requested', 'unknown')"
    open_refunds = "SELECT count(*) FROM payments_refund WHERE status = 'requested'"
    return {("payment",): _one(open_payments), ("refund",): _one(open_refunds)}


def _differences() -> Reading:
    table = "payments_reconciliationdifference"
    return {(): _one(f"SELECT count(*) FROM {table} WHERE resolved_at IS NULL")}


def _events() -> Reading:
    where = "processed_at IS NULL AND next_attempt_at IS NOT NULL"
    return {(): _one(f"SELECT count(*) FROM payments_providerevent WHERE {where}")}
