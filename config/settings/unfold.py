"""How the admin looks and what its sidebar offers. Links show only where a person may go."""

from __future__ import annotations

from typing import Any

from django.urls import reverse_lazy


def _item(title: str, icon: str, page: str, badge: str = "") -> dict[str, Any]:
    """A list page; shown to those who may see it, with a count of what needs a person."""
    item: dict[str, Any] = {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{page}_changelist"),
        "permission": f"config.sidebar.may_see_{page}",
    }
    if badge:
        item |= {
            "badge": f"config.sidebar.{badge}",
            "badge_variant": "danger",
            "badge_style": "solid",
        }
    return item


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Couvert",
    "SITE_HEADER": "Couvert",
    "SITE_SUBHEADER": "One book for every channel",
    "SITE_SYMBOL": "restaurant",
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {
        "primary": {
            "50": "oklch(97% .02 165)",
            "100": "oklch(94% .045 165)",
            "200": "oklch(88% .08 165)",
            "300": "oklch(79% .11 165)",
            "400": "oklch(69% .12 165)",
            "500": "oklch(58% .115 165)",
            "600": "oklch(49% .1 165)",
            "700": "oklch(42% .085 165)",
            "800": "oklch(36% .07 165)",
            "900": "oklch(31% .06 165)",
            "950": "oklch(21% .04 165)",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "The book",
                "separator": True,
                "items": [
                    _item("Reservations", "event_seat", "reservations_reservation"),
                    _item("Holds", "timer", "reservations_hold"),
                    _item("Guests", "group", "customers_customer"),
                ],
            },
            {
                "title": "Restaurants",
                "separator": True,
                "items": [
                    _item("Restaurants", "storefront", "restaurants_restaurant"),
                    _item("Rooms", "meeting_room", "restaurants_diningroom"),
                    _item("Tables", "table_restaurant", "restaurants_diningtable"),
                    _item("Combinations", "join", "restaurants_tablecombination"),
                    _item("Services", "dinner_dining", "restaurants_diningservice"),
                    _item("Turn times", "hourglass_empty", "restaurants_turntime"),
                    _item("Opening hours", "schedule", "restaurants_openinghours"),
                    _item("Special days", "celebration", "restaurants_specialday"),
                    _item("Closures", "block", "restaurants_closure"),
                    _item("Offers", "local_offer", "restaurants_offer"),
                    _item("Staff", "badge", "restaurants_membership"),
                ],
            },
            {
                "title": "Money and messages",
                "separator": True,
                "items": [
                    _item("Deposit policies", "policy", "payments_policy"),
                    _item("Payments", "payments", "payments_payment", "stuck_payments"),
                    _item("Refunds", "currency_exchange", "payments_refund", "stuck_refunds"),
                    _item("Messages", "mail", "notifications_message", "stuck_messages"),
                ],
            },
            {
                "title": "Behind the scenes",
                "separator": True,
                "collapsible": True,
                "items": [
                    _item("Audit trail", "history", "core_auditentry"),
                    _item("Seating decisions", "psychology", "reservations_seatingdecision"),
                    _item("Table claims", "bookmark", "reservations_tableclaim"),
                    _item("Counted limits", "speed", "reservations_serviceload"),
                    _item("Imports", "upload_file", "reservations_importrun"),
                    _item("Sandbox charges", "science", "payments_sandboxcharge"),
                    _item("Preferences", "favorite", "restaurants_guestpreferences"),
                    _item("Likes and passes", "swipe", "restaurants_swipe"),
                ],
            },
            {
                "title": "Operation",
                "separator": True,
                "collapsible": True,
                "items": [
                    _item("Accounts", "person", "accounts_user"),
                    _item("Groups of restaurants", "domain", "accounts_organization"),
                    _item("Heartbeats", "monitor_heart", "core_heartbeat"),
                    _item("Periodic jobs", "event_repeat", "django_celery_beat_periodictask"),
                ],
            },
        ],
    },
}
