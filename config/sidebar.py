"""The admin's sidebar: where this person may go, and what there needs a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from notifications.admin import stuck_messages
from payments.selectors import open_differences, stuck_payments, stuck_refunds
from reservations.admin.bookings import waiting_reservations
from reservations.admin.wishes import unread_messages, unseen_requests
from restaurants.admin.scope import access
from webhooks.selectors import troubled_endpoints


@dataclass(frozen=True, slots=True)
class Link:
    """A list page, and how to count its rows that need a person."""

    title: str
    icon: str
    page: str
    stuck: Callable[[], QuerySet[Any]] | None = None
    house_path: str = "restaurant_id"


GROUPS: dict[str, tuple[Link, ...]] = {
    "The book": (
        Link("Reservations", "event_seat", "reservations_reservation", waiting_reservations),
        Link("Waitlist", "hourglass_top", "reservations_waitlistentry"),
        Link("Offers of the waitlist", "notifications_active", "reservations_waitoffer"),
        Link("Queue at the door", "door_front", "reservations_queueentry"),
        Link("Large parties", "groups", "reservations_partyrequest", unseen_requests),
        Link("Notes from guests", "chat", "reservations_housemessage", unread_messages),
        Link("Holds", "timer", "reservations_hold"),
        Link("Guests", "group", "customers_customer"),
        Link("Notes about guests", "sticky_note_2", "customers_guestnote"),
        Link("Consents", "verified_user", "customers_consententry"),
    ),
    "The evening": (
        Link("Who serves", "room_service", "reservations_shiftserver"),
        Link("Tables out of use", "do_not_disturb_on", "reservations_tableblock"),
        Link("Notes of the evening", "note", "reservations_nightnote"),
        Link("Limits for an hour", "compress", "restaurants_pacingcap"),
        Link("Done at the stand", "touch_app", "reservations_standaction"),
    ),
    "Restaurants": (
        Link("Restaurants", "storefront", "restaurants_restaurant"),
        Link("Rooms", "meeting_room", "restaurants_diningroom"),
        Link("Tables", "table_restaurant", "restaurants_diningtable"),
        Link("Combinations", "join", "restaurants_tablecombination"),
        Link("Services", "dinner_dining", "restaurants_diningservice"),
        Link("Turn times", "hourglass_empty", "restaurants_turntime"),
        Link("Opening hours", "schedule", "restaurants_openinghours"),
        Link("Special days", "celebration", "restaurants_specialday"),
        Link("Closures", "block", "restaurants_closure"),
        Link("Offers", "local_offer", "restaurants_offer"),
        Link("Menus", "menu_book", "restaurants_menu"),
        Link("Dishes", "restaurant_menu", "restaurants_menuitem"),
        Link("Websites", "public", "restaurants_allowedsite"),
        Link("Publishable keys", "key", "restaurants_publishablekey"),
        Link("API keys", "vpn_key", "accounts_apikey"),
        Link(
            "Webhooks",
            "webhook",
            "webhooks_endpoint",
            troubled_endpoints,
            "key__restaurant_id",
        ),
        Link("Webhook deliveries", "send", "webhooks_delivery"),
        Link("Staff", "badge", "restaurants_membership"),
        Link("Tablets", "tablet_mac", "restaurants_tablet"),
    ),
    "Money and messages": (
        Link("Deposit policies", "policy", "payments_policy"),
        Link("Payments", "payments", "payments_payment", stuck_payments),
        Link(
            "Refunds",
            "currency_exchange",
            "payments_refund",
            stuck_refunds,
            "payment__restaurant_id",
        ),
        Link(
            "Differences to providers",
            "balance",
            "payments_reconciliationdifference",
            open_differences,
        ),
        Link("Messages", "mail", "notifications_message", stuck_messages),
        Link("Text accounts", "sms", "notifications_smsaccount"),
        Link("Answers by text", "reply", "notifications_smsreply"),
    ),
    "Behind the scenes": (
        Link("Audit trail", "history", "core_auditentry"),
        Link("Seating decisions", "psychology", "reservations_seatingdecision"),
        Link("Table claims", "bookmark", "reservations_tableclaim"),
        Link("Counted limits", "speed", "reservations_serviceload"),
        Link("Links of bookings", "link", "reservations_bookinglink"),
        Link("Requests to sign in", "login", "reservations_signinlink"),
        Link("What sources told", "hub", "reservations_sourcerecord"),
        Link("Secrets of sources", "vpn_key", "reservations_sourcesecret"),
        Link("Messages of sources", "move_to_inbox", "reservations_inbounddelivery"),
        Link("Imports", "upload_file", "reservations_importrun"),
        Link("Comparisons of books", "rule", "payments_reconciliation"),
        Link("Sandbox charges", "science", "payments_sandboxcharge"),
        Link("Preferences", "favorite", "restaurants_guestpreferences"),
        Link("Likes and passes", "swipe", "restaurants_swipe"),
    ),
    "Operation": (
        Link("Accounts", "person", "accounts_user"),
        Link("Groups of restaurants", "domain", "accounts_organization"),
        Link("Heartbeats", "monitor_heart", "core_heartbeat"),
        Link("Periodic jobs", "event_repeat", "django_celery_beat_periodictask"),
    ),
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links, without what this person may not see. At most one count per badge."""
    pages = {
        f"{model._meta.app_label}_{model._meta.model_name}": model_admin
        for model, model_admin in admin.site._registry.items()
    }
    groups = [
        {
            "title": title,
            "separator": True,
            "items": [
                _item(request, link)
                for link in links
                if pages[link.page].has_view_or_change_permission(request)
            ],
        }
        for title, links in GROUPS.items()
    ]
    return [group for group in groups if group["items"]]


def _item(request: HttpRequest, link: Link) -> dict[str, Any]:
    item: dict[str, Any] = {
        "title": link.title,
        "icon": link.icon,
        "link": reverse(f"admin:{link.page}_changelist"),
    }
    stuck = _count(request, link)
    if stuck:
        # A click on the link shows them first.
        item |= {"badge": stuck, "badge_variant": "danger", "badge_style": "solid"}
        item["link"] += "?attention=stuck"
    return item


def _count(request: HttpRequest, link: Link) -> int:
    if link.stuck is None:
        return 0
    houses = access(request)
    rows = link.stuck()
    if not houses.sees_all:
        rows = rows.filter(**{f"{link.house_path}__in": houses.restaurants()})
    return rows.count()
