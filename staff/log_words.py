"""The words of the log: every verb that is recorded, what it is about, and the fields that changed.

A test compares with the code: a verb without words here fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff import wording

BOOKINGS, GUESTS, MONEY = "bookings", "guests", "money"
PEOPLE, SETUP, CONNECTIONS = "people", "setup", "connections"

KINDS: Mapping[str, Any] = {
    BOOKINGS: gettext_lazy("Bookings and the floor"),
    GUESTS: gettext_lazy("Guests"),
    MONEY: gettext_lazy("Money"),
    PEOPLE: gettext_lazy("People and tablets"),
    SETUP: gettext_lazy("Set-up"),
    CONNECTIONS: gettext_lazy("Connections"),
}
"""What the log can be narrowed down to."""

FAMILIES: Mapping[str, str] = {
    "reservation": BOOKINGS,
    "hold": BOOKINGS,
    "waitlist": BOOKINGS,
    "queue": BOOKINGS,
    "party_request": BOOKINGS,
    "house_message": BOOKINGS,
    "message": BOOKINGS,
    "stand": BOOKINGS,
    "table": BOOKINGS,
    "server": BOOKINGS,
    "house": BOOKINGS,
    "customer": GUESTS,
    "guest": GUESTS,
    "guest_tag": GUESTS,
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
    "sms_account": CONNECTIONS,
    "key": CONNECTIONS,
    "apikey": CONNECTIONS,
    "publishablekey": CONNECTIONS,
    "allowedsite": CONNECTIONS,
    "source_secret": CONNECTIONS,
    "webhook": CONNECTIONS,
}
"""By the first word of a verb; all others are set-up."""

VERBS: Mapping[str, Any] = {
    "reservation.requested": gettext_lazy("Booking asked for"),
    "reservation.pending": gettext_lazy("Booking made, not confirmed yet"),
    "reservation.pending_payment": gettext_lazy("Booking made, waits for payment"),
    "reservation.confirmed": gettext_lazy("Booking confirmed"),
    "reservation.reconfirmed": gettext_lazy("Guest says again that they come"),
    "reservation.partially_arrived": gettext_lazy("Party partly here"),
    "reservation.arrived": gettext_lazy("Party here"),
    "reservation.partially_seated": gettext_lazy("Party partly seated"),
    "reservation.seated": gettext_lazy("Party seated"),
    "reservation.check_dropped": gettext_lazy("Bill on the table"),
    "reservation.paid": gettext_lazy("Bill paid"),
    "reservation.completed": gettext_lazy("Visit over"),
    "reservation.cancelled": gettext_lazy("Booking cancelled"),
    "reservation.no_show": gettext_lazy("Marked as not come"),
    "reservation.declined": gettext_lazy("Booking declined"),
    "reservation.expired": gettext_lazy("Booking expired"),
    "reservation.changed": gettext_lazy("Booking changed"),
    "reservation.contact_changed": gettext_lazy("Contact of the booking changed"),
    "reservation.house_messaged": gettext_lazy("Guest wrote to the house"),
    "reservation.running_late": gettext_lazy("Guest said to be late"),
    "reservation.link_revoked": gettext_lazy("Guest’s link revoked"),
    "reservation.merged": gettext_lazy("Two bookings of one visit joined"),
    "reservation.source_linked": gettext_lazy("Booking told of by another source, too"),
    "reservation.source_promoted": gettext_lazy("Another source leads the booking"),
    "reservation.source_updated": gettext_lazy("Booking updated by its source"),
    "reservation.no_show_fee": gettext_lazy("No-show fee asked for"),
    "reservation.late_cancel": gettext_lazy("Late cancellation fee asked for"),
    "reservation.fee_charged": gettext_lazy("Fee charged"),
    "reservation.fee_refused": gettext_lazy("Fee refused by the card"),
    "reservation.hold_placed": gettext_lazy("Money set aside on the card"),
    "reservation.hold_refused": gettext_lazy("Card refused to set money aside"),
    "reservation.moved": gettext_lazy("Party moved"),
    "reservation.tables_joined": gettext_lazy("Tables pushed together"),
    "reservation.tables_split": gettext_lazy("Tables taken apart"),
    "reservation.extended": gettext_lazy("Stay made longer or shorter"),
    "reservation.stays_on": gettext_lazy("Party stays beyond its time"),
    "reservation.marked_late": gettext_lazy("Party counts as late"),
    "reservation.overbooked": gettext_lazy("Booked beyond a limit"),
    "reservation.server_assigned": gettext_lazy("Server of a party changed"),
    "reservation.tagged": gettext_lazy("Tags of the visit changed"),
    "reservation.table_ready": gettext_lazy("Party told that its table is ready"),
    "reservation.undone": gettext_lazy("Step of a booking taken back"),
    "stand.undone": gettext_lazy("Step on the floor taken back"),
    "table.blocked": gettext_lazy("Table out of use"),
    "table.unblocked": gettext_lazy("Table in use again"),
    "table.to_clear": gettext_lazy("Table to clear"),
    "table.cleared": gettext_lazy("Table cleared"),
    "server.on_shift": gettext_lazy("On shift"),
    "server.cut": gettext_lazy("Takes no more tables"),
    "server.back": gettext_lazy("Takes tables again"),
    "server.relieved": gettext_lazy("Handed everything over"),
    "server.section": gettext_lazy("Tables of a server changed"),
    "house.online_paused": gettext_lazy("Online booking paused"),
    "house.online_resumed": gettext_lazy("Online booking resumed"),
    "house.capped": gettext_lazy("Arrivals limited for a while"),
    "house.uncapped": gettext_lazy("Arrivals not limited any more"),
    "house.note_written": gettext_lazy("Note for the team written"),
    "sms_account.connected": gettext_lazy("Texts connected"),
    "sms_account.disconnected": gettext_lazy("Texts disconnected"),
    "hold.placed": gettext_lazy("Table held"),
    "hold.extended": gettext_lazy("Hold extended"),
    "hold.kept": gettext_lazy("Hold kept while the guest pays"),
    "hold.released": gettext_lazy("Hold let go"),
    "hold.expired": gettext_lazy("Hold expired"),
    "hold.handed_over": gettext_lazy("Hold handed over"),
    "waitlist.joined": gettext_lazy("On the waitlist"),
    "waitlist.changed": gettext_lazy("Entry of the waitlist changed"),
    "waitlist.left": gettext_lazy("Left the waitlist"),
    "waitlist.expired": gettext_lazy("Entry of the waitlist expired"),
    "waitlist.offered": gettext_lazy("Table offered to the waitlist"),
    "waitlist.booked": gettext_lazy("Guest of the waitlist has booked"),
    "waitlist.declined": gettext_lazy("Offer of the waitlist declined"),
    "waitlist.lapsed": gettext_lazy("Offer of the waitlist not answered"),
    "queue.joined": gettext_lazy("In the queue"),
    "queue.changed": gettext_lazy("Party of the queue changed"),
    "queue.called": gettext_lazy("Party of the queue called"),
    "queue.coming": gettext_lazy("Party of the queue is coming"),
    "queue.seated": gettext_lazy("Party of the queue seated"),
    "queue.left": gettext_lazy("Left the queue"),
    "queue.no_answer": gettext_lazy("Party of the queue did not answer"),
    "party_request.made": gettext_lazy("Large party asks"),
    "party_request.seen": gettext_lazy("Large party’s request read"),
    "house_message.read": gettext_lazy("Guest’s note read"),
    "message.resent": gettext_lazy("Message sent again"),
    "customer.updated": gettext_lazy("Guest’s record changed"),
    "customer.merged": gettext_lazy("Guest’s records merged"),
    "customer.merge_undone": gettext_lazy("Guests’ records made two again"),
    "customer.note_pinned": gettext_lazy("Note about a guest pinned"),
    "customer.note_unpinned": gettext_lazy("Note about a guest unpinned"),
    "guest_tag.saved": gettext_lazy("Guests’ tag saved"),
    "guest_tag.removed": gettext_lazy("Guests’ tag removed"),
    "reservation.billed": gettext_lazy("Bill of a visit written down"),
    "customer.consented": gettext_lazy("Guest consented"),
    "customer.consent_withdrawn": gettext_lazy("Guest withdrew consent"),
    "customer.exported": gettext_lazy("Guest’s data exported"),
    "customer.erased": gettext_lazy("Guest erased"),
    "guest.signed_in": gettext_lazy("Guest signed in"),
    "account.registered": gettext_lazy("Account made"),
    "account.changed": gettext_lazy("Account changed"),
    "staff.signed_in": gettext_lazy("Signed in"),
    "staff.pin_signed_in": gettext_lazy("Signed in with a PIN"),
    "staff.locked_out": gettext_lazy("Locked out after wrong tries"),
    "staff.unlocked": gettext_lazy("Unlocked"),
    "staff.role_granted": gettext_lazy("Role given"),
    "staff.removed": gettext_lazy("Removed from the house"),
    "staff.link_sent": gettext_lazy("Link to set a password sent"),
    "staff.password_set": gettext_lazy("Password set by a link"),
    "staff.password_changed": gettext_lazy("Password changed"),
    "staff.sessions_ended": gettext_lazy("Signed out everywhere else"),
    "staff.second_factor_added": gettext_lazy("Second factor set up"),
    "staff.second_factor_removed": gettext_lazy("Second factor taken away"),
    "staff.recovery_codes_renewed": gettext_lazy("New recovery codes made"),
    "staff.recovery_code_used": gettext_lazy("Recovery code used"),
    "staff.pin_set": gettext_lazy("Own PIN set"),
    "staff.pin_made": gettext_lazy("First PIN made"),
    "staff.pin_removed": gettext_lazy("PIN removed"),
    "tablet.added": gettext_lazy("Tablet added"),
    "tablet.revoked": gettext_lazy("Tablet revoked"),
    "payment.requested": gettext_lazy("Payment asked for"),
    "payment.action": gettext_lazy("Payment waits for the guest’s bank"),
    "payment.unknown": gettext_lazy("Payment’s outcome unknown"),
    "payment.authorized": gettext_lazy("Money set aside"),
    "payment.saved": gettext_lazy("Card kept on file"),
    "payment.succeeded": gettext_lazy("Payment taken"),
    "payment.failed": gettext_lazy("Payment declined"),
    "payment.voided": gettext_lazy("Card let go"),
    "payment.capture_requested": gettext_lazy("Taking what is set aside"),
    "payment.refund_requested": gettext_lazy("Refund asked for"),
    "payment.release_requested": gettext_lazy("Letting the card go"),
    "payment.redeemed": gettext_lazy("Set off on the bill"),
    "payment.settled_unclaimed": gettext_lazy("Payment arrived after it was given up"),
    "payment.difference_resolved": gettext_lazy("Difference to the provider’s books explained"),
    "payment.dispute_needs_response": gettext_lazy("Payment contested at the bank"),
    "payment.dispute_under_review": gettext_lazy("Bank looks at the dispute"),
    "payment.dispute_won": gettext_lazy("Dispute won"),
    "payment.dispute_lost": gettext_lazy("Dispute lost"),
    "refund.requested": gettext_lazy("Refund on its way"),
    "refund.succeeded": gettext_lazy("Refund went back"),
    "refund.failed": gettext_lazy("Refund failed"),
    "refund.retried": gettext_lazy("Refund tried again"),
    "payment_request.asked": gettext_lazy("Payment link sent"),
    "payment_request.open": gettext_lazy("Payment link open"),
    "payment_request.paid": gettext_lazy("Payment link paid"),
    "payment_request.expired": gettext_lazy("Payment link expired"),
    "payment_request.withdrawn": gettext_lazy("Payment link withdrawn"),
    "payment_request.paid_too_late": gettext_lazy("Payment link paid too late"),
    "payment_account.connected": gettext_lazy("Payment provider connected"),
    "payment_account.disconnected": gettext_lazy("Payment provider disconnected"),
    "floor.saved": gettext_lazy("Floor saved"),
    "floor.save_undone": gettext_lazy("Floor brought back"),
    "turntimes.changed": gettext_lazy("Turn times changed"),
    "pacing.changed": gettext_lazy("Pacing changed"),
    "restaurant.closure_added": gettext_lazy("Closure added"),
    "restaurant.online_resumed": gettext_lazy("Online booking resumed"),
    "restaurant.day_closed": gettext_lazy("Day closed"),
    "restaurant.day_reopened": gettext_lazy("Day reopened"),
    "restaurant.safety_changed": gettext_lazy("Rules for signing in changed"),
    "key.created": gettext_lazy("API key made"),
    "key.rotated": gettext_lazy("API key rotated"),
    "key.revoked": gettext_lazy("API key revoked"),
    "publishablekey.revoked": gettext_lazy("Publishable key revoked"),
    "source_secret.created": gettext_lazy("Partner’s secret made"),
    "source_secret.rotated": gettext_lazy("Partner’s secret rotated"),
    "source_secret.revoked": gettext_lazy("Partner’s secret withdrawn"),
    "webhook.created": gettext_lazy("Webhook endpoint added"),
    "webhook.changed": gettext_lazy("Webhook endpoint changed"),
    "webhook.secret_rotated": gettext_lazy("Webhook secret rotated"),
    "webhook.tested": gettext_lazy("Webhook tested"),
    "webhook.removed": gettext_lazy("Webhook endpoint removed"),
    "webhook.enabled": gettext_lazy("Webhook endpoint enabled"),
    "webhook.disabled": gettext_lazy("Webhook endpoint disabled"),
    "webhook.replayed": gettext_lazy("Webhook messages sent again"),
}
"""Every verb a service records."""

ROWS: Mapping[str, Any] = {
    "allowedsite": gettext_lazy("Website"),
    "apikey": gettext_lazy("API key"),
    "closure": gettext_lazy("Closure"),
    "customer": gettext_lazy("Guest"),
    "diningroom": gettext_lazy("Room"),
    "diningservice": gettext_lazy("Service"),
    "diningtable": gettext_lazy("Table"),
    "happyhour": gettext_lazy("Happy hour"),
    "membership": gettext_lazy("Role"),
    "menu": gettext_lazy("Menu"),
    "menuitem": gettext_lazy("Dish"),
    "offer": gettext_lazy("Offer"),
    "openinghours": gettext_lazy("Opening hours"),
    "policy": gettext_lazy("Deposit policy"),
    "provideraccount": gettext_lazy("Provider account"),
    "publishablekey": gettext_lazy("Publishable key"),
    "restaurant": gettext_lazy("Restaurant"),
    "seasonalhours": gettext_lazy("Seasonal hours"),
    "specialday": gettext_lazy("Special day"),
    "tablecombination": gettext_lazy("Combination of tables"),
    "turntime": gettext_lazy("Turn time"),
}
"""What is edited in the administration, by the first word of its verbs."""

DEEDS: Mapping[str, Any] = {
    "added": gettext_lazy("%(what)s: added"),
    "changed": gettext_lazy("%(what)s: changed"),
    "removed": gettext_lazy("%(what)s: removed"),
}

FIELDS: Mapping[str, Any] = {
    "amount": gettext_lazy("Amount"),
    "changes": gettext_lazy("What changed"),
    "currency": gettext_lazy("Currency"),
    "date": gettext_lazy("Date"),
    "door": gettext_lazy("Where"),
    "email": gettext_lazy("E-mail"),
    "ends_at": gettext_lazy("End"),
    "fields": gettext_lazy("Fields"),
    "for_managers": gettext_lazy("Only managers see it"),
    "kind": gettext_lazy("Kind"),
    "label": gettext_lazy("Name"),
    "left": gettext_lazy("Left"),
    "lock_after_minutes": gettext_lazy("Lock after minutes without a touch"),
    "minutes": gettext_lazy("Minutes"),
    "name": gettext_lazy("Name"),
    "note": gettext_lazy("Note"),
    "party_size": gettext_lazy("Guests"),
    "percent": gettext_lazy("Refund in percent"),
    "provider": gettext_lazy("Provider"),
    "reason": gettext_lazy("Reason"),
    "refund": gettext_lazy("Refund"),
    "requires_second_factor": gettext_lazy("Second factor required"),
    "role": gettext_lazy("Role"),
    "scopes": gettext_lazy("Rights"),
    "second_factor": gettext_lazy("With a code"),
    "service": gettext_lazy("Service"),
    "service_date": gettext_lazy("Evening"),
    "source": gettext_lazy("Source"),
    "starts_at": gettext_lazy("Time"),
    "status": gettext_lazy("State"),
    "tables": gettext_lazy("Tables"),
    "tablet": gettext_lazy("Tablet"),
    "time": gettext_lazy("Time"),
    "to": gettext_lazy("To"),
    "url": gettext_lazy("Address"),
}
"""The more frequent names in ``data``; others are shown as they are written."""

_VALUES: Mapping[str, Mapping[str, Any]] = {
    "role": wording.ROLES,
    "status": wording.STATES,
    "door": {
        "password": gettext_lazy("Password"),
        "code": gettext_lazy("Code"),
        "pin": gettext_lazy("PIN"),
    },
}

ACTORS: Mapping[str, Any] = {
    "guest": gettext_lazy("A guest"),
    "staff": gettext_lazy("Somebody of the house"),
    "system": gettext_lazy("Couvert"),
    "partner": gettext_lazy("A partner"),
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


def value_text(value: Any, name: str = "") -> str:
    """A value of ``data`` on one line; roles and states by their names."""
    if value is None or value == "":
        return "–"
    if isinstance(value, str) and value in _VALUES.get(name, {}):
        return str(_VALUES[name][value])
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return ", ".join(value_text(each) for each in value) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{field_text(key)}: {value_text(each)}" for key, each in value.items())
    return str(value)
