"""Who may open which page of the staff area: the table, and how to knock at each address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver
from django.urls import reverse as reverse_url

from accounts.models import ApiKey, ApiKeySecret, PasswordLink, RecoveryCode, User
from core.models import AuditEntry
from customers.models import ConsentEntry, Customer, GuestNote, GuestTag
from notifications.models import Message, SmsAccount
from payments.models import Payment, ProviderAccount, Redemption, Refund
from reservations.models import PaymentRequest, SourceSecret, VisitBill
from restaurants.models import Membership, Restaurant, Tablet
from tests.staff.conftest import As, AtTablet, Cast, Connections, Money
from webhooks.models import Delivery, Endpoint, EndpointSecret

OPEN = {"sign_in", "sign_out", "sign_in_code", "password_link"}
"""For anybody: they decide about nothing, or know who may by what is in the address."""
AT_TABLETS = {"tablet", "tablet_pin", "tablet_lock", "tablet_here"}
"""For anybody at a tablet of a house; any other browser goes to the door."""
BY_PIN_ONLY = {"tablet_choose_pin", "tablet_password"}
ACCOUNT = {
    *("account", "account_password", "account_sessions", "account_factor", "account_factor_off"),
    *("account_codes", "account_pin"),
}
"""A person's own, and never by a PIN."""
MANAGERS = {
    *("tablets", "tablet_new", "tablet_revoke", "pin_first", "pin_unlock", "log", "log_csv"),
}
DECIDERS = {
    *("people", "person_new", "person", "person_remove", "person_link", "person_unlock"),
    "person_factor",
}
"""Owners decide who works here."""
LED = {"stand_stream"}
"""Leads browsers to where the stream is, or nowhere (204); tests/staff/test_stream.py has it."""
ANY_STAFF = {
    *("home", "any_keys", "any_webhooks", "any_sources", "any_payments"),
    *("any_guests", "any_reports"),
}
REPORTS = {"covers", "attendance", "turns", "occupancy", "lead"}
MONEY_REPORTS = {"sources", "yields"}
LEADS_ON = {"reports", "sheet_today"}
"""Pages of a house that lead to another one, for everybody who sees the house."""
SEERS = {
    *(
        "house",
        "stand_changes",
        "stand",
        "stand_fragment",
        "stand_drawer",
        "stand_shift",
        "stand_replay",
        "stand_replay_frame",
        "guests",
        "guest",
        "sheet",
        "sheet_after",
    ),
    *(f"report_{name}" for name in REPORTS),
    *(f"report_{name}_csv" for name in REPORTS),
} | LED
RUNNERS = {"stand_new", "stand_where", "stand_do", "stand_undo"}
"""Who runs the service: a booking by telephone, and every tap at the stand."""
KEEPERS = {"guest_edit", "guest_notes", "guest_note", "guest_consent"}
"""Who runs a service keeps the records of guests."""
RECORD_MANAGERS = {
    *("guest_merge", "guest_unmerge", "guest_json", "guest_csv", "guest_erase"),
    *("guest_tags", "guest_tag"),
}
"""Managers and owners join, hand out and erase records, and name the tags."""
GUESTS = KEEPERS | RECORD_MANAGERS
CONNECTORS = {
    *("keys", "key_new", "key", "key_rotate", "key_revoke"),
    *("webhooks", "webhook_new", "webhook", "webhook_change", "webhook_rotate", "webhook_remove"),
    *("webhook_switch", "webhook_test", "webhook_replay", "delivery", "delivery_replay"),
    *("sources", "source_new", "source_rotate", "source_withdraw"),
    *("texts", "texts_connect", "texts_stop"),
}
OPERATORS = {
    *("payments", "payment", "policies", "booking_money"),
    *("payment_redeem", "booking_ask", "link_withdraw"),
    *("booking_messages", "message_resend"),
}
"""Who runs a service looks up a payment, sets it off on the bill and asks for one."""
SEERS_OF_MONEY = {
    *("payments_csv", "payment_report", "payment_report_csv", "payment_differences"),
    *(f"report_{name}" for name in MONEY_REPORTS),
    *(f"report_{name}_csv" for name in MONEY_REPORTS),
    *("payment_refund", "payment_release", "refund_retry", "booking_fee"),
}
"""Managers and owners see what the house takes, give it back and charge fees."""
OWNERS = {"payment_account", "payment_account_stop", "payment_account_connect"}
MONEY = OPERATORS | SEERS_OF_MONEY | OWNERS
SETUP = {
    *("setup", "setup_floor", "setup_floor_undo", "setup_floor_part", "setup_services"),
    *("setup_service_new", "setup_service", "setup_service_remove", "setup_pacing"),
    *("setup_turns", "setup_hours", "setup_days", "setup_day_new", "setup_day"),
    *("setup_closures", "setup_closure_end", "setup_rules", "setup_why"),
}
"""Everybody here may look, managers change: tests/staff/test_setup.py sends the forms."""
MOVES = (
    MONEY
    - {"payments", "payment", "policies", "booking_money", "booking_messages"}
    - {
        *("payments_csv", "payment_report", "payment_report_csv", "payment_account"),
        *(f"report_{name}" for name in MONEY_REPORTS),
        *(f"report_{name}_csv" for name in MONEY_REPORTS),
    }
)
"""What takes forms."""
POST_ONLY = {"webhook_switch", "webhook_test", "webhook_replay", "delivery_replay"}
POST_ONLY |= {"message_resend"}
PEOPLE = (
    *("nobody", "guest", "viewer", "server", "host", "charlie", "manager", "owner", "operator"),
    # An owner, known by a PIN on a tablet of the house.
    "pin",
)


