"""The admin's pages for what can be booked, for staff, and for the audit trail."""

from restaurants.admin import (
    audit,
    discovery,
    embedding,
    floor,
    hours,
    keys,
    menu,
    service,
    staff,
    stand,
    venue,
)

__all__ = [
    "audit",
    "discovery",
    "embedding",
    "floor",
    "hours",
    "keys",
    "menu",
    "service",
    "staff",
    "stand",
    "venue",
]
