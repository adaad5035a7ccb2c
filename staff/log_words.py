"""The words of the log: every verb that is recorded, what it is about, and the fields that changed.

A test compares with the code: a verb without words here fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

BOOKINGS, GUESTS, MONEY = "bookings", "guests", "money"
PEOPLE, SETUP, CONNECTIONS = "people", "setup", "connections"

KINDS: Mapping[str, Any] = {
    BOOKINGS: lazy("Bookings and the floor"),
    GUESTS: lazy("Guests"),
    MONEY: lazy("Money"),
    PEOPLE: lazy("People and tablets"),
    SETUP: lazy("Set-up"),
    CONNECTIONS: lazy("Connections"),
}
"""What the log can be narrowed down to."""

FAMILIES: Mapping[str, str] = {
    "reservation": BOOKINGS,
    "hold": BOOKINGS,
    "waitlist": BOOKINGS,
    "party_request": BOOKINGS,
    "house_message": BOOKINGS,
    "message": BOOKINGS,
    "customer": GUESTS,
    "guest": GUESTS,
    "account": PEOPLE,
    "staff": PEOPLE,
    "tablet": PEOPLE,
    "membership": PEOPLE,
    "payment": MONEY,
    "payment_request": MONEY,
    "payment_account": MONEY,
    "provideraccount": MONEY,
    "policy": MONEY,
    "refund": MONEY,
    "key": CONNECTIONS,
    "apikey": CONNECTIONS,
    "publishablekey": CONNECTIONS,
    "allowedsite": CONNECTIONS,
    "source_secret": CONNECTIONS,
    "webhook": CONNECTIONS,
}
"""By the first word of a verb; all others are set-up."""

VERBS: Mapping[str, Any] = {
    "reservation.requested": lazy("Booking asked for"),
    "reservation.pending": lazy("Booking made, not confirmed yet"),
    "reservation.pending_payment": lazy("Booking made, waits for payment"),
    "reservation.confirmed": lazy("Booking confirmed"),
    "reservation.reconfirmed": lazy("Guest says again that they come"),
    "reservation.partially_arrived": lazy("Party partly here"),
    "reservation.arrived": lazy("Party here"),
    "reservation.partially_seated": lazy("Party partly seated"),
    "reservation.seated": lazy("Party seated"),
    "reservation.check_dropped": lazy("Bill on the table"),
    "reservation.paid": lazy("Bill paid"),
    "reservation.completed": lazy("Visit over"),
    "reservation.cancelled": lazy("Booking cancelled"),
    "reservation.no_show": lazy("Marked as not come"),
    "reservation.declined": lazy("Booking declined"),
    "reservation.expired": lazy("Booking expired"),
    "reservation.changed": lazy("Booking changed"),
    "reservation.contact_changed": lazy("Contact of the booking changed"),
    "reservation.house_messaged": lazy("Guest wrote to the house"),
    "reservation.running_late": lazy("Guest said to be late"),
    "reservation.link_revoked": lazy("Guest’s link revoked"),
    "reservation.merged": lazy("Two bookings of one visit joined"),
    "reservation.source_linked": lazy("Booking told of by another source, too"),
    "reservation.source_promoted": lazy("Another source leads the booking"),
    "reservation.source_updated": lazy("Booking updated by its source"),
    "reservation.no_show_fee": lazy("No-show fee asked for"),
    "reservation.late_cancel": lazy("Late cancellation fee asked for"),
    "reservation.fee_charged": lazy("Fee charged"),
    "reservation.fee_refused": lazy("Fee refused by the card"),
    "reservation.hold_placed": lazy("Money set aside on the card"),
    "reservation.hold_refused": lazy("Card refused to set money aside"),
    "hold.placed": lazy("Table held"),
    "hold.extended": lazy("Hold extended"),
    "hold.released": lazy("Hold let go"),
    "hold.expired": lazy("Hold expired"),
    "hold.handed_over": lazy("Hold handed over"),
    "waitlist.joined": lazy("On the waitlist"),
    "waitlist.changed": lazy("Entry of the waitlist changed"),
    "waitlist.left": lazy("Left the waitlist"),
    "waitlist.expired": lazy("Entry of the waitlist expired"),
    "party_request.made": lazy("Large party asks"),
    "party_request.seen": lazy("Large party’s request read"),
    "house_message.read": lazy("Guest’s note read"),
    "message.resent": lazy("Message sent again"),
    "customer.updated": lazy("Guest’s record changed"),
    "customer.merged": lazy("Guest’s records merged"),
    "customer.consented": lazy("Guest consented"),
    "customer.consent_withdrawn": lazy("Guest withdrew consent"),
    "customer.exported": lazy("Guest’s data exported"),
    "customer.erased": lazy("Guest erased"),
    "guest.signed_in": lazy("Guest signed in"),
    "account.registered": lazy("Account made"),
    "account.changed": lazy("Account changed"),
    "staff.signed_in": lazy("Signed in"),
    "staff.pin_signed_in": lazy("Signed in with a PIN"),
    "staff.locked_out": lazy("Locked out after wrong tries"),
    "staff.unlocked": lazy("Unlocked"),
    "staff.role_granted": lazy("Role given"),
    "staff.removed": lazy("Removed from the house"),
    "staff.link_sent": lazy("Link to set a password sent"),
    "staff.password_set": lazy("Password set by a link"),
    "staff.password_changed": lazy("Password changed"),
    "staff.sessions_ended": lazy("Signed out everywhere else"),
    "staff.second_factor_added": lazy("Second factor set up"),
    "staff.second_factor_removed": lazy("Second factor taken away"),
    "staff.recovery_codes_renewed": lazy("New recovery codes made"),
    "staff.recovery_code_used": lazy("Recovery code used"),
    "staff.pin_set": lazy("Own PIN set"),
    "staff.pin_made": lazy("First PIN made"),
    "staff.pin_removed": lazy("PIN removed"),
    "tablet.added": lazy("Tablet added"),
    "tablet.revoked": lazy("Tablet revoked"),
    "payment.requested": lazy("Payment asked for"),
    "payment.action": lazy("Payment waits for the guest’s bank"),
    "payment.unknown": lazy("Payment’s outcome unknown"),
    "payment.authorized": lazy("Money set aside"),
    "payment.saved": lazy("Card kept on file"),
    "payment.succeeded": lazy("Payment taken"),
    "payment.failed": lazy("Payment declined"),
    "payment.voided": lazy("Card let go"),
    "payment.capture_requested": lazy("Taking what is set aside"),
    "payment.refund_requested": lazy("Refund asked for"),
    "payment.release_requested": lazy("Letting the card go"),
    "payment.redeemed": lazy("Set off on the bill"),
    "payment.settled_unclaimed": lazy("Payment arrived after it was given up"),
    "payment.difference_resolved": lazy("Difference to the provider’s books explained"),
    "payment.dispute_needs_response": lazy("Payment contested at the bank"),
    "payment.dispute_under_review": lazy("Bank looks at the dispute"),
    "payment.dispute_won": lazy("Dispute won"),
    "payment.dispute_lost": lazy("Dispute lost"),
    "refund.requested": lazy("Refund on its way"),
    "refund.succeeded": lazy("Refund went back"),
    "refund.failed": lazy("Refund failed"),
    "refund.retried": lazy("Refund tried again"),
    "payment_request.asked": lazy("Payment link sent"),
    "payment_request.open": lazy("Payment link open"),
    "payment_request.paid": lazy("Payment link paid"),
    "payment_request.expired": lazy("Payment link expired"),
    "payment_request.withdrawn": lazy("Payment link withdrawn"),
    "payment_request.paid_too_late": lazy("Payment link paid too late"),
    "payment_account.connected": lazy("Payment provider connected"),
    "payment_account.disconnected": lazy("Payment provider disconnected"),
    "restaurant.closure_added": lazy("Closure added"),
    "restaurant.online_resumed": lazy("Online booking resumed"),
    "restaurant.day_closed": lazy("Day closed"),
    "restaurant.day_reopened": lazy("Day reopened"),
    "restaurant.safety_changed": lazy("Rules for signing in changed"),
    "key.created": lazy("API key made"),
    "key.rotated": lazy("API key rotated"),
    "key.revoked": lazy("API key revoked"),
    "publishablekey.revoked": lazy("Publishable key revoked"),
    "source_secret.created": lazy("Partner’s secret made"),
    "source_secret.rotated": lazy("Partner’s secret rotated"),
    "source_secret.revoked": lazy("Partner’s secret withdrawn"),
    "webhook.created": lazy("Webhook endpoint added"),
    "webhook.changed": lazy("Webhook endpoint changed"),
    "webhook.secret_rotated": lazy("Webhook secret rotated"),
    "webhook.tested": lazy("Webhook tested"),
    "webhook.removed": lazy("Webhook endpoint removed"),
    "webhook.enabled": lazy("Webhook endpoint enabled"),
    "webhook.disabled": lazy("Webhook endpoint disabled"),
    "webhook.replayed": lazy("Webhook messages sent again"),
}
"""Every verb a service records."""

ROWS: Mapping[str, Any] = {
    "allowedsite": lazy("Website"),
    "apikey": lazy("API key"),
    "closure": lazy("Closure"),
    "customer": lazy("Guest"),
    "diningroom": lazy("Room"),
    "diningservice": lazy("Service"),
    "diningtable": lazy("Table"),
    "happyhour": lazy("Happy hour"),
    "membership": lazy("Role"),
    "menu": lazy("Menu"),
    "menuitem": lazy("Dish"),
    "offer": lazy("Offer"),
    "openinghours": lazy("Opening hours"),
    "policy": lazy("Deposit policy"),
    "provideraccount": lazy("Provider account"),
    "publishablekey": lazy("Publishable key"),
    "restaurant": lazy("Restaurant"),
    "seasonalhours": lazy("Seasonal hours"),
    "specialday": lazy("Special day"),
    "tablecombination": lazy("Combination of tables"),
    "turntime": lazy("Turn time"),
}
"""What is edited in the administration, by the first word of its verbs."""

DEEDS: Mapping[str, Any] = {
    "added": lazy("%(what)s: added"),
    "changed": lazy("%(what)s: changed"),
    "removed": lazy("%(what)s: removed"),
}

FIELDS: Mapping[str, Any] = {
    "amount": lazy("Amount"),
    "currency": lazy("Currency"),
    "date": lazy("Date"),
    "door": lazy("Where"),
    "email": lazy("E-mail"),
    "ends_at": lazy("End"),
    "fields": lazy("Fields"),
    "kind": lazy("Kind"),
    "label": lazy("Name"),
    "left": lazy("Left"),
    "lock_after_minutes": lazy("Lock after minutes without a touch"),
    "minutes": lazy("Minutes"),
    "name": lazy("Name"),
    "note": lazy("Note"),
    "party_size": lazy("Guests"),
    "percent": lazy("Refund in percent"),
    "provider": lazy("Provider"),
    "reason": lazy("Reason"),
    "refund": lazy("Refund"),
    "requires_second_factor": lazy("Second factor required"),
    "role": lazy("Role"),
    "scopes": lazy("Rights"),
    "second_factor": lazy("With a code"),
    "service": lazy("Service"),
    "service_date": lazy("Evening"),
    "source": lazy("Source"),
    "starts_at": lazy("Time"),
    "status": lazy("State"),
    "tables": lazy("Tables"),
    "tablet": lazy("Tablet"),
    "time": lazy("Time"),
    "to": lazy("To"),
    "url": lazy("Address"),
}
"""The more frequent names in ``data``; others are shown as they are written."""

ACTORS: Mapping[str, Any] = {
    "guest": lazy("A guest"),
    "staff": lazy("Somebody of the house"),
    "system": lazy("Couvert"),
    "partner": lazy("A partner"),
}
"""Who acted, where no name is known."""


def verb_text(verb: str) -> str:
    """A verb in words; one of another version of Couvert as good as it can be read."""
    known = VERBS.get(verb)
    if known is not None:
        return str(known)
    family, _dot, deed = verb.partition(".")
    if family in ROWS and deed in DEEDS:
        return str(DEEDS[deed]) % {"what": ROWS[family]}
    return verb.replace(".", ": ").replace("_", " ")


def kind_of(verb: str) -> str:
    """What a verb is about, one of :data:`KINDS`."""
    return FAMILIES.get(verb.partition(".")[0], SETUP)


def field_text(name: str) -> str:
    """The name of a field."""
    known = FIELDS.get(name)
    return str(known) if known is not None else name.replace("_", " ")


def value_text(value: Any) -> str:
    """A value of ``data`` on one line."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return ", ".join(value_text(each) for each in value) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{field_text(key)}: {value_text(each)}" for key, each in value.items())
    return str(value)