def names(patterns: list[Any]) -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from names(each.url_patterns)
        elif isinstance(each, URLPattern):
            assert each.name is not None
            yield each.name


def money_url(name: str, house: Restaurant, its: Money) -> str:
    arguments = [house.slug]
    if name in ("payment", "payment_refund", "payment_release", "payment_redeem"):
        arguments.append(its.payment.public_id)
    elif name.startswith("booking_"):
        arguments.append(its.booking.public_id)
    elif name == "message_resend":
        message = Message.objects.filter(about=its.booking.public_id).earliest("id")
        arguments += [its.booking.public_id, message.public_id]
    elif name == "refund_retry":
        arguments.append(its.refund.public_id)
    elif name == "link_withdraw":
        arguments.append(its.request.public_id)
    elif name == "payment_account_connect":
        arguments.append("stripe")
    return reverse_url(f"staff:{name}", args=arguments)


def more_of_guests(name: str, its: Connections) -> list[str]:
    return {
        "guest_consent": ["sms"],
        "guest_note": [its.note.public_id],
        "guest_unmerge": [its.merge.public_id],
        "guest_tag": [its.tag.public_id],
        "sheet": ["2025-11-15"],
        "sheet_after": ["2025-11-15"],
    }.get(name, [])


def url_of(name: str, house: Restaurant, its: Connections) -> str:
    arguments = [house.slug] if name in SEERS | CONNECTORS | GUESTS | LEADS_ON else []
    if name.startswith("guest") and name not in ("guests", "guest_tags", "guest_tag"):
        arguments.append(its.guest.public_id)
    arguments += more_of_guests(name, its)
    if name.startswith("key") and name not in ("keys", "key_new"):
        arguments.append(its.key.public_id)
    if name.startswith(("webhook", "delivery")) and name not in ("webhooks", "webhook_new"):
        arguments.append(its.endpoint.public_id)
    if name.startswith("delivery"):
        arguments.append(its.delivery.public_id)
    if name in ("source_rotate", "source_withdraw"):
        arguments.append(its.secret.public_id)
    return reverse_url(f"staff:{name}", args=arguments)


def expected(name: str, who: str) -> int:
    if who in ("nobody", "guest"):
        return 302
    if who == "pin":
        return expected_by_pin(name)
    if name in ANY_STAFF:
        return 200 if (name, who) == ("home", "operator") else 302
    if who == "charlie":
        return 404
    if name in OWNERS:
        return 200 if who in ("owner", "operator") else 403
    if name in LED:
        return 204
    if name in LEADS_ON:
        return 302
    if name in SEERS or who in ("manager", "owner", "operator"):
        return 302 if name in ("guest_notes", "guest_note") else 200
    if name in OPERATORS | KEEPERS and who == "host":
        return 302 if name in ("guest_notes", "guest_note") else 200
    return 403


def expected_by_pin(name: str) -> int:
    """SEE, SERVE and OPERATE open; CHARGE asks for the password first; the rest stays shut."""
    if name in LED:
        return 204
    if name in ANY_STAFF | LEADS_ON | {"booking_fee", "guest_notes", "guest_note"}:
        return 302
    return 200 if name in SEERS | OPERATORS | KEEPERS else 403


def client_of(who: str, as_: As, at_tablet: AtTablet, cast: Cast) -> Client:
    return at_tablet(cast.owner) if who == "pin" else as_(getattr(cast, who, None))


def state() -> tuple[Any, ...]:
    """All that these pages can change."""
    return (
        list(ApiKey.objects.order_by("pk").values_list("pk", "revoked_at")),
        ApiKeySecret.objects.count(),
        list(Endpoint.objects.order_by("pk").values_list("pk", "status", "removed_at", "url")),
        EndpointSecret.objects.count(),
        list(Delivery.objects.order_by("pk").values_list("pk", "status")),
        list(SourceSecret.objects.order_by("pk").values_list("pk", "expires_at", "revoked_at")),
        AuditEntry.objects.count(),
        list(Membership.objects.order_by("pk").values_list("pk", "role", "pin")),
        list(Tablet.objects.order_by("pk").values_list("pk", "revoked_at")),
        list(Restaurant.objects.order_by("pk").values_list("pk", "lock_after_minutes")),
        list(Restaurant.objects.order_by("pk").values_list("pk", "requires_second_factor")),
        list(User.objects.order_by("pk").values_list("pk", "password", "full_name")),
        (PasswordLink.objects.count(), Message.objects.count(), RecoveryCode.objects.count()),
        list(Payment.objects.order_by("pk").values_list("pk", "status", "refunded", "errand")),
        list(Refund.objects.order_by("pk").values_list("pk", "status", "attempts")),
        list(PaymentRequest.objects.order_by("pk").values_list("pk", "status")),
        Redemption.objects.count(),
        list(Customer.objects.order_by("pk").values_list("pk", "name", "tags", "merged_into")),
        list(GuestNote.objects.order_by("pk").values_list("pk", "pinned_at", "withdrawn_at")),
        list(GuestTag.objects.order_by("pk").values_list("pk", "name")),
        ConsentEntry.objects.count(),
        VisitBill.objects.count(),
        ProviderAccount.objects.count(),
        list(SmsAccount.objects.order_by("pk").values_list("pk", "is_active")),
        Message.objects.count(),
    )


FILLED_IN = {
    "name": "Other",
    "rate_per_hour": "10",
    "scopes": ["*"],
    "url": "https://other.example/",
    "events": ["*"],
    "contact_email": "a@b.example",
    "hours": "0",
    "to": "paused",
    "source": "resy",
    "once": "a-form-of-mine",
    "confirmed": "1",
    "amount": "5",
    "reason": "Why not",
    "way": "card",
    "note": "It may stay",
    "money": "test",
}
