"""What guests say about a visit: kept with the booking, also when the money comes late."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from core.allergens import Allergen
from core.errors import Invalid
from core.models import AuditEntry
from customers.models import Customer
from notifications.models import Message
from payments.services.settling import settle_unknown
from reservations.details import NO_ORIGIN, Details, Occasion, Origin
from reservations.errors import PaymentPending, SlotUnavailable
from reservations.guests import Guest
from reservations.models import Hold, Reservation, TableClaim
from reservations.selectors.bookings import booking
from reservations.services.changes import Change, change_for_guest
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import expire_holds, place_hold
from restaurants.models import DiningTable, Restaurant
from tests.factories import make_bella
from tests.faults.acts import ask, hold, pay
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

LOST = {"token": "tok_sandbox_lost_answer"}
ALL: dict[str, Any] = {
    "special_requests": "Quiet table",
    "occasion": "birthday",
    "allergens": ("nuts", "milk"),
    "allergy_note": "Kiwi, raw onions",
    "high_chairs": 2,
    "accessibility_needs": "A wheelchair",
    "marketing_consent": True,
    "language": "fr",
}
KEPT = {**ALL, "allergens": ["nuts", "milk"]}
ORIGIN = Origin.of(
    utm_source="spring news",
    utm_medium="email",
    utm_campaign="2025-11",
    referrer="https://www.example.com/a/path?who=ada@example.com",
)


def kept(row: Hold | Reservation) -> dict[str, Any]:
    return {name: getattr(row, name) for name in KEPT}


def test_everything_a_guest_says_is_kept_with_the_booking(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    made = pay(hold(bella, guest), guest, **ALL).booking
    assert kept(Reservation.objects.get()) == KEPT
    assert kept(Hold.objects.get()) == KEPT
    found = booking(made.public_id)
    # What became of the payment since is not known without a read.
    assert made == replace(found, refunded=None, captured=None, errand=None, redeemed=None)
    assert found.details == Details(**ALL)
    assert (found.special_requests, found.language) == ("Quiet table", "fr")


def test_a_free_booking_keeps_it_too(clock: Clock, guest: Guest) -> None:
    house = make_bella(deposit=None)
    pay(hold(house, guest), guest, {}, **ALL)
    assert kept(Reservation.objects.get()) == KEPT


def test_a_payment_that_is_settled_late_keeps_it(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    asked = ask(bella, origin=ORIGIN)
    held = place_hold(asked, guest, by=guest.actor)
    with pytest.raises(PaymentPending):
        pay(held, guest, LOST, **ALL)
    assert not Reservation.objects.exists()
    assert Customer.objects.get().marketing_consent_at is None
    clock.advance(minutes=15)
    expire_holds()
    settle_unknown()
    row = Reservation.objects.get()
    assert kept(row) == KEPT
    assert (row.utm_source, row.referrer) == ("spring news", "www.example.com")
    customer = Customer.objects.get()
    assert customer.allergies == ["nuts", "milk", "Kiwi", "raw onions"]
    assert customer.marketing_consent_at == clock.now


def test_nothing_said_is_nothing_kept_and_the_restaurants_language(
    clock: Clock, guest: Guest
) -> None:
    house = make_bella(language="fr")
    found = pay(hold(house, guest), guest).booking
    row = Reservation.objects.get()
    assert found.details == Details(language="fr")
    assert (row.occasion, row.allergens, row.high_chairs, row.step_free) == ("", [], 0, False)
    assert Message.objects.get().language == "fr"
    assert not AuditEntry.objects.filter(verb="customer.consented").exists()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"occasion": "wake"}, "occasion"),
        ({"allergens": ("nuts", "water")}, "allergens"),
        ({"high_chairs": 7}, "high_chairs"),
        ({"high_chairs": -1}, "high_chairs"),
        ({"allergy_note": "x" * 201}, "allergy_note"),
        ({"accessibility_needs": "x" * 201}, "accessibility_needs"),
    ],
)
def test_what_cannot_be_is_refused_by_field_before_money_moves(
    clock: Clock, bella: Restaurant, guest: Guest, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        pay(hold(bella, guest), guest, **said)
    assert list(caught.value.details) == [field]
    assert Hold.objects.get().payment_id is None


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({}, {"name", "contact"}),
        ({"name": "Ada"}, {"contact"}),
        ({"email": "ada@example.com"}, {"name"}),
        ({"name": "  ", "phone": "+12125550123"}, {"name"}),
    ],
)
def test_a_visitor_gives_a_name_and_a_way_to_reach_them(
    clock: Clock, bella: Restaurant, said: dict[str, Any], fields: set[str]
) -> None:
    visitor = Guest.visitor("a" * 32)
    with pytest.raises(Invalid) as caught:
        pay(hold(bella, visitor), visitor, **said)
    assert set(caught.value.details) == fields


@pytest.mark.parametrize("reach", [{"email": "ada@example.com"}, {"phone": "+12125550123"}])
def test_one_of_e_mail_and_telephone_is_enough(
    clock: Clock, bella: Restaurant, reach: dict[str, Any]
) -> None:
    visitor = Guest.visitor("a" * 32)
    made = pay(hold(bella, visitor), visitor, name="Ada", **reach)
    assert made.booking.guest_name == "Ada"


def test_allergies_add_up_and_consent_is_never_taken_back_in_silence(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    pay(hold(bella, guest), guest, allergens=("nuts",), marketing_consent=True)
    consented = clock.now
    first = Reservation.objects.get()
    clock.advance(minutes=1)
    pay(hold(bella, guest, "12:00"), guest, allergens=("milk", "nuts"))
    clock.advance(minutes=1)
    pay(hold(bella, guest, "15:00"), guest, marketing_consent=True)
    customer = Customer.objects.get()
    assert customer.allergies == ["nuts", "milk"]
    assert customer.marketing_consent_at == consented
    [entry] = AuditEntry.objects.filter(verb="customer.consented")
    assert (entry.target, entry.data) == (
        customer.public_id,
        {"booking": first.public_id, "to": "marketing"},
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"occasion": "wake"},
        {"allergens": ["water"]},
        {"high_chairs": 7},
        {"utm_source": "ada@example.com"},
        {"utm_campaign": "https://example.com"},
        {"referrer": "example.com/path"},
        {"late_minutes": 10},
        {"late_minutes": 61, "late_at": dt.datetime(2025, 11, 15, tzinfo=dt.UTC)},
    ],
)
def test_the_database_keeps_these_rules_itself(
    clock: Clock, bella: Restaurant, guest: Guest, wrong: dict[str, Any]
) -> None:
    pay(hold(bella, guest), guest)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reservation.objects.update(**wrong)


def test_the_fourteen_allergens_fit_their_column() -> None:
    assert len(Allergen.values) == 14
    assert max(map(len, Allergen.values)) <= 14
    assert max(map(len, Occasion.values)) <= 20


# --- Step-free ------------------------------------------------------------------------------------


def test_a_step_free_need_holds_through_booking_and_changes(clock: Clock, guest: Guest) -> None:
    house = make_bella(tables=3)
    step_free = DiningTable.objects.order_by("id")[2]
    DiningTable.objects.filter(pk=step_free.pk).update(step_free=True)
    held = place_hold(ask(house, step_free=True), guest, by=guest.actor)
    assert held.step_free
    found = pay(held, guest).booking
    assert found.step_free
    after = change_for_guest(
        found.public_id, guest.user_public_id, Change(time="21:00"), by=guest.actor
    )
    assert after.step_free
    [claim] = TableClaim.objects.filter(released_at=None)
    assert claim.table_id == step_free.pk


def test_a_change_finds_no_step_free_table_and_keeps_the_old_one(
    clock: Clock, guest: Guest, new_guest: Any
) -> None:
    house = make_bella(tables=2)
    DiningTable.objects.filter(pk=DiningTable.objects.order_by("id")[0].pk).update(step_free=True)
    rival = new_guest()
    place_hold(ask(house, "21:30", step_free=True), rival, by=rival.actor)
    held = place_hold(ask(house, "17:00", step_free=True), guest, by=guest.actor)
    found = pay(held, guest).booking
    with pytest.raises(SlotUnavailable):
        change_for_guest(
            found.public_id, guest.user_public_id, Change(time="21:00"), by=guest.actor
        )
    assert booking(found.public_id).wall_time == "17:00"


# --- Where guests come from -----------------------------------------------------------------------


def test_the_origin_goes_from_hold_to_booking(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = place_hold(ask(bella, origin=ORIGIN), guest, by=guest.actor)
    pay(held, guest)
    row = Reservation.objects.get()
    assert (row.utm_source, row.utm_medium, row.utm_campaign, row.referrer) == (
        "spring news",
        "email",
        "2025-11",
        "www.example.com",
    )


@pytest.mark.parametrize(
    "text",
    ["ada@example.com", "https://x.example/?a=b", "x" * 101, "a/b", "+1 212 555 0123", "a\x00b"],
)
def test_what_looks_like_a_person_or_an_address_is_left_out(text: str) -> None:
    found = Origin.of(utm_source=text, utm_medium=text, utm_campaign=text, referrer="")
    assert found == NO_ORIGIN


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("https://WWW.Example.com:8443/a?b=c#d", "www.example.com"),
        ("https://ada:secret@example.com/", "example.com"),
        ("android-app://com.google.android.gm/", "com.google.android.gm"),
        ("not an address", ""),
        ("https://[bad", ""),
        ("https://" + "a" * 101 + ".example/", ""),
        ("", ""),
    ],
)
def test_of_a_referrer_only_the_host_is_kept(referrer: str, host: str) -> None:
    assert Origin.of(referrer=referrer) == replace(NO_ORIGIN, referrer=host)


# --- Language -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "language"), [("fr-CA", "fr"), ("en", "en"), ("tlh", "en"), ("", "en")]
)
def test_messages_are_in_the_nearest_language_there_is(
    clock: Clock, bella: Restaurant, guest: Guest, code: str, language: str
) -> None:
    held = hold(bella, guest)
    with translation.override("fr"):
        confirm_hold(
            held.public_id,
            guest,
            method={"token": "tok_visa_4242"},
            particulars=Particulars(language=code),
            by=guest.actor,
        )
    assert Reservation.objects.get().language == language
    assert Message.objects.get().language == language
