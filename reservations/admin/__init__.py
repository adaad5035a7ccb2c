"""The book in the admin: to be found and read; services change it, on request of a button."""

from reservations.admin import (
    bookings,
    guests,
    holds,
    ledger,
    links,
    payment_requests,
    queue,
    records,
    sources,
    stand,
    waits,
    wishes,
)

__all__ = [
    "bookings",
    "guests",
    "holds",
    "ledger",
    "links",
    "payment_requests",
    "queue",
    "records",
    "sources",
    "stand",
    "waits",
    "wishes",
]
