"""What an API key may be allowed to do: the words contracts and audit trails use.

The first ten are contract 5's appendix, word for word; the others cover the contracts that name
none. Pure data: who checks them is the API.
"""

from __future__ import annotations

EVERYTHING = "*"

SCOPES: dict[str, str] = {
    "read:events": "View event information",
    "write:events": "Create and modify events",
    "read:bookings": "View event bookings",
    "write:bookings": "Create event bookings",
    "read:table_bookings": "View table bookings and availability",
    "write:table_bookings": "Create and modify table bookings",
    "create:bookings": "Alternative permission for creating bookings",
    "read:customers": "View customer information",
    "write:customers": "Create and modify customers",
    "read:business": "View business information (hours, settings)",
    "read:reservations": "View reservations of every source",
    "write:reservations": "Create, change and cancel reservations",
    "read:analytics": "View figures by source",
    "manage:webhooks": "Manage webhook endpoints and their deliveries",
    "write:payments": "Charge cards for reservations",
    "act:guests": "Hold, confirm and cancel on behalf of guests",
    EVERYTHING: "Full access to all endpoints",
}
"""Every scope, with what it means in one line."""


def allows(granted: tuple[str, ...] | frozenset[str], needed: tuple[str, ...]) -> bool:
    """Whether the granted scopes open something that any one of ``needed`` opens."""
    return EVERYTHING in granted or any(scope in granted for scope in needed)
